# SPDX-License-Identifier: Apache-2.0
"""quirks_suite - single expressions with Flink's type, text and JSON value, over constants and over columns, run in place.

Expressions that Flink refuses must be refused here too, at once or when the row is met. A constant whose folding differs in
Flink from the same expression over columns follows the columns (RUN_TIME).
"""
import json
import os
import re

import harness

CHUNK = 40
# Flink folds these with another arithmetic than the one it runs with; its run time is binding.
RUN_TIME = {
    "CAST(10 AS DOUBLE) / 0": ("DOUBLE NOT NULL", "Infinity", '"Infinity"'),
    "CAST(CAST(0.1 AS FLOAT) AS DOUBLE)": ("DOUBLE NOT NULL", "0.10000000149011612", "0.10000000149011612"),
}
# A null that Flink's sink refuses in a NOT NULL column; a SELECT shows it: as text it is empty.
NULLS = {"CAST(12345.6 AS DECIMAL(4,1))": ("DECIMAL(4, 1)", "", "null")}


def quoted(expression):
    """`dec` is a keyword, the columns that use it are written without quotes in the list."""
    return re.sub(r"(?<![`\w])dec(?![`\w])", "`dec`", expression)


def run(env, setup, part, output):
    script = setup + "".join(f"SELECT {quoted(row[0])} AS v{' FROM v' if setup else ''};\n" for row in part)
    return env.weir("run", "--quiet", "--result", "final", "--format", output, "-e", script)


def split_results(text, output):
    if output == "tsv":
        return [part.split("\n")[:-1] for part in re.split(r"(?m)^(?=# v )", text)[1:]]
    return [[line] for line in text.split("\n")[:-1]]


def same_json(a, b):
    return json.loads(a) == json.loads(b)


def difference(row, tsv, line):
    expression, kind, text, value = row
    if len(tsv) != 2 or not harness.same_header(tsv[0], "# v " + kind):
        return f"{expression}: header {tsv[:1]}, wanted {kind}"
    shown = "MAP" if text.startswith("{") and kind.startswith("STRING") else re.sub(" NOT NULL", "", kind)
    if not harness.same_value(tsv[1], text, shown):
        return f"{expression}: {tsv[1]}, wanted {text}"
    got = re.fullmatch(r'\{"v":(.*)\}', line)
    if got is None or (got[1] != value and shown != "MAP" and not (kind.startswith("MAP") and same_json(got[1], value))):
        return f"{expression}: JSON {line}, wanted {value}"
    return None


def run_good(env, setup, part):
    """Rows with a value, many in one script; one by one when the script does not end well."""
    outputs = {}
    for output in ("tsv", "json"):
        done = run(env, setup, part, output)
        if done.returncode != 0:
            return (run_good(env, setup, part[:len(part) // 2]) + run_good(env, setup, part[len(part) // 2:])
                    if len(part) > 1 else [f"{part[0][0]}: {done.stderr.strip()[:500]}"])
        outputs[output] = split_results(done.stdout, output)
        if len(outputs[output]) != len(part):
            return [f"{len(outputs[output])} results of {len(part)}: {part[0][0]} …"]
    found = [difference(row, tsv, line[0]) for row, tsv, line in zip(part, outputs["tsv"], outputs["json"])]
    return [text for text in found if text is not None]


def run_refused(env, setup, row):
    done = run(env, setup, [row], "tsv")
    if done.returncode not in (1, 2, 3) or "error" not in done.stderr:
        return [f"{row[0]}: exit code {done.returncode}, {done.stdout!r}, wanted {row[2]}"]
    return []


def read(name):
    with open(os.path.join(harness.SHARED, "oracle", "quirks", name), encoding="utf-8") as file:
        rows = [line.split("\t") for line in file.read().split("\n") if line]
    return [[row[0], *(RUN_TIME.get(row[0]) or NULLS.get(row[0]) or row[1:])] for row in rows]


def check(env, part, setup):
    failures = run_good(env, setup, [row for row in part if row[1] != "ERROR"])
    for row in part:
        if row[1] == "ERROR":
            failures += run_refused(env, setup, row)
    if failures:
        raise harness.Failure(f"{len(failures)} of {len(part)} expressions differ\n" + "\n".join(failures))


def cases(env):
    base = os.path.join(harness.SHARED, "oracle", "quirks")
    if not os.path.isdir(base):
        return
    with open(os.path.join(base, "columns.sql"), encoding="utf-8") as file:
        columns = file.read().replace("${DATA}", base)
    for name, setup in (("constants", ""), ("columns", columns)):
        rows = read(name + ".tsv")
        for start in range(0, len(rows), CHUNK):
            part = rows[start:start + CHUNK]
            yield f"oracle/quirks/{name}/{start:03d}", (lambda p=part, s=setup: check(env, p, s))
