# SPDX-License-Identifier: Apache-2.0
"""batch_suite - batch mode gives the final table of streaming: every recorded case of real Flink's streaming mode once more with
'execution.runtime-mode' = 'batch', except where the end of the input decides otherwise.

Results that only batch mode has (made with Flink's own batch mode) are tests/sql/batch_*.
"""
import glob
import os
import signal
import subprocess
import time

import harness
import oracle_suite

MODES = [(7, 2), (4096, 1)]
LATE = "no row is late in batch mode"
# Cases with another answer, and why. One that gives the same must leave the list.
OTHER = {"semantics/agg_empty_global": "a global aggregate over no rows has a result",
         "semantics/cur_watermark": "there is no watermark", "rank/dedup_first": LATE, "semantics/dedup_first": LATE,
         "semantics/late_cumulate": LATE, "semantics/late_hop": LATE, "semantics/late_match": LATE,
         "semantics/late_tumble": LATE, "semantics/sort_time": LATE,
         "semantics/tumble_offset": LATE, "window/cumulate": LATE, "window/dedup": LATE, "window/grouping_sets": LATE,
         "window/legacy_tumble": LATE,
         "window/seed_orders_5min": LATE, "window/topn": LATE, "window/tumble": LATE, "window/tumble_late": LATE,
         "window/tumble_offset": LATE, "over/late": LATE}


def run(env, script, data, mode):
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--set", "execution.runtime-mode=batch", "--set",
                    f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]), "-v", f"DATA={data}", script, check=0)
    return done.stdout.split("\n")[:-1]


def same(env, script, data):
    want = harness.read_lines(script[:-4] + ".final")
    for mode in MODES:
        harness.compare_results(run(env, script, data, mode), want, f"batch {mode[0]}, workers {mode[1]}")


def other(env, script, data):
    """Differs from streaming, but not between the modes."""
    first = sorted(run(env, script, data, MODES[0]))
    if first != sorted(run(env, script, data, MODES[1])):
        raise harness.Failure("the answer depends on the size of batches or the number of workers")
    if first == sorted(harness.read_lines(script[:-4] + ".final")):
        raise harness.Failure("the same as in streaming: take it out of OTHER in tests/batch_suite.py")


def only_inserts(env):
    """What updates in streaming is inserts only in batch mode, each row once."""
    text = """CREATE TABLE g (id INT, k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5000', 'rows-per-second' = '1000000',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '5000', 'fields.k.min' = '1', 'fields.k.max' = '9');
      SELECT a.k, a.n, b.n AS m FROM (SELECT k, COUNT(*) AS n FROM g GROUP BY k) a
      LEFT JOIN (SELECT k + 3 AS k, COUNT(*) AS n FROM g GROUP BY k) b ON a.k = b.k;"""
    for mode in ((7, 1), (100, 3)):
        done = env.weir("run", "--quiet", "--result", "changelog", "--format", "tsv", "--set", "execution.runtime-mode=batch", "--set",
                        f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]), "-e", text, check=0)
        rows = done.stdout.split("\n")[1:-1]
        if len(rows) != 9 or any(not row.startswith("+I\t") for row in rows):
            raise harness.Failure(f"{mode}: wanted 9 insertions, got\n{done.stdout}")


def order_cut(env):
    """ORDER BY ... LIMIT over many rows: those that cannot be among the first are dropped on the way; ties keep their order."""
    text = """CREATE TABLE g (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100000', 'rows-per-second' = '100000000',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000');
      SELECT MOD(id * 7919, 100003) AS k, MOD(id, 3) AS m, id FROM g ORDER BY m DESC, k LIMIT 50 OFFSET 9000;
      SELECT id FROM g ORDER BY MOD(id, 10) DESC LIMIT 50;"""
    rows = sorted((-(i % 3), i * 7919 % 100003, i) for i in range(1, 100001))[9000:9050]
    want = [f"{k}\t{-m}\t{i}" for m, k, i in rows] + [str(i) for i in range(9, 509, 10)]
    for workers in ("1", "3"):
        done = env.weir("run", "--quiet", "--format", "tsv", "--set", "execution.runtime-mode=batch", "--parallelism", workers, "-e", text, check=0)
        got = [line for line in done.stdout.split("\n")[:-1] if not line.startswith("#")]
        if got != want:
            raise harness.Failure(f"{workers} workers: got\n{got}\nwant\n{want}")


def stopped(env):
    """A job that is stopped before its end leaves no file that looks whole."""
    folder = env.folder("batch-stopped")
    text = f"""SET 'execution.runtime-mode' = 'batch';
      CREATE TABLE g (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '100000000', 'rows-per-second' = '1000');
      CREATE TABLE o (n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out.json', 'format' = 'json');
      INSERT INTO o SELECT COUNT(*) FROM g;"""
    with subprocess.Popen([env.weir_path, "run", "-e", text], stderr=subprocess.DEVNULL) as process:
        harness.until(lambda: process.poll() is not None or harness.catches(process, signal.SIGINT), "a process that can be stopped")
        until = time.monotonic() + 1  # nothing shows before the end
        while not os.listdir(folder) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    if code != 130 or any(not name.startswith(".") for name in os.listdir(folder)):
        raise harness.Failure(f"exit code {code}, files {os.listdir(folder)}")


def cases(env):
    yield "batch/only_inserts", lambda: only_inserts(env)
    yield "batch/order_cut", lambda: order_cut(env)
    yield "batch/stopped", lambda: stopped(env)
    base = os.path.join(harness.SHARED, "oracle")
    if not os.path.isdir(base):
        def absent():
            raise harness.Skip("../shared/oracle is not there")
        yield "batch", absent
    for script in sorted(glob.glob(os.path.join(base, "cases", "*", "*.sql"))):
        group, file = script.split(os.sep)[-2:]
        name = f"{group}/{file[:-4]}"
        if name in oracle_suite.WAITING:
            continue
        check = other if name in OTHER else same
        yield f"batch/{name}", (lambda s=script, c=check: c(env, s, os.path.join(base, "data")))
