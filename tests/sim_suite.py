# SPDX-License-Identifier: Apache-2.0
"""sim_suite - whole jobs on the simulated system (tests/sim/sim.c): some seeds of every query, and that a seed is replayed exactly.

A seed that fails is printed with what is wrong; `tests/sim/run SEED` shows what happens in it, and with --trace every call.
"""
import os
import subprocess
import threading

import harness

SEEDS = 60       # of each query
SANITIZED = 10   # the same in a build with sanitizers
REPLAYED = 60    # run twice


def build(env, once):
    """The program, built when the first case needs it."""
    with once["lock"]:
        if "path" not in once:
            done = subprocess.run(["ninja", "-C", env.build, "tests/sim/sim"], capture_output=True, text=True, errors="replace")
            if done.returncode != 0:
                raise harness.Failure("does not build\n" + done.stdout[-4000:])
            once["path"] = os.path.join(env.build, "tests", "sim", "sim")
    return once["path"]


def simulate(env, once, *words):
    environ = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1", TZ="UTC")
    done = subprocess.run([build(env, once), *words], capture_output=True, timeout=600, env=environ, text=True, errors="replace")
    if done.returncode != 0 or "runtime error:" in done.stderr:
        raise harness.Failure(f"exit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    if " seeds, 0 failed" not in done.stdout:
        raise harness.Failure("ran no seed\n" + done.stdout[-1000:])


def queries():
    """The names of the queries, as the table in scenario.c lists them."""
    with open(os.path.join(harness.ROOT, "tests", "sim", "scenario.c"), encoding="utf-8") as file:
        return [line.split('"')[1] for line in file if line.startswith('    {"')]


def cases(env):
    once = {"lock": threading.Lock()}
    seeds = str(SANITIZED if env.sanitize else SEEDS)
    for index, name in enumerate(queries()):
        yield f"sim/{name.replace(' ', '_')}", (lambda i=index: simulate(env, once, "--seeds", "1000", seeds, "--query", str(i)))
    yield "sim/replay", (lambda: simulate(env, once, "--replay", "0", str(SANITIZED if env.sanitize else REPLAYED)))
