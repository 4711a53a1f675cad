# SPDX-License-Identifier: Apache-2.0
"""flink_suite - expressions of Flink's own tests with its answers, run in place.

One process per expression would take minutes, so many expressions go into one script; when that script is refused or fails,
its expressions run one by one. Expressions over functions that docs/FUNCTIONS.md lists as missing are skipped.
"""
import json
import os
import re

import harness

CHUNK = 40


def missing_functions():
    path = os.path.join(harness.ROOT, "docs", "FUNCTIONS.md")
    found = set()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        part = text.split("## Missing", 1)
        if len(part) == 2:
            found = set(re.findall(r"`([A-Z_0-9]+)", part[1]))
    return found


def check(case, out):
    lines = out.split("\n")[:-1]
    if case["row"] == "" and len(lines) == 2 and lines[1].strip("\t") == "":  # several empty values
        lines[1] = ""
    harness.compare_results(lines, [case["header"], case["row"]], case["id"] + " " + case["sql"].strip().split("\n")[-1])


def run_one(env, case):
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "-e", case["sql"])
    if done.returncode != 0:
        raise harness.Failure(f"{case['id']} {case['sql'].strip()}\n  {done.stderr.strip()[:600]}")
    check(case, done.stdout)


def run_chunk(env, chunk):
    script = "".join(case["sql"] if case["sql"].rstrip().endswith(";") else case["sql"] + ";\n" for case in chunk)
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--parallelism", "1", "-e", script)
    results = re.split(r"(?m)^(?=# )", done.stdout)[1:]
    failures = []
    if done.returncode == 0 and len(results) == len(chunk):
        for case, out in zip(chunk, results):
            try:
                check(case, out)
            except harness.Failure as failure:
                failures.append(str(failure))
    else:
        for case in chunk:
            try:
                run_one(env, case)
            except harness.Failure as failure:
                failures.append(str(failure))
    if failures:
        raise harness.Failure(f"{len(failures)} of {len(chunk)} expressions differ\n" + "\n".join(failures))


def cases(env):
    path = os.path.join(harness.SHARED, "flink-tests", "expressions.jsonl")
    if not os.path.exists(path):
        def absent():
            raise harness.Skip("../shared/flink-tests is not there")
        yield "flink/expressions", absent
        return
    missing = missing_functions()
    with open(path, encoding="utf-8") as file:
        everything = [json.loads(line) for line in file]
    found = [c for c in everything if not missing & set(re.findall(r"([A-Z_0-9]+)\s*\(", c["sql"].upper()))]
    for start in range(0, len(found), CHUNK):
        chunk = found[start:start + CHUNK]
        yield f"flink/expressions/{start:04d}", (lambda part=chunk: run_chunk(env, part))
