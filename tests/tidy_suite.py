# SPDX-License-Identifier: Apache-2.0
"""tidy_suite - tools/tidy finds nothing, and finds what it should in files made to break each rule. The programs of bench/, which no
build makes, fit what they include."""
import glob
import os
import subprocess

import harness

HEAD = "/* SPDX-License-Identifier: Apache-2.0\n *\n * bad - a file that breaks one rule.\n */\n"
# What a file of src/base looks like that breaks a rule, and the rule.
BREAKS = {
    "head": "int x;\n",
    "columns": HEAD + "/*" + "x" * 100 + "*/\n",
    "layers": HEAD + '#include "sql/ast.h"\n',
    "banned": HEAD + "void f(char *a)\n{\n\tstrcpy(a, a);\n}\n",
    "left over": HEAD + "/* TO" + "DO: more */\n",
    "function": HEAD + "void f(void)\n{\n" + "\tf();\n" * 70 + "}\n",
    "file": HEAD + "\n" * 1500,
    "message": HEAD + 'void *x = wr_status_new(1, "it is wrong");\n',
    "space": HEAD + "int x; \n",
    "end": HEAD + "int x;",
    "path": HEAD + "/* /ho" + "me/me/x */\n",
}


def clean():
    done = subprocess.run([os.path.join(harness.ROOT, "tools", "tidy"), "--format"], capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stdout.split("\n")
        raise harness.Failure("\n".join(lines[:40]) + (f"\n... {len(lines) - 40} more" if len(lines) > 40 else ""))


def found(rule, text):
    """The rule is reported for a file in a copy of the tree's shape (so that the real one is never touched)."""
    probe = f"""
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.SourceFileLoader("tidy", {os.path.join(harness.ROOT, "tools", "tidy")!r})
tidy_module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
sys.dont_write_bytecode = True
loader.exec_module(tidy_module)
tidy = tidy_module.Tidy(tidy_module.layer_names())
text = sys.stdin.read()
if not text.endswith("\\n"):
    tidy.report("src/base/bad.c", 1, "end", "")
    text += "\\n"
tidy_module.check_c(tidy, "src/base/bad.c", text)
print(",".join(sorted({{entry[2] for entry in tidy.broken}})))
"""
    done = subprocess.run(["python3", "-B", "-c", probe], input=text, capture_output=True, text=True)
    if done.stdout.strip() != rule:
        raise harness.Failure(f"wanted '{rule}', tidy found '{done.stdout.strip()}'\n{done.stderr}")


def bench():
    paths = sorted(glob.glob(os.path.join(harness.ROOT, "bench", "*.c")))
    done = subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
                           "-I" + os.path.join(harness.ROOT, "src"), "-I" + os.path.join(harness.ROOT, "include"), *paths], capture_output=True, text=True)
    if done.returncode != 0 or not paths:
        raise harness.Failure(f"{len(paths)} programs\n{done.stderr[-3000:]}")


def cases(env):
    yield "tidy/clean", clean
    yield "tidy/bench", bench
    for rule, text in BREAKS.items():
        yield "tidy/finds/" + rule, (lambda r=rule, t=text: found(r, t))
