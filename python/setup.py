# SPDX-License-Identifier: Apache-2.0
"""Builds the two extensions of the package and puts libweir.so beside them, so that a wheel works by itself."""
import glob
import os
import shutil
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import engine_build  # noqa: E402

LIBRARY, HEADERS = engine_build.find()
LIMITED = "0x030B0000"


class BuildWithEngine(build_ext):
    """The extensions, then the library that they look for in their own folder."""

    def run(self):
        super().run()
        folder = os.path.join("." if self.inplace else self.build_lib, "weir")
        shutil.copyfile(os.path.realpath(LIBRARY), os.path.join(folder, "libweir.so.0"))


native = Extension(
    "weir._native",
    sources=sorted(source for source in glob.glob("native/*.c") if not source.endswith("embed.c")),
    depends=glob.glob("native/*.h") + engine_build.own_headers(HEADERS),
    include_dirs=[".", HEADERS],
    library_dirs=[os.path.dirname(LIBRARY)],
    libraries=["weir"],
    define_macros=[("Py_LIMITED_API", LIMITED), ("PY_SSIZE_T_CLEAN", "1")],
    extra_compile_args=["-std=gnu17", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers"],
    extra_link_args=["-Wl,-rpath,$ORIGIN"],
    py_limited_api=True,
)

setup(
    version=engine_build.version(),
    ext_modules=[native],
    cffi_modules=["cffi_build.py:ffibuilder"],
    cmdclass={"build_ext": BuildWithEngine},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
