#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""upgrade_suite - a job is stopped in the middle, its script is changed, and the new script goes on with what still means the same.

The input is a sequence of known numbers, so that what was counted before the change and what after it add up to known totals,
whenever the stop came. `weir check-upgrade` must say beforehand what the restore then does.
"""
import json
import os
import signal
import subprocess
import time

import harness

ROWS = 3000
SOURCE = """CREATE TABLE g (n BIGINT, k BIGINT, extra BIGINT, ts AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '{rate}', 'number-of-rows' = '3000',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '3000',
  'fields.k.kind' = 'random', 'fields.k.min' = '0', 'fields.k.max' = '0',
  'fields.extra.kind' = 'random', 'fields.extra.min' = '7', 'fields.extra.max' = '7');
"""
OLD = """CREATE TABLE s (k BIGINT, c BIGINT, t BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem',
  'path' = '${DIR}/s.json', 'format' = 'json');
INSERT INTO s SELECT k, COUNT(*), SUM(n) FROM g GROUP BY k;
"""
TOTAL = ROWS * (ROWS + 1) // 2
# name: (what is replaced in OLD, settings of the second run, verdicts that check-upgrade gives, exit code, the columns at the end;
# None: anything)
CHANGES = {
    "same": ([], [], {"kept"}, 0, {"k": 0, "c": ROWS, "t": TOTAL}),
    "aggregate_added": ([("t BIGINT,", "t BIGINT, m BIGINT,"), ("SUM(n)", "SUM(n), MAX(n)")], [], {"kept", "kept in part"}, 1,
                        {"k": 0, "c": ROWS, "t": TOTAL, "m": ROWS}),
    "aggregate_removed": ([("t BIGINT,", ""), (", SUM(n)", "")], [], {"kept"}, 0, {"k": 0, "c": ROWS}),
    "column_added": ([("t BIGINT,", "t BIGINT, e BIGINT,"), ("SUM(n)", "SUM(n), MIN(extra)")], [], {"kept", "kept in part"}, 1,
                     {"k": 0, "c": ROWS, "t": TOTAL, "e": 7}),
    "output_filtered": ([("GROUP BY k", "GROUP BY k HAVING COUNT(*) > 5")], [], {"kept"}, 0, {"k": 0, "c": ROWS, "t": TOTAL}),
    "output_computed": ([("SUM(n)", "SUM(n) + 1")], [], {"kept"}, 0, {"k": 0, "c": ROWS, "t": TOTAL + 1}),
    "parallelism": ([], [("parallelism.default", "3")], {"kept"}, 0, {"k": 0, "c": ROWS, "t": TOTAL}),
    "ttl_raised": ([], [("table.exec.state.ttl", "10 h")], {"kept"}, 0, {"k": 0, "c": ROWS, "t": TOTAL}),
    "sink_renamed": ([("TABLE s (", "TABLE z ("), ("INTO s ", "INTO z ")], [("pipeline.name", "s")], {"kept", "new", "dropped"}, 1,
                     {"k": 0, "c": ROWS, "t": TOTAL}),
    "key_added": ([("GROUP BY k", "GROUP BY k, extra")], [], {"kept", "new", "dropped"}, 1, {"k": 0, "c": None, "t": None}),
    "filter_added": ([("FROM g", "FROM g WHERE n > 0")], [], {"kept", "new", "dropped"}, 1, {"k": 0, "c": None, "t": None}),
}


def script(changes, rate):
    text = OLD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return SOURCE.replace("{rate}", str(rate)) + text


def run(env, folder, name, *args):
    return env.weir("run", "--quiet", "-v", f"DIR={folder}", "--set", f"execution.checkpointing.dir={folder}/checkpoints", *args,
                    os.path.join(folder, name), timeout=120)


def stop_in_the_middle(env, folder):
    """Runs the old script and interrupts it when it has checkpoints."""
    job = subprocess.Popen([env.weir_path, "run", "--quiet", "-v", f"DIR={folder}", "--set", f"execution.checkpointing.dir={folder}/checkpoints",
                            "--set", "execution.checkpointing.interval=100ms", os.path.join(folder, "old.sql")],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begin = time.monotonic()
    while not any(name.endswith(".manifest") for name in os.listdir(f"{folder}/checkpoints/s") if os.path.isdir(f"{folder}/checkpoints/s")) \
            if os.path.isdir(f"{folder}/checkpoints/s") else True:
        if job.poll() is not None or time.monotonic() - begin > 60:
            raise harness.Failure(f"no checkpoint was made: {job.communicate()[1].decode()[-2000:]}")
        time.sleep(0.02)
    job.send_signal(signal.SIGINT)
    err = job.communicate(timeout=60)[1].decode()
    if job.returncode != 130:
        raise harness.Failure(f"exit code {job.returncode} after SIGINT, wanted 130\n{err[-2000:]}")


def case(env, name):
    def check():
        changes, settings, verdicts, code, want = CHANGES[name]
        folder = env.folder("upgrade_" + name)
        for file, text in (("old.sql", script([], 300)), ("new.sql", script(changes, 100000))):
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                out.write(text)
        stop_in_the_middle(env, folder)
        sets = [word for key, value in settings for word in ("--set", f"{key}={value}")]
        said = env.weir("check-upgrade", "--format", "json", "-v", f"DIR={folder}", *sets, "--checkpoint", f"{folder}/checkpoints/s",
                        os.path.join(folder, "new.sql"), check=code)
        rows = [json.loads(line) for line in said.stdout.splitlines()]
        if {row["verdict"] for row in rows} != verdicts:
            raise harness.Failure(f"check-upgrade says {said.stdout}")
        if code != 0:
            refused = run(env, folder, "new.sql", *sets, "--restore", "latest")
            if refused.returncode != 2 or "does not fit the script" not in refused.stderr or "--upgrade" not in refused.stderr:
                raise harness.Failure(f"not refused without --upgrade: {refused.stderr}")
        done = run(env, folder, "new.sql", *sets, "--restore", "latest", "--upgrade")
        if done.returncode != 0:
            raise harness.Failure(f"exit code {done.returncode}\n{done.stderr[-3000:]}")
        with open(os.path.join(folder, "s.json"), encoding="utf-8") as file:
            got = [json.loads(line) for line in file]
        if len(got) != 1 or got[0].keys() != want.keys() or any(v is not None and got[0][k] != v for k, v in want.items()):
            raise harness.Failure(f"got {got}, wanted {want}\n{done.stderr}")
        if want["c"] is None and not 0 < got[0]["c"] < ROWS:
            raise harness.Failure(f"began anew, but counted {got[0]['c']}")
    return check


def two_scripts(env):
    def check():
        folder = env.folder("upgrade_two_scripts")
        for file, text in (("old.sql", script([], 1)), ("new.sql", script([("GROUP BY k", "GROUP BY k, extra")], 1)), ("bad.sql", "SELECT 1 +;")):
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                out.write(text)
        args = ["check-upgrade", "--format", "csv", "-v", f"DIR={folder}"]
        old, new, bad = (os.path.join(folder, name) for name in ("old.sql", "new.sql", "bad.sql"))
        same = env.weir(*args, old, old, check=0)
        if "everything goes on as it is" not in same.stderr:
            raise harness.Failure(same.stderr)
        changed = env.weir(*args, old, new, check=1)
        if "s,operator,\"g GROUP BY k, extra\",groups,new" not in changed.stdout or "dropped" not in changed.stdout:
            raise harness.Failure(changed.stdout)
        wrong = env.weir(*args, bad, new, check=2)
        if "bad.sql:1:" not in wrong.stderr:
            raise harness.Failure(wrong.stderr)
        missing = env.weir(*args, "--checkpoint", folder + "/nothing", new, check=2)
        if "nothing" not in missing.stderr:
            raise harness.Failure(missing.stderr)
        few = env.weir(*args, new, check=2)
        if "needs two scripts, or --checkpoint and a script" not in few.stderr:
            raise harness.Failure(few.stderr)
        if os.path.exists(os.path.join(folder, "s.json")):
            raise harness.Failure("something ran")
    return check


def cases(env):
    for name in CHANGES:
        yield f"upgrade/{name}", case(env, name)
    yield "upgrade/two_scripts", two_scripts(env)
