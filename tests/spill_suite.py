# SPDX-License-Identifier: Apache-2.0
"""spill_suite - the same answers when no row of state may stay in memory: all leave for the disk at every mark, and blocks are
small, so that there are many marks.

Cases are those of oracle_suite, sql_suite and nexmark_suite.
"""
import glob
import os

import harness
import sql_suite

GROUPS = ["group", "window", "set", "join", "rank", "over", "match", "semantics"]
# Batch size, workers, block, time to live.
MODES = ((7, 2, "300", "0"), (4096, 1, "1kb", "1 d"))
# What is late depends on the block.
WHOLE_BLOCKS = ("sort_time",)


def settings(env, mode, script=""):
    block = "1mb" if os.path.basename(script)[:-4] in WHOLE_BLOCKS else mode[2]
    return ["--set", "state.backend.type=rocksdb", "--set", "weir.state.cache-size=1", "--set",
            f"weir.state.spill.dir={env.scratch}/spill", "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]),
            "--set", f"weir.source.block-size={block}", "--set", f"table.exec.state.ttl={mode[3]}"]


def one(env, script, data):
    want = harness.read_lines(script[:-4] + ".final")
    for mode in MODES:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *settings(env, mode, script), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, f"batch {mode[0]}, workers {mode[1]}, block {mode[2]}")


def restored(env, script, data):
    """The same when the job is torn down and restored all the time."""
    want = harness.read_lines(script[:-4] + ".final")
    for mode in harness.RESTORED[1:]:
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *settings(env, MODES[0], script), "--set",
                        "table.exec.state.ttl=0", *harness.options(mode), "-v", f"DATA={data}", script, check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], want, harness.told(mode))


def own_sql(env, script):
    """Results of a script of our own with and without."""
    folder = env.folder("spill/" + os.path.basename(script))
    for mode in MODES[:1]:
        base = ["run", "--quiet", "--result", "final", "--format", "tsv", "-v", "DATA=data", "-v", f"OUT={folder}",
                os.path.basename(script)]
        want = env.weir(*base, cwd=sql_suite.FOLDER, check=0).stdout
        got = env.weir(*base, *settings(env, mode), cwd=sql_suite.FOLDER, check=0).stdout
        found, wanted = sql_suite.results(got), sql_suite.results(want)
        if len(found) != len(wanted):
            raise harness.Failure(f"{len(found)} results, wanted {len(wanted)}")
        for number, (a, b) in enumerate(zip(found, wanted), 1):
            harness.compare_results(a, b, f"result {number}")


def nothing_left(env):
    """Folders of jobs that have ended, and of processes that are gone, are removed."""
    folder = env.folder("spill-left")
    stale = os.path.join(folder, f"weir-spill-{os.uname().nodename}-999999999-0123456789abcdef")
    other = os.path.join(folder, f"weir-spill-elsewhere-{os.uname().nodename}-999999999-0123456789abcdef")
    for path in (stale, other):
        os.makedirs(path)
        with open(os.path.join(path, "0.1"), "w", encoding="utf-8") as file:
            file.write("rows")
    query = """CREATE TABLE numbers (k BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5000', 'rows-per-second' = '1000000',
      'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '5000');
      SELECT COUNT(*) AS n, MAX(c) AS c FROM (SELECT k, COUNT(*) AS c FROM numbers GROUP BY k);"""
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *settings(env, MODES[0]), "--set",
                    f"weir.state.spill.dir={folder}", "-e", query, check=0)
    if "5000\t1" not in done.stdout:
        raise harness.Failure(done.stdout)
    left = sorted(os.listdir(folder))
    if left != [os.path.basename(other)]:
        raise harness.Failure(f"left behind: {left}")


def unwritable(env):
    folder = env.folder("spill-file")
    path = os.path.join(folder, "file")
    with open(path, "w", encoding="utf-8") as file:
        file.write("not a folder")
    query = """CREATE TABLE numbers (k BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5000', 'rows-per-second' = '1000000',
      'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '5000');
      SELECT k, COUNT(*) AS c FROM numbers GROUP BY k;"""
    done = env.weir("run", "--quiet", *settings(env, MODES[0]), "--set", f"weir.state.spill.dir={path}/spill", "-e", query)
    if done.returncode == 0 or "weir.state.spill.dir" not in done.stderr or path not in done.stderr:
        raise harness.Failure(f"exit code {done.returncode}\n{done.stderr}")


def cases(env):
    shared = os.path.join(harness.SHARED, "oracle")
    for group in GROUPS:
        for script in sorted(glob.glob(os.path.join(shared, "cases", group, "*.sql"))):
            yield f"spill/{group}/{os.path.basename(script)[:-4]}", (lambda s=script: one(env, s, os.path.join(shared, "data")))
    own = os.path.join(harness.ROOT, "tests", "oracle")
    for script in sorted(glob.glob(os.path.join(own, "*", "*.sql"))):
        name = f"spill/own/{os.path.relpath(script, own)[:-4]}"
        yield name, (lambda s=script: one(env, s, os.path.join(own, "data")))
        if not env.sanitize:
            yield name + "/restored", (lambda s=script: restored(env, s, os.path.join(own, "data")))
    for script in sorted(glob.glob(os.path.join(sql_suite.FOLDER, "*.sql"))):
        if not sql_suite.weir_only(script):
            yield "spill/sql/" + os.path.basename(script)[:-4], (lambda s=script: own_sql(env, s))
    yield "spill/nothing-left", lambda: nothing_left(env)
    yield "spill/unwritable", lambda: unwritable(env)
