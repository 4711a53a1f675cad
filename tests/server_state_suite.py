# SPDX-License-Identifier: Apache-2.0
"""server_state_suite - what operators remember of a key, asked for while their job runs on several workers: every key is found by the subtask that has
it, in memory and on disk, and what is told of it is what the rows say."""
import json
import os
import time

import harness
import server
from server_jobs_suite import expect, submit, wait

ROWS, KEYS, GONE = 6000, 100, "no_such_key"

USERS = """
server:
  users:
    - {name: olga, role: operator, token: "o-token"}
    - {name: vic, role: viewer, token: "v-token"}
"""


def script(folder):
    """Row i has key i % 100, and a name of its own for every tenth. All are of one minute, whose window stays open."""
    os.makedirs(f"{folder}/in")
    with open(f"{folder}/in/rows.json", "w", encoding="utf-8") as file:
        for i in range(ROWS):
            file.write(json.dumps({"i": i, "k": i % KEYS, "name": f"n{i % 10}", "ts": f"2024-05-01 12:00:{i % 60:02}"}) + "\n")
    sink = "WITH ('connector' = 'blackhole')"
    return f"""
CREATE TABLE n (i BIGINT, k BIGINT, name STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '{folder}/in',
  'format' = 'json', 'source.monitor-interval' = '50 ms');
CREATE TABLE totals (k BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT, s BIGINT) {sink};
CREATE TABLE pairs (k BIGINT, name STRING, n BIGINT, PRIMARY KEY (k, name) NOT ENFORCED) {sink};
CREATE TABLE everything (n BIGINT) {sink};
CREATE TABLE minutes (k BIGINT, w TIMESTAMP(3), m BIGINT) {sink};
CREATE TABLE both_sides (a BIGINT, b BIGINT) {sink};
CREATE TABLE best (k BIGINT, i BIGINT) {sink};
EXECUTE STATEMENT SET BEGIN
  INSERT INTO totals SELECT k, COUNT(*), SUM(i) FROM n GROUP BY k;
  INSERT INTO pairs SELECT k, name, COUNT(*) FROM n GROUP BY k, name;
  INSERT INTO everything SELECT COUNT(*) FROM n;
  INSERT INTO minutes SELECT k, window_start, MAX(i) FROM TABLE(TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end;
  INSERT INTO both_sides SELECT a.i, b.i FROM n AS a JOIN n AS b ON a.k = b.k AND a.i + {KEYS} = b.i;
  INSERT INTO best SELECT k, i FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY i DESC) AS rn FROM n) WHERE rn <= 2;
END;
"""


class Job:
    def __init__(self, weir, folder, **settings):
        self.weir = weir
        self.id = submit(weir, script(folder), "states", {"parallelism.default": "3", "execution.checkpointing.interval": "200 ms", **settings})
        wait(weir, self.id, lambda found: found["rows_in"] == ROWS and found["checkpoint"]["number"] > 0, "all rows")
        self.nodes = weir.get(f"/v1/jobs/{self.id}/graph")["nodes"]
        self.settle()

    def node(self, name, detail=""):
        found = [node["id"] for node in self.nodes if node["name"] == name and detail in node["detail"]]
        if len(found) != 1:
            raise harness.Failure(f"{len(found)} operators {name} with {detail}: {[(node['name'], node['detail']) for node in self.nodes]}")
        return found[0]

    def path(self, node, key=None):
        return f"/v1/jobs/{self.id}/operators/{node}/state" + ("" if key is None else "?key=" + key.replace("[", "%5B").replace('"', "%22").replace("]", "%5D"))

    def get(self, node, key=None):
        return self.weir.get(self.path(node, key))

    def settle(self):
        """The last rows are on their way."""
        end = time.monotonic() + 60
        node = self.node("GroupAggregate", "groupBy=[k], ")
        while True:
            operators = {one["id"]: one for one in self.weir.get(f"/v1/jobs/{self.id}/operators")["operators"]}
            if all(one["rows_in"] >= ROWS for one in operators.values() if one["name"] in ("WindowAggregate", "Rank", "HashJoin")) \
                    and json.dumps(self.get(node, "0")["states"]).find(str(ROWS // KEYS)) > 0:
                return
            if time.monotonic() > end:
                raise harness.Failure(f"the rows did not come: {json.dumps(list(operators.values()))[:3000]}")
            time.sleep(0.05)


def only(answer):
    """The one row of the one state."""
    expect([len(state["rows"]) for state in answer["states"]], [1], f"rows of {answer}")
    return answer["states"][0]["rows"][0]


def aggregates(answer):
    roles = {column["name"]: column["role"] for column in answer["states"][0]["columns"]}
    return [value for name, value in only(answer).items() if roles[name] == "aggregate"]


def all_kinds(env, backend):
    folder = env.folder(f"state-{backend}")
    settings = {"state.backend.type": backend}
    if backend == "rocksdb":
        settings["weir.state.cache-size"] = "64 kb"
    with server.Server(env, folder) as weir:
        job = Job(weir, folder, **settings)
        subtasks = set()
        for key in range(KEYS):
            answer = job.get(job.node("GroupAggregate", "groupBy=[k], "), str(key))
            expect(aggregates(answer), [ROWS // KEYS, sum(range(key, ROWS, KEYS))], f"the aggregates of {key}")
            expect(only(answer)["k"], key, "its key")
            subtasks.add(answer["subtask"])
        expect(subtasks, {0, 1, 2}, "subtasks that answered")
        pairs = job.node("GroupAggregate", "groupBy=[k, name]")
        expect(aggregates(job.get(pairs, '[7,"n7"]')), [ROWS // KEYS], "a key of two columns")
        expect(aggregates(job.get(everything(job))), [ROWS], "without a key")
        window = only(job.get(job.node("WindowAggregate"), "42"))
        expect((window["k"], ROWS - KEYS + 42 in window.values()), (42, True), f"a window {window}")
        expect(window["namespace"], 1714564860000, "the end of the window")
        join = job.get(job.node("HashJoin"), "[7,5907]")
        expect(len(join["states"]), 2, "sides of the join")
        expect("5807" in json.dumps(join["states"][0]) and "5907" in json.dumps(join["states"][1]), True, f"rows of both sides: {json.dumps(join)[:2000]}")
        rank = json.dumps(job.get(job.node("Rank"), "7"))
        expect("5907" in rank and "5807" in rank, True, f"the best: {rank[:2000]}")


def everything(job):
    found = [node["id"] for node in job.nodes if node["name"] == "GroupAggregate" and "groupBy=[]," in node["detail"]]
    expect(len(found), 1, f"aggregates without a key: {[(node['name'], node['detail']) for node in job.nodes]}")
    return found[0]


def refused(env):
    folder = env.folder("state-refused")
    with server.Server(env, folder, config=USERS, login="o-token") as weir:
        job = Job(weir, folder)
        group, pairs = job.node("GroupAggregate", "groupBy=[k], "), job.node("GroupAggregate", "groupBy=[k, name]")
        error = weir.refused(404, "GET", job.path(group, "12345"))
        expect((error["code"], "12345" in error["message"]), (GONE, True), "a key that never came")
        error = weir.refused(400, "GET", job.path(group, "abc"))
        expect("'abc' is no BIGINT" in error["message"], True, error)
        error = weir.refused(400, "GET", job.path(pairs, "7"))
        expect("(k BIGINT, name STRING)" in error["message"], True, error)
        expect(weir.refused(400, "GET", job.path(group, "[7"))["code"], "bad_request", "half an array")
        expect(weir.refused(404, "GET", job.path(99999, "7"))["code"], "not_found", "no such operator")
        scan = [node["id"] for node in job.nodes if node["name"] == "Calc"][0]
        expect(weir.refused(404, "GET", job.path(scan, "7"))["code"], "no_state", "an operator without state")
        weir.login = "v-token"
        expect(weir.ask("GET", job.path(group, "7"))[0], 403, "a viewer")


def cases(env):
    yield "server/state/hashmap", lambda: all_kinds(env, "hashmap")
    yield "server/state/rocksdb", lambda: all_kinds(env, "rocksdb")
    yield "server/state/refused", lambda: refused(env)
