# SPDX-License-Identifier: Apache-2.0
"""collector - receives OTLP over HTTP as a collector does, strictly: what comes must parse into the real messages of OpenTelemetry's package
opentelemetry-proto, ids must have their lengths, spans must end after they begin.

    with collector.Collector() as otlp:
        ... weir with OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url
        otlp.until(lambda: otlp.named("job"), "the job's span")

It takes one protocol, http/json or http/protobuf, and refuses the other. `answers`: (code, headers) or (code, headers, body) for the next requests
of a path, instead of 200.
"""
import base64
import collections
import gzip
import http.server
import json
import subprocess
import sys
import threading
import time

import harness
from servers import process

PACKAGES = ["opentelemetry-proto>=1.30,<2", "opentelemetry-sdk>=1.30,<2"]  # the latter for clients of the tests
IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
TYPES = {"http/json": "application/json", "http/protobuf": "application/x-protobuf"}


def install(folder):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
    try:
        process.run(command, "pip")
    except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise harness.Skip(f"opentelemetry-proto cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure


def messages():
    """The message types of the two requests, by path; installed once for a user."""
    folder = process.installed("opentelemetry-proto", f"{sys.version_info[:2]} {PACKAGES}", install)
    if folder not in sys.path:
        sys.path.append(folder)
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
    return {"/v1/traces": trace_service_pb2.ExportTraceServiceRequest, "/v1/metrics": metrics_service_pb2.ExportMetricsServiceRequest}


def as_protobuf_json(found):
    """OTLP writes ids in hexadecimal, where protobuf's own JSON has base64."""
    if isinstance(found, list):
        return [as_protobuf_json(one) for one in found]
    if not isinstance(found, dict):
        return found
    made = {}
    for key, value in found.items():
        if key in IDS:
            if len(value) != IDS[key] or set(value) <= {"0"} or value != value.lower():
                raise ValueError(f"{key} is {value!r}")
            made[key] = base64.b64encode(bytes.fromhex(value)).decode()
        else:
            made[key] = as_protobuf_json(value)
    return made


class Span:
    def __init__(self, span, resource):
        self.name, self.kind, self.status, self.resource = span.name, span.kind, span.status, resource
        self.trace, self.id, self.parent = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        self.begin, self.end, self.state = span.start_time_unix_nano, span.end_time_unix_nano, span.trace_state
        self.attributes = attributes(span.attributes)
        self.events = [(event.name, attributes(event.attributes)) for event in span.events]
        self.links = [(link.trace_id.hex(), link.span_id.hex()) for link in span.links]
        for one in (self, *span.links):
            ids = (one.trace, one.id) if one is self else (one.trace_id.hex(), one.span_id.hex())
            if [len(text) for text in ids] != [32, 16] or any(set(text) <= {"0"} for text in ids):
                raise ValueError(f"span {self.name} has the ids {ids}")
        if len(self.parent) not in (0, 16):
            raise ValueError(f"span {self.name} has the parent {self.parent}")
        if self.begin == 0 or self.end < self.begin:
            raise ValueError(f"span {self.name} is from {self.begin} to {self.end}")

    def __repr__(self):
        return f"<{self.name} {self.trace[:6]}/{self.id[:6]} in {self.parent[:6]} {self.attributes} {self.events} links {len(self.links)} {self.status.message}>"


def attributes(pairs):
    if len({pair.key for pair in pairs}) != len(pairs):
        raise ValueError(f"a key is there twice: {[pair.key for pair in pairs]}")
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


class Collector:
    def __init__(self, protocol="http/json"):
        self.types, self.protocol = messages(), protocol
        self.spans, self.metrics, self.broken = [], {}, []  # metrics: the last export, (name, labels) -> point
        self.about = {}                                     # (kind, description, unit) of each metric's name
        self.requests, self.sizes = [], []                  # (path, headers); (path, bytes of the message, not compressed)
        self.answers = collections.defaultdict(list)
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code, headers, text = outer.take(self.path, dict(self.headers), body)
                self.send_response(code)
                for key, value in {"Content-Type": TYPES[outer.protocol], "Content-Length": str(len(text)), **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, address):
                pass  # a weir that ends in the middle of a request

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        with self.lock:
            self.requests.append((path, headers))
            if self.answers[path]:
                code, more, *text = self.answers[path].pop(0)
                if code != 200:
                    return code, more, text[0] if text else b"not now"
            else:
                more, text = {}, ()
            try:
                self.read(path, headers, body)
            except Exception as why:  # whatever it is: the test says so
                self.broken.append(f"{path}: {type(why).__name__}: {why}\n{body[:2000]!r}")
                return 400, {}, b"broken"
            return 200, more, text[0] if text else b"{}" if self.protocol == "http/json" else b""

    def read(self, path, headers, body):
        if headers["Content-Type"] != TYPES[self.protocol]:
            raise ValueError(headers["Content-Type"])
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.sizes.append((path, len(body)))
        found = self.parse(path, body)
        if path == "/v1/traces":
            for resource in found.resource_spans:
                for scope in resource.scope_spans:
                    self.spans += [Span(span, attributes(resource.resource.attributes)) for span in scope.spans]
        else:
            self.metrics = {}
            for resource in found.resource_metrics:
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    self.add_metric(metric)

    def parse(self, path, body):
        """The message, which has no field that OpenTelemetry does not know."""
        from google.protobuf import json_format
        if self.protocol == "http/json":
            return json_format.ParseDict(as_protobuf_json(json.loads(body)), self.types[path]())
        found = self.types[path].FromString(body)
        size = found.ByteSize()
        found.DiscardUnknownFields()
        if found.ByteSize() != size:
            raise ValueError("fields that are not known")
        return found

    def add_metric(self, metric):
        kind = metric.WhichOneof("data")
        if self.about.setdefault(metric.name, (kind, metric.description, metric.unit)) != (kind, metric.description, metric.unit):
            raise ValueError(f"metric {metric.name} is told in two ways")
        points = getattr(metric, kind).data_points
        if not points or kind == "sum" and not (metric.sum.is_monotonic and metric.sum.aggregation_temporality == 2):
            raise ValueError(f"metric {metric.name}")
        for point in points:
            key = metric.name, tuple(sorted(attributes(point.attributes).items()))
            if key in self.metrics or kind != "gauge" and not 0 < point.start_time_unix_nano <= point.time_unix_nano:
                raise ValueError(f"point {key}")
            if kind == "histogram":
                if len(point.bucket_counts) != len(point.explicit_bounds) + 1 or sum(point.bucket_counts) != point.count:
                    raise ValueError(f"histogram {key}")
                self.metrics[key] = point
            else:
                self.metrics[key] = getattr(point, point.WhichOneof("value"))

    def named(self, name):
        with self.lock:
            return [span for span in self.spans if span.name == name]

    def one(self, name):
        found = self.named(name)
        if len(found) != 1:
            raise harness.Failure(f"{len(found)} spans {name!r}: {found}")
        return found[0]

    def check(self):
        """Everything has parsed, parents are there, span ids are not given twice."""
        with self.lock:
            if self.broken:
                raise harness.Failure(self.broken[0])
            ids = {(span.trace, span.id) for span in self.spans}
            if len(ids) != len(self.spans):
                raise harness.Failure("spans with the same id")
            return ids

    def lost(self, known=()):
        """Spans whose parents are not there and not `known` (trace, span)."""
        ids = self.check() | set(known)
        return [span for span in self.spans if span.parent and (span.trace, span.parent) not in ids]

    def until(self, test, what, seconds=60):
        end = time.monotonic() + seconds
        while not test():
            self.check()
            if time.monotonic() > end:
                raise harness.Failure(f"no {what} within {seconds} s; there are {[span.name for span in self.spans]} and {len(self.metrics)} points")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
