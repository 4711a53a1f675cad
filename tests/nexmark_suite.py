# SPDX-License-Identifier: Apache-2.0
"""nexmark_suite - the Nexmark queries over recorded events give what real Flink gave, in every mode; run in place."""
import glob
import os

import harness


# The same, with so many events in a block.
RESTORED = [(1, 60000, 1), (3, 15000, 3)]


def one(env, script, want, data, modes):
    lines = harness.read_lines(want)
    for mode in modes:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *harness.options(mode), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], lines, harness.told(mode))


def restored(env, script, want, data):
    harness.restored(env, lambda: one(env, script, want, data, RESTORED), "-v", f"DATA={data}", script)


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
        yield f"nexmark/{name}", (lambda s=script, w=want: one(env, s, w, base, env.modes))
        if env.sampled(name):
            yield f"nexmark/{name}/restored", (lambda s=script, w=want: restored(env, s, w, base))
