#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sql_suite - our own scripts by topic, each in every mode.

tests/sql/NAME.sql with the results of its statements, one after the other, in NAME.out (tsv; rows sorted). A script that real
Flink can run has Flink's results. `-- weir only` in the first line marks the others.

  tests/sql_suite.py --flink DIR   writes the .out files from DIR/NAME.final, DIR/NAME.2.final, … of the oracle program,
                                   run with -V DATA=tests/sql/data over tests/sql
  tests/sql_suite.py --weir BUILD NAME   writes NAME.out from this build: read it before it is kept
"""
import glob
import os
import re
import sys
import tempfile

import harness

FOLDER = os.path.join(harness.ROOT, "tests", "sql")


def weir_only(script):
    with open(script, encoding="utf-8") as file:
        return "weir only" in file.readline()


# What a run that is restored again and again shows otherwise.
NOT_RESTORED = {"interval_late": "what is late in a join of two inputs depends on which of their blocks meet"}


def output(env, script, mode):
    out = tempfile.mkdtemp(dir=env.scratch)
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *harness.options(mode), "-v", "DATA=data", "-v", f"OUT={out}", os.path.basename(script), cwd=FOLDER, check=0)
    return done.stdout.replace(out, "${OUT}")


def results(text):
    """Results of a script: each begins with its header; texts of SHOW and DESCRIBE stand for themselves."""
    return [part.split("\n")[:-1] for part in re.split(r"(?m)^(?=# )", text) if part]


def one(env, script, modes):
    with open(script[:-4] + ".out", encoding="utf-8") as file:
        text = file.read()
    for mode in modes:
        got = output(env, script, mode)
        where = harness.told(mode)
        if weir_only(script):
            if got != text:
                raise harness.Failure(f"{where}:\n  got\n{got}\n  want\n{text}")
            continue
        found, wanted = results(got), results(text)
        if len(found) != len(wanted):
            raise harness.Failure(f"{where}: {len(found)} results, wanted {len(wanted)}")
        for number, (a, b) in enumerate(zip(found, wanted), 1):
            harness.compare_results(a, b, f"{where}, result {number}")


def restored(env, script):
    out = tempfile.mkdtemp(dir=env.scratch)
    harness.restored(env, lambda: one(env, script, harness.RESTORED), "-v", f"DATA={FOLDER}/data", "-v", f"OUT={out}", script)


def cases(env):
    for script in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
        yield "sql/" + os.path.basename(script)[:-4], (lambda s=script: one(env, s, env.modes))
        if os.path.basename(script)[:-4] not in NOT_RESTORED and env.sampled(script):
            yield "sql/" + os.path.basename(script)[:-4] + "/restored", (lambda s=script: restored(env, s))


def from_flink(folder):
    for script in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
        name, texts = os.path.basename(script)[:-4], []
        if weir_only(script):
            continue
        if os.path.exists(os.path.join(folder, name + ".error")):
            print(f"{name}: Flink refuses it, see {name}.error")
            continue
        for path in glob.glob(os.path.join(folder, name + "*.final")):
            found = re.fullmatch(re.escape(name) + r"(?:\.(\d+))?\.final", os.path.basename(path))
            if found:
                with open(path, encoding="utf-8") as file:
                    texts.append((int(found[1] or 1), file.read()))
        if texts:
            with open(script[:-4] + ".out", "w", encoding="utf-8") as file:
                file.write("".join(text for _, text in sorted(texts)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--flink"]:
        from_flink(sys.argv[2])
    elif sys.argv[1:2] == ["--weir"]:
        with tempfile.TemporaryDirectory() as scratch:
            for name in sys.argv[3:]:
                path = os.path.join(FOLDER, name + ".sql")
                with open(path[:-4] + ".out", "w", encoding="utf-8") as file:
                    file.write(output(harness.Env(sys.argv[2], False, scratch), path, (4096, 1)))
    else:
        sys.exit(__doc__)
