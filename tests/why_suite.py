# SPDX-License-Identifier: Apache-2.0
"""why_suite - why there is no output: each cause is brought about in a running job, and the first sentence of `weir why` names
it. And the figures of operators, whatever the batches and the workers, are those of the rows that went in."""
import json
import os
import time

import harness
import servers
from jobs_suite import Running, expect


class Watched:
    """A job over folders of JSON lines that it watches for new files."""

    def __init__(self, env, name, sql, *args, tables=("s",), options="", settings=""):
        self.folder = env.folder(f"why-{name}")
        self.files = 0
        for table in tables:
            os.makedirs(f"{self.folder}/{table}", exist_ok=True)
        sources = "".join(f"""CREATE TABLE {table} (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',
  'path' = '{self.folder}/{table}', 'format' = 'json', 'source.monitor-interval' = '20 ms'{options});
""" for table in tables)
        self.text = settings + sources + sql.replace("{folder}", self.folder)
        self.env, self.args = env, args

    def __enter__(self):
        self.job = Running(self.env, self.folder, self.text, *self.args).__enter__()
        self.job.wait(lambda found: True, "the job's begin")
        return self

    def __exit__(self, *what):
        self.job.__exit__(*what)

    def put(self, rows, table="s"):
        """Rows (k, seconds since noon) as one more file."""
        self.files += 1
        path = f"{self.folder}/{table}/.{self.files}"
        with open(path, "w", encoding="utf-8") as file:
            for k, second in rows:
                at = 43200 + second
                file.write(json.dumps({"k": k, "ts": f"2024-01-01 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"}) + "\n")
        os.rename(path, f"{self.folder}/{table}/{self.files:04}.json")

    def why(self):
        return json.loads(self.job.ask("why", "--format", "json", str(self.job.process.pid)).stdout)

    def written(self, rows):
        """Until so many rows are written. That there is output is said for a few seconds only."""
        end = time.monotonic() + 30
        while self.why()["sinks"][0]["rows_out"] != rows:
            if time.monotonic() > end:
                raise harness.Failure(f"not {rows} rows: {json.dumps(self.why(), indent=1)[:3000]}")
            time.sleep(0.05)

    def until(self, cause, *words):
        """Until the cause is found; its sentence has the words."""
        end = time.monotonic() + 30
        while True:
            found = self.why()
            if found["cause"] == cause and all(word in found["sentence"] for word in words):
                return found
            if time.monotonic() > end or self.job.process.poll() is not None:
                raise harness.Failure(f"not '{cause}' {words}: {json.dumps(found, indent=1)[:3000]}")
            time.sleep(0.05)


PRINT = "CREATE TABLE o (k INT, n BIGINT) WITH ('connector' = 'blackhole');\n"
WINDOW = PRINT + """INSERT INTO o SELECT k, COUNT(*) FROM TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)
  GROUP BY k, window_start, window_end;
"""


def no_rows(env):
    with Watched(env, "no-rows", PRINT + "INSERT INTO o SELECT k, 1 FROM s;") as job:
        found = job.until("no-rows", "No row has come from table 's'")
        expect((found["sources"][0]["rows_in"], found["sources"][0]["last_record_ms"]), (0, None), "the source")
        job.put([(1, 0)])
        job.written(1)
        found = job.until("quiet", "The last row came in", "table 'o' has got 1 row.")
        expect(found["sources"][0]["rows_in"], 1, "rows")


def filtered(env):
    with Watched(env, "filtered", PRINT + "INSERT INTO o SELECT k, 1 FROM s WHERE k > 100;") as job:
        job.put([(k, k) for k in range(50)])
        found = job.until("filtered", "All 50 rows of table 's' are left out by the condition", "k > 100")
        expect(found["sources"][0]["filtered"], 50, "filtered")
    having = PRINT + "INSERT INTO o SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM s GROUP BY k) WHERE n > 5;"
    with Watched(env, "having", having.replace("blackhole'", "print', 'standard-error' = 'true'")) as job:
        job.put([(k, k) for k in range(50)])
        job.until("filtered", "left out by the condition", "> 5")


def bad(env):
    with Watched(env, "bad", PRINT + "INSERT INTO o SELECT k, 1 FROM s;", options=", 'error-handling.mode' = 'ignore'") as job:
        with open(f"{job.folder}/s/x.json", "w", encoding="utf-8") as file:
            file.write("no\nno\n{\n")
        found = job.until("bad-records", "All 3 records of table 's' could not be read")
        expect(found["sources"][0]["bad"], 3, "bad")


def window(env):
    with Watched(env, "window", WINDOW) as job:
        job.put([(1, 0), (2, 10)])
        found = job.until("window-open", "ends at 2024-01-01 12:01:00", "the watermark is 2024-01-01 12:00:10", "still open")
        waits = [operator["waits_for"] for operator in found["operators"] if operator["name"] == "WindowAggregate"]
        expect(waits, ["watermark"], "what the window waits for")
        job.put([(1, 200)])
        job.written(2)
        job.until("window-open", "ends at 2024-01-01 12:04:00")


def late(env):
    """The first row sets the watermark, and is left out behind it."""
    with Watched(env, "late", WINDOW.replace("GROUP BY", "WHERE k <> 7 GROUP BY")) as job:
        job.put([(7, 3600)])
        job.put([(1, 5), (2, 6), (1, 7)])
        found = job.until("late", "All 3 rows", "too late")
        expect(found["sources"][0]["late"], 3, "late")


def side(env):
    """A side of a join that has no rows, and then old ones."""
    sql = """CREATE TABLE o (k INT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT l.k FROM (SELECT * FROM TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) l
  JOIN (SELECT * FROM TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) r
  ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
"""
    with Watched(env, "side", sql, "--parallelism", "2", tables=("l", "r")) as job:
        job.put([(1, 0), (1, 600)], "l")
        found = job.until("held-by-side", "held back by table 'r', which has given no row")
        held = [one["holds_back"] for operator in found["operators"] for one in operator["inputs"]]
        expect(sorted(held), [False, True], "one side holds back")
        job.put([(1, 1)], "r")
        job.until("held-by-side", "held back by table 'r', which is at 2024-01-01 12:00:01")
        job.put([(2, 1200)], "r")
        job.written(1)


def join(env):
    sql = "CREATE TABLE o (k INT) WITH ('connector' = 'blackhole');\nINSERT INTO o SELECT l.k FROM l JOIN r ON l.k = r.k;"
    with Watched(env, "join", sql, tables=("l", "r")) as job:
        job.put([(k, k) for k in range(20)], "l")
        job.until("no-rows", "No row has come from table 'r'", "waits for that side")
        job.put([(100, 1)], "r")
        job.until("no-match", "has taken 21 rows and found no two that match")


def commit(env):
    sql = "CREATE TABLE o (k INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');\nINSERT INTO o SELECT k FROM s;"
    with Watched(env, "whole", sql) as job:
        job.put([(1, 0), (2, 0)])
        job.until("commit", "2 rows of table 'o' are written, and will be visible when the job ends")
    folder = env.folder("why-commit")
    settings = f"SET 'execution.checkpointing.interval' = '1 h';\nSET 'execution.checkpointing.dir' = '{folder}/ck';\n"
    with Watched(env, "commit", sql, settings=settings) as job:
        job.put([(1, 0), (2, 0)])
        found = job.until("commit", "2 rows of table 'o' are written, and will be visible with the commit of the next checkpoint",
                          "every 60 min")
        expect((found["sinks"][0]["rows_uncommitted"], found["sinks"][0]["transactional"]), (2, True), "the sink")


def pressure(env, workers):
    """Results go to a pipe that nobody reads. With one worker no queue is full: the worker itself is in the write."""
    folder = env.folder(f"why-pressure-{workers}")
    sql = """CREATE TABLE g (n BIGINT, t STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'fields.t.length' = '100');
CREATE TABLE o (n BIGINT, t STRING) WITH ('connector' = 'print');
INSERT INTO o SELECT n, t FROM g;
"""
    with Running(env, folder, sql, "--parallelism", str(workers)) as job:
        job.wait(lambda found: found["rows_in"] > 0, "the first rows")
        end = time.monotonic() + 30
        while True:
            found = json.loads(job.ask("why", "--format", "json", str(job.process.pid)).stdout)
            if found["cause"] == "back-pressure" and "table 'o' does not keep up" in found["sentence"]:
                break
            if time.monotonic() > end:
                raise harness.Failure(json.dumps(found, indent=1)[:3000])
            time.sleep(0.1)


def partition(env):
    """Of two partitions of a topic one is silent: it is named; when it may be idle it holds nothing back."""
    kafka = servers.kafka()
    topic = kafka.topic("why", 2)
    kafka.produce(topic, [(None, json.dumps({"k": i, "ts": f"2024-01-01 12:{i:02}:00"}), 0) for i in range(30)])
    for idle in (False, True):
        folder = env.folder(f"why-partition-{idle}")
        sql = f"""CREATE TABLE s (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = '{topic}',
  'properties.bootstrap.servers' = '{kafka.bootstrap}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'
  {", 'scan.watermark.idle-timeout' = '300 ms'" if idle else ""});
""" + WINDOW
        with Running(env, folder, sql) as job:
            job.wait(lambda found: found["rows_in"] == 30, "all rows")
            end, wanted = time.monotonic() + 30, "window-open" if idle else "held-by-partition"
            while True:
                found = json.loads(job.ask("why", "--format", "json", str(job.process.pid)).stdout)
                if found["cause"] == wanted:
                    break
                if time.monotonic() > end:
                    raise harness.Failure(f"not {wanted}: {json.dumps(found, indent=1)[:3000]}")
                time.sleep(0.1)
            sources = {source["partition"]: source for source in found["sources"]}
            expect({number: (source["rows_in"], source["holds_back"]) for number, source in sources.items()},
                   {0: (30, False), 1: (0, not idle)}, "partitions")
            if not idle:
                expect(f"held back by partition 1 of topic '{topic}" in found["sentence"], True, found["sentence"])
                expect(found["sentence"].endswith("which has given no row."), True, found["sentence"])
            expect(sources[1]["idle"], idle, "idle")


def figures(env, workers, rows):
    """Rows in and out of every operator, late and filtered ones, against what went in."""
    # The mark of the first file brings the watermark to 13:00; of 600 rows behind it those with k = 3 are left out by the scan,
    # and those of the hour before are late.
    sql = """CREATE TABLE o (k INT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT k, COUNT(*) FROM TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE) WHERE k <> 3
  GROUP BY k, window_start, window_end;
"""
    with Watched(env, f"figures-{workers}-{rows}", sql, "--parallelism", str(workers), "--set", f"weir.batch.max-rows={rows}") as job:
        job.put([(1, 3600)])
        job.put([(k % 10, 3700 if k % 2 else 10) for k in range(600)])
        job.put([(1, 7200)])
        end = time.monotonic() + 30
        while True:
            found = job.why()
            source, sink = found["sources"][0], found["sinks"][0]
            late = sum(operator["late"] for operator in found["operators"])
            got = (source["rows_in"], source["filtered"], late, sink["rows_out"])
            if got == (602, 60, 300, 5):  # of the odd k, without 3: 1, 5, 7, 9 at 13:01, and the first row
                break
            if time.monotonic() > end:
                raise harness.Failure(f"{got}: {json.dumps(found, indent=1)[:3000]}")
            time.sleep(0.05)
        by_name = {operator["name"]: operator for operator in found["operators"]}
        first = found["operators"][0]
        expect(first["rows_in"], 542, "rows of the first operator")
        expect(by_name["WindowAggregate"]["rows_out"], 5, "rows of the window")


def text(env):
    with Watched(env, "text", PRINT + "INSERT INTO o SELECT k, 1 FROM s;") as job:
        done = job.job.ask("why", "--format", "table", str(job.job.process.pid))
        lines = done.stdout.split("\n")
        expect(lines[0].startswith("No row has come from table 's'"), True, done.stdout)
        expect([line.split(" ")[0] for line in lines[1:5]], ["hint:", "source", "operator", "sink"], done.stdout)


def cases(env):
    for name, test in (("no-rows", no_rows), ("filtered", filtered), ("bad", bad), ("window", window), ("late", late),
                       ("side", side), ("join", join), ("commit", commit), ("partition", partition), ("text", text)):
        yield f"why/{name}", lambda test=test: test(env)
    for workers in (1, 3):
        yield f"why/pressure/{workers}", lambda workers=workers: pressure(env, workers)
    for workers, rows in ((1, 1), (1, 4096), (2, 7), (5, 1), (5, 4096)):
        yield f"why/figures/{workers}/{rows}", lambda w=workers, r=rows: figures(env, w, r)
