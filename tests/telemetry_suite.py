# SPDX-License-Identifier: Apache-2.0
"""telemetry_suite - traces and metrics as a collector gets them (collector.py reads them with OpenTelemetry's own messages), the log as JSON."""
import http.client
import json
import os
import re
import time

import collector
import harness
import server
import servers
from server_jobs_suite import submit, wait
from servers import process

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def expect(condition, what):
    if not condition:
        raise harness.Failure(str(what)[:3000])


def script(folder, rows=20000, rate=20000):
    return f"""
CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '{rows}', 'rows-per-second' = '{rate}');
CREATE TABLE made (n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
INSERT INTO made SELECT n FROM g;"""


def parts(otlp):
    """Checkpoints have their parts, in their order, each within its whole; a sink's commit is below theirs."""
    for whole in otlp.named("checkpoint"):
        below = sorted((span for span in otlp.spans if span.parent == whole.id), key=lambda span: span.begin)
        names = [span.name for span in below]
        if ("the input has ended meanwhile", {}) in whole.events:
            expect(names == ["trigger", "snapshot"], (names, whole))
            continue
        if ("the job has ended meanwhile", {}) in whole.events:  # before the checkpoint's own thread heard that the input is over
            expect(names == ["trigger", "snapshot", "write", "commit"][:len(names)], (names, whole))
            continue
        expect(names in (["trigger", "snapshot", "write", "commit"], ["prepare", "write", "commit"]), (names, whole))
        expect(all(span.trace == whole.trace and span.begin >= whole.begin and span.end <= whole.end + 1000000 for span in below), below)
        sinks = [span for span in otlp.named("commit sink") if span.parent == below[-1].id]
        expect([span.attributes["weir.table"] for span in sinks] == ["made"], sinks)
        expect(whole.attributes["weir.checkpoint.number"] > 0, whole)


def run(env, protocol="http/json"):
    folder = env.folder("telemetry-run-" + protocol[5:])
    with collector.Collector(protocol) as otlp:
        done = env.weir("run", "--log-format", "json", "--log-level", "debug", "--set", "execution.checkpointing.interval=100ms", "--set", "otel.exporter.otlp.compression=gzip",
                        "-e", script(folder), check=0, OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url + "/", OTEL_EXPORTER_OTLP_PROTOCOL=protocol, OTEL_SERVICE_NAME="orders",
                        OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b,other=c",
                        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test,service.name=other,host.name=here,service.version=7,process.pid=1,host.name=there")
        expect(not otlp.lost(), otlp.lost())
        job = otlp.one("job")
        expect(job.attributes["weir.rows_in"] == 20000 and job.attributes["weir.restarts"] == 0 and not job.parent, job)
        expect((job.resource["service.name"], job.resource["deployment.environment"]) == ("orders", "test"), job.resource)
        given = {key: job.resource[key] for key in ("host.name", "service.version", "process.pid", "telemetry.sdk.name")}
        expect(list(given.values()) == ["here", "7", "1", "weir"], given)
        expect(len(otlp.named("checkpoint")) >= 2, otlp.spans)
        expect(all(span.links == [(job.trace, job.id)] for span in otlp.named("checkpoint")), otlp.spans)
        parts(otlp)
        for path, headers in otlp.requests:
            expect(headers.get("x-key") == "a b" and headers.get("other") == "c", (path, headers))
        label = (("job_name", "INSERT INTO made"),)
        expect(otlp.metrics["weir_job_rows_in_total", label] == 20000, otlp.metrics)
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        expect(all(line["level"] in ("debug", "info") and re.fullmatch(r"[\d-]+T[\d:.]+Z", line["ts"]) for line in lines), lines)
        expect(all(line.get("trace_id") == job.trace and line.get("job", "INSERT INTO made") == "INSERT INTO made" for line in lines), lines)
        expect(any(line.get("checkpoint", 0) > 0 for line in lines), lines)


def content(otlp):
    """What an export says apart from ids and moments: spans, particulars of metrics, series with the values that are the same each time."""
    spans = [(span.name, span.kind, span.status.code, sorted((key, type(value)) for key, value in span.attributes.items()), span.events, len(span.links), bool(span.parent))
             for span in otlp.spans if span.name in ("job", "process g", "send made")]
    series = {key: value if key[0].startswith("weir_job_rows") else None for key, value in otlp.metrics.items()}
    resource = {key: value for key, value in otlp.spans[0].resource.items() if key not in ("process.pid", "service.instance.id")}
    return sorted(spans), {span.name for span in otlp.spans}, otlp.about, series, resource


def forms(env):
    """Protobuf says what JSON says of the same job, also in a request of megabytes; bytes of a text that are no UTF-8 make neither unreadable."""
    found, size = {}, {}
    for protocol in collector.TYPES:
        folder, began = env.folder("telemetry-forms-" + protocol[5:]), time.time_ns()
        with collector.Collector(protocol) as otlp:
            env.weir("run", "--quiet", "--parallelism", "1", "--set", "weir.trace.sample=1", "--set", "weir.trace.max-per-second=1000000",
                     "--set", "otel.exporter.otlp.protocol=" + protocol, "-e", script(folder, rows=10000), check=0, OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url,
                     OTEL_BSP_MAX_QUEUE_SIZE="100000", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="100000", OTEL_BSP_SCHEDULE_DELAY="3600000", OTEL_EXPORTER_OTLP_TIMEOUT="600000",
                     OTEL_RESOURCE_ATTRIBUTES="odd=a%ff%c3%a4%22b,long=" + "x" * 2000)
            expect(not otlp.lost() and len(otlp.named("send made")) == 10000, (otlp.lost(), otlp.spans[:10]))
            expect(all(began <= span.begin <= span.end <= time.time_ns() + 10**9 for span in otlp.spans), [began, otlp.spans[0].begin, otlp.spans[0].end])
            sizes = [length for path, length in otlp.sizes if path == "/v1/traces"]
            expect(len(sizes) == 1, sizes)
            found[protocol], size[protocol] = content(otlp), sizes[0]
    resource = found["http/protobuf"][-1]
    expect(resource["odd"] == 'a\ufffd\u00e4"b' and len(resource["long"]) == 1024, resource)
    for json_has, protobuf_has in zip(*(found[protocol] for protocol in ("http/json", "http/protobuf"))):
        expect(json_has == protobuf_has, f"JSON has {str(json_has)[:1000]}\nProtobuf has {str(protobuf_has)[:1000]}")
    expect(2**21 < size["http/protobuf"] < size["http/json"] / 2, size)


def answers(env):
    """What a collector answers in Protobuf is told in words: what it has not taken, and why it refuses."""
    folder = env.folder("telemetry-answers")
    with collector.Collector("http/protobuf") as otlp:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
        partial = ExportTraceServiceResponse()
        partial.partial_success.rejected_spans, partial.partial_success.error_message = 300, "the quota is used up"
        otlp.answers["/v1/traces"] = [(200, {}, partial.SerializeToString())]
        otlp.answers["/v1/metrics"] = [(400, {}, b"\x08\x03\x12\x12a label is missing")]  # google.rpc.Status: code 3 and its message
        done = env.weir("run", "--set", "otel.exporter.otlp.protocol=http/protobuf", "-e", script(folder), check=0,
                        OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, OTEL_BSP_SCHEDULE_DELAY="3600000", OTEL_METRIC_EXPORT_INTERVAL="86400000", OTEL_EXPORTER_OTLP_TIMEOUT="600000")
        for line in (f"Traces are not all taken by {otlp.url}/v1/traces: HTTP 200 the quota is used up\n",
                     f"Metrics cannot be exported and are dropped by {otlp.url}/v1/metrics: HTTP 400 a label is missing\n"):
            expect(line in done.stderr, (line, done.stderr))
        expect(len(otlp.named("job")) == 1, otlp.spans)


def failed(env):
    """A failure that a restart does not mend: the restarts are events, the job's span has the error."""
    folder = env.folder("telemetry-failed")
    with collector.Collector() as otlp:
        done = env.weir("run", "--log-format", "json", "--set", "otel.exporter.otlp.traces.endpoint=" + otlp.url + "/v1/traces",
                        "-e", script(folder).replace("SELECT n", "SELECT CAST('x' || CAST(n AS STRING) AS BIGINT)"), check=1)
        job = otlp.one("job")
        expect(job.status.code == 2 and job.status.message, job)
        expect(not otlp.lost() and not otlp.metrics, otlp.spans)
        last = json.loads(done.stderr.splitlines()[-1])
        expect(last["level"] == "error" and last["message"] == job.status.message and last["trace_id"] == job.trace, (last, job))


def busy(env):
    """A collector that says 503 and 429 gets the same spans again, after the pause that it asks for; what it refuses for good is counted and said."""
    folder = env.folder("telemetry-busy")
    with collector.Collector() as otlp:
        otlp.answers["/v1/traces"] = [(503, {"Retry-After": "1"}), (429, {})]
        otlp.answers["/v1/metrics"] = [(400, {})] * 100
        settings = [("otel.exporter.otlp.endpoint", otlp.url), ("otel.bsp.schedule.delay", "100"), ("otel.metric.export.interval", "100"),
                    ("execution.checkpointing.interval", "100 ms")]
        with server.Server(env, folder, settings=settings) as weir:
            submit(weir, script(folder, rows=10**9), "busy")
            otlp.until(lambda: otlp.named("checkpoint"), "checkpoints after refusals")
            weir.process.until_said("Metrics cannot be exported and are dropped by " + otlp.url)
            text = weir.ask("GET", "/metrics")[2].decode()
            expect(int(re.search(r"^weir_otlp_exports_failed_total (\d+)", text, re.M)[1]) > 0, text)
            expect(int(re.search(r"^weir_otlp_spans_total (\d+)", text, re.M)[1]) > 0, text)
            expect(len([path for path, _ in otlp.requests if path == "/v1/traces"]) >= 3, otlp.requests)


def full(env):
    """Nobody takes them: the queue is bounded, what does not fit is counted; the job, and the end, do not wait."""
    folder = env.folder("telemetry-full")
    with collector.Collector() as otlp:
        otlp.answers["/v1/traces"] = [(503, {"Retry-After": "300"})] * 1000
        settings = [("otel.exporter.otlp.endpoint", otlp.url), ("otel.bsp.schedule.delay", "50"), ("otel.bsp.max.queue.size", "4"),
                    ("otel.exporter.otlp.timeout", "1 s"), ("execution.checkpointing.interval", "50 ms")]
        with server.Server(env, folder, settings=settings) as weir:
            job = submit(weir, script(folder, rows=10**9), "full")
            wait(weir, job, lambda found: found["checkpoint"]["done"] >= 10, "checkpoints")
            text = weir.ask("GET", "/metrics")[2].decode()
            expect(int(re.search(r"^weir_otlp_spans_dropped_total (\d+)", text, re.M)[1]) > 0, text)
            weir.stop()


def samples(text):
    """Prometheus's text as {(name, labels): value}, histograms left out."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
        found[name, tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))] = float(value)
    return found


def agree(env, protocol="http/json"):
    """The figures of /metrics and those exported are the same ones, and a job that is idle has the same values in both. The request's trace goes on in the job."""
    folder = env.folder("telemetry-agree-" + protocol[5:])
    with collector.Collector(protocol) as otlp:
        settings = [("otel.exporter.otlp.endpoint", otlp.url), ("otel.exporter.otlp.protocol", protocol), ("otel.metric.export.interval", "200"), ("log.format", "json"), ("log.requests", "true")]
        weir = Json(env, folder, settings=settings)
        with weir:
            body = {"name": "agree", "sql": f"""
CREATE TABLE n (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '1 s');
CREATE TABLE s (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO s SELECT MOD(i, 7), COUNT(*) FROM n GROUP BY MOD(i, 7)"""}
            os.makedirs(f"{folder}/in")
            with open(f"{folder}/in/rows.json", "w", encoding="utf-8") as file:
                file.writelines(json.dumps({"i": i}) + "\n" for i in range(5000))
            code, headers, text = weir.ask("POST", "/v1/jobs", body, headers={"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "request-7"})
            expect(code == 201 and headers["X-Request-Id"] == "request-7", (code, headers, text))
            job = json.loads(text)["id"]
            name = ("job_name", "agree")
            wait(weir, job, lambda found: found["rows_in"] == 5000, "all rows")
            end = time.monotonic() + 60
            while True:
                want, got = samples(weir.ask("GET", "/metrics")[2].decode()), dict(otlp.metrics)
                plain = {key: value for key, value in got.items() if isinstance(value, (int, float))}
                missing = {key for key in want if key not in plain and not re.search("_(bucket|sum|count)$", key[0])}
                still = {key for key, value in want.items() if re.search(r"rows_(in|out)_total$", key[0]) and plain.get(key) != value}
                if not missing and not still and set(plain) <= set(want):
                    break
                otlp.check()
                expect(time.monotonic() < end, (missing, still, set(plain) - set(want)))
                time.sleep(0.1)
            expect(want["weir_job_rows_in_total", (name,)] == 5000, want)
            histograms = [value for key, value in got.items() if key[0] == "weir_operator_processing_seconds" and name in key[1]]
            expect(sum(value.count for value in histograms) > 0, got)
            bounds = sorted({float(dict(labels)["le"]) for key, labels in want if key == "weir_operator_processing_seconds_bucket"})
            expect(all([*value.explicit_bounds, float("inf")] == bounds for value in histograms), (bounds, histograms))
            weir.post(f"/v1/jobs/{job}/stop", {"mode": "cancel"})
            otlp.until(lambda: otlp.named("job"), "the job's span")
            span = otlp.one("job")
            expect((span.trace, span.parent) == (TRACE, PARENT), span)
            weir.stop()
            lines = [json.loads(line) for line in weir.process.said().splitlines() if line]
            about = [line for line in lines if line.get("path") == "/v1/jobs"]
            expect(about[0]["request_id"] == "request-7" and about[0]["trace_id"] == TRACE and about[0]["code"] == 201, lines)
        expect(not otlp.lost([(TRACE, PARENT)]), otlp.lost([(TRACE, PARENT)]))


def asked(port, path, body, headers=None):
    """The answer of the SQL Gateway."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    expect(answer.status == 200, (path, answer.status, text))
    return json.loads(text)


def until(condition, what):
    end = time.monotonic() + 60
    while not condition():
        expect(time.monotonic() < end, what)
        time.sleep(0.1)


def begun(env):
    """A job that a statement begins, over REST, as a script, by Flink's gateway or as a materialized table, carries the request's id and trace as one
    of the jobs call does; over the PostgreSQL protocol there is no request."""
    folder = env.folder("telemetry-begun")
    with collector.Collector() as otlp:
        gateway = process.free_port()
        settings = [("otel.exporter.otlp.endpoint", otlp.url), ("log.format", "json"), ("log.level", "debug"),
                    ("server.gateway.port", gateway), ("execution.checkpointing.interval", "50 ms")]
        with Json(env, folder, settings=settings) as weir:
            weir.post("/v1/scripts", {"sql": """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
CREATE TABLE s (i BIGINT) WITH ('connector' = 'blackhole')"""})
            session = asked(gateway, "/v4/sessions", {})["sessionHandle"]
            calls = [("/v1/statements", {"sql": "INSERT INTO s SELECT i FROM n", "settings": {"pipeline.name": "one"}}, "one"),
                     ("/v1/scripts", {"sql": "SET 'pipeline.name' = 'two'; EXECUTE STATEMENT SET BEGIN INSERT INTO s SELECT i FROM n; END"}, "two"),
                     (f"/v4/sessions/{session}/statements", {"statement": "INSERT INTO s SELECT i FROM n", "executionConfig": {"pipeline.name": "three"}}, "three"),
                     ("/v1/statements", {"sql": "CREATE MATERIALIZED TABLE four AS SELECT MAX(i) AS m FROM n"}, "four")]
            for number, (path, body, _) in enumerate(calls):
                trace = f"{number + 1:032x}"
                headers = {"traceparent": f"00-{trace}-{PARENT}-01", "X-Request-Id": f"request-{number}"}
                if path.startswith("/v4"):
                    asked(gateway, path, body, headers)
                    continue
                code, _, text = weir.ask("POST", path, body, headers=headers)
                expect(code < 300, (path, code, text))

            def told(trace):
                whole = [json.loads(line) for line in weir.process.said().splitlines() if line.endswith("}")]
                return [line for line in whole if line.get("trace_id") == trace and "job_id" in line]

            until(lambda: all(told(f"{number + 1:032x}") for number in range(len(calls))), "a line of each job")
            weir.stop()
            otlp.until(lambda: len(otlp.named("job")) == len(calls), "a span of each job")
        for number, (path, _, name) in enumerate(calls):
            trace = f"{number + 1:032x}"
            span = [span for span in otlp.named("job") if span.trace == trace]
            expect(len(span) == 1 and span[0].parent == PARENT and name in span[0].attributes["weir.job.name"], (path, otlp.named("job")))
            said = told(trace)
            expect(said and all(line["request_id"] == f"request-{number}" for line in said), (path, said))


class Json(server.Server):
    """A server whose log is JSON."""

    def start(self):
        self.process = self.env.start(*self._args, **self._environ)
        self.process.until_said('"message":"http')
        found = re.search(r'"message":"(https?)://(\S+):(\d+)"', self.process.said())
        self.secure, self.host, self.port = found[1] == "https", found[2].strip("[]"), int(found[3])


def sampled(env):
    """Records without a trace of their own are traced by chance, so many in a second; their spans lead to the sink."""
    folder = env.folder("telemetry-sampled")
    with collector.Collector() as otlp:
        env.weir("run", "--quiet", "--set", "weir.trace.sample=0.5", "--set", "weir.trace.max-per-second=20", "-e", script(folder, rate=40000), check=0,
                 OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, OTEL_BSP_MAX_QUEUE_SIZE="100000")
        expect(not otlp.lost(), otlp.lost())
        read, sent = otlp.named("process g"), otlp.named("send made")
        expect(20 <= len(read) <= 20 * 61, len(read))
        expect(all(span.attributes["weir.outcome"] == "written" and not span.parent for span in read), read[:3])
        expect(sorted((span.trace, span.id) for span in read) == sorted((span.trace, span.parent) for span in sent), (read[:3], sent[:3]))


def kafka(env):
    """A client's traces go on through a job: its header comes out at the other end with the same trace, and the exported spans lie between the
    two. What an aggregate takes in is linked to its span. Records that are not sampled have no header."""
    broker = servers.kafka()
    with collector.Collector() as otlp:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        source, sink, totals = (broker.topic("traced-" + name, partitions=2) for name in ("in", "out", "totals"))
        tracer, client, messages = TracerProvider().get_tracer("test"), {}, []
        for number in range(2000):
            headers = {"other": "x"} if number % 3 == 0 else {}
            if number % 100 == 0:
                with tracer.start_as_current_span("order") as span:
                    TraceContextTextMapPropagator().inject(headers)
                    context = span.get_span_context()
                    client[number] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
                headers["tracestate"] = "vendor=1"
            elif number % 100 == 1:
                headers["traceparent"] = f"00-{TRACE}-{PARENT}-00"
            messages.append((str(number).encode(), json.dumps({"id": number, "name": f"n{number % 7}"}), number % 2, [(name, text.encode()) for name, text in headers.items()]))
        broker.produce(source, messages)
        options = f"'properties.bootstrap.servers' = '{broker.bootstrap}'"
        text = f"""
CREATE TABLE orders (id BIGINT, name STRING) WITH ('connector' = 'kafka', 'topic' = '{source}', {options}, 'format' = 'json',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE checked (id BIGINT, name STRING, h MAP<STRING, BYTES> METADATA FROM 'headers') WITH ('connector' = 'kafka', 'topic' = '{sink}', {options},
  'format' = 'json', 'sink.delivery-guarantee' = 'exactly-once');
CREATE TABLE totals (name STRING PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'upsert-kafka', 'topic' = '{totals}', {options},
  'key.format' = 'raw', 'value.format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO checked SELECT id, UPPER(name), MAP['traceparent', x'00', 'own', x'01'] FROM orders WHERE id < 1500;
INSERT INTO totals SELECT name, COUNT(*) FROM orders GROUP BY name;
END;"""
        env.weir("run", "--quiet", "--parallelism", "3", "--set", "execution.checkpointing.interval=200ms", "-e", text, check=0,
                 OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, OTEL_BSP_MAX_QUEUE_SIZE="100000")
        read = {(span.trace, span.parent): span for span in otlp.named("process orders")}
        expect(set(read) == set(client.values()), (sorted(read), sorted(client.values())))
        expect(not otlp.lost(client.values()), otlp.lost(client.values()))
        sent = {(span.trace, span.id): span for span in otlp.named("send checked")}
        out = broker.consume(sink)
        expect(len(out) == 1500, len(out))
        for message in out:
            number, headers = json.loads(message.value)["id"], message.headers
            if number not in client:
                expect(sorted(headers) == [("own", b"\1"), ("traceparent", b"\0")], (number, headers))
                continue
            found = dict(headers)
            expect(len(headers) == 3 and found["own"] == b"\1" and found["tracestate"] == b"vendor=1", headers)
            trace, span = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", found["traceparent"].decode()).groups()
            above = sent.pop((trace, span))
            expect(trace == client[number][0] and above.parent == read[client[number]].id and above.state == "vendor=1", (number, above))
        expect(not sent, sent)
        for number, key in client.items():
            expect(read[key].attributes["weir.outcome"] == ("written" if number < 1500 else "linked"), read[key])
        linked = {link for span in otlp.spans if span.name.startswith("take in") for link in span.links}
        expect({(span.trace, span.id) for span in read.values()} <= linked, linked)
        expect(read[client[100]].attributes["messaging.destination.name"] == source, read[client[100]])


def refusals(env):
    for option, value, words in [("otel.exporter.otlp.endpoint", "collector:4317", "no http(s) address"), ("otel.exporter.otlp.protocol", "grpc", "http/json"),
                                 ("otel.exporter.otlp.headers", "x", "key=value"), ("log.format", "xml", "log.format"), ("otel.exporter.otlp.endpiont", "http://a", "endpoint")]:
        done = env.weir("run", "--set", "otel.exporter.otlp.endpoint=http://127.0.0.1:9", "--set", f"{option}={value}", "-e", "SELECT 1", check=2)
        expect(words in done.stderr, (option, done.stderr))


def cases(env):
    for name in ("run", "forms", "answers", "failed", "busy", "full", "agree", "begun", "sampled", "kafka", "refusals"):
        yield f"telemetry/{name}", lambda call=globals()[name]: call(env)
    for name in ("run", "agree"):
        yield f"telemetry/{name}-protobuf", lambda call=globals()[name]: call(env, "http/protobuf")
