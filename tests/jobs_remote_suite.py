# SPDX-License-Identifier: Apache-2.0
"""jobs_remote_suite - weir jobs, status, why, savepoint and stop with --server: jobs of a running weir serve, asked and told from the command line."""
import http.server
import json
import os
import threading
import urllib.parse

import guide_suite
import harness
import server
from server_jobs_suite import expect, state, submit, wait
from servers import process

ENDLESS = """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'number-of-rows' = '100000000');
CREATE TABLE sums (k BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sums SELECT MOD(i, 7), COUNT(*) FROM n GROUP BY MOD(i, 7)"""
USERS = """
server:
  users:
    - {name: ann, role: admin, password: "a:b c"}
    - {name: vic, token: geheim}
"""


def has(text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"'{word}' is missing in\n{text}")


def cli(env, weir, command, *args, check=0, **environ):
    return env.weir(command, "--server", weir.url, *args, check=check, **environ)


def looks(env):
    """jobs, status and why say of a job, by name and by id, what the REST API says, for people and for programs."""
    with server.Server(env, env.folder("jobs-remote-looks")) as weir:
        expect(cli(env, weir, "jobs").stdout, "", "no jobs")
        job = submit(weir, ENDLESS, "endless one")
        wait(weir, job, lambda found: found["rows_out"] > 0 and found["checkpoint"]["done"] > 0, "rows and a checkpoint")
        listed = json.loads(cli(env, weir, "jobs").stdout)
        expect((listed["job"], listed["id"], listed["state"]), ("endless one", job, "RUNNING"), "the line")
        expect((listed["rows_in"] > 0, listed["checkpoint"] > 0, listed["elapsed_ms"] >= 0), (True, True, True), str(listed))
        has(cli(env, weir, "jobs", "--format", "table").stdout, "| endless one |", job, "1 row")
        expect(cli(env, weir, "jobs", "--format", "tsv").stdout.splitlines()[1].split("\t")[:3], ["endless one", job, "RUNNING"], "as tsv")
        for name in ("endless one", job):
            shown = json.loads(cli(env, weir, "status", name).stdout)
            expect((shown["id"], [table["table"] for table in shown["tables"]]), (job, ["n", "sums"]), "status")
            has(cli(env, weir, "status", name, "--format", "table").stdout, "| state ", "| RUNNING", "table n ", "rows_in ", "Aggregate", "ms per second",
                "checkpoint_folder")
            expect(json.loads(cli(env, weir, "why", name).stdout)["sinks"][0]["table"], "sums", "why")
            said = cli(env, weir, "why", name, "--format", "table").stdout
            has(said, "sums", "source n: rows in", "sink sums: rows out")


def odd_names(env):
    """A job whose name is no segment of a path as it stands is reached by it, from the command line and over REST; no name at all is no request."""
    name = "team/a job, 100 %2F ü?"
    with server.Server(env, env.folder("jobs-remote-names")) as weir:
        job = submit(weir, ENDLESS, name)
        expect(json.loads(cli(env, weir, "status", name).stdout)["id"], job, "status")
        expect(weir.get("/v1/jobs/" + urllib.parse.quote(name, safe=""))["id"], job, "by name")
        expect(weir.get(f"/v1/%6Aobs/{job}")["name"], name, "a path with more of it encoded than needed")
        has(cli(env, weir, "savepoint", name).stdout, f"{job}-savepoint-")
        cli(env, weir, "stop", name)
        state(weir, job, "CANCELED")
        for wrong, said in (("%zz", "%zz"), ("%", "%"), ("a%00b", "a%00b"), ("..%2F..%2Fetc", "../../etc")):
            has(weir.refused(404, "GET", f"/v1/jobs/{wrong}")["message"], f"There is no job '{said}'")
        for command in ("status", "why", "stop", "savepoint"):
            has(cli(env, weir, command, "", check=2).stderr, f"'{command}' needs a job")
        has(weir.refused(400, "POST", "/v1/jobs", {"sql": ENDLESS, "name": "two\nlines"})["message"], "control character")


def changes(env):
    """savepoint goes on, stop ends: by a savepoint, drained, or at once; what cannot be done is said, with what to do, and an exit code."""
    folder = env.folder("jobs-remote-changes")
    with server.Server(env, folder) as weir:
        job = submit(weir, ENDLESS, "endless")
        state(weir, job, "RUNNING")
        beside = cli(env, weir, "savepoint", "endless").stdout.strip()
        expect(os.path.isdir(beside), True, beside)
        expect(cli(env, weir, "savepoint", job, f"{folder}/there").stdout, f"{folder}/there\n", "where it is")
        has(cli(env, weir, "savepoint", "endless", f"{folder}/there", check=1).stderr, "is there already")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "RUNNING", "state behind savepoints")
        expect(cli(env, weir, "stop", "endless", "--savepoint", f"{folder}/last").stdout, f"{folder}/last\n", "stop with a savepoint")
        expect((weir.get(f"/v1/jobs/{job}")["state"], os.path.isdir(f"{folder}/last")), ("SUSPENDED", True), "stopped")
        expect(json.loads(cli(env, weir, "jobs").stdout)["state"], "SUSPENDED", "jobs that have ended are listed")
        has(cli(env, weir, "status", "endless", "--format", "table").stdout, "SUSPENDED", "table n ")
        has(cli(env, weir, "stop", "endless", check=1).stderr, "does not run", "hint:")
        has(cli(env, weir, "why", "endless", check=1).stderr, "does not run", f"weir status 'endless' --server {weir.url}")
        weir.post(f"/v1/jobs/{job}/restart", {"restore": "latest"})
        state(weir, job, "RUNNING")
        expect(cli(env, weir, "stop", "endless", "--drain").stdout, "", "stop --drain")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "FINISHED", "drained")
        other = submit(weir, ENDLESS, "other 50%")
        state(weir, other, "RUNNING")
        expect(cli(env, weir, "stop", "other 50%").stdout, "", "stop")
        expect(weir.get(f"/v1/jobs/{other}")["state"], "CANCELED", "canceled")


class Slow(http.server.BaseHTTPRequestHandler):
    """A server whose operations are not done when they are asked for: `answers` are given to those who ask after one."""

    protocol_version = "HTTP/1.1"
    answers, asked = [], []

    def log_message(self, *_):
        pass

    def give(self, code, found):
        text = json.dumps(found).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Slow.asked.append(self.path.split("?")[0])
        self.give(202, {"operation": "op1", "state": "running", "result": None, "error": None})

    def do_GET(self):
        Slow.asked.append(self.path)
        self.give(*Slow.answers.pop(0))


def slow(env):
    """What takes longer than a request waits is asked after until it has been done; its error is not lost, and neither is that nobody knows."""
    running = (200, {"operation": "op1", "state": "running", "result": None, "error": None})
    path = ["/v1/jobs/a%20b/stop"] + ["/v1/operations/op1"] * 3
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as fake:
        threading.Thread(target=fake.serve_forever, daemon=True).start()
        fake.url = f"http://127.0.0.1:{fake.server_port}"
        for last, code, said in (((200, {"state": "done", "result": {"savepoint": "/far/away"}, "error": None}), 0, "/far/away\n"),
                                 ((200, {"state": "failed", "result": None, "error": {"code": "conflict", "message": "No room", "hint": "Make some"}}), 1,
                                  "weir: No room\nhint: Make some\n"),
                                 ((404, {"error": {"code": "not_found", "message": "There is no operation 'op1'"}}), 2,
                                  "weir: There is no operation 'op1'\nhint: Whether it was done is not known: look before it is asked for again\n")):
            Slow.answers[:], Slow.asked[:] = [running, running, last], []
            done = cli(env, fake, "stop", "a b", "--savepoint", "-", check=code)
            expect(done.stdout + done.stderr, said, "what is said")
            expect(Slow.asked, path, "what was asked")
        Slow.answers[:], Slow.asked[:] = [running, (504, {}), (200, {"state": "done", "result": {}, "error": None})], []
        done = cli(env, fake, "stop", "a b")
        has(done.stderr, "does not answer; trying again", "what stands before it", "The server answers again")
        expect(Slow.asked, path, "what was asked through a proxy that lost its server")
        fake.shutdown()


def refusals(env):
    """Who may not, what is not there, and a server that is not: the cause, the next step, an exit code."""
    with server.Server(env, env.folder("jobs-remote-refusals"), config=USERS, login=("ann", "a:b c")) as weir:
        job = submit(weir, ENDLESS, "endless")
        state(weir, job, "RUNNING")
        viewer = ("--token", "geheim")
        for login, environ in ((("--user", "ann:a:b c"), {}), (viewer, {}), ((), {"WEIR_TOKEN": "geheim"}), ((), {"WEIR_USER": "ann", "WEIR_PASSWORD": "a:b c"})):
            expect(json.loads(cli(env, weir, "status", "endless", *login, **environ).stdout)["id"], job, "status")
        for words, code, said in ((("status", "endless"), 2, ["login is needed", "--user NAME"]),
                                  (("jobs", "--token", "wrong"), 2, ["No user has this name and password, or this token", "--user NAME"]),
                                  (("stop", "endless", *viewer), 2, ["takes the role operator", "Log in as"]),
                                  (("status", "nobody", *viewer), 2, ["There is no job 'nobody'", f"weir jobs --server {weir.url}"]),
                                  (("why", "a%2fb?x=1", *viewer), 2, ["There is no job 'a%2fb?x=1'"]),
                                  (("stop", "nobody", "--user", "ann:a:b c"), 2, ["There is no job 'nobody'", "weir jobs"]),
                                  (("jobs", "--control", "x", *viewer), 2, ["one is enough"])):
            has(cli(env, weir, *words, check=code).stderr, *said)
        has(env.weir("jobs", "--server", "localhost", check=2).stderr, "no address of a server", "http://HOST:PORT")
        has(env.weir("jobs", "--token", "geheim", check=2).stderr, "--server URL")
        has(env.weir("jobs", "--server", f"http://127.0.0.1:{process.free_port()}", check=2).stderr, "does not answer", "weir serve runs there")
        expect(weir.get(f"/v1/jobs/{job}")["state"], "RUNNING", "the job")


def completion(env):
    """Behind --server bash offers the names of the server's jobs, and asks nobody for a password."""
    with server.Server(env, env.folder("jobs-remote-completion"), config=USERS, login=("ann", "a:b c")) as weir:
        state(weir, submit(weir, ENDLESS, "endless"), "RUNNING")
        for login, want in ((["--token", "geheim"], ["endless"]), (["--user", "ann"], []), ([], [])):
            line = ["stop", "--server", weir.url, *login, "en"]
            # Bash splits words at a colon.
            address = ["http", ":", "//127.0.0.1", ":", str(weir.port)]
            words = ["stop", "--server", *address, *login, "en"]
            expect(guide_suite.complete(env, *words, line=" ".join(["weir", *line])), want, f"completion of {line}")


def cases(env):
    yield "jobs-remote/looks", lambda: looks(env)
    yield "jobs-remote/odd_names", lambda: odd_names(env)
    yield "jobs-remote/changes", lambda: changes(env)
    yield "jobs-remote/slow", lambda: slow(env)
    yield "jobs-remote/refusals", lambda: refusals(env)
    yield "jobs-remote/completion", lambda: completion(env)
