# SPDX-License-Identifier: Apache-2.0
"""server_jobs_suite - jobs of a server, over HTTP: submitted, watched, stopped, restored, changed, and there again after the
server was stopped or killed. What a job writes in the end is that of one run without any of this."""
import http.client
import json
import os
import socket
import threading
import time

import harness
import server

ROWS = 12000
FAST = {"execution.checkpointing.interval": "50 ms"}


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def script(folder, rows=ROWS, rate=500):
    """Numbers 1..rows at a rate into a folder of parts, and how many there are of each of ten keys. It runs for long enough that a loaded machine can
    ask for it, stop it and have it go on meanwhile."""
    return f"""
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}', 'number-of-rows' = '{rows}', 'seed' = '1',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '{rows}');
CREATE TABLE parts (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/parts', 'format' = 'json');
CREATE TABLE totals (k INT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/totals.json',
  'format' = 'json');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO parts SELECT i FROM n;
  INSERT INTO totals SELECT k, COUNT(*) FROM (SELECT CAST(MOD(i, 10) AS INT) AS k FROM n) GROUP BY k;
END;
"""


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def complete(folder, rows=ROWS):
    """Every number was written once, and counted once."""
    found = []
    for name in os.listdir(os.path.join(folder, "parts")):
        if not name.startswith((".", "_")):
            found += [row["i"] for row in lines(os.path.join(folder, "parts", name))]
    expect(sorted(found), list(range(1, rows + 1)), "numbers in the parts")
    expect(sorted(tuple(row.values()) for row in lines(f"{folder}/totals.json")), [(k, rows // 10) for k in range(10)], "totals")


def submit(weir, sql, name=None, settings=FAST, **more):
    return weir.post("/v1/jobs", {"sql": sql, "settings": settings, **({"name": name} if name else {}), **more})["id"]


def wait(weir, job, condition, what, seconds=180):
    """Until the job fulfils a condition."""
    end = time.monotonic() + seconds
    while True:
        found = weir.get(f"/v1/jobs/{job}")
        if condition(found):
            return found
        if time.monotonic() > end:
            raise harness.Failure(f"{what} did not happen: {found}\n{weir.process.said()[-2000:]}")
        time.sleep(0.02)


def state(weir, job, *wanted):
    return wait(weir, job, lambda found: found["state"] in wanted, f"{' or '.join(wanted)}")


def under_way(weir, job):
    """It has read rows and made a checkpoint."""
    return wait(weir, job, lambda found: found["rows_in"] > 0 and found["checkpoint"]["number"] > 0, "rows and a checkpoint")


# ---- what is there

def life(env):
    folder = env.folder("server-jobs-life")
    with server.Server(env, folder) as weir:
        expect(weir.get("/v1/jobs"), {"jobs": []}, "no jobs")
        job = submit(weir, script(folder), "life")
        found = under_way(weir, job)
        expect((found["id"], found["name"], found["state"], found["sql"]), (job, "life", "RUNNING", script(folder)), "a running job")
        expect(found["uptime_ms"] >= 0 and found["created_ms"] <= found["started_ms"] and found["ended_ms"] is None, True, f"times {found}")
        expect([one["table"] for one in found["tables"]], ["n", "parts", "totals"], "tables")
        expect(weir.get("/v1/jobs/life")["id"], job, "by name")
        listed = weir.get("/v1/jobs")["jobs"]
        expect([(one["id"], one["name"], one["state"]) for one in listed], [(job, "life", "RUNNING")], "the list")
        found = state(weir, job, "FINISHED")
        expect((found["rows_in"], found["rows_out"] > ROWS, found["error"], found["uptime_ms"]), (ROWS, True, None, None), "its figures in the end")
        complete(folder)
        weir.restart()
        found = weir.get(f"/v1/jobs/{job}")
        expect((found["state"], found["rows_in"], found["name"]), ("FINISHED", ROWS, "life"), "after a restart of the server")


def graceful(env):
    """A server that is stopped suspends its jobs with a last checkpoint, and the next one goes on."""
    folder = env.folder("server-jobs-graceful")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "graceful", {})  # with the interval of a server's jobs: the last checkpoint is the only one
        wait(weir, job, lambda found: found["rows_in"] > 100, "rows")
        weir.restart()
        found = wait(weir, job, lambda found: found["rows_in"] > 0, "rows after the restart")
        expect("goes on from checkpoint" in weir.process.said(), True, weir.process.said())
        state(weir, job, "FINISHED")
        expect(found["state"], "RUNNING", "it ran")
        complete(folder)


def killed(env):
    folder = env.folder("server-jobs-killed")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "killed")
        for _ in range(3):
            under_way(weir, job)
            weir.restart(kill=True)
        state(weir, job, "FINISHED")
        complete(folder)


# ---- stop, and go on

def stop_modes(env):
    folder = env.folder("server-jobs-stop")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "stop")
        under_way(weir, job)
        made = weir.post(f"/v1/jobs/{job}/stop", {"mode": "savepoint", "folder": f"{folder}/given"})["savepoint"]
        expect(made, f"{folder}/given", "the savepoint")
        found = weir.get(f"/v1/jobs/{job}")
        expect((found["state"], found["error"], found["restored_from"]), ("SUSPENDED", None, made), "after a savepoint")
        weir.restart()  # it was stopped by somebody: it does not begin with the server
        expect(weir.get(f"/v1/jobs/{job}")["state"], "SUSPENDED", "after a restart of the server")
        expect(weir.refused(409, "POST", f"/v1/jobs/{job}/stop")["code"], "conflict", "stopped twice")
        weir.post("/v1/jobs/stop/restart", {"restore": "latest"})
        under_way(weir, job)
        expect(weir.refused(409, "POST", f"/v1/jobs/{job}/restart")["code"], "conflict", "restart of a job that runs")
        expect(weir.post(f"/v1/jobs/{job}/stop"), {"savepoint": None}, "a cancel")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "CANCELED", "after a cancel")
        weir.post(f"/v1/jobs/{job}/restart", {"restore": "latest"})
        state(weir, job, "FINISHED")
        complete(folder)
        weir.post(f"/v1/jobs/{job}/restart")  # anew: everything once more
        state(weir, job, "FINISHED")
        expect(weir.get(f"/v1/jobs/{job}")["rows_in"], ROWS, "rows of a job that began anew")


def drain(env):
    folder = env.folder("server-jobs-drain")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder, rows=1000000), "drain")
        under_way(weir, job)
        weir.post(f"/v1/jobs/{job}/stop", {"mode": "drain"})
        found = weir.get(f"/v1/jobs/{job}")
        expect((found["state"], 0 < found["rows_in"] < 1000000), ("FINISHED", True), "after a drain")
        expect(sum(row["n"] for row in lines(f"{folder}/totals.json")), found["rows_in"], "totals")


def savepoints(env):
    """A savepoint of a job is where another begins; and a job that was begun from one, and killed before it made a checkpoint, begins
    there again."""
    folder = env.folder("server-jobs-savepoint")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "one")
        under_way(weir, job)
        path = weir.post(f"/v1/jobs/{job}/savepoint")["savepoint"]
        expect((os.path.dirname(path), os.path.basename(path)), (f"{folder}/data/checkpoints", f"{job}-savepoint-1"), "its place")
        expect(weir.refused(400, "POST", f"/v1/jobs/{job}/savepoint", {"folder": path})["message"].endswith("is there already"), True, "taken")
        expect(weir.post(f"/v1/jobs/{job}/savepoint", {"folder": f"file://{folder}/uri"})["savepoint"], f"{folder}/uri", "a URI")
        near = os.path.relpath(f"{folder}/near", os.path.realpath(f"/proc/{weir.process.process.pid}/cwd"))
        path_of_it = weir.post(f"/v1/jobs/{job}/savepoint", {"folder": near})["savepoint"]
        expect((os.path.isabs(path_of_it), os.path.normpath(path_of_it)), (True, f"{folder}/near"), "a path from where the server began")
        for wrong in ("", "s3://bucket/sp", "hdfs://host/sp"):
            for what in ("savepoint", "stop"):
                weir.refused(400, "POST", f"/v1/jobs/{job}/{what}", {"folder": wrong, **({"mode": "savepoint"} if what == "stop" else {})})
            weir.refused(400, "POST", "/v1/jobs", {"sql": script(folder), "name": "wrong", "restore": wrong})
        weir.post(f"/v1/jobs/{job}/stop", {"mode": "savepoint", "folder": f"{folder}/sp"})
        weir.refused(400, "POST", f"/v1/jobs/{job}/restart", {"restore": "s3://bucket/sp"})
        other = submit(weir, script(folder), "two", {"execution.checkpointing.interval": "1 h"}, restore=f"file://{folder}/sp")
        expect(weir.get(f"/v1/jobs/{other}")["restored_from"], f"{folder}/sp", "where it began")
        wait(weir, other, lambda found: found["rows_in"] > 0, "rows")
        weir.restart(kill=True)
        wait(weir, other, lambda found: found["rows_in"] > 0, "rows after a kill")
        expect(f"goes on from checkpoint 1 ('{folder}/sp" in weir.process.said(), True, weir.process.said())
        state(weir, other, "FINISHED")
        complete(folder)
        weir.json("DELETE", f"/v1/jobs/{job}")
        expect(os.path.isdir(path), True, "savepoints outlive the job")
        expect(os.path.exists(f"{folder}/data/checkpoints/{job}"), False, "checkpoints do not")
        expect(weir.refused(404, "GET", f"/v1/jobs/{job}")["code"], "not_found", "a forgotten job")
        expect([one["name"] for one in weir.get("/v1/jobs")["jobs"]], ["two"], "the list")
        weir.restart()
        expect([one["name"] for one in weir.get("/v1/jobs")["jobs"]], ["two"], "the list after a restart")


def rescale(env):
    folder = env.folder("server-jobs-rescale")
    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir:
        job = submit(weir, script(folder), "rescale")
        expect([stage["tasks"] for stage in under_way(weir, job)["stages"]][0], 1, "workers")
        weir.post(f"/v1/jobs/{job}/rescale", {"parallelism": 3})
        found = wait(weir, job, lambda found: found.get("stages"), "stages")
        expect((found["parallelism"], max(stage["tasks"] for stage in found["stages"])), (3, 3), "workers after it")
        under_way(weir, job)
        weir.restart(kill=True)
        found = wait(weir, job, lambda found: found.get("stages"), "stages")
        expect(max(stage["tasks"] for stage in found["stages"]), 3, "workers after a kill")
        for wrong in (0, 257, -1):
            weir.refused(400, "POST", f"/v1/jobs/{job}/rescale", {"parallelism": wrong})
        state(weir, job, "FINISHED")
        complete(folder)
        expect(weir.refused(409, "POST", f"/v1/jobs/{job}/rescale", {"parallelism": 2})["code"], "conflict", "of a job that has ended")


def rescale_without_table(env):
    """A job whose table was dropped goes on with what it was planned with; a rescale, which it could not come back from, is refused."""
    with server.Server(env, env.folder("server-jobs-rescale-dropped")) as weir:
        for sql in ("CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')", "CREATE TABLE s (i BIGINT) WITH ('connector' = 'blackhole')"):
            weir.post("/v1/statements", {"sql": sql})
        submit(weir, "INSERT INTO s SELECT i FROM n", "j")
        wait(weir, "j", lambda found: found["rows_in"] > 0, "rows")
        weir.post("/v1/statements", {"sql": "DROP TABLE s"})
        expect(weir.refused(400, "POST", "/v1/jobs/j/rescale", {"parallelism": 2})["message"], "There is no table or view 's'", "a rescale")
        before = weir.get("/v1/jobs/j")
        found = wait(weir, "j", lambda found: found["rows_in"] > before["rows_in"], "more rows")
        expect((found["state"], found["started_ms"], found["changing"], found["parallelism"]), ("RUNNING", before["started_ms"], None, None), "the job")


PLACES = ("manifest-renamed", "checkpoint-durable", "commit-step", "sink-committed", "checkpoint-done", "restore-found", "restore-committed",
          "restore-loaded")


def dies(env, place):
    """The server dies in the middle of a rescale, whose savepoint is the first checkpoint of all: the next server goes on from that
    savepoint if the job had come so far, and begins the job anew if not."""
    folder = env.folder(f"server-jobs-dies-{place}")
    with server.Server(env, folder, WEIR_FAULT=place) as weir:
        job = submit(weir, script(folder, rows=80000, rate=15000), "dies", {"execution.checkpointing.interval": "1 h"})
        wait(weir, job, lambda found: found["rows_in"] > 2000, "rows")
        try:
            weir.post(f"/v1/jobs/{job}/rescale", {"parallelism": 2})
        except (OSError, http.client.HTTPException):
            pass
        expect(weir.process.end(137) is not None, True, "it died")
        weir._environ = {}
        weir.start()
        state(weir, job, "FINISHED")
        expect(weir.get(f"/v1/jobs/{job}")["restored_from"] is not None, place != "manifest-renamed", "it went on from the savepoint")
        complete(folder, 80000)


def update(env):
    """What a changed script keeps is said first; then the job goes on with it. A script with an error changes nothing."""
    folder = env.folder("server-jobs-update")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "update")
        under_way(weir, job)
        changed = script(folder).replace("INSERT INTO parts SELECT i FROM n;", "INSERT INTO parts SELECT i + 0 AS i FROM n WHERE i > 0;")
        report = weir.post(f"/v1/jobs/{job}/update", {"sql": changed})
        expect((report["applied"], report["misfits"]), (False, 0), f"a change that keeps all: {report}")
        expect({(row["part"], row["verdict"]) for row in report["report"]}, {("operator", "kept"), ("source", "kept"), ("sink", "kept")}, "its report")
        error = weir.refused(400, "POST", f"/v1/jobs/{job}/update", {"sql": "INSERT INTO nowhere SELECT 1", "apply": True})
        expect("nowhere" in error["message"] and error["line"] == 1, True, f"an error of the new script: {error}")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "RUNNING", "after an error")
        expect(weir.post(f"/v1/jobs/{job}/update", {"sql": changed, "apply": True})["applied"], True, "an update")
        expect(weir.get(f"/v1/jobs/{job}")["sql"], changed, "its script")
        state(weir, job, "FINISHED")
        complete(folder)
        other = changed.replace("CAST(MOD(i, 10) AS INT)", "CAST(MOD(i, 5) AS INT)").replace("GROUP BY k", "GROUP BY k, k + 1")
        report = weir.post(f"/v1/jobs/{job}/update", {"sql": other})
        expect(report["applied"], False, "a report of a job that has ended")
        weir.restart()
        expect(weir.get(f"/v1/jobs/{job}")["sql"], changed, "its script after a restart")


def go_on_by_name(env):
    """A job that is submitted with "latest" goes on where the last one of its name was."""
    folder = env.folder("server-jobs-latest")
    with server.Server(env, folder) as weir:
        expect("no job 'again'" in weir.refused(400, "POST", "/v1/jobs", {"sql": script(folder), "name": "again", "restore": "latest"})["message"],
               True, "nothing to go on from")
        first = submit(weir, script(folder), "again")
        under_way(weir, first)
        weir.post(f"/v1/jobs/{first}/stop")
        second = submit(weir, script(folder), "again", restore="latest")
        expect(first != second, True, "another job")
        state(weir, second, "FINISHED")
        complete(folder)
        expect(weir.get("/v1/jobs/again")["id"], second, "the newest one has the name")


def retained(env):
    folder = env.folder("server-jobs-retained")
    with server.Server(env, folder, settings=[("server.jobs.retained", "2")]) as weir:
        for i in range(5):
            state(weir, submit(weir, GOOD, f"job{i}"), "FINISHED")
        expect([one["name"] for one in weir.get("/v1/jobs")["jobs"]], ["job2", "job3", "job4"], "what is left")
        expect(len(os.listdir(f"{folder}/data/checkpoints")), 3, "folders of checkpoints")


# ---- what goes wrong

GOOD = """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
CREATE TABLE nowhere (i BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO nowhere SELECT i FROM n;
"""

BAD = """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
  'fields.i.end' = '1000');
CREATE TABLE shares (i BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO shares SELECT 1 / (i - 500) FROM n;
"""


def fails(env):
    """A job that fails at run time says why, and keeps it."""
    folder = env.folder("server-jobs-fails")
    with server.Server(env, folder) as weir:
        job = submit(weir, BAD, "bad")
        found = state(weir, job, "FAILED")
        expect("Division by zero" in found["error"], True, found["error"])
        for _ in range(2):
            exceptions = weir.get(f"/v1/jobs/{job}/exceptions")["exceptions"]
            expect([("Division by zero" in one["message"], one["restarted"]) for one in exceptions], [(True, False)], f"exceptions {exceptions}")
            weir.restart()
            expect(weir.get(f"/v1/jobs/{job}")["error"], found["error"], "its error after a restart")
        weir.refused(409, "POST", f"/v1/jobs/{job}/stop")
        weir.post(f"/v1/jobs/{job}/restart", {"restore": "latest"})
        state(weir, job, "FAILED")
        expect(len(weir.get(f"/v1/jobs/{job}/exceptions")["exceptions"]), 2, "exceptions after a second try")


def restarts(env):
    """A failure that may pass is an exception of the history, and the job goes on from its last checkpoint."""
    folder = env.folder("server-jobs-restarts")
    with server.Server(env, folder, WEIR_FAULT="sink-committed=error:3") as weir:
        job = submit(weir, script(folder), "restarts", dict(FAST, **{"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.delay": "10 ms"}))
        found = wait(weir, job, lambda found: found["restarts"] == 1, "a restart")
        exceptions = weir.get(f"/v1/jobs/{job}/exceptions")["exceptions"]
        expect([one["restarted"] for one in exceptions], [True], f"exceptions {exceptions}")
        expect("sink-committed" in exceptions[0]["message"], True, f"{exceptions}")
        found = state(weir, job, "FINISHED")
        expect((found["error"], found["restarts"]), (None, 1), "in the end")
        complete(folder)


def memory(env):
    """Jobs beside each other keep to one limit: together they remember more than it allows."""
    if env.sanitize or getattr(env, "under", None):
        raise harness.Skip("memory is measured of builds without tools")
    folder = env.folder("server-jobs-memory")
    rows = 700000
    sql = f"""
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '{rows}',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '{rows}');
CREATE TABLE counts (i BIGINT, n BIGINT, PRIMARY KEY (i) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT i, COUNT(*) FROM n GROUP BY i;
"""
    with server.Server(env, folder, settings=[("weir.memory.limit", "200 mb"), ("parallelism.default", "1")]) as weir:
        jobs = [submit(weir, sql, f"job{i}", {}) for i in range(3)]
        for job in jobs:
            expect(state(weir, job, "FINISHED", "FAILED")["error"], None, "a job")
        with open(f"/proc/{weir.process.process.pid}/status", encoding="utf-8") as file:
            peak = int(next(line for line in file if line.startswith("VmHWM")).split()[1]) // 1024
        expect(peak < 120, True, f"{peak} MB at most: of the limit 57 MB are for states, and one job alone would take nearly that")


def fails_at_boot(env):
    """A job that cannot begin with the server is FAILED with its reason; the others run."""
    folder = env.folder("server-jobs-boot")
    other = env.folder("server-jobs-boot-2")
    with server.Server(env, folder) as weir:
        job, good = submit(weir, script(folder), "gone"), submit(weir, script(other), "good")
        under_way(weir, job)
        under_way(weir, good)
        weir.process.kill()
        os.rename(f"{folder}/data/checkpoints/{job}", f"{folder}/away")
        weir.start()
        found = state(weir, job, "FAILED")
        expect("has made checkpoints" in found["error"] and "Put them back" in found["hint"], True, f"{found['error']} {found['hint']}")
        state(weir, good, "RUNNING")
        os.rename(f"{folder}/away", f"{folder}/data/checkpoints/{job}")
        weir.post(f"/v1/jobs/{job}/restart", {"restore": "latest"})
        state(weir, job, "FINISHED")
        state(weir, good, "FINISHED")
        complete(folder)
        complete(other)


def refused(env):
    folder = env.folder("server-jobs-refused")
    with server.Server(env, folder) as weir:
        for body, said in ((b"{", "no JSON"), (b"[]", "object"), ({}, "'sql' is missing"), ({"sql": 1}, "'sql' is to be a text"),
                           ({"sql": "INSERT", "colour": 1}, "'colour'"), ({"sql": "SELECT 1"}, "SELECT"), ({"sql": ""}, "no job"),
                           ({"sql": "SHOW TABLES"}, "no job"), ({"sql": "INSERT INTO x SELECT 1"}, "x"),
                           ({"sql": script(folder), "settings": {"no.such": "1"}}, "no.such"), ({"sql": script(folder), "settings": {"a": []}}, "settings"),
                           ({"sql": script(folder), "restore": f"{folder}/nothing"}, "There is no savepoint"),
                           ({"sql": script(folder), "name": "a\nb"}, "control character"), ({"sql": script(folder), "name": "x" * 201}, "200 bytes")):
            error = weir.refused(400, "POST", "/v1/jobs", body)
            expect(said in error["message"], True, f"{body}: {error}")
        expect(weir.get("/v1/jobs"), {"jobs": []}, "nothing was submitted")
        job = submit(weir, script(folder))
        expect(weir.get(f"/v1/jobs/{job}")["name"], "parts_totals".replace("_", "+"), "the name of a job without one")
        taken = weir.refused(409, "POST", "/v1/jobs", {"sql": script(folder), "name": "parts+totals"})
        expect("has not ended" in taken["message"], True, taken)
        for method, path, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/stop", {}), ("POST", "/savepoint", {}), ("POST", "/restart", {}),
                                   ("POST", "/rescale", {"parallelism": 1}), ("POST", "/update", {"sql": "x"}), ("GET", "/checkpoints", None),
                                   ("GET", "/exceptions", None), ("GET", "/logs", None), ("GET", "/stream", None)):
            expect(weir.refused(404, method, f"/v1/jobs/nobody{path}", body)["code"], "not_found", f"{method} {path}")
        expect("mode" in weir.refused(400, "POST", f"/v1/jobs/{job}/stop", {"mode": "now"})["message"], True, "an unknown mode")
        weir.refused(400, "POST", f"/v1/jobs/{job}/stop", {"mode": "drain", "folder": "x"})
        weir.refused(400, "POST", f"/v1/jobs/{job}/rescale", {"parallelism": 1.5})
        expect(weir.refused(409, "DELETE", f"/v1/jobs/{job}")["hint"], "Stop it, then forget it", "a job that runs is not forgotten")
        second = env.weir("serve", "--data", f"{folder}/data", "--port", "0", check=2)
        expect("Another server has this folder" in second.stderr, True, second.stderr)


def roles(env):
    folder = env.folder("server-jobs-roles")
    users = "server:\n  users:\n" + "".join(f"    - {{name: {role}, role: {role}, token: {role}-token}}\n" for role in ("viewer", "operator"))
    with server.Server(env, folder, config=users, login="operator-token") as weir:
        sql = script(folder) + "CREATE TABLE never (a INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://x/y', 'table-name' = 't', 'password' = 'secret!');"
        job = submit(weir, sql, "roles")
        found = under_way(weir, job)
        expect((found["owner"], found["sql"]), ("operator", sql), "its owner sees all")
        weir.login = "viewer-token"
        expect("secret!" in weir.get(f"/v1/jobs/{job}")["sql"], False, "a viewer sees a password")
        for path in ("", "/checkpoints", "/exceptions", "/logs"):
            weir.get(f"/v1/jobs/{job}{path}")
        for method, path in (("DELETE", ""), ("POST", "/stop"), ("POST", "/savepoint"), ("POST", "/restart"), ("POST", "/rescale"), ("POST", "/update")):
            weir.refused(403, method, f"/v1/jobs/{job}{path}", {})
        weir.refused(403, "POST", "/v1/jobs", {"sql": script(folder)})
        weir.login = None
        weir.refused(401, "GET", "/v1/jobs")


# ---- what is told

def history(env):
    folder = env.folder("server-jobs-history")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder, rows=10000000), "history")
        under_way(weir, job)
        events = weir.events("/v1/jobs/history/stream")
        name, data = next(events)
        expect((name, data["id"], data["state"]), ("job", job, "RUNNING"), "an event of the job")
        name, data = next(events)
        expect((name, len(data["operators"]) > 2), ("operators", True), "an event of its operators")
        events = weir.events("/v1/stream")
        name, data = next(events)
        expect((name, {one["id"] for one in data["jobs"]} <= {job}), ("history", True), "how jobs were until now")
        name, data = next(events)
        expect((name, [one["name"] for one in data["jobs"]]), ("jobs", ["history"]), "an event of all")
        weir.post(f"/v1/jobs/{job}/savepoint")
        weir.restart(kill=True)
        made = weir.get(f"/v1/jobs/{job}/checkpoints")["checkpoints"]
        expect({one["kind"] for one in made}, {"checkpoint", "savepoint"}, "kinds")
        expect(all(one["state"] == "completed" and one["bytes"] > 0 and one["duration_ms"] >= 0 and one["at_ms"] > 0 for one in made), True, f"{made}")
        numbers = [one["number"] for one in made if one["kind"] == "checkpoint"]
        expect(numbers, sorted(numbers, reverse=True), "the newest first")
        state(weir, job, "RUNNING")
        said = [line["text"] for line in weir.get(f"/v1/jobs/{job}/logs")["lines"]]
        expect(any("goes on from checkpoint" in line for line in said), True, f"its log {said}")


def at_once(env):
    """A job is forgotten, restarted, stopped by some while others submit it: each is told what holds, none waits for ever, and the server lives."""
    folder = env.folder("jobs-at-once")
    with server.Server(env, folder) as weir:
        sql = """CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
            CREATE TEMPORARY TABLE s (i BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT i FROM n;"""
        over, wrong = threading.Event(), []

        def keep_asking(method, path, body, codes):
            while not over.is_set():
                try:
                    code, _, text = weir.ask(method, path, body)
                except OSError as error:
                    wrong.append(f"{method} {path}: {error!r}")
                    return
                if code not in codes:
                    wrong.append(f"{method} {path}: {code} {text[:300]}")

        asks = [("DELETE", "/v1/jobs/j", None), ("POST", "/v1/jobs/j/restart", {}), ("POST", "/v1/jobs/j/stop", {"mode": "cancel"}),
                ("POST", "/v1/jobs/j/stop", {"mode": "savepoint"}), ("POST", "/v1/jobs/j/rescale", {"parallelism": 2}), ("POST", "/v1/jobs/j/savepoint", {})]
        threads = [threading.Thread(target=keep_asking, args=(*ask, (200, 400, 404, 409))) for ask in asks]
        for thread in threads:
            thread.start()
        begun = 0
        try:
            for _ in range(300):
                code, _, text = weir.ask("POST", "/v1/jobs", {"name": "j", "sql": sql})
                if code not in (201, 409):
                    raise harness.Failure(f"submitted: {code} {text[:300]}")
                begun += code == 201
        finally:
            over.set()
            for thread in threads:
                thread.join(120)
        expect((wrong, [thread.is_alive() for thread in threads]), ([], [False] * len(threads)), "answers")
        if begun < 10:
            raise harness.Failure(f"only {begun} jobs have begun")
        expect([one for one in weir.get("/v1/operations")["operations"] if one["state"] == "running"], [], "what still waits")
        weir.stop()


def asked_too_late(env):
    """A job fails while it is being opened and a stop with savepoint waits for it: the stop is refused, and the job is FAILED."""
    with server.Server(env, env.folder("jobs-asked")) as weir, socket.socket() as database:
        database.bind(("127.0.0.1", 0))
        database.listen()
        sql = f"""CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
            CREATE TEMPORARY TABLE s (i BIGINT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:{database.getsockname()[1]}/db', 'table-name' = 's');
            INSERT INTO s SELECT i FROM n;"""
        refused = []
        submit(weir, sql, "j", {"restart-strategy.type": "none"})
        client, _ = database.accept()
        while len(client.recv(1000)) == 8:  # TLS? No
            client.sendall(b"N")
        # The job is being opened, and gets no answer.
        stop = threading.Thread(target=lambda: refused.append(weir.refused(409, "POST", "/v1/jobs/j/stop", {"mode": "savepoint"})))
        stop.start()
        wait(weir, "j", lambda found: found["changing"] == "A stop", "the stop")
        fields = b'SFATAL\0C3D000\0Mdatabase "db" does not exist\0\0'
        client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        wait(weir, "j", lambda found: found["state"] == "FAILED", "the end")
        stop.join(60)
        expect([one["message"] for one in refused], ["The job 'j' has come to its end before a savepoint could be made"], "the stop")
        weir.stop()


def cases(env):
    yield "server-jobs/life", lambda: life(env)
    yield "server-jobs/graceful", lambda: graceful(env)
    yield "server-jobs/killed", lambda: killed(env)
    yield "server-jobs/stop", lambda: stop_modes(env)
    yield "server-jobs/drain", lambda: drain(env)
    yield "server-jobs/savepoint", lambda: savepoints(env)
    yield "server-jobs/at-once", lambda: at_once(env)
    yield "server-jobs/asked-too-late", lambda: asked_too_late(env)
    yield "server-jobs/rescale", lambda: rescale(env)
    yield "server-jobs/rescale-dropped", lambda: rescale_without_table(env)
    for place in PLACES:
        yield f"server-jobs/dies/{place}", lambda place=place: dies(env, place)
    yield "server-jobs/update", lambda: update(env)
    yield "server-jobs/latest", lambda: go_on_by_name(env)
    yield "server-jobs/retained", lambda: retained(env)
    yield "server-jobs/fails", lambda: fails(env)
    yield "server-jobs/restarts", lambda: restarts(env)
    yield "server-jobs/memory", lambda: memory(env)
    yield "server-jobs/fails-at-boot", lambda: fails_at_boot(env)
    yield "server-jobs/refused", lambda: refused(env)
    yield "server-jobs/roles", lambda: roles(env)
    yield "server-jobs/history", lambda: history(env)
