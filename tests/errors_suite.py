#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""errors_suite - mistakes of every kind, and the whole text that weir answers: place, cause, caret, next action, exit code.

tests/errors/TOPIC.sql holds cases: a line `--- name [arguments of weir run]`, then the script. TOPIC.err holds for each
`--- name`, the exit code and standard error. Scripts run in tests/errors, from standard input; ${OUT} is an empty folder.

  tests/errors_suite.py --update BUILD [TOPIC]   writes the .err files: read every changed message before it is kept
"""
import glob
import os
import re
import shlex
import sys
import tempfile

import harness

FOLDER = os.path.join(harness.ROOT, "tests", "errors")


def split(path):
    """[(name, rest of the line, text)] of a file of cases."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        parts = re.split(r"(?m)^--- ([\w-]+)([^\n]*)\n", file.read())
    return [(parts[i], parts[i + 1].strip(), parts[i + 2]) for i in range(1, len(parts), 3)]


def answer(env, name, rest, script):
    """Exit code and text; what differs from run to run is replaced."""
    out = tempfile.mkdtemp(dir=env.scratch)
    args = [arg.replace("${OUT}", out) for arg in shlex.split(rest)]
    if not args or args[0].startswith("-"):
        args = ["run", "--quiet", *args]
    if args[0] in ("run", "check", "explain"):
        args[1:1] = ["-v", f"OUT={out}"]
    script = generated(script)
    source = ["-"] if args[0] in ("run", "check", "explain") and "-e" not in args and script.strip() else []
    done = env.weir(*args, *source, stdin=script.encode("utf-8", "surrogateescape"), cwd=FOLDER)
    if done.returncode == 2 and done.stdout:
        raise harness.Failure(f"exit code 2 means that nothing ran, but there is output:\n{done.stdout}")
    return f"exit {done.returncode}\n" + done.stderr.replace(out, "${OUT}").replace(harness.ROOT, "${ROOT}")


def generated(script):
    """`${repeat N TEXT}` writes TEXT N times: hostile scripts are long."""
    return re.sub(r"\$\{repeat (\d+) ([^}]*)\}", lambda match: match[2] * int(match[1]), script)


def one(env, case, want):
    got = answer(env, *case)
    if got != want:
        raise harness.Failure(f"  got\n{got}\n  want\n{want}")


def cases(env):
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
        topic = os.path.basename(path)[:-4]
        wanted = {name: text for name, _, text in split(path[:-4] + ".err")}
        for case in split(path):
            yield f"errors/{topic}/{case[0]}", (lambda c=case, w=wanted.get(case[0], ""): one(env, c, w))


def update(build, topics):
    with tempfile.TemporaryDirectory() as scratch:
        env = harness.Env(build, False, scratch)
        for path in sorted(glob.glob(os.path.join(FOLDER, "*.sql"))):
            if not topics or os.path.basename(path)[:-4] in topics:
                with open(path[:-4] + ".err", "w", encoding="utf-8", errors="surrogateescape") as file:
                    for case in split(path):
                        file.write(f"--- {case[0]}\n{answer(env, *case)}")


if __name__ == "__main__":
    if sys.argv[1:2] != ["--update"]:
        sys.exit(__doc__)
    update(sys.argv[2], sys.argv[3:])
