# SPDX-License-Identifier: Apache-2.0
"""oracle_suite - results of real Flink, in every mode: those recorded elsewhere (run in place) and our own cases.

tests/oracle/GROUP/NAME.sql with NAME.final are cases of our own in the same form, made with the same program.
"""
import glob
import os

import harness

GROUPS = ["scalar", "group", "window", "set"]
JOINS = ["anti", "cdc", "full", "inner", "interval", "interval_left", "left", "semi"]  # of join/: those that run


def one(env, script, data, modes):
    want = harness.read_lines(script[:-4] + ".final")
    for mode in modes:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--set", f"weir.batch.max-rows={mode[0]}",
                        "--parallelism", str(mode[1]), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, f"batch {mode[0]}, workers {mode[1]}")


def cases(env):
    base = os.path.join(harness.SHARED, "oracle")
    if not os.path.isdir(base):
        def absent():
            raise harness.Skip("../shared/oracle is not there")
        yield "oracle", absent
    for group in GROUPS:
        for script in sorted(glob.glob(os.path.join(base, "cases", group, "*.sql"))):
            name = f"oracle/{group}/{os.path.basename(script)[:-4]}"
            yield name, (lambda s=script: one(env, s, os.path.join(base, "data"), env.modes))
    for join in JOINS:
        script = os.path.join(base, "cases", "join", join + ".sql")
        if os.path.exists(script):
            yield f"oracle/join/{join}", (lambda s=script: one(env, s, os.path.join(base, "data"), env.modes))
    own = os.path.join(harness.ROOT, "tests", "oracle")
    for script in sorted(glob.glob(os.path.join(own, "*", "*.sql"))):
        name = f"oracle/own/{os.path.relpath(script, own)[:-4]}"
        yield name, (lambda s=script: one(env, s, os.path.join(own, "data"), env.modes))
