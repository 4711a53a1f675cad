# SPDX-License-Identifier: Apache-2.0
"""cffi_build - makes weir._ffi: the functions of include/weir/*.h for Python, as the headers declare them.

The declarations are the headers themselves, without what cffi does not read: lines of the preprocessor, attributes and inline
functions. The compiler checks them against the header, so that the two cannot differ.
"""
import os
import re
import subprocess

import cffi

import engine_build

LIBRARY, HEADERS = engine_build.find()

# Callbacks that are Python functions; those for single rows and values are in native/.
CALLBACKS = """
extern "Python" int weir_py_begin(void *user, const struct weir_result *result);
extern "Python" int weir_py_batch(void *user, const struct weir_batch *batch);
extern "Python" int weir_py_end(void *user, const struct weir_result *result);
extern "Python" int weir_py_text(void *user, const char *text);
extern "Python" void weir_py_notice(void *user, const char *text);
"""


def exported(library):
    """Names of the functions that the library has."""
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in listed.splitlines() if line}


def declarations(headers, names):
    """The headers as cffi reads them, without functions that are not in `names`."""
    text = ""
    for name in ("weir.h", "function.h", "stream.h", "window.h"):
        with open(os.path.join(headers, "weir", name), encoding="utf-8") as file:
            text += file.read()
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"(?m)^#[ \t]*define ARROW_FLAG.*$", "", text)
    text = re.sub(r"(?m)^[ \t]*#.*$", "", text)
    text = re.sub(r'extern "C" \{', "", text)
    text = re.sub(r"(?m)^\}\s*$", "", text)
    text = re.sub(r"(?ms)^static inline .*?^\s*return data;\s*", "", text)
    text = re.sub(r"__attribute__\(\(format\(.*?\)\)\)", "", text)
    kept = []
    for piece in re.split(r";[ \t]*\n(?=\S|\s*\n)", text):
        called = re.search(r"\b(weir_\w+)\(", piece)
        if called and "{" not in piece and "typedef" not in piece and called.group(1) not in names:
            continue
        kept.append(piece)
    return ";\n".join(kept)


ffibuilder = cffi.FFI()
ffibuilder.cdef(declarations(HEADERS, exported(LIBRARY)) + CALLBACKS)
ffibuilder.set_source("weir._ffi", "#include <weir/weir.h>", include_dirs=[HEADERS], library_dirs=[os.path.dirname(LIBRARY)], libraries=["weir"],
                      depends=engine_build.own_headers(HEADERS), extra_link_args=["-Wl,-rpath,$ORIGIN"])
