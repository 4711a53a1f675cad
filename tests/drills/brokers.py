# SPDX-License-Identifier: Apache-2.0
"""brokers - the drills with a real Kafka: a job that falls behind, records that do not fit, a broker that is away."""
import json
import os

import harness
import servers

from .drill import Drill


def kafka_table(kafka, topic, more="", form="json"):
    return f"""WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{kafka.bootstrap}',
  'scan.startup.mode' = 'earliest-offset', 'format' = '{form}'{more})"""


def order(i):
    return json.dumps({"customer": i % 7, "amount": i, "ts": f"2026-01-01 10:{i // 60 % 60:02}:{i % 60:02}"})


def lag(env, show=False):
    """One of two partitions is silent; then the job reads more slowly than messages come."""
    kafka = servers.kafka()
    topic = kafka.topic("drill-lag", 2)
    with Drill(env, "lag", show) as drill:
        kafka.produce(topic, [(None, order(i), 0) for i in range(600)])
        drill.begin(f"""CREATE TABLE orders (customer INT, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
{kafka_table(kafka, topic, ", 'scan.rate-limit' = '100000'")};
CREATE TABLE totals (window_end TIMESTAMP(3), customer INT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{drill.folder}/totals', 'format' = 'json');
INSERT INTO totals SELECT window_end, customer, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, customer;
""", "totals")
        found = drill.cause("held-by-partition", "held back by partition 1", "which has given no row")
        holder, = [one for one in found["sources"] if one["holds_back"]]
        drill.says(json.dumps(holder))
        drill.stands("'scan.watermark.idle-timeout' = '1 min'")
        drill.changes("'scan.rate-limit'", "'scan.watermark.idle-timeout' = '200 ms', 'scan.rate-limit'")
        drill.says(str(drill.settled(lambda: drill.weir.get("/v1/jobs/totals/why"), lambda found: all(one["idle"] for one in found["sources"]), "idle partitions")["sentence"]))
        kafka.produce(topic, [(None, order(600), 0)])
        drill.until(lambda found: found["rows_out"] == 9 * 7, "windows")
        drill.cause("window-open", "is still open")
        # More than it reads.
        drill.changes("'100000'", "'200'")
        kafka.produce(topic, [(None, order(i), i % 2) for i in range(601, 20600)])
        behind = drill.metric("weir_source_lag_records", lambda value: value > 10000)
        parts = [drill.value("weir_source_partition_lag_records", f'partition="{number}"') for number in (0, 1)]
        drill.says(f"by partition: {parts}")
        if min(parts) < 2000 or sum(parts) < behind - 5000:
            raise harness.Failure(f"lag {behind} of partitions {parts}")
        drill.metric("weir_source_lag_seconds", lambda value: value > 1)
        drill.does("curl -s SERVER/v1/jobs/JOB/operators")
        shown = drill.asks("curl -s SERVER/v1/jobs/JOB")
        drill.says(f"lag {shown['lag']}, {shown['rows_in_per_s']} rows a second")
        drill.changes("'200'", "'100000'")
        drill.does("curl -s SERVER/v1/jobs/JOB/rescale -d '{\"parallelism\": N}'", N=2)
        drill.until(lambda found: found["state"] == "RUNNING" and found["lag"] == 0, "no lag")
        drill.metric("weir_source_lag_records", lambda value: value == 0)


def schema_mismatch(env, show=False):
    """A producer writes amounts as texts with a comma; the job puts them aside, is mended in place, and reads them once more."""
    kafka = servers.kafka()
    topic = kafka.topic("drill-schema", 1)
    with Drill(env, "schema-mismatch", show) as drill:
        kafka.produce(topic, [json.dumps({"id": i, "amount": f"{i},50"}) for i in range(10)])
        job = drill.begin(f"""SET 'error-handling.mode' = 'log';
SET 'error-handling.log.target' = 'letters';
CREATE TABLE orders (id INT, amount DECIMAL(10, 2)) {kafka_table(kafka, topic)};
CREATE TABLE letters (`raw` BYTES, error_kind STRING, error_text STRING, `table` STRING, `time` TIMESTAMP_LTZ(3), topic STRING, `partition` INT,
  `offset` BIGINT, attempts INT) WITH ('connector' = 'filesystem', 'path' = '{drill.folder}/letters', 'format' = 'json');
CREATE TABLE booked (id INT, amount DECIMAL(10, 2)) WITH ('connector' = 'filesystem', 'path' = '{drill.folder}/booked', 'format' = 'json');
INSERT INTO booked SELECT id, amount FROM orders;
""", "book")
        drill.cause("bad-records", "All 10 records of table 'orders' could not be read")
        drill.metric("weir_job_rows_bad_total", lambda value: value == 10)
        kafka.produce(topic, [json.dumps({"id": i, "amount": i, "note": "new"}) for i in range(10, 20)])
        drill.until(lambda found: found["rows_out"] == 10, "good ones")
        drill.settled(lambda: os.path.isdir(f"{drill.folder}/letters") and any(name.startswith("part-") for name in os.listdir(f"{drill.folder}/letters")),
                      bool, "dead letters")
        drill.does("curl -s SERVER/v1/jobs/JOB | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"sql\"])' >job.sql")
        shown = drill.does("weir dlq show job.sql")
        drill.says(shown.strip())
        if json.loads(shown)["letters"] != 10:
            raise harness.Failure(shown)
        # Read both ways: the column is a text now.
        both = "TRY_CAST(REPLACE(amount, ',', '.') AS DECIMAL(10, 2))"
        drill.stands(both)
        drill.changes("orders (id INT, amount DECIMAL(10, 2))", "orders (id INT, amount STRING)", "SELECT id, amount FROM", f"SELECT id, {both} FROM")
        drill.does("curl -s SERVER/v1/jobs/JOB | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"sql\"])' >job.sql")
        drill.says(drill.does("weir dlq replay --table TABLE job.sql", TABLE="orders").strip())
        kafka.produce(topic, [json.dumps({"id": 20, "amount": "20,50"})])

        def booked():
            found = []
            for name in os.listdir(f"{drill.folder}/booked"):
                if name.startswith("part-"):
                    found += [(row["id"], float(row["amount"])) for row in map(json.loads, harness.read_lines(f"{drill.folder}/booked/{name}"))]
            return sorted(found)

        want = [(i, i + 0.5) for i in range(10)] + [(i, float(i)) for i in range(10, 20)] + [(20, 20.5)]
        drill.settled(booked, lambda found: found == want, f"rows {want} of job {job}")
        drill.metric("weir_job_rows_bad_total", lambda value: value == 0)


def broker_loss(env, show=False):
    """The broker dies, and is back after a while."""
    with servers.kafka(fresh=True) as kafka, Drill(env, "broker-loss", show) as drill:
        source, target = kafka.topic("drill-in", 2), kafka.topic("drill-out", 1)
        kafka.produce(source, [(None, order(i), i % 2) for i in range(1000)])
        drill.begin(f"""CREATE TABLE orders (customer INT, amount INT) {kafka_table(kafka, source)};
CREATE TABLE copies (customer INT, amount INT) {kafka_table(kafka, target, ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'drill'")};
INSERT INTO copies SELECT customer, amount FROM orders WHERE amount >= 0;
""", "copies")
        drill.until(lambda found: found["rows_in"] == 1000 and found["checkpoint"]["done"] > 2, "rows")
        kafka.kill()
        found = drill.cause("source-waits", f"{kafka.port}")
        drill.says(json.dumps(drill.asks("curl -s SERVER/v1/jobs/JOB")["waiting"]))
        reach = "curl -v --max-time 3 telnet://HOST:PORT </dev/null"
        if "refused" not in drill.does(reach, check=None, HOST="127.0.0.1", PORT=kafka.port):
            raise harness.Failure("a broker that is dead answers")
        drill.does("curl -s SERVER/v1/jobs/JOB/exceptions")
        kafka.start()
        if "Connected" not in drill.does(reach, check=None, HOST="127.0.0.1", PORT=kafka.port):
            raise harness.Failure("the broker that is back does not answer")
        kafka.produce(source, [(None, order(i), i % 2) for i in range(1000, 2000)])
        drill.until(lambda found: found["state"] == "RUNNING" and found["lag"] == 0, "all rows", 120)
        messages = kafka.consume(target, at_least=2000, seconds=120)
        amounts = sorted(json.loads(message.value)["amount"] for message in messages)
        if amounts != list(range(2000)):
            raise harness.Failure(f"{len(amounts)} messages, {len(set(amounts))} different ones")
        drill.settled(lambda: drill.weir.get("/v1/jobs/copies/why"), lambda found: found["cause"] in ("quiet", "flows"), "an end of the waiting")
        drill.says(f"exceptions: {json.dumps(drill.asks('curl -s SERVER/v1/jobs/JOB/exceptions'))[:400]}; {found['cause']} is over")
