# SPDX-License-Identifier: Apache-2.0
"""nexmark_suite - the Nexmark queries over recorded events give what real Flink gave, in every mode; run in place."""
import glob
import os

import harness


def one(env, script, want, data):
    lines = harness.read_lines(want)
    for rows, workers in env.modes:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--set", f"weir.batch.max-rows={rows}",
                        "--parallelism", str(workers), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], lines, f"batch {rows}, workers {workers}")


def cases(env):
    base = os.path.join(harness.SHARED, "nexmark")
    scripts = sorted(glob.glob(os.path.join(base, "queries", "*.sql")))
    if not scripts:
        def absent():
            raise harness.Skip("../shared/nexmark is not there")
        yield "nexmark", absent
    for script in scripts:
        name = os.path.basename(script)[:-4]
        want = os.path.join(base, "expected", name + ".final")
        yield f"nexmark/{name}", (lambda s=script, w=want: one(env, s, w, base))
