# SPDX-License-Identifier: Apache-2.0
"""golden_suite - savepoints of every release are restored: what the job writes from there on is what that release wrote.

tools/golden makes them. Rows that a checkpoint of another version cannot give would be a breach of the file format's promise.
"""
import os
import shutil

import harness

GOLDEN = os.path.join(harness.ROOT, "tests", "golden")


def restored(env, version, workers):
    folder = env.folder(f"golden_{version}_{workers}")
    kept = os.path.join(GOLDEN, version)
    for name in ("bids.json", "items.json"):
        shutil.copy(os.path.join(kept, name), folder)
    shutil.copytree(os.path.join(kept, "savepoint"), os.path.join(folder, "savepoint"))
    os.makedirs(os.path.join(folder, "out"))
    env.weir("run", "--quiet", "--parallelism", str(workers), "-v", "OUT=out", "--from-savepoint", "savepoint", os.path.join(GOLDEN, "job.sql"),
             cwd=folder, check=0)
    for name in sorted(os.listdir(os.path.join(kept, "rest"))):
        want, got = (sorted(harness.read_lines(os.path.join(place, name))) for place in (os.path.join(kept, "rest"), os.path.join(folder, "out")))
        if want != got:
            differ = sorted(set(want) ^ set(got))[:4]
            raise harness.Failure(f"{name}: {len(got)} rows, wanted {len(want)}; for example {differ}")
    listed = env.weir("state", "dump", "--format", "json", "--limit", "0", "savepoint", cwd=folder, check=0)
    if len(listed.stdout.splitlines()) < 100:
        raise harness.Failure("weir state dump shows too little of it")


def cases(env):
    versions = sorted(name for name in os.listdir(GOLDEN) if os.path.isdir(os.path.join(GOLDEN, name)))
    for version in versions:
        for workers in (1, 2, 3):
            yield f"golden/{version}/{workers}", lambda v=version, w=workers: restored(env, v, w)
