# SPDX-License-Identifier: Apache-2.0
"""crash_suite - the short form of crash.py: each job killed a few times, each fault point once; other parallelism, other backend."""
import os
import shutil

import crash
import harness

KILLS = 3  # of each job
# Jobs with operators whose state is not saved yet.
WAITING = {}


def prepared(env, name, seed):
    folder = os.path.join(env.crash_scratch, f"{name}-{seed}")
    return crash.Job(env, name, seed, folder)


def with_scratch(env, body):
    """Runs a test in a scratch folder where fsync is free."""
    own = harness.Env(os.path.relpath(env.build, harness.ROOT), env.sanitize, env.scratch)
    own.crash_scratch = crash.scratch_folder()
    try:
        body(own)
    finally:
        shutil.rmtree(own.crash_scratch, ignore_errors=True)


def killed(env, name, plan, workers, backends=(None,)):
    if name in WAITING:
        raise harness.Skip(f"not yet: {WAITING[name]}")
    prepared(env, name, 1).disturb("killed", plan, lambda r: r.choice(workers), lambda r: r.choice(backends))


def fault(env, names):
    job = prepared(env, "group", 2)
    missed = crash.faults(job, names)
    if missed:
        raise harness.Failure(f"fault points that no run passes: {missed}")


def cases(env):
    slow = 3 if env.sanitize else 1
    plan = [(seconds * slow, None) for seconds in (0.15, 0.35, 0.5)][:KILLS]
    for name in sorted(crash.JOBS):
        yield f"crash/kill/{name}", lambda n=name: with_scratch(env, lambda own: killed(own, n, plan, [1]))
        if env.sanitize:
            continue
        yield f"crash/rescale/{name}", lambda n=name: with_scratch(env, lambda own: killed(own, n, plan, [1, 2, 3, 7]))
        yield f"crash/backend/{name}", lambda n=name: with_scratch(env, lambda own: killed(own, n, plan, [2], ["hashmap", "rocksdb"]))
    names = crash.fault_names(env) if os.path.exists(env.weir_path) else []
    for i in range(0, len(names), 5):
        yield f"crash/fault/{names[i]}...", lambda part=names[i:i + 5]: with_scratch(env, lambda own: fault(own, part))
