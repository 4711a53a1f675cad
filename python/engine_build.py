# SPDX-License-Identifier: Apache-2.0
"""engine_build - where setup.py finds the engine, libweir.so with its headers, and makes it if it is nowhere.

In this order: the build folder that WEIR_BUILD names; `build` of the checkout that this folder is in; what pkg-config knows; else the
engine is built by meson into python/build/engine.
"""
import glob
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def version():
    """The version that the header says."""
    with open(os.path.join(ROOT, "include", "weir", "version.h"), encoding="utf-8") as file:
        return re.search(r'"(\d+\.\d+\.\d+)"', file.read()).group(1)


def in_folder(folder):
    """libweir.so of a build folder, or None."""
    path = os.path.join(folder, "libweir.so")
    return path if os.path.exists(path) else None


def by_pkg_config():
    """(library, folder of the headers) of an installed engine of this version, or None."""
    if not shutil.which("pkg-config"):
        return None
    asked = subprocess.run(["pkg-config", "--variable=libdir", f"weir = {version()}"], capture_output=True, text=True)
    if asked.returncode != 0:
        return None
    library = in_folder(asked.stdout.strip())
    headers = subprocess.run(["pkg-config", "--variable=includedir", "weir"], capture_output=True, text=True).stdout.strip()
    return (library, headers) if library else None


def by_meson():
    """libweir.so, built here."""
    folder = os.path.join(HERE, "build", "engine")
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", folder, ROOT, "--buildtype=release"], check=True)
    subprocess.run(["ninja", "-C", folder, "libweir.so.0"], check=True)
    return in_folder(folder)


def find():
    """(path of libweir.so, folder of the headers)."""
    headers = os.path.join(ROOT, "include")
    asked = os.environ.get("WEIR_BUILD")
    if asked:
        library = in_folder(asked)
        if library is None:
            raise SystemExit(f"WEIR_BUILD: there is no libweir.so in {asked}")
        return library, headers
    library = in_folder(os.path.join(ROOT, "build"))
    if library:
        return library, headers
    return by_pkg_config() or (by_meson(), headers)


def own_headers(folder):
    """The public headers, for dependencies."""
    return sorted(glob.glob(os.path.join(folder, "weir", "*.h")))
