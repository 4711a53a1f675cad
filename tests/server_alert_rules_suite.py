# SPDX-License-Identifier: Apache-2.0
"""server_alert_rules_suite - a job is really brought into trouble, and the server says so: a sink that does not keep up, a key that is hot, a broker
that is stopped, rows that are late or refused by a database, a source that is far behind, checkpoints whose folder is gone, a commit that
fails. Each alert names what is wrong and its runbook, and is over when the trouble is."""
import os

import harness
import server
import servers
from drills.flow import Watched, at
from server_alerts_suite import FAST, alert, expect, gone
from server_jobs_suite import wait

NUMBERS = """'connector' = 'datagen', 'rows-per-second' = '20000', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000000000'"""


def told(found, severity, runbook, *words):
    """The alert says how bad it is, what to read, and its cause with the words."""
    expect((found["severity"], found["runbook"].rsplit("/", 1)[1]), (severity, runbook), found["alert"])
    for word in words:
        if word not in found["cause"]:
            raise harness.Failure(f"{found['alert']} does not say '{word}': {found['cause']}")


def back_pressure(env):
    """The table of the sink is locked, so those before it wait; then it is free again."""
    with servers.postgres().database("alerts") as database, server.Server(env, env.folder("alerts-pressure"), settings=FAST) as weir:
        database.sql("CREATE TABLE copies (i BIGINT PRIMARY KEY)")
        sql = f"""CREATE TEMPORARY TABLE n (i BIGINT) WITH ({NUMBERS});
            CREATE TEMPORARY TABLE copies (i BIGINT) WITH ('connector' = 'jdbc', 'url' = '{database.url_at(database.port)}', 'username' = 'postgres', 'table-name' = 'copies');
            INSERT INTO copies SELECT i FROM n WHERE i > 0;"""
        weir.post("/v1/jobs", {"name": "orders", "sql": sql, "settings": {"parallelism.default": "2"}})
        wait(weir, "orders", lambda found: found["rows_out"] > 0, "rows")
        lock = database.connect()
        with lock.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE copies IN ACCESS EXCLUSIVE MODE")
        told(alert(weir, "WeirBackPressure"), "warn", "backpressure", " of job orders waits for those behind it in ", "table 'copies' does not keep up")
        lock.close()
        gone(weir, "WeirBackPressure")


def hot_key(env):
    """All rows have the same key, which one of four subtasks gets; then each has its own."""
    settings = FAST + [("server.alerts.skew-rows", "10")]
    with server.Server(env, env.folder("alerts-hot"), settings=settings) as weir:
        sql = f"""CREATE TEMPORARY TABLE n (i BIGINT, k AS CASE WHEN i > 0 THEN 0 ELSE i END) WITH ({NUMBERS});
            CREATE TEMPORARY TABLE s (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
            SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
            INSERT INTO s SELECT k, COUNT(*) FROM n GROUP BY k;"""
        weir.post("/v1/jobs", {"name": "visits", "sql": sql, "settings": {"parallelism.default": "4"}})
        told(alert(weir, "WeirHotKey"), "warn", "hot-key", "One subtask of ", " of job visits gets 4.0 times as many rows as the average")
        weir.post("/v1/jobs/visits/update", {"sql": sql.replace("THEN 0 ELSE i", "THEN MOD(i, 1000) ELSE 0"), "apply": True})
        gone(weir, "WeirHotKey")


def late_rows(env):
    """A clock that is ahead makes a hundred others late; many that are in time make that a small share."""
    folder = env.folder("alerts-late")
    rows = Watched(f"{folder}/in")
    with server.Server(env, folder, settings=FAST + [("server.alerts.late-share", "0.05")]) as weir:
        sql = f"""CREATE TEMPORARY TABLE orders (customer INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
            WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '50 ms');
            CREATE TEMPORARY TABLE s (window_end TIMESTAMP(3), customer INT, n BIGINT) WITH ('connector' = 'blackhole');
            INSERT INTO s SELECT window_end, customer, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
            GROUP BY window_start, window_end, customer;"""
        weir.post("/v1/jobs", {"name": "totals", "sql": sql})
        rows.put([{"customer": 0, "ts": at(3600)}])  # the clock that is wrong
        wait(weir, "totals", lambda found: found["rows_in"] == 1, "the first row")
        rows.put([{"customer": 1 + i % 5, "ts": at(i)} for i in range(100)])
        told(alert(weir, "WeirLateRows"), "warn", "late-data", "% of the records of job totals were late", "(100 of 101)")
        rows.put([{"customer": i % 5, "ts": at(3600)} for i in range(5000)])
        gone(weir, "WeirLateRows")


def broker_lost(env):
    """The broker is stopped while a job reads from it and writes to it, and comes back."""
    with servers.kafka(fresh=True) as kafka, server.Server(env, env.folder("alerts-broker"), settings=FAST + [("server.alerts.waiting", "1 s")]) as weir:
        source = kafka.topic("alerts-in", 1)
        kafka.produce(source, ['{"i": 1}'])
        sql = f"""CREATE TEMPORARY TABLE n (i INT) WITH ('connector' = 'kafka', 'topic' = '{source}', 'properties.bootstrap.servers' = '{kafka.bootstrap}',
              'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
            CREATE TEMPORARY TABLE s (i INT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT i FROM n;"""
        weir.post("/v1/jobs", {"name": "copies", "sql": sql})
        wait(weir, "copies", lambda found: found["rows_in"] == 1, "the first row")
        kafka.kill()
        told(alert(weir, "WeirBrokerLost"), "page", "broker-loss", "Job copies waits for the outside world: ", str(kafka.port))
        kafka.start()
        kafka.produce(source, ['{"i": 2}'])
        gone(weir, "WeirBrokerLost")
        wait(weir, "copies", lambda found: found["rows_in"] == 2, "the row that came later")


def sink_errors(env):
    """The database refuses rows, which are left out, until its constraint goes."""
    with servers.postgres().database("alerts") as database, server.Server(env, env.folder("alerts-refused"), settings=FAST + [("server.alerts.window", "3 s")]) as weir:
        database.sql("CREATE TABLE copies (i BIGINT, CONSTRAINT odd CHECK (i % 50 <> 3))")
        sql = f"""SET 'error-handling.mode' = 'ignore';
            CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
              'fields.i.end' = '1000000');
            CREATE TEMPORARY TABLE copies (i BIGINT) WITH ('connector' = 'jdbc', 'url' = '{database.url_at(database.port)}', 'username' = 'postgres', 'table-name' = 'copies');
            INSERT INTO copies SELECT i FROM n;"""
        weir.post("/v1/jobs", {"name": "orders", "sql": sql})
        told(alert(weir, "WeirSinkErrors"), "warn", "schema-mismatch", "A sink of job orders has refused ")
        database.sql("ALTER TABLE copies DROP CONSTRAINT odd")
        gone(weir, "WeirSinkErrors")
        expect(weir.get("/v1/jobs/orders")["state"], "RUNNING", "the job")


def lag(env):
    """More is written to the topic than the job reads while the table of its sink is locked."""
    with servers.kafka() as kafka, servers.postgres().database("alerts") as database, \
            server.Server(env, env.folder("alerts-lag"), settings=FAST + [("server.alerts.lag-records", "1000")]) as weir:
        database.sql("CREATE TABLE copies (i BIGINT)")
        topic = kafka.topic("alerts-lag", 1)
        sql = f"""CREATE TEMPORARY TABLE n (i INT) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{kafka.bootstrap}',
              'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
            CREATE TEMPORARY TABLE copies (i BIGINT) WITH ('connector' = 'jdbc', 'url' = '{database.url_at(database.port)}', 'username' = 'postgres', 'table-name' = 'copies');
            INSERT INTO copies SELECT i FROM n;"""
        weir.post("/v1/jobs", {"name": "copies", "sql": sql})
        kafka.produce(topic, ['{"i": 1}'])
        wait(weir, "copies", lambda found: found["rows_out"] == 1, "the first row")
        lock = database.connect()
        with lock.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE copies IN ACCESS EXCLUSIVE MODE")
        kafka.produce(topic, ['{"i": 2}'] * 200000)
        told(alert(weir, "WeirLag"), "warn", "lag", "Table n of job copies has ", " records left to read")
        lock.close()
        gone(weir, "WeirLag")


def checkpoints(env):
    """The folder of checkpoints is no folder for a while: none can be made."""
    folder = env.folder("alerts-checkpoints")
    settings = FAST + [("execution.checkpointing.interval", "200 ms"), ("execution.checkpointing.dir", f"{folder}/kept"), ("server.alerts.checkpoint-age", "3 s"),
                       ("server.alerts.window", "3 s"), ("execution.checkpointing.tolerable-failed-checkpoints", "1000000")]
    with server.Server(env, folder, settings=settings) as weir:
        sql = """CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
              'fields.i.end' = '1000000');
            CREATE TEMPORARY TABLE s (i BIGINT, c BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT MOD(i, 3), COUNT(*) FROM n GROUP BY MOD(i, 3);"""
        weir.post("/v1/jobs", {"name": "counts", "sql": sql})
        wait(weir, "counts", lambda found: found["checkpoint"]["done"] > 0, "a checkpoint")
        os.rename(f"{folder}/kept", f"{folder}/away")
        with open(f"{folder}/kept", "w", encoding="utf-8"):
            pass
        told(alert(weir, "WeirCheckpointsFail"), "page", "checkpoint-failure", " checkpoints of job counts were given up")
        told(alert(weir, "WeirCheckpointOld"), "page", "checkpoint-failure", "Job counts has made no checkpoint for ")
        expect(weir.get("/v1/jobs/counts")["state"], "RUNNING", "the job")
        os.remove(f"{folder}/kept")
        os.rename(f"{folder}/away", f"{folder}/kept")
        gone(weir, "WeirCheckpointsFail")
        gone(weir, "WeirCheckpointOld")


def restarts(env):
    """What a sink wrote cannot be committed once: the job begins again from its checkpoint, which is told until the window is over."""
    folder = env.folder("alerts-restarts")
    settings = [(key, value) for key, value in FAST if key != "server.alerts.for"]
    settings += [("server.alerts.for", "1 h"), ("server.alerts.restarts", "1"), ("server.alerts.window", "5 s"), ("execution.checkpointing.interval", "100 ms")]
    with server.Server(env, folder, settings=settings, WEIR_FAULT="sink-committed=error:3") as weir:
        sql = f"""CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
              'fields.i.end' = '1000000');
            CREATE TEMPORARY TABLE parts (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/parts', 'format' = 'json'); INSERT INTO parts SELECT i FROM n;"""
        weir.post("/v1/jobs", {"name": "copies", "sql": sql, "settings": {"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.delay": "10 ms"}})
        told(alert(weir, "WeirJobRestarts"), "page", "broker-loss", "Job copies has been restarted once within 5 s")
        gone(weir, "WeirJobRestarts")
        found = weir.get("/v1/jobs/copies")
        expect((found["state"], found["restarts"]), ("RUNNING", 1), "the job")


def cases(env):
    yield "server/alerts/back-pressure", lambda: back_pressure(env)
    yield "server/alerts/hot-key", lambda: hot_key(env)
    yield "server/alerts/late-rows", lambda: late_rows(env)
    yield "server/alerts/broker-lost", lambda: broker_lost(env)
    yield "server/alerts/sink-errors", lambda: sink_errors(env)
    yield "server/alerts/restarts", lambda: restarts(env)
    yield "server/alerts/lag", lambda: lag(env)
    yield "server/alerts/checkpoints", lambda: checkpoints(env)
