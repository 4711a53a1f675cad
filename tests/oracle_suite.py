# SPDX-License-Identifier: Apache-2.0
"""oracle_suite - results of real Flink, in every mode: those recorded elsewhere (run in place) and our own cases.

tests/oracle/GROUP/NAME.sql with NAME.final are cases of our own in the same form, made with the same program.
"""
import glob
import os
import re

import harness

GROUPS = ["scalar", "group", "window", "set", "join", "rank", "over", "match", "semantics"]
# Refused so far, with what the message says: a case that runs must leave this list.
WAITING = {}


def passes(env):
    """The settings that switch every pass of the optimizer off."""
    names = re.findall(r"(?m)^\| `(weir\.optimizer\.[a-z-]+)`", env.weir("docs", "options", check=0).stdout)
    if len(names) < 5:
        raise harness.Failure(f"passes of the optimizer: {names}")
    names.append("table.optimizer.multi-join.enabled")
    return [word for name in names for word in ("--set", name + "=false")]


def unoptimized(env, script, data):
    """The same answer without the optimizer."""
    want = harness.read_lines(script[:-4] + ".final")
    for workers in ("1", "3"):
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--parallelism", workers, "--set",
                        "weir.batch.max-rows=100", *passes(env), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, f"no optimizer, {workers} workers")


def folded(env, script, data):
    """The same answer when aggregates are always folded in front of their exchange."""
    want = harness.read_lines(script[:-4] + ".final")
    for rows, workers in ((4096, 1), (4096, 3), (50, 2)):
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--parallelism", str(workers), "--set",
                        f"weir.batch.max-rows={rows}", "--set", "table.optimizer.agg-phase-strategy=TWO_PHASE",
                        "--set", "table.optimizer.distinct-agg.split.enabled=true", "-v",
                        f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, f"two phases, batch {rows}, workers {workers}")


def kept(env, script, data):
    """The same answer when state may go after a day, and with sweeps over it."""
    want = harness.read_lines(script[:-4] + ".final")
    for rows, workers in ((4096, 1), (7, 3)):
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--parallelism", str(workers), "--set",
                        f"weir.batch.max-rows={rows}", "--set", "table.exec.state.ttl=1 d", "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, f"a day to live, batch {rows}, workers {workers}")


def one(env, script, data, modes):
    want = harness.read_lines(script[:-4] + ".final")
    for mode in modes:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *harness.options(mode), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, harness.told(mode))


def restored(env, script, data):
    harness.restored(env, lambda: one(env, script, data, harness.RESTORED), "-v", f"DATA={data}", script)


def waiting(env, script, data, words):
    done = env.weir("run", "--quiet", "-v", f"DATA={data}", script)
    if done.returncode == 0:
        raise harness.Failure("this runs now: take it out of WAITING in tests/oracle_suite.py")
    if done.returncode != 2 or f"error: {words}" not in done.stderr or "not supported" not in done.stderr:
        raise harness.Failure(f"exit code {done.returncode}, wanted 2 and: {words} ... is not supported yet\n{done.stderr}")


def cases(env):
    base = os.path.join(harness.SHARED, "oracle")
    if not os.path.isdir(base):
        def absent():
            raise harness.Skip("../shared/oracle is not there")
        yield "oracle", absent
    for group in GROUPS:
        for script in sorted(glob.glob(os.path.join(base, "cases", group, "*.sql"))):
            name = f"{group}/{os.path.basename(script)[:-4]}"
            if name in WAITING:
                yield f"oracle/{name}", (lambda s=script, w=WAITING[name]: waiting(env, s, os.path.join(base, "data"), w))
                continue
            yield f"oracle/{name}", (lambda s=script: one(env, s, os.path.join(base, "data"), env.modes))
            yield f"oracle/{name}/unoptimized", (lambda s=script: unoptimized(env, s, os.path.join(base, "data")))
            if env.sampled(name):
                yield f"oracle/{name}/restored", (lambda s=script: restored(env, s, os.path.join(base, "data")))
            if group in ("group", "join"):
                yield f"oracle/{name}/kept", (lambda s=script: kept(env, s, os.path.join(base, "data")))
            if group in ("group", "window", "set", "semantics"):
                yield f"oracle/{name}/folded", (lambda s=script: folded(env, s, os.path.join(base, "data")))
    own = os.path.join(harness.ROOT, "tests", "oracle")
    for script in sorted(glob.glob(os.path.join(own, "*", "*.sql"))):
        name = f"oracle/own/{os.path.relpath(script, own)[:-4]}"
        yield name, (lambda s=script: one(env, s, os.path.join(own, "data"), env.modes))
        yield name + "/unoptimized", (lambda s=script: unoptimized(env, s, os.path.join(own, "data")))
        if env.sampled(name):
            yield name + "/restored", (lambda s=script: restored(env, s, os.path.join(own, "data")))
