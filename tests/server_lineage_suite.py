# SPDX-License-Identifier: Apache-2.0
"""server_lineage_suite - OpenLineage's run events of weir run and weir serve, as a receiver gets them: each is read by the classes of OpenLineage's own
client (openlineage-python), which know what must be there, of which type, and what each facet is called."""
import http.server
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
import time
import typing

import harness
import server
from server_jobs_suite import expect, state, submit
from servers import process

PACKAGES = ["openlineage-python==1.54.0"]


def install(folder):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
    try:
        process.run(command, "pip")
    except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise harness.Skip(f"openlineage-python cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure


class Spec:
    """The classes of the client, by the URL of their schema."""

    def __init__(self):
        sys.path.insert(0, process.installed("openlineage", f"{sys.version_info[:2]} {PACKAGES}", install))
        generated = importlib.import_module("openlineage.client.generated")
        self.attr = importlib.import_module("attr")
        self.modules = [importlib.import_module(f"openlineage.client.generated.{found.name}") for found in pkgutil.iter_modules(generated.__path__)]
        self.classes = {}
        for module in self.modules:
            for value in vars(module).values():
                if isinstance(value, type) and self.attr.has(value) and hasattr(value, "_get_schema"):
                    self.classes[value._get_schema()] = value

    def build(self, kind, value, where):
        """An object of the class; what it does not know, or misses, is a failure."""
        if isinstance(value, dict) and "_schemaURL" in value:
            if value["_schemaURL"] not in self.classes:
                raise harness.Failure(f"{where}: no facet is {value['_schemaURL']}")
            found = self.classes[value["_schemaURL"]]
            if not issubclass(found, kind):
                raise harness.Failure(f"{where}: {found.__name__} is no {kind.__name__}")
            kind = found
        hints = typing.get_type_hints(kind)
        known = {field.name: field for field in self.attr.fields(kind)}
        given = {}
        for name, member in value.items():
            if name in ("_schemaURL", "schemaURL"):
                expect(member, kind._get_schema(), f"{where}.{name}")
                continue
            if name not in known:
                raise harness.Failure(f"{where}: {kind.__name__} has no {name}")
            given[known[name].alias] = self.member(hints[name], member, f"{where}.{name}")
        try:
            return kind(**given)
        except (TypeError, ValueError) as failure:
            raise harness.Failure(f"{where}: {failure}") from failure

    def member(self, hint, value, where):
        options = typing.get_args(hint) if typing.get_origin(hint) not in (list, dict) else ()
        for option in [one for one in options if one is not type(None)] or [hint]:
            if value is None and type(None) in options:
                return None
            if typing.get_origin(option) is list:
                return [self.member(typing.get_args(option)[0], one, f"{where}[{i}]") for i, one in enumerate(value)]
            if typing.get_origin(option) is dict:
                return {key: self.member(typing.get_args(option)[1], one, f"{where}.{key}") for key, one in value.items()}
            if self.attr.has(option):
                return self.build(option, value, where)
            if option is typing.Any or isinstance(value, option) or option.__name__ == "EventType":
                return option(value) if option.__name__ == "EventType" else value
        raise harness.Failure(f"{where}: {value!r} is no {hint}")

    def event(self, value):
        event = self.build(importlib.import_module("openlineage.client.generated.base").RunEvent, value, "event")
        # The client writes what it has read: nothing was lost.
        serde = importlib.import_module("openlineage.client.serde").Serde
        json.loads(serde.to_json(event))
        return event


class Receiver:
    """Takes events at /api/v1/lineage; `refuse` answers of 503 come first."""

    def __init__(self, refuse=0):
        self.events, self.headers, self.refused = [], [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = 404 if self.path != "/api/v1/lineage" else 503 if outer.refused < refuse else 201
                if code == 503:
                    outer.refused += 1
                if code == 201:
                    outer.headers.append(dict(self.headers))
                    outer.events.append(json.loads(body))
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def of(self, name):
        return [event for event in self.events if event["job"]["name"] == name]

    def until(self, name, kind):
        """The events of a job, once one of the kind has come."""
        end = time.monotonic() + 60
        while not any(event["eventType"] == kind for event in self.of(name)):
            if time.monotonic() > end:
                raise harness.Failure(f"no {kind} of {name}: {[(one['job']['name'], one['eventType']) for one in self.events]}")
            time.sleep(0.05)
        return self.of(name)


def script(folder, rows=3000, rate=1000):
    return f"""
CREATE TABLE orders (id BIGINT, customer INT COMMENT 'who', email STRING, amount INT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}',
  'number-of-rows' = '{rows}', 'fields.customer.min' = '1', 'fields.customer.max' = '5');
CREATE TABLE totals (customer BIGINT PRIMARY KEY NOT ENFORCED, mail STRING, total BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '{folder}/totals.json', 'format' = 'json');
INSERT INTO totals SELECT customer, MAX(MD5(email)), SUM(CAST(amount AS BIGINT)) FROM orders WHERE id <> 0 GROUP BY customer;
"""


def rows_of(event, side):
    return {one["name"]: one[f"{side}Facets"][f"{side}Statistics"]["rowCount"] for one in event[f"{side}s"]}


def check_run(spec, events, folder, job):
    """What the events of script() say."""
    for event in events:
        spec.event(event)
    expect(len({event["run"]["runId"] for event in events}), 1, "runs")
    first, last = events[0], events[-1]
    expect((first["eventType"], last["eventType"]), ("START", "COMPLETE"), "the first event and the last one")
    expect({event["eventType"] for event in events[1:-1]}, {"RUNNING"}, "events between them")
    expect((first["job"]["namespace"], first["job"]["name"]), ("shop", job), "the job")
    facets = first["job"]["facets"]
    expect((facets["jobType"]["processingType"], facets["jobType"]["integration"]), ("STREAMING", "WEIR"), "the type of the job")
    expect(facets["sql"]["query"].startswith("INSERT INTO totals SELECT customer"), True, "its statement")
    expect(facets["sourceCode"]["sourceCode"], script(folder), "its script")
    for event in (first, last):
        source, sink = event["inputs"][0], event["outputs"][0]
        expect((source["namespace"], source["name"]), ("shop", "orders"), "a table that Weir alone knows")
        expect((sink["namespace"], sink["name"]), ("file", f"{folder}/totals.json"), "a file")
        columns = [(one["name"], one["type"], one.get("description")) for one in source["facets"]["schema"]["fields"]]
        expect(columns, [("id", "BIGINT", None), ("customer", "INT", "who"), ("email", "STRING", None), ("amount", "INT", None)], "columns")
        lineage = sink["facets"]["columnLineage"]
        ways = {column: [(one["namespace"], one["name"], one["field"], way["type"], way["subtype"], way["masking"])
                         for one in field["inputFields"] for way in one["transformations"]] for column, field in lineage["fields"].items()}
        expect(ways, {"customer": [("shop", "orders", "customer", "DIRECT", "IDENTITY", False)],
                      "mail": [("shop", "orders", "email", "DIRECT", "AGGREGATION", True)],
                      "total": [("shop", "orders", "amount", "DIRECT", "AGGREGATION", False)]}, "lineage of columns")
        expect([(one["field"], one["transformations"][0]["subtype"]) for one in lineage["dataset"]], [("id", "FILTER"), ("customer", "GROUP_BY")], "of rows")
    counts = [rows_of(event, "input")["orders"] for event in events]
    expect((counts[0], counts[-1], sorted(counts)), (0, 3000, counts), "rows read")
    expect(rows_of(last, "output")[f"{folder}/totals.json"] >= 5, True, "rows written")


def run_file(env):
    """weir run into a file, by the environment as the standard client reads it."""
    spec, folder = Spec(), env.folder("lineage-file")
    env.weir("run", "--quiet", "--set", "lineage.interval=100 ms", "-e", script(folder), check=0, OPENLINEAGE_URL=f"file:{folder}/events.jsonl",
             OPENLINEAGE_NAMESPACE="shop")
    with open(f"{folder}/events.jsonl", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    expect(len(events) > 2, True, "events")
    check_run(spec, events, folder, "totals")


def run_http(env):
    """A receiver that refuses at first gets everything, with the key; one that is away stops nothing, and is told of."""
    spec, folder = Spec(), env.folder("lineage-http")
    with Receiver(refuse=2) as receiver:
        said = env.weir("run", "--set", f"lineage.url={receiver.url}/", "--set", "lineage.api-key=${env:KEY}", "--set", "lineage.namespace=shop",
                        "--set", "lineage.interval=500 ms", "-e", script(folder), check=0, KEY="s3cret").stderr
        check_run(spec, receiver.events, folder, "totals")
        expect({one["Authorization"] for one in receiver.headers}, {"Bearer s3cret"}, "the key")
        expect({one["Content-Type"] for one in receiver.headers}, {"application/json"}, "the type")
        expect("Lineage events do not arrive" in said and "HTTP 503" in said, True, said)
    os.remove(f"{folder}/totals.json")
    said = env.weir("run", "--set", f"lineage.url={receiver.url}", "-e", script(folder, 10), check=0).stderr
    expect("lineage events did not arrive" in said, True, said)
    expect(os.path.exists(f"{folder}/totals.json"), True, "the job's result")
    refused = env.weir("run", "--set", "lineage.url=nowhere", "-e", script(folder, 10), check=2).stderr
    expect("'nowhere' is no address" in refused and "OPENLINEAGE_URL" in refused, True, refused)


KAFKA = """
CREATE TABLE clicks (`user` STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'web.clicks', 'format' = 'json',
  'properties.bootstrap.servers' = 'PLAINTEXT://127.0.0.1:9,127.0.0.1:10', 'properties.group.id' = 'g');
CREATE TABLE people (`user` STRING, name STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://me:secret@db.example:6432/shop?sslmode=disable',
  'table-name' = 'crm.people');
CREATE TABLE sums (`user` STRING PRIMARY KEY NOT ENFORCED, n INT) WITH ('connector' = 'upsert-kafka', 'topic' = 'sums', 'key.format' = 'json',
  'value.format' = 'json', 'properties.bootstrap.servers' = 'broker');
INSERT INTO sums SELECT `user`, SUM(n) FROM clicks GROUP BY `user`;
"""


def names(env):
    """Names of datasets; nobody answers there, and nobody has to."""
    folder = env.folder("lineage-names")
    sql = KAFKA + "INSERT INTO sums SELECT name, CAST(COUNT(*) AS INT) FROM people GROUP BY name;"
    with server.Server(env, folder, settings=[("restart-strategy.type", "none")]) as weir:
        job = submit(weir, sql, "names", {})
        found = weir.get(f"/v1/jobs/{job}/lineage")
        expect(found["events"], None, "events go nowhere")
        expect([one["name"] for one in found["statements"]], ["INSERT INTO sums", "INSERT INTO sums"], "statements")
        sets = [{(one["kind"], one["table"], one["namespace"], one["name"]) for one in statement["datasets"]} for statement in found["statements"]]
        expect(sets[0], {("source", "clicks", "kafka://127.0.0.1:9", "web.clicks"), ("sink", "sums", "kafka://broker:9092", "sums")}, "Kafka")
        expect(sets[1], {("source", "people", "postgres://db.example:6432", "shop.crm.people"), ("sink", "sums", "kafka://broker:9092", "sums")}, "PostgreSQL")
        sink = found["statements"][0]["sinks"][0]
        expect([(one["name"], [(way["table"], way["column"], way["subtype"]) for way in one["from"]]) for one in sink["columns"]],
               [("user", [("clicks", "user", "IDENTITY")]), ("n", [("clicks", "n", "AGGREGATION")])], "columns")
        expect(weir.refused(404, "GET", "/v1/jobs/none/lineage")["code"], "not_found", "no such job")


FAILS = """
CREATE TABLE n (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '10', 'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '9');
CREATE TABLE o (i INT) WITH ('connector' = 'blackhole', 'password' = 'hidden');
INSERT INTO o SELECT 10 / i FROM n;
"""


def jobs(env):
    """Jobs of a server: all of them tell one receiver, each by its name; one keeps quiet."""
    spec, folder = Spec(), env.folder("lineage-jobs")
    with Receiver() as receiver, server.Server(env, folder, OPENLINEAGE_URL=receiver.url, settings=[("lineage.namespace", "shop"),
                                                                                                   ("lineage.interval", "200 ms")]) as weir:
        settings = {"execution.checkpointing.interval": "100 ms", "restart-strategy.type": "none"}
        done = submit(weir, script(folder), "done", settings)
        ends = submit(weir, script(folder, 10000000).replace("totals", "others"), "ends", settings)
        fails = submit(weir, FAILS.replace(", 'password' = 'hidden'", ""), "fails", settings)
        quiet = submit(weir, script(folder, 10).replace("totals", "quiet"), "quiet", {**settings, "lineage.url": ""})
        state(weir, fails, "FAILED")
        state(weir, quiet, "FINISHED")
        receiver.until("ends", "RUNNING")
        weir.post(f"/v1/jobs/{ends}/stop", {"mode": "cancel"})
        state(weir, done, "FINISHED")
        check_run(spec, receiver.until("done", "COMPLETE"), folder, "done")
        failed = receiver.until("fails", "FAIL")
        expect([one["eventType"] for one in failed if one["eventType"] != "RUNNING"], ["START", "FAIL"], "of one that fails")
        spec.event(failed[-1])
        why = failed[-1]["run"]["facets"]["errorMessage"]
        expect((why["message"], why["programmingLanguage"]), (weir.get(f"/v1/jobs/{fails}")["error"], "SQL"), "why")
        ended = receiver.until("ends", "ABORT")
        spec.event(ended[-1])
        expect(rows_of(ended[-1], "input")["orders"] > 0, True, "rows of one that was stopped")
        expect(receiver.of("quiet"), [], "of one that keeps quiet")
        refused = weir.refused(400, "POST", "/v1/jobs", {"sql": script(folder), "settings": {"lineage.url": "http://127.0.0.1:1"}})
        expect("lineage.url" in refused["message"], True, refused)
        events = weir.get(f"/v1/jobs/{done}/lineage")["events"]
        expect((events["sent"], events["failed"], events["dropped"]), (len(receiver.events), 0, 0), "what became of the events")


def rows(env):
    """EXPLAIN COLUMN_LINEAGE gives a row per dependency."""
    folder = env.folder("lineage-rows")
    with server.Server(env, folder) as weir:
        for sql in ("CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen')", "CREATE TABLE b (n INT) WITH ('connector' = 'blackhole')"):
            weir.post("/v1/statements", {"sql": sql})
        found = weir.post("/v1/statements", {"sql": "EXPLAIN COLUMN_LINEAGE INSERT INTO b SELECT x + 1 FROM a WHERE y > 0"})
        expect([one["name"] for one in found["columns"]], ["sink", "column", "source", "source column", "transformation", "subtype", "masking"], "columns")
        got = weir.get(f"/v1/statements/{found['statement']}/rows?token=0&max=100&wait_ms=5000")["rows"]
        expect([one["row"] for one in got], [["b", "n", "a", "x", "DIRECT", "TRANSFORMATION", False], ["b", None, "a", "y", "INDIRECT", "FILTER", False]], "rows")


def cases(env):
    yield "server/lineage/run-file", lambda: run_file(env)
    yield "server/lineage/run-http", lambda: run_http(env)
    yield "server/lineage/names", lambda: names(env)
    yield "server/lineage/jobs", lambda: jobs(env)
    yield "server/lineage/rows", lambda: rows(env)
