# SPDX-License-Identifier: Apache-2.0
"""flow - the drills of what flows: rows that come too late, a sink that does not keep up, a key that is hot."""
import json
import os
import threading

import harness
import servers

from .drill import Drill


class Watched:
    """A folder that a job watches; each call of put() is one more file."""

    def __init__(self, folder):
        self.folder, self.files = folder, 0
        os.makedirs(folder)

    def put(self, rows):
        self.files += 1
        path = os.path.join(self.folder, f".{self.files}")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))
        os.rename(path, os.path.join(self.folder, f"{self.files:05}.json"))


def at(second):
    return f"2026-01-01 {10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def late_data(env, show=False):
    """A producer whose clock is an hour ahead: all others are late. Then one that is a minute behind."""
    with Drill(env, "late-data", show) as drill:
        rows, late = Watched(f"{drill.folder}/in"), f"{drill.folder}/late"
        drill.begin(f"""CREATE TABLE orders (customer INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '{drill.folder}/in', 'format' = 'json', 'source.monitor-interval' = '50 ms');
CREATE TABLE totals (window_end TIMESTAMP(3), customer INT, n BIGINT, PRIMARY KEY (window_end, customer) NOT ENFORCED) WITH ('connector' = 'blackhole');
CREATE TABLE late_rows (customer INT, ts TIMESTAMP(3), `late-by` BIGINT METADATA, `watermark` TIMESTAMP(3) METADATA, `window-end` TIMESTAMP(3) METADATA)
WITH ('connector' = 'filesystem', 'path' = '{late}', 'format' = 'json');
SET 'weir.late-rows.table' = 'late_rows';
INSERT INTO totals SELECT window_end, customer, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
WHERE customer > 0 GROUP BY window_start, window_end, customer;
""", "totals")
        rows.put([{"customer": 0, "ts": at(3600)}])  # the clock that is wrong
        rows.put([{"customer": 1 + i % 5, "ts": at(i)} for i in range(100)])
        found = drill.cause("late", "came too late")
        drill.metric("weir_job_rows_late_total", lambda value: value == 100)
        sources = found["sources"][0]
        if (sources["late"], sources["watermark_ms"]) != (100, 1767265195000):
            raise harness.Failure(f"late and watermark of the source: {sources}")

        def kept():
            return [row for name in os.listdir(late) if name.startswith("part-") for row in map(json.loads, harness.read_lines(os.path.join(late, name)))]

        shown = drill.settled(lambda: kept() if os.path.isdir(late) else [], lambda shown: len(shown) == 100, "late rows in their table")
        drill.stands("`late-by`, `watermark`, `window-end`")
        drill.says(f"late_rows: {json.dumps(shown[0])}")
        # Cures: what is ahead of the clock is left out; then what is a little late corrects its window.
        drill.stands("ts AS CASE WHEN raw_ts < CURRENT_TIMESTAMP THEN raw_ts END")
        drill.stands("SET 'weir.late-rows.allowed' = '10 min'")
        drill.changes("SET 'weir.late-rows.table'", "SET 'weir.late-rows.allowed' = '10 min';\nSET 'weir.late-rows.table'")
        rows.put([{"customer": 1, "ts": at(3700)}, {"customer": 2, "ts": at(3605)}])  # two minutes and a half behind
        rows.put([{"customer": 1, "ts": at(3900)}, {"customer": 2, "ts": at(3605)}])
        drill.metric("weir_job_rows_late_total", lambda value: value == 0)
        drill.settled(lambda: drill.weir.get("/v1/jobs/totals/why"), lambda found: found["sinks"][0]["rows_out"] >= 2, "rows that come again")


def backpressure(env, show=False):
    """The database of the sink holds its table locked."""
    database = servers.postgres().database("drill")
    with database, Drill(env, "backpressure", show) as drill:
        database.sql("CREATE TABLE copies (i BIGINT PRIMARY KEY)")
        drill.begin(f"""CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000000000');
CREATE TABLE copies (i BIGINT) WITH ('connector' = 'jdbc', 'url' = '{database.url_at(database.port)}', 'username' = 'postgres', 'table-name' = 'copies');
INSERT INTO copies SELECT i FROM n WHERE MOD(i, 100) = 0;
""", "copy", parallelism_default="2")
        drill.until(lambda found: found["rows_out"] > 0, "rows")
        lock = database.connect()
        with lock.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE copies IN ACCESS EXCLUSIVE MODE")
        drill.cause("back-pressure", "Back pressure: table 'copies' does not keep up")
        drill.metric("weir_operator_backpressure_seconds_total", lambda value: value > 2)
        operators = drill.settled(lambda: drill.asks("curl -s SERVER/v1/jobs/JOB/operators")["operators"], lambda found: max(
            one["backpressure"] for one in found) > 0.9, "an operator that waits")
        drill.says(str([(one["name"], round(one["busy"], 2), round(one["backpressure"], 2)) for one in operators]))
        last = operators[-1]
        if last["backpressure"] > 0.1 or max(one["busy"] for one in last["subtasks"]) < 0.9:
            raise harness.Failure(f"one subtask of the sink is in a write, and none is held up, {last}")
        drill.cause("back-pressure", "it has been at the same batch for")
        drill.metric("weir_sink_last_write_age_seconds", lambda value: value > 1)
        look = "SELECT pid, state, wait_event_type, query FROM pg_stat_activity"
        drill.stands(look)
        drill.stands("SELECT pg_terminate_backend(PID)")
        holder, = [row for row in database.sql(look) if row[1] == "idle in transaction"]
        drill.says(f"pg_stat_activity: {holder}")
        database.sql(f"SELECT pg_terminate_backend({holder[0]})")
        before = drill.job()["rows_out"]
        drill.until(lambda found: found["rows_out"] > before + 100, "rows again")
        drill.settled(lambda: [drill.value("weir_operator_backpressure_seconds_total"), threading.Event().wait(0.5),
                               drill.value("weir_operator_backpressure_seconds_total")], lambda found: found[2] - found[0] < 0.4, "an end of the waiting")


def hot_key(env, show=False):
    """Nine rows in ten have no customer: the join's subtask of NULL or '' gets them all."""
    with Drill(env, "hot-key", show) as drill:
        drill.begin("""CREATE TABLE visits (i BIGINT, who AS CASE WHEN MOD(i, 10) > 0 THEN 0 ELSE MOD(i, 1000) END, at_ AS PROCTIME())
WITH ('connector' = 'datagen', 'rows-per-second' = '20000', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000000000');
CREATE TABLE last_visits (who BIGINT, i BIGINT, PRIMARY KEY (who) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO last_visits SELECT who, i FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY who ORDER BY at_ DESC) AS n FROM visits WHERE i > 0) WHERE n = 1;
""", "visits", parallelism_default="4")
        drill.metric("weir_operator_skew_ratio", lambda value: value > 3)
        operators = drill.asks("curl -s SERVER/v1/jobs/JOB/operators")["operators"]
        keyed = max((one for one in operators if "skew" in one), key=lambda one: one["skew"])
        drill.says(f"{keyed['name']}: skew {keyed['skew']}, rows_in {[one['rows_in'] for one in keyed['subtasks']]}")
        command = "curl -s SERVER/v1/jobs/JOB/operators/ID/hot-keys"
        drill.does(command, ID=keyed["id"])
        keys = drill.settled(lambda: drill.asks(command, ID=keyed["id"]), lambda found: found["rows"] > 1000, "keys")
        drill.says(f"hot keys: {keys['keys'][:2]}")
        if keys["keys"][0]["key"] != "0" or not 0.8 < keys["keys"][0]["share"] < 0.95:
            raise harness.Failure(f"the hot key: {keys['keys'][:3]}")
        drill.stands("leave such rows out")
        drill.changes("WHERE i > 0", "WHERE who > 0")
        drill.metric("weir_operator_skew_ratio", lambda value: 0 < value < 2)
