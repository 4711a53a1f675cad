# SPDX-License-Identifier: Apache-2.0
"""disks - the drills of checkpoints: a disk without room, files that are damaged."""
import glob
import json
import os
import random
import re

import crash
import disk
import harness

from .drill import Drill

TOTALS = """CREATE TABLE n (i BIGINT, k AS MOD(i, 1000)) WITH ('connector' = 'datagen', 'rows-per-second' = '10000', 'number-of-rows' = '%d',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '%d');
CREATE TABLE totals (k BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT, total BIGINT) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'json');
INSERT INTO totals SELECT k, COUNT(*), SUM(i) FROM n GROUP BY k;
"""


def right(path, rows):
    """What the job must have written in the end."""
    found = {row["k"]: (row["n"], row["total"]) for row in map(json.loads, harness.read_lines(path))}
    want = {k: (rows // 1000, sum(range(k or 1000, rows + 1, 1000))) for k in range(1000)}
    if found != want:
        raise harness.Failure(f"{len(found)} totals, wrong are {[(k, found.get(k), want[k]) for k in want if found.get(k) != want[k]][:3]}")


def checkpoint_failure(env, show=False):
    """The disk of the checkpoints is full; then a job fails for good."""
    with Drill(env, "checkpoint-failure", show) as drill:
        small, rows = os.path.join(drill.folder, "small"), 60000
        with disk.small_disk(small, 2 << 20):
            drill.begin(TOTALS % (rows, rows, f"{drill.folder}/totals.json"), "totals", execution_checkpointing_dir=small)
            drill.until(lambda found: found["checkpoint"]["done"] > 1, "checkpoints")
            disk.fill(small, 0)
            drill.metric("weir_job_checkpoints_failed_total", lambda value: value > 2)
            drill.metric("weir_job_checkpoint_age_seconds", lambda value: value > 1)
            history = drill.asks("curl -s SERVER/v1/jobs/JOB/checkpoints")["checkpoints"]
            failed = [one for one in history if one["state"] != "completed" and one["state"] != "COMPLETED"]
            drill.says(json.dumps(failed[:1] or history[:2]))
            if not failed or "No space left on device" not in json.dumps(failed):
                raise harness.Failure(f"the history does not say why: {history[:3]}")
            drill.does("curl -s SERVER/v1/jobs/JOB/exceptions")
            drill.says(drill.does("df FOLDER", FOLDER=small).strip().split("\n")[-1])
            drill.does("ls -ld FOLDER", FOLDER=small)
            before = drill.job()["checkpoint"]["done"]
            os.remove(os.path.join(small, "ballast"))
            drill.until(lambda found: found["checkpoint"]["done"] > before, "a checkpoint when there is room again")
            drill.metric("weir_job_checkpoint_age_seconds", lambda value: value < 1)
            drill.until(lambda found: found["state"] == "FINISHED", "the end")
            right(f"{drill.folder}/totals.json", rows)
    failing(env, show)


def failing(env, show):
    """A job that is given up: what it writes into has become a file that is none of its own; it is there again, and the job is started."""
    with Drill(env, "checkpoint-failure", show) as drill:
        out, rows = os.path.join(drill.folder, "out"), 20000
        drill.begin(TOTALS.replace(" PRIMARY KEY NOT ENFORCED", "").replace("SELECT k, COUNT(*), SUM(i) FROM n GROUP BY k", "SELECT k, i, i FROM n") % (
            rows, rows, out), "copy", **{"restart-strategy_type": "none"})
        drill.until(lambda found: found["checkpoint"]["done"] > 1, "checkpoints")
        os.rename(out, out + ".kept")
        with open(out, "w", encoding="utf-8"):
            pass
        drill.until(lambda found: found["state"] == "FAILED", "the job's end")
        drill.metric("weir_job_up", lambda value: value == 0)
        exceptions = drill.asks("curl -s SERVER/v1/jobs/JOB/exceptions")["exceptions"]
        drill.says(json.dumps(exceptions[0]))
        if out not in exceptions[0]["message"]:
            raise harness.Failure(f"the exception does not name the place: {exceptions[0]}")
        os.remove(out)
        os.rename(out + ".kept", out)
        drill.does("curl -s SERVER/v1/jobs/JOB/restart -d '{\"restore\": \"latest\"}'")
        drill.until(lambda found: found["state"] == "FINISHED", "the end")
        found = sorted(row["n"] for path in glob.glob(f"{out}/part-*") for row in map(json.loads, harness.read_lines(path)))
        if found != list(range(1, rows + 1)):
            raise harness.Failure(f"{len(found)} rows of {rows}")


def flip(path, seed):
    """One bit, somewhere behind the head."""
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        place = random.Random(seed).randrange(min(32, len(data) - 1), len(data))
        data[place] ^= 1 << (seed % 8)
        file.seek(0)
        file.write(data)


def newest(folder, ending):
    return sorted(glob.glob(os.path.join(folder, "**", f"*{ending}"), recursive=True), key=lambda path: crash.natural(os.path.basename(path)))


def state_corruption(env, show=False):
    """The server dies, and a file of the newest checkpoint is damaged; then all of them are."""
    with Drill(env, "state-corruption", show) as drill:
        rows = 60000
        drill.begin(TOTALS % (rows, rows, f"{drill.folder}/totals.json"), "totals", **{"execution_checkpointing_num-retained": "4"})
        drill.until(lambda found: found["checkpoint"]["done"] > 5, "checkpoints")
        drill.weir.process.kill()
        folder = os.path.dirname(newest(drill.data, ".manifest")[-1])
        segment = [path for path in newest(folder, ".segment") if os.path.getsize(path) > 200][-1]
        flip(segment, 3)
        listed = drill.does("weir state ls FOLDER", FOLDER=folder)
        drill.says(listed.strip())
        manifests = newest(folder, ".manifest")
        whole = [path for path in manifests if drill.does("weir state dump --limit 0 FOLDER/chk-18.manifest >/dev/null", check=None, **{
            "FOLDER": os.path.dirname(path), "chk-18.manifest": os.path.basename(path)}) == ""]
        drill.says(f"whole: {[os.path.basename(path) for path in whole]} of {len(manifests)}")
        if not 0 < len(whole) < len(manifests):
            raise harness.Failure(f"whole are {whole} of {manifests}")
        drill.weir.start()
        drill.words["SERVER"] = drill.weir.url
        drill.until(lambda found: found["state"] in ("RUNNING", "FINISHED"), "the job goes on")
        said = json.dumps(drill.asks("curl -s SERVER/v1/jobs/JOB/logs"))
        drill.says(said[:600])
        drill.stands("is damaged at byte")
        if os.path.basename(segment) not in said:
            raise harness.Failure(f"the log does not name {segment}: {said}")
        drill.until(lambda found: found["checkpoint"]["done"] > 2, "checkpoints")
        everything(drill, rows)


def everything(drill, rows):
    """None is whole: the job says so and does not run; it begins anew."""
    savepoint = drill.asks("curl -s SERVER/v1/jobs/JOB/savepoint -d '{\"folder\": \"PATH\"}'", PATH=f"{drill.folder}/elsewhere")["savepoint"]
    drill.weir.process.kill()
    for number, path in enumerate(newest(os.path.dirname(newest(drill.data, ".manifest")[-1]), ".segment")):
        if not path.startswith(savepoint) and os.path.getsize(path) > 40:
            flip(path, number)
    drill.weir.start()
    drill.words["SERVER"] = drill.weir.url
    found = drill.until(lambda found: found["state"] == "FAILED", "the job is refused")
    drill.says(found["error"] + " | " + str(found["hint"]))
    if not re.search("damaged|checksum", found["error"]):
        raise harness.Failure(found["error"])
    drill.does("curl -s SERVER/v1/jobs/JOB/restart -d '{\"restore\": \"SAVEPOINT\"}'", SAVEPOINT=savepoint)
    drill.until(lambda found: found["state"] == "FINISHED", "the end")
    right(f"{drill.folder}/totals.json", rows)
