# SPDX-License-Identifier: Apache-2.0
"""disk_suite - the short form of disk.py: full disks, damaged checkpoints, steps that fail."""
import os

import crash
import disk
import harness
from crash_suite import with_scratch

# What does not hold yet, with the reason.
WAITING = {}


def prepared(env, name="group"):
    return crash.Job(env, name, 3, os.path.join(env.crash_scratch, name))


def body(env, test):
    if test.__name__ in WAITING:
        raise harness.Skip(f"not yet: {WAITING[test.__name__]}")
    test(prepared(env))


def damaged(env, seeds):
    job = prepared(env, "windows" if seeds[0] % 2 else "group")
    for seed in seeds:
        disk.damaged(job, "damaged", seed)


def steps(env, names):
    job = prepared(env)
    for i, name in enumerate(names):
        disk.failing_step(job, name, 1 + i % 2, "none" if i % 3 else "fixed-delay")


def cases(env):
    for test in (disk.full_checkpoints, disk.full_sink, disk.full_sink_restarts, disk.file_limit, disk.unwritable, disk.all_damaged, disk.other_version):
        yield f"disk/{test.__name__}", lambda t=test: with_scratch(env, lambda own: body(own, t))
    yield "disk/other_job", lambda: with_scratch(env, lambda own: disk.other_job(prepared(own), prepared(own, "append")))
    for first in (1, 6):
        yield f"disk/damaged/{first}", lambda f=first: with_scratch(env, lambda own: damaged(own, range(f, f + 4)))
    names = crash.fault_names(env) if os.path.exists(env.weir_path) else []
    for i in range(0, len(names), 7):
        yield f"disk/step/{names[i]}...", lambda part=names[i:i + 7]: with_scratch(env, lambda own: steps(own, part))
