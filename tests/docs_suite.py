# SPDX-License-Identifier: Apache-2.0
"""docs_suite - the manual pages that the command prints are those that lie in docs/, and no function is there twice."""
import os
import re

import harness


def page(env, what):
    path = os.path.join(harness.ROOT, "docs", what.upper() + ".md")
    with open(path, encoding="utf-8") as file:
        kept = file.read()
    made = env.weir("docs", what, check=0).stdout
    if made != kept:
        line = next((i for i, (a, b) in enumerate(zip(made.split("\n"), kept.split("\n"))) if a != b), 0)
        raise harness.Failure(f"docs/{what.upper()}.md is not what `weir docs {what}` prints, from line {line + 1} on\n"
                              f"  prints {made.split(chr(10))[line]}\n  file   {kept.split(chr(10))[line]}")


def no_twins(env):
    rows = re.findall(r"(?m)^\| `(.*?)` \|", env.weir("docs", "functions", check=0).stdout)
    twins = sorted({row for row in rows if rows.count(row) > 1})
    if twins or len(rows) < 200:
        raise harness.Failure(f"{len(rows)} functions, more than once: {twins}")


def missing_are_refused(env):
    text = env.weir("docs", "functions", check=0).stdout.split("## Missing", 1)[1]
    for name in re.findall(r"(?m)^\| `([A-Z_]+)` \|", text):
        done = env.weir("run", "--quiet", "-e", f"SELECT {name}('x')")
        if done.returncode != 2 or name not in done.stderr or "reason" not in done.stderr:
            raise harness.Failure(f"{name}: exit code {done.returncode}\n{done.stderr}")


def cases(env):
    yield "docs/functions", lambda: page(env, "functions")
    yield "docs/options", lambda: page(env, "options")
    yield "docs/functions/twins", lambda: no_twins(env)
    yield "docs/functions/missing", lambda: missing_are_refused(env)
