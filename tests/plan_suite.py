#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plan_suite - what EXPLAIN says, kept as files: tests/plan/NAME.sql, its text in NAME.plan, and JSON that names the same.

  tests/plan_suite.py --update BUILD   writes the .plan files: read every difference before it is kept
"""
import glob
import json
import os
import re
import sys
import tempfile

import harness

FOLDER = os.path.join(harness.ROOT, "tests", "plan")


def explain(env, script, *args):
    return env.weir("explain", *args, "-v", "DATA=../sql/data", os.path.basename(script), cwd=FOLDER, check=0).stdout


def operators(node):
    """Names of a JSON plan's operators; one that is read twice stands once in full and then by its number."""
    yield node["type"]
    for below in node.get("inputs", ()):
        yield from operators(below)


def one(env, script):
    with open(script[:-4] + ".plan", encoding="utf-8") as file:
        want = file.read()
    for workers in ("1", "4"):
        got = explain(env, script, "--set", f"parallelism.default={workers}")
        if got != want:
            raise harness.Failure(f"{workers} workers\n  got\n{got}\n  want\n{want}")
    if "EXPLAIN" in open(script, encoding="utf-8").read().split("\n", 1)[1]:
        return
    found = {"logical": [], "physical": []}
    for line in explain(env, script, "--format", "json").split("\n")[:-1]:
        for part, roots in json.loads(line).items():
            if part in found:
                found[part] += [name for root in roots for name in operators(root)]
    for part, title in (("logical", "Logical"), ("physical", "Physical")):
        text = "".join(re.findall(rf"== {title} Plan(?: \(batch\))? ==\n(.*?)(?:\n\n|\n(?===)|\Z)", want, re.S))
        if set(re.findall(r"(?m)^\s*(\w+)\(", text)) != set(found[part]) or not found[part]:
            raise harness.Failure(f"{part}: JSON has {sorted(set(found[part]))}, the text\n{text}")


def cases(env):
    for script in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
        yield "plan/" + os.path.basename(script)[:-4], (lambda s=script: one(env, s))


if __name__ == "__main__":
    if sys.argv[1:2] != ["--update"]:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        for name in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
            with open(name[:-4] + ".plan", "w", encoding="utf-8") as file:
                file.write(explain(harness.Env(sys.argv[2], False, scratch), name))
