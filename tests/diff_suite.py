# SPDX-License-Identifier: Apache-2.0
"""diff_suite - random queries over changing tables against their final contents: a few fixed rounds of tests/fuzz/diff."""
import argparse
import os
import sys

import harness

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "fuzz", "diff"))
import diff  # noqa: E402

SEEDS = range(1, 5)
FEW = range(1, 2)  # of a build with sanitizers, which is slow


def one(env, seed):
    keep = env.folder(f"diff-{seed}")
    options = argparse.Namespace(build=env.build, depth=3, keep=keep, verbose=False, queries=5)
    if not diff.Round(options, seed, diff.passes(env.build)).run():
        about = [os.path.join(keep, name, "about.txt") for name in sorted(os.listdir(keep))]
        raise harness.Failure("\n".join(open(path, encoding="utf-8").read() for path in about))


def cases(env):
    for seed in FEW if env.sanitize else SEEDS:
        yield f"diff/{seed}", (lambda s=seed: one(env, s))
