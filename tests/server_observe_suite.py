# SPDX-License-Identifier: Apache-2.0
"""server_observe_suite - a look into the jobs of a server: graph, operators, rows and keys that flow, why there is no output, the
stream of figures, and /metrics as Prometheus' own tool reads it. Figures are compared with what is known of the rows."""
import gzip
import json
import os
import re
import shutil
import subprocess
import time

import harness
import server
from server_jobs_suite import expect, state, submit, wait

ROWS = 30000


def script(folder):
    """30,000 numbers, in a folder that is watched: the job goes on when it has read them. A third has the key 0, the other
    keys 1..20,000 come once each; 5,000 rows (i > 25,000) are left out."""
    os.makedirs(f"{folder}/in")
    with open(f"{folder}/in/rows.json", "w", encoding="utf-8") as file:
        for i in range(1, ROWS + 1):
            file.write(json.dumps({"i": i, "k": 0 if i % 3 == 0 else i}) + "\n")
    return f"""
CREATE TABLE n (i BIGINT, k BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json',
  'source.monitor-interval' = '50 ms');
CREATE TABLE totals (k BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO totals SELECT k, COUNT(*) FROM n WHERE i <= 25000 GROUP BY k;
"""


def begun(weir, folder, workers=3, **settings):
    job = submit(weir, script(folder), "totals", {"parallelism.default": str(workers), "execution.checkpointing.interval": "100 ms",
                                                  "table.optimizer.agg-phase-strategy": "ONE_PHASE", **settings})
    wait(weir, job, lambda found: found["rows_in"] == ROWS and found["checkpoint"]["number"] > 0, "all rows")
    return job


def settled(weir, job, condition, what):
    """The operators, once a condition holds: the last rows are on their way."""
    end = time.monotonic() + 30
    while True:
        found = weir.get(f"/v1/jobs/{job}/operators")
        if condition(found):
            return found
        if time.monotonic() > end:
            raise harness.Failure(f"{what}: {json.dumps(found)[:3000]}")
        time.sleep(0.05)


def named(found, name):
    return [operator for operator in found["operators"] if operator["name"] == name]


def operators(env, workers):
    folder = env.folder(f"observe-operators-{workers}")
    with server.Server(env, folder) as weir:
        job = begun(weir, folder, workers)
        found = settled(weir, job, lambda found: sum(one["rows_in"] for one in named(found, "GroupAggregate")) == 25000, "rows")
        scan, group = named(found, "Scan")[0], named(found, "GroupAggregate")[0]
        expect((scan["rows_in"], scan["rows_out"], scan["filtered"], scan["table"]), (ROWS, 25000, 5000, "n"), "the scan")
        expect(len(group["subtasks"]), workers, "subtasks")
        for name in ("rows_in", "rows_out", "batches", "state_bytes"):
            expect(sum(one[name] for one in group["subtasks"]), group[name], f"the sum of {name}")
        keys = len({0 if i % 3 == 0 else i for i in range(1, 25001)})
        found = settled(weir, job, lambda found: named(found, "GroupAggregate")[0]["state_bytes"] > keys * 16, "state")
        if workers > 1 and not named(found, "GroupAggregate")[0]["skew"] > 1.0:
            raise harness.Failure(f"no skew: {named(found, 'GroupAggregate')[0]}")
        expect([sink["table"] for sink in found["sinks"]], ["totals"], "sinks")
        group = named(found, "GroupAggregate")[0]
        if not (0 <= group["p50_us"] <= group["p95_us"] <= group["p99_us"]):
            raise harness.Failure(f"quantiles: {group}")
        for operator in found["operators"]:
            shares = operator["busy"], operator["idle"], operator["backpressure"]
            if not all(0 <= share <= 1.0001 for share in shares):
                raise harness.Failure(f"shares: {operator}")
        latency = found["sinks"][0]["latency"]
        if latency["of"] != "write" or not latency["p50_us"] > 0:
            raise harness.Failure(f"latency: {latency}")


def graph(env):
    folder = env.folder("observe-graph")
    with server.Server(env, folder) as weir:
        job = begun(weir, folder)
        found = weir.get(f"/v1/jobs/{job}/graph")
        nodes = {node["id"]: node for node in found["nodes"]}
        names = {node["name"]: node for node in found["nodes"]}
        expect((names["Scan"]["table"], names["Sink"]["table"], names["GroupAggregate"]["parallelism"]), ("n", "totals", 3), "nodes")
        edges = {(nodes[edge["from"]]["name"], nodes[edge["to"]]["name"]): edge["kind"] for edge in found["edges"]}
        into = [kind for (_, to), kind in edges.items() if to == "GroupAggregate"]
        expect(into, ["hash"], "edges into the aggregate")
        # From the scan everything is reached.
        reached, before = {names["Scan"]["id"]}, 0
        while len(reached) > before:
            before = len(reached)
            reached |= {edge["to"] for edge in found["edges"] if edge["from"] in reached}
        expect(reached, set(nodes), "operators behind the scan")
        expect(weir.refused(404, "GET", "/v1/jobs/none/graph")["code"], "not_found", "no such job")


def rows_and_keys(env):
    """Rows flow while they are looked at: as many files as it takes."""
    folder = env.folder("observe-rows")
    with server.Server(env, folder) as weir:
        job = begun(weir, folder)
        found = weir.get(f"/v1/jobs/{job}/operators")
        scan, group = named(found, "Scan")[0]["id"], named(found, "GroupAggregate")[0]["id"]
        end, files = time.monotonic() + 30, 0
        while True:
            samples = weir.get(f"/v1/jobs/{job}/operators/{scan}/samples?max=5")
            keys = weir.get(f"/v1/jobs/{job}/operators/{group}/hot-keys")
            if samples["out"] and keys["rows"] >= 1000:
                break
            if time.monotonic() > end:
                raise harness.Failure(f"{samples} {keys}")
            files += 1
            shutil.copy(f"{folder}/in/rows.json", f"{folder}/in/.more")
            os.rename(f"{folder}/in/.more", f"{folder}/in/rows-{files:03}.json")
        expect(len(samples["out"]) <= 5, True, "rows shown")
        for row in samples["out"]:
            value = dict(zip(samples["columns"]["out"], row["row"]))
            expect(row["kind"], "+I", "kind")
            i = int(value["i"]) if "i" in value and value["i"] is not None else None
            if i is not None and value["k"] != str(0 if i % 3 == 0 else i):
                raise harness.Failure(f"a row that never was: {value}")
        expect(keys["keys"][0]["key"], "0", "the hot key")
        if not 0.25 < keys["keys"][0]["share"] < 0.42 or keys["keys"][1]["share"] > 0.05:
            raise harness.Failure(f"shares: {keys['keys'][:3]}")
        expect((len(keys["key_groups"]), sum(keys["key_groups"])), (128, keys["rows"]), "key groups")
        expect(weir.refused(404, "GET", f"/v1/jobs/{job}/operators/99999/samples")["code"], "not_found", "no such operator")
        expect(weir.refused(404, "GET", f"/v1/jobs/{job}/operators/x/hot-keys")["code"], "not_found", "no operator")
        expect(weir.refused(400, "GET", f"/v1/jobs/{job}/operators/{scan}/samples?max=x")["code"], "bad_request", "no number")


def why_and_stream(env):
    folder = env.folder("observe-why")
    os.makedirs(f"{folder}/in")
    sql = f"""CREATE TABLE n (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json',
  'source.monitor-interval' = '50 ms');
CREATE TABLE o (i BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT i FROM n;
"""
    with server.Server(env, folder) as weir:
        job = submit(weir, sql, "copy", {})
        end = time.monotonic() + 30
        while weir.ask("GET", "/v1/jobs/copy/why")[0] == 409 and time.monotonic() < end:
            time.sleep(0.02)  # it begins
        found = weir.get("/v1/jobs/copy/why")
        expect((found["cause"], found["sentence"].split(" since ")[0]), ("no-rows", "No row has come from table 'n'"), "why")
        rows = weir.post("/v1/statements", {"sql": "EXPLAIN WHY NO OUTPUT FOR JOB copy"})
        text = weir.get(f"/v1/statements/{rows['statement']}/rows?token=0")["rows"][0]["row"][0]
        expect(text.startswith("No row has come from table 'n' since"), True, text)
        expect("source n: rows in 0" in text, True, text)
        refused = weir.refused(400, "POST", "/v1/statements", {"sql": "EXPLAIN WHY NO OUTPUT FOR JOB 'none'"})
        expect((refused["line"], refused["column"]), (1, 31), "the place of the job's name")
        seen = set()
        for name, data in weir.events(f"/v1/jobs/{job}/stream"):
            seen.add(name)
            if name == "operators":
                expect([operator["name"] for operator in data["operators"]][0], "Scan", "operators of the stream")
            if seen >= {"job", "operators"}:
                break
        weir.post(f"/v1/jobs/{job}/stop", {"mode": "cancel"})
        state(weir, job, "CANCELED")
        expect(weir.refused(409, "GET", f"/v1/jobs/{job}/why")["code"], "not_running", "a job that has ended")


def series(text):
    """The values by name and labels."""
    found = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    return found


def promtool():
    """Prometheus' own tool; None: it is not installed (Debian: prometheus)."""
    return shutil.which("promtool") or os.environ.get("PROMTOOL")


def packed_metrics(weir, names):
    """Who takes gzip, as Prometheus does, gets it; others do not."""
    for accepted, packs in (("gzip", True), ("deflate, GZIP ;q=0.5", True), ("*", True), ("br;q=1, *; q=0.1", True), ("gzip;q=0, *", False),
                            ("identity", False), ("", False), (",;,", False), ("gzipped", False), ("*;q=0", False)):
        code, headers, body = weir.ask("GET", "/metrics", headers={"Accept-Encoding": accepted})
        expect((code, headers["Content-Encoding"]), (200, "gzip" if packs else None), f"Accept-Encoding: {accepted}")
        plain = gzip.decompress(body) if packs else body
        expect(set(series(plain.decode())), names, f"series, Accept-Encoding: {accepted}")
        if packs and len(body) > len(plain) / 4:
            raise harness.Failure(f"{len(plain)} bytes were packed into {len(body)}")


def metrics(env):
    folder = env.folder("observe-metrics")
    with server.Server(env, folder) as weir:
        code, headers, body = weir.ask("GET", "/metrics")
        expect((code, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "an empty server")
        job = begun(weir, folder, **{"weir.slo.latency": "1 ms"})
        settled(weir, job, lambda found: sum(one["rows_in"] for one in named(found, "GroupAggregate")) == 25000, "rows")
        text = weir.ask("GET", "/metrics")[2].decode()
        found = series(text)
        expect(found['weir_job_rows_in_total{job_name="totals"}'], ROWS, "rows in")
        expect(found['weir_job_up{job_name="totals"}'], 1, "it runs")
        one = {name.split("{")[0]: (name, value) for name, value in found.items() if 'operator_name="Scan"' in name}
        expect(one["weir_operator_rows_filtered_total"][1], 5000, "filtered")
        buckets = [value for name, value in found.items() if name.startswith("weir_sink_latency_seconds_bucket")]
        expect(sorted(buckets), buckets, "buckets grow")
        expect(buckets[-1], found['weir_sink_latency_seconds_count{job_name="totals",table="totals"}'], "the last bucket")
        slow = found['weir_sink_slo_violations_total{job_name="totals",table="totals"}']
        if not 0 < slow <= buckets[-1]:
            raise harness.Failure(f"{slow} slow rows of {buckets[-1]}")
        for name in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
            expect(found[name] > 0, True, name)
        for family in set(re.findall(r"^# TYPE (\S+)", text, re.M)):
            expect(text.count(f"# TYPE {family} "), 1, family)
        packed_metrics(weir, set(found))
        tool = promtool()
        if tool is None:
            return
        done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        expect((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")


def rules(env):
    """The alerts that come with Weir are rules that Prometheus takes, over metrics that there are; so is the dashboard's."""
    path = os.path.join(harness.ROOT, "deploy", "prometheus-alerts.yml")
    tool = promtool()
    if tool is not None:
        done = subprocess.run([tool, "check", "rules", path], capture_output=True, text=True, check=False)
        expect(done.returncode, 0, done.stdout + done.stderr)
    with open(path, encoding="utf-8") as file:
        used = set(re.findall(r"\bweir_[a-z_]+", re.sub(r"^\s*(alert|runbook_url|summary|description|- name):.*$", "", file.read(), flags=re.M)))
    with open(os.path.join(harness.ROOT, "deploy", "grafana-dashboard.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            used |= set(re.findall(r"\bweir_[a-z_]+", target["expr"]))
    source = ""
    for part in ("telemetry/metrics", "telemetry/metrics_parts", "server/metrics_alerts"):
        with open(os.path.join(harness.ROOT, "src", *f"{part}.c".split("/")), encoding="utf-8") as file:
            source += file.read()
    for name in sorted(used):
        if f'"{re.sub("_(bucket|sum|count)$", "", name)}"' not in source and f'"{name}"' not in source:
            raise harness.Failure(f"there is no metric {name}")


def cases(env):
    for workers in (1, 3):
        yield f"observe/operators/{workers}", lambda w=workers: operators(env, w)
    yield "observe/graph", lambda: graph(env)
    yield "observe/rows-and-keys", lambda: rows_and_keys(env)
    yield "observe/why-and-stream", lambda: why_and_stream(env)
    yield "observe/metrics", lambda: metrics(env)
    if os.path.exists(os.path.join(harness.ROOT, "deploy")):
        yield "observe/rules", lambda: rules(env)
