# SPDX-License-Identifier: Apache-2.0
"""server_alerts_suite - objectives, error budgets and alerts of a server, as those who are paged meet them: a webhook that listens, refuses and
is away, and a real Alertmanager (of Debian's package; ALERTMANAGER names it). Windows are seconds here; what they mean over hours is in the unit
tests, which have a clock of their own."""
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import harness
import server

PATIENCE = 60  # seconds for anything that is to happen, on a loaded machine
FAST = [("server.alerts.interval", "200 ms"), ("server.alerts.group-wait", "200 ms"), ("server.alerts.group-interval", "300 ms"),
        ("server.alerts.resolve-after", "0 s"), ("server.alerts.for", "0 s"), ("server.slo.warn.window", "20 s"), ("server.slo.page.window", "10 s"),
        ("parallelism.default", "1")]


class Receiver:
    """A webhook: keeps what it is sent. `refuse`: the code that it answers with."""

    def __init__(self):
        self.got, self.refuse, self.attempts, self.headers = [], None, 0, None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.attempts += 1
                receiver.headers = self.headers
                if receiver.refuse is None:
                    receiver.got.append((self.path, json.loads(body)))
                self.send_response(receiver.refuse or 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def until(self, wanted, what):
        return until(lambda: [body for _, body in self.got], lambda got: next((one for one in got if wanted(one)), None), what)


def until(look, wanted, what):
    """What `wanted` makes of a look, as soon as it is something."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        result = wanted(found)
        if result:
            return result
        if time.monotonic() > deadline:
            raise harness.Failure(f"{what} has not come: {json.dumps(found)[-3000:]}")
        time.sleep(0.05)


def expect(found, wanted, what):
    if found != wanted:
        raise harness.Failure(f"{what}: {found!r}, wanted {wanted!r}")


def alerts(weir):
    return weir.get("/v1/alerts")


def alert(weir, name, state="firing", slo=None):
    """The alert of that name, as soon as it is so."""
    return until(lambda: alerts(weir), lambda found: next((one for one in found["alerts"] if (one["alert"], one["state"], one["slo"]) == (name, state, slo)), None),
                 f"{name}, {state}")


def gone(weir, name):
    until(lambda: alerts(weir), lambda found: all(one["alert"] != name for one in found["alerts"]), f"the end of {name}")


def generated(rows_per_second=200):
    return f"""CREATE TEMPORARY TABLE n (i BIGINT, s AS CAST(MOD(i, 10) AS STRING)) WITH ('connector' = 'datagen', 'rows-per-second' = '{rows_per_second}',
        'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '100000000');"""


def failing(weir, folder, name="orders"):
    """A job that reads a file that is no JSON, and fails."""
    path = os.path.join(folder, f"{name}.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write("no json\n")
    sql = f"""CREATE TEMPORARY TABLE bad (a INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
        CREATE TEMPORARY TABLE s (a INT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT a FROM bad;"""
    return weir.post("/v1/jobs", {"name": name, "sql": sql})["id"]


def notifications(env):
    """A job fails: one notification, though the server restarts; again after the repeat interval unless it is acknowledged; resolved."""
    folder = env.folder("alerts-notify")
    with Receiver() as hook:
        settings = FAST + [("server.alerts.webhook.url", hook.url), ("server.alerts.webhook.token", "${env:HOOK}"), ("server.alerts.url", "https://weir.example/")]
        with server.Server(env, folder, settings=settings, HOOK="hook's secret") as weir:
            job = failing(weir, folder)
            body = hook.until(lambda one: one["status"] == "firing", "a notification")
            expect((hook.got[0][0], hook.headers["Authorization"]), ("/hook", "Bearer hook's secret"), "request")
            expect((body["version"], body["groupLabels"], body["externalURL"]), ("4", {"job_name": "orders"}, "https://weir.example"), "head")
            told = body["alerts"][0]
            expect(told["labels"], {"alertname": "WeirJobFailed", "severity": "page", "job_name": "orders", "job_id": job}, "labels")
            if not told["annotations"]["summary"].startswith("Job orders has failed: "):
                raise harness.Failure(f"cause: {told['annotations']}")
            expect(told["annotations"]["runbook"], "https://weir.example/v1/runbooks/checkpoint-failure", "runbook")
            expect(told["generatorURL"], f"https://weir.example/ui/jobs/{job}", "page")
            expect((told["status"], told["endsAt"]), ("firing", "0001-01-01T00:00:00Z"), "state")
            code, headers, text = weir.ask("GET", "/v1/runbooks/checkpoint-failure")
            expect((code, headers["Content-Type"], text[:2]), (200, "text/plain; charset=utf-8", b"# "), "the runbook")
            one = until(lambda: alerts(weir), lambda found: found["alerts"][0]["told"] and found["alerts"][0], "told")
            weir.restart()
            again = alert(weir, "WeirJobFailed")
            expect((again["id"], again["fired_ms"], again["told"]), (one["id"], one["fired_ms"], "page"), "after a restart")
            weir.restart(kill=True)
            alert(weir, "WeirJobFailed")
            seen = alerts(weir)["history"]
            time.sleep(1)  # nothing is to come
            expect(len(hook.got), 1, "notifications")
            expect([(event["event"], event["alert"]) for event in seen], [("firing", "WeirJobFailed")], "history")
            acked = weir.post(f"/v1/alerts/{one['id']}/acknowledge", {"comment": "mine"})
            expect((acked["acknowledged_by"], acked["comment"]), ("", "mine"), "acknowledgement")
            weir.json("DELETE", f"/v1/jobs/{job}")
            body = hook.until(lambda one: one["status"] == "resolved", "the end")
            expect([(told["status"], told["fingerprint"]) for told in body["alerts"]], [("resolved", one["id"])], "resolved")
            gone(weir, "WeirJobFailed")
            expect(weir.refused(404, "POST", f"/v1/alerts/{one['id']}/acknowledge", {})["code"], "not_found", "an alert that is gone")
            expect([event["event"] for event in alerts(weir)["history"]], ["resolved", "firing"], "history")


def grouping(env):
    """Two jobs with the same trouble are one notification by cause; what goes on is repeated; a receiver that is away gets it later."""
    folder = env.folder("alerts-group")
    with Receiver() as hook:
        hook.refuse = 503
        settings = FAST + [("server.alerts.webhook.url", hook.url), ("server.alerts.group-by", "cause"), ("server.alerts.group-wait", "1 s"),
                           ("server.alerts.repeat-interval", "1 s")]
        with server.Server(env, folder, settings=settings) as weir:
            for name in ("one", "two"):
                failing(weir, folder, name)
            until(lambda: alerts(weir)["alerts"], lambda found: len([one for one in found if one["state"] == "firing"]) == 2, "two alerts")
            until(lambda: hook.attempts, lambda attempts: attempts >= 2, "attempts")
            expect([one["told"] for one in alerts(weir)["alerts"]], [None, None], "told, while the receiver refuses")
            target = alerts(weir)["notifications"][0]
            if target["receiver"] != "webhook" or target["arrived"] != 0 or "HTTP 503" not in target["last_error"]:
                raise harness.Failure(f"the receiver: {target}")
            hook.refuse = None
            body = hook.until(lambda one: len(one["alerts"]) == 2, "a notification of both")
            expect((body["groupLabels"], sorted(one["labels"]["job_name"] for one in body["alerts"])), ({"alertname": "WeirJobFailed"}, ["one", "two"]), "group")
            until(lambda: len(hook.got), lambda count: count >= 3, "repetition")
            silence = weir.post("/v1/silences", {"alert": "WeirJob*", "duration_ms": 3600000, "reason": "known"})
            until(lambda: alerts(weir), lambda found: found["silenced"] == 2, "silence")
            until(lambda: alerts(weir)["notifications"][0], lambda found: found["waiting"] == 0, "what was under way")
            count = len(hook.got)
            time.sleep(2.5)  # more than two repetitions
            expect(len(hook.got), count, "notifications while silenced")
            weir.json("DELETE", f"/v1/silences/{silence['id']}")
            until(lambda: len(hook.got), lambda now: now > count, "repetition after the silence")
            text = weir.ask("GET", "/metrics")[2].decode()
            if 'weir_alert_firing{job_name="one"' not in text or not re.search(r'weir_alert_notifications_total\{receiver="webhook"\} [1-9]', text):
                raise harness.Failure(f"metrics: {[line for line in text.splitlines() if 'alert' in line]}")


def silences(env):
    """Maintenance windows of weir.yaml and silences of operators: what is wrong is refused, what is made stays over a restart."""
    folder = env.folder("alerts-silence")
    config = """
server:
  alerts:
    interval: 200 ms
    maintenance:
      - {jobs: "orders*", days: "mon-fri,sat,sun", from: "00:00", to: "24:00", zone: Europe/Berlin, reason: always}
  users:
    - {name: olga, role: operator, token: olga}
    - {name: vic, role: viewer, token: vic}
"""
    with server.Server(env, folder, config=config, login="olga") as weir:
        failing(weir, folder)
        found = until(lambda: alerts(weir), lambda all_: all_["silenced"] == 1 and all_["alerts"][0], "a window's silence")
        expect((found["silenced_by"], found["state"]), ("maintenance-0", "firing"), "the window")
        window = weir.get("/v1/silences")["maintenance"][0]
        expect((window["open"], window["job"], window["zone"], len(window["days"])), (True, "orders*", "Europe/Berlin", 7), "windows")
        silence = weir.post("/v1/silences", {"job": "x", "duration_ms": 60000, "reason": "a test"})
        expect((silence["owner"], silence["state"], silence["reason"]), ("olga", "active", "a test"), "silence")
        for wrong in ({"duration_ms": 60000}, {"reason": "r"}, {"reason": "", "duration_ms": 1000}, {"reason": "r", "ends_ms": 1000}, {"reason": "r", "duration_ms": 1, "severity": "high"}):
            weir.refused(400, "POST", "/v1/silences", wrong)
        weir.login = "vic"
        weir.refused(403, "POST", "/v1/silences", {"duration_ms": 60000, "reason": "r"})
        weir.refused(403, "POST", f"/v1/alerts/{found['id']}/acknowledge", {})
        weir.login = "olga"
        acked = weir.post(f"/v1/alerts/{found['id']}/acknowledge", {"comment": "seen"})
        expect(acked["acknowledged_by"], "olga", "acknowledgement")
        weir.restart()
        expect([one["id"] for one in weir.get("/v1/silences")["silences"]], [silence["id"]], "after a restart")
        expect(alert(weir, "WeirJobFailed")["comment"], "seen", "acknowledgement after a restart")
        weir.json("DELETE", f"/v1/silences/{silence['id']}")
        expect(weir.get("/v1/silences")["silences"][0]["state"], "expired", "after its end")
        weir.refused(404, "DELETE", "/v1/silences/none")
    for line, said in (('from: "25:00"', "no time of a day"), ('from: "10:00"', "'' of maintenance-0"), ('from: "10:00", to: "11:00", days: x', "no list of days"),
                       ('when: now', "nothing that an entry has")):
        with open(os.path.join(folder, "weir.yaml"), "w", encoding="utf-8") as file:
            file.write("server.alerts.maintenance: [{" + line + "}]\n")
        done = env.weir("serve", "--data", os.path.join(folder, "other"), "--port", "0", "--config", os.path.join(folder, "weir.yaml"))
        if done.returncode == 0 or said not in done.stderr:
            raise harness.Failure(f"{line}: {done.stderr}")


def budgets(env):
    """Rows that are bad burn the budget of an objective by SET, and by a rule of weir.yaml over all jobs; both survive a restart."""
    folder = env.folder("alerts-budget")
    config = """
server:
  slo:
    rules:
      - {jobs: "num*", freshness: 1 h, latency: 1 ms, latency.objective: 0.9}
      - {jobs: "*", lag.records: 5}
"""
    with Receiver() as hook:
        settings = FAST + [("server.alerts.webhook.url", hook.url), ("server.alerts.bad-share", "0.05")]
        with server.Server(env, folder, settings=settings, config=config) as weir:
            path = os.path.join(folder, "rows")
            os.makedirs(path)
            rows = "".join('{"a": 1}\n' if i % 2 else '{"a": "x"}\n' for i in range(1000))
            with open(os.path.join(path, "part"), "w", encoding="utf-8") as file:
                file.write(rows)
            sql = f"""SET 'weir.slo.success' = '0.99'; SET 'error-handling.mode' = 'ignore';
                CREATE TEMPORARY TABLE r (a INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json', 'source.monitor-interval' = '1 s');
                CREATE TEMPORARY TABLE s (a INT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT a FROM r;"""
            weir.post("/v1/jobs", {"name": "numbers", "sql": sql})
            burning = alert(weir, "WeirErrorBudgetBurns", slo="success")
            expect((burning["severity"], burning["runbook"].rsplit("/", 1)[1]), ("page", "schema-mismatch"), "budget")
            expect(burning["cause"][:74], "Job numbers: 99 % of records are to be neither bad nor late, and 50 % were", "cause")
            alert(weir, "WeirBadRecords")
            slos = {one["slo"]: one for one in weir.get("/v1/slos")["slos"]}
            expect(sorted(slos), ["freshness", "lag.records", "latency", "success"], "objectives")
            expect((slos["freshness"]["bound"], slos["latency"]["objective"], slos["latency"]["bound"], slos["success"]["events"]), (3600000, 0.9, 1, "rows"), "rules")
            found = slos["success"]
            expect((found["bad"], found["total"]), (500, 1000), "events")
            if not -49.1 < found["budget_remaining"] < -48.9 or found["burn"][1]["threshold"] != 2 or slos["freshness"]["budget_remaining"] != 1:
                raise harness.Failure(f"budgets: {slos}")
            text = weir.ask("GET", "/metrics")[2].decode()
            for line in ('weir_slo_objective_ratio{job_name="numbers",slo="success"} 0.99', 'weir_slo_burn_rate{job_name="numbers",slo="success",severity="page",window="long"} '):
                if line not in text:
                    raise harness.Failure(f"no {line} in {[one for one in text.splitlines() if 'weir_slo' in one]}")
            if promtool() is not None:
                done = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, text=True, check=False)
                expect((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")
            hook.until(lambda one: any(told["labels"].get("slo") == "success" for told in one["alerts"]), "a notification of the budget")
            weir.restart()
            after = until(lambda: weir.get("/v1/slos")["slos"], lambda all_: next((one for one in all_ if one["slo"] == "success"), None), "the objective")
            expect((after["bad"] >= 500, after["total"] >= 1000), (True, True), "events after a restart")
            weir.post("/v1/jobs/numbers/stop", {"mode": "cancel"})
            gone(weir, "WeirErrorBudgetBurns")  # a job that somebody has stopped is no alert
    for sql, said in (("SET 'weir.slo.success' = '1.5';", "a share between 0 and 1"), ("SET 'weir.slo.freshness' = 'soon';", "weir.slo.freshness")):
        with server.Server(env, env.folder("alerts-wrong")) as weir:
            error = weir.refused(400, "POST", "/v1/jobs", {"sql": sql + generated() + "CREATE TEMPORARY TABLE s (i BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT i FROM n;"})
            if said not in error["message"]:
                raise harness.Failure(f"{sql}: {error}")


def promtool():
    return shutil.which("promtool") or os.environ.get("PROMTOOL")


def alertmanager():
    """The command of the real one; None: it cannot be had (Debian: prometheus-alertmanager)."""
    found = shutil.which("prometheus-alertmanager")
    if found is not None:
        return [found]
    found = os.environ.get("ALERTMANAGER")
    if not found or not os.path.exists(found) or shutil.which("unshare") is None:
        return None
    # Its templates are where the package would have put them: /usr/share is that of the package, for this process alone.
    share = os.path.join(os.path.dirname(os.path.dirname(found)), "share")
    inside = ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', share]
    return inside + [found] if subprocess.run(inside + ["true"], capture_output=True, check=False).returncode == 0 else None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def asked(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())
    except OSError:
        return None


def managed(env):
    """A real Alertmanager shows what fires, with its links, and ends it when it is over."""
    tool = alertmanager()
    if tool is None:
        raise harness.Skip("Alertmanager is not installed (Debian: prometheus-alertmanager)")
    folder, port = env.folder("alerts-manager"), free_port()
    config = os.path.join(folder, "manager.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write("route: {receiver: none}\nreceivers: [{name: none}]\n")
    with open(os.path.join(folder, "manager.log"), "w", encoding="utf-8") as log:
        process = subprocess.Popen([*tool, f"--config.file={config}", f"--storage.path={folder}/manager", f"--web.listen-address=127.0.0.1:{port}",
                                    "--cluster.listen-address="], stdout=log, stderr=log)
    api = f"http://127.0.0.1:{port}/api/v2/alerts"
    try:
        until(lambda: asked(api), lambda found: found is not None, "the Alertmanager")
        settings = FAST + [("server.alerts.alertmanager.url", f"http://127.0.0.1:{port}"), ("server.alerts.alertmanager.interval", "1 s")]
        with server.Server(env, folder, settings=settings) as weir:
            job = failing(weir, folder)
            one = until(lambda: asked(api), lambda found: found and found[0], "the alert")
            expect(one["labels"], {"alertname": "WeirJobFailed", "severity": "page", "job_name": "orders", "job_id": job}, "labels")
            expect((one["generatorURL"], one["status"]["state"]), (f"{weir.url}/ui/jobs/{job}", "active"), "alert")
            expect(one["annotations"]["runbook"], f"{weir.url}/v1/runbooks/checkpoint-failure", "runbook")
            weir.json("DELETE", f"/v1/jobs/{job}")
            until(lambda: asked(api), lambda found: found == [] and [True], "the end")
            gone(weir, "WeirJobFailed")
    finally:
        process.terminate()
        process.wait(30)


def damage(env):
    """A checkpoint that cannot be read is an alert with its own runbook, though the job goes on from an older one."""
    folder = env.folder("alerts-damage")
    with server.Server(env, folder, settings=FAST + [("execution.checkpointing.interval", "200 ms"), ("execution.checkpointing.num-retained", "3")]) as weir:
        sql = generated() + "CREATE TEMPORARY TABLE s (s STRING, c BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT s, COUNT(*) FROM n GROUP BY s;"
        job = weir.post("/v1/jobs", {"name": "counts", "sql": sql})["id"]
        until(lambda: weir.get(f"/v1/jobs/{job}")["checkpoint"]["done"], lambda done: done >= 4, "checkpoints")
        weir.process.kill()
        newest = None
        for root, _, files in os.walk(os.path.join(folder, "data", "checkpoints")):
            for name in files:
                if name.endswith(".manifest"):
                    newest = max(newest or (0, ""), (int(re.search(r"\d+", name)[0]), os.path.join(root, name)))
        with open(newest[1], "r+b") as file:
            file.seek(40)
            file.write(b"\xff\xff\xff\xff")
        weir.start()
        one = alert(weir, "WeirStateCorrupt")
        expect((one["severity"], one["runbook"].rsplit("/", 1)[1], "damaged" in one["cause"]), ("page", "state-corruption", True), one["cause"])
        expect(weir.get(f"/v1/jobs/{job}")["state"], "RUNNING", "the job")


def cases(env):
    yield "server/alerts/notifications", lambda: notifications(env)
    yield "server/alerts/grouping", lambda: grouping(env)
    yield "server/alerts/silences", lambda: silences(env)
    yield "server/alerts/budgets", lambda: budgets(env)
    yield "server/alerts/damage", lambda: damage(env)
    yield "server/alerts/alertmanager", lambda: managed(env)
