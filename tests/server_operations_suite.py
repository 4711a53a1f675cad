# SPDX-License-Identifier: Apache-2.0
"""server_operations_suite - what takes long on a server holds nobody else up, and can be asked for later; savepoints and changes of scripts
with several INSERTs; a stop whose sinks fail to commit."""
import json
import os
import threading
import time

import harness
import jobs_suite
import server
from server_jobs_suite import complete, expect, lines, script, state, submit, under_way, wait

STUCK = """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE away (i BIGINT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json');
INSERT INTO away SELECT i FROM n;
"""
STOPS = 12  # more than the server has threads for requests


def operation(weir, name, seconds=180):
    """Waits for its end."""
    end = time.monotonic() + seconds
    while True:
        found = weir.get(f"/v1/operations/{name}")
        if found["state"] != "running":
            return found
        if time.monotonic() > end:
            raise harness.Failure(f"it did not end: {found}")
        time.sleep(0.02)


def stuck(env):
    """Stops of jobs whose broker is away wait for it, whether they are asked for by REST or in SQL; others are answered meanwhile; a cancel ends
    the wait."""
    folder = env.folder("operations-stuck")
    with server.Server(env, folder, settings=[("server.http.threads", "2"), ("parallelism.default", "1")]) as weir:
        jobs = [submit(weir, STUCK, f"stuck{i}", {}) for i in range(STOPS)]
        for job in jobs:
            state(weir, job, "RUNNING")
        half = STOPS // 2
        begun = [weir.post(f"/v1/jobs/{job}/stop?wait_ms=0", {"mode": "savepoint"}) for job in jobs[:half]]
        expect({one["state"] for one in begun}, {"running"}, "stops that were begun")
        waiting = [threading.Thread(target=weir.ask, args=("POST", "/v1/statements", {"sql": f"STOP JOB '{job}' WITH SAVEPOINT"})) for job in jobs[half:]]
        for thread in waiting:
            thread.start()
        for job in jobs:
            wait(weir, job, lambda found: found["changing"] == "A stop", "a stop under way")
        code, _, text = weir.ask("POST", f"/v1/jobs/{jobs[0]}/stop?wait_ms=50", {"mode": "savepoint"})
        expect((code, b"is under way" in text), (409, True), "a second one")
        code, _, text = weir.ask("POST", f"/v1/jobs/{jobs[0]}/savepoint?wait_ms=50", {"folder": f"{folder}/late"})
        expect((code, json.loads(text)["state"]), (202, "running"), "one that takes longer than was waited for")
        listed = weir.get("/v1/operations")["operations"]
        expect([(one["operation"], one["kind"], one["state"]) for one in listed[-half:]], [(one["operation"], "stop", "running") for one in reversed(begun)], "the list")
        expect(weir.post("/v1/statements", {"sql": "SET"})["kind"], "rows", "a statement meanwhile")
        for wrong in ("-1", "x", "3600001"):
            weir.refused(400, "POST", f"/v1/jobs/{jobs[0]}/savepoint?wait_ms={wrong}", {})
        weir.refused(404, "GET", "/v1/operations/nothing")
        expect(weir.refused(409, "DELETE", f"/v1/operations/{begun[0]['operation']}")["code"], "conflict", "a stop is no replay")
        for job in jobs:
            weir.post(f"/v1/jobs/{job}/stop", {"mode": "cancel"})
            expect(weir.get(f"/v1/jobs/{job}")["state"], "CANCELED", "a cancel in the middle of a stop")
        for one in begun:
            expect(operation(weir, one["operation"])["state"], "failed", "a stop that was given up")
        for thread in waiting:
            thread.join()


def later(env):
    """Who waits gets the answer, or, when it takes longer, the name of the operation."""
    folder = env.folder("operations-later")
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "later")
        under_way(weir, job)
        expect(weir.post(f"/v1/jobs/{job}/savepoint", {"folder": f"{folder}/one"}), {"savepoint": f"{folder}/one"}, "an answer that was waited for")
        code, _, _ = weir.ask("POST", f"/v1/jobs/{job}/savepoint?wait_ms=0", {"folder": f"{folder}/two"})
        expect(code, 202, "one that was not")
        begun = weir.post(f"/v1/jobs/{job}/savepoint?wait_ms=0", {"folder": f"{folder}/three"})
        found = operation(weir, begun["operation"])
        expect((found["state"], found["result"], found["error"], found["job"]), ("done", {"savepoint": f"{folder}/three"}, None, job), "its end")
        begun = weir.post(f"/v1/jobs/{job}/savepoint?wait_ms=0", {"folder": f"{folder}/one"})
        found = operation(weir, begun["operation"])
        expect((found["state"], found["result"], found["error"]["code"]), ("failed", None, "invalid_request"), "one that fails")
        weir.post(f"/v1/jobs/{job}/stop")


# ---- several INSERTs, one after the other

def several(folder, keys=10):
    """The second of three goes on for a while."""
    return f"""
CREATE TABLE first (i BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '100', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
  'fields.i.end' = '100');
CREATE TABLE ones (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/ones', 'format' = 'json');
CREATE TABLE threes (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/threes', 'format' = 'json');
INSERT INTO ones SELECT i FROM first;
{script(folder)}
INSERT INTO threes SELECT i FROM first;
""".replace("MOD(i, 10)", f"MOD(i, {keys})")


def numbers(folder, name):
    path = os.path.join(folder, name)
    found = []
    for part in os.listdir(path) if os.path.isdir(path) else []:
        if not part.startswith((".", "_")):
            found += [row["i"] for row in lines(os.path.join(path, part))]
    return sorted(found)


def whole(folder):
    complete(folder)
    expect((numbers(folder, "ones"), numbers(folder, "threes")), (list(range(1, 101)),) * 2, "the first and the last INSERT, once")


def in_second(weir, folder, job):
    wait(weir, job, lambda found: "parts" in [one["table"] for one in found.get("tables", [])] and found["checkpoint"]["number"] > 0, "the second INSERT")
    expect(numbers(folder, "ones"), list(range(1, 101)), "the first INSERT")


def several_inserts(env):
    """A savepoint in the second INSERT: the first is not repeated, the second goes on, the third comes in its turn; in the same job, in another
    one, after a rescale and an update."""
    folder = env.folder("operations-several")
    with server.Server(env, folder) as weir:
        job = submit(weir, several(folder), "several")
        in_second(weir, folder, job)
        path = weir.post(f"/v1/jobs/{job}/savepoint")["savepoint"]
        expect(sorted(os.listdir(path)), ["2", "script-place"], "a savepoint")
        weir.post(f"/v1/jobs/{job}/rescale", {"parallelism": 2})
        in_second(weir, folder, job)
        expect(weir.get(f"/v1/jobs/{job}")["restored_from"].startswith(f"{folder}/data/checkpoints/{job}-savepoint-"), True, "where it is")
        weir.restart(kill=True)
        in_second(weir, folder, job)
        changed = several(folder).replace("SELECT i FROM n;", "SELECT i + 0 AS i FROM n WHERE i > 0;")
        report = weir.post(f"/v1/jobs/{job}/update", {"sql": changed, "apply": True})
        expect((report["applied"], report["misfits"]), (True, 0), f"an update {report}")
        in_second(weir, folder, job)
        more = weir.refused(400, "POST", f"/v1/jobs/{job}/update", {"sql": changed + "INSERT INTO ones SELECT i FROM first;", "apply": True})
        expect("script of 3 INSERTs" in more["message"] and "EXECUTE STATEMENT SET" in more["hint"], True, f"another number of INSERTs: {more}")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "RUNNING", "it goes on")
        given = weir.post(f"/v1/jobs/{job}/stop", {"mode": "savepoint", "folder": f"{folder}/given"})["savepoint"]
        expect((given, weir.get(f"/v1/jobs/{job}")["restored_from"]), (f"{folder}/given",) * 2, "the savepoint that ends it")
        refused = weir.refused(400, "POST", "/v1/jobs", {"sql": script(folder), "name": "less", "restore": given})
        expect("in number 2 of them, and this one has 1" in refused["message"], True, refused)
        other = submit(weir, changed, "other", restore=given)
        in_second(weir, folder, other)
        weir.post(f"/v1/jobs/{other}/stop")  # its checkpoints say where it was
        last = submit(weir, changed, "other", restore="latest")
        state(weir, last, "FINISHED")
        expect("had finished (" in weir.process.said(), True, weir.process.said()[-2000:])
        whole(folder)
        weir.json("DELETE", f"/v1/jobs/{job}")
        weir.json("DELETE", f"/v1/jobs/{other}")
        expect([name for name in os.listdir(f"{folder}/data/checkpoints") if "savepoint" not in name], [last], "checkpoints that are left")


# ---- a stop whose sinks fail to commit

def failed_commit(env):
    """The savepoint is there, and its commit fails: it is made up for from the savepoint, and the job has ended there."""
    folder = env.folder("operations-commit")
    with server.Server(env, folder, WEIR_FAULT="checkpoint-durable=error") as weir:
        job = submit(weir, script(folder), "commit", {"execution.checkpointing.interval": "1 h", "restart-strategy.type": "fixed-delay",
                                                     "restart-strategy.fixed-delay.delay": "1 ms"})
        wait(weir, job, lambda found: found["rows_in"] > 1000, "rows")
        weir.post(f"/v1/jobs/{job}/stop", {"mode": "savepoint", "folder": f"{folder}/sp"})
        found = weir.get(f"/v1/jobs/{job}")
        expect((found["state"], found["restored_from"], found["restarts"]), ("SUSPENDED", f"{folder}/sp", 1), f"its end {found}")
        expect("Made to fail" in weir.get(f"/v1/jobs/{job}/exceptions")["exceptions"][0]["message"], True, "what happened")
        shown = numbers(folder, "parts")
        expect((shown, len(shown) > 0), (list(range(1, len(shown) + 1)), True), "what is shown is that of the savepoint")
        weir.post(f"/v1/jobs/{job}/restart", {"restore": "latest"})
        state(weir, job, "FINISHED")
        complete(folder)


def failed_commit_alone(env):
    """The same of weir run."""
    folder = env.folder("operations-alone")
    args = ("--set", "execution.checkpointing.interval=1 h", "--set", f"execution.checkpointing.dir={folder}/ck")
    with jobs_suite.Running(env, folder, script(folder), *args, WEIR_FAULT="checkpoint-durable=error") as job:
        job.wait(lambda found: found["rows_in"] > 1000, "rows")
        expect(job.ask("stop", "parts+totals", "--savepoint", f"{folder}/sp").stdout, f"{folder}/sp\n", "what stop prints")
        job.end(130, "a job that was stopped")
    shown = numbers(folder, "parts")
    expect((shown, len(shown) > 0), (list(range(1, len(shown) + 1)), True), "what is shown is that of the savepoint")
    with jobs_suite.Running(env, folder, script(folder), *args, "--restore", f"{folder}/sp") as job:
        job.end(0, "a job that goes on from there")
    complete(folder)


def cases(env):
    yield "server-operations/stuck", lambda: stuck(env)
    yield "server-operations/later", lambda: later(env)
    yield "server-operations/several", lambda: several_inserts(env)
    yield "server-operations/failed-commit", lambda: failed_commit(env)
    yield "server-operations/failed-commit-alone", lambda: failed_commit_alone(env)
