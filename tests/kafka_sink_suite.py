# SPDX-License-Identifier: Apache-2.0
"""kafka_sink_suite - what tables written to Kafka do, against a real broker: options, guarantees, crashes at every step of a commit, fencing,
outages. Longer runs with random kills are pipelines.py's."""
import collections
import contextlib
import json
import os
import shutil
import tempfile
import time

import harness
import servers

ROWS = 1500  # of a job that is disturbed: about a second and a half at RATE
RATE = 1000


def same(what, got, want):
    if got != want:
        raise harness.Failure(f"{what}: {got!r}, wanted {want!r}")


def given(options):
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())


def sink(kafka, topic, columns="id BIGINT, name STRING", name="sink", connector="kafka", bootstrap=None, **options):
    """CREATE TABLE of a topic. Options: names with _ for - and __ for the dots."""
    options = {key.replace("__", ".").replace("_", "-"): value for key, value in options.items()}
    if "key.format" not in options and "value.format" not in options:
        options.setdefault("format", "json")
    return (f"CREATE TABLE {name} ({columns}) WITH ("
            + given({"connector": connector, "topic": topic, "properties.bootstrap.servers": bootstrap or kafka.bootstrap, **options}) + ");\n")


def values(name, rows, columns="id, name"):
    return f"INSERT INTO {name} SELECT * FROM (VALUES {', '.join(rows)}) AS t ({columns});\n"


def numbers(name, rows=ROWS, rate=RATE, select="n, CAST(n AS STRING)"):
    """A job that writes one row for each number; `rate` 0: as fast as it can."""
    source = {"connector": "datagen", "number-of-rows": rows, "fields.n.kind": "sequence", "fields.n.start": 0, "fields.n.end": rows - 1,
              "rows-per-second": rate or 10 ** 7}
    return f"CREATE TABLE numbers (n BIGINT) WITH ({given(source)});\nINSERT INTO {name} SELECT {select} FROM numbers;\n"


class Job:
    """A script with checkpoints."""

    def __init__(self, env, name, script, interval="50 ms", **settings):
        self.env, self.folder = env, env.folder("kafka-sink-" + name)
        self.path = os.path.join(self.folder, "job.sql")
        self.settings = {"execution.checkpointing.interval": interval, "execution.checkpointing.dir": os.path.join(self.folder, "checkpoints"),
                         **settings}
        self.write(script)

    def write(self, script):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("".join(f"SET '{key}' = '{value}';\n" for key, value in self.settings.items()) + script)

    def args(self, *more):
        return ["run", "--quiet", *more, self.path]

    def run(self, *more, check=0):
        return self.env.weir(*self.args(*more), check=check)

    def start(self, *more, **environ):
        return self.env.start(*self.args(*more), **environ)


def once(env, name, script, check=0, **settings):
    """A bounded job without checkpoints."""
    path = os.path.join(env.folder("kafka-sink-" + name), "job.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"SET '{key}' = '{value}';\n" for key, value in settings.items()) + script)
    return env.weir("run", "--quiet", path, check=check)


def refused(env, name, script, *wanted):
    """The script ends with an error that has all the texts."""
    said = once(env, name, script, check=None)
    same(name + ": exit code", said.returncode != 0, True)
    for text in wanted:
        if text not in said.stderr:
            raise harness.Failure(f"{name}: not said: {text}\n{said.stderr[-1500:]}")


def ids(messages):
    return [json.loads(message.value)["id"] for message in messages]


def complete(kafka, topic, rows=ROWS, order=True):
    """Each number once, and in each partition in order."""
    found = kafka.consume(topic)
    counted = collections.Counter(ids(found))
    same("missing", [n for n in range(rows) if n not in counted][:10], [])
    same("more than once", [(n, times) for n, times in counted.items() if times > 1][:10], [])
    same("messages", len(found), rows)
    for partition in {message.partition for message in found} if order else ():
        own = ids([message for message in found if message.partition == partition])
        same(f"order of partition {partition}", own, sorted(own))


# ---- options

def guarantees(env):
    kafka = servers.kafka()
    for guarantee in ("none", "at-least-once", "exactly-once"):
        topic = kafka.topic("guarantees", 3)
        once(env, "guarantees-" + guarantee, sink(kafka, topic, sink__delivery_guarantee=guarantee) + numbers("sink", 5000, 0))
        complete(kafka, topic, 5000)


def partitions(env):
    """Keys lie where Kafka's own client puts them; without keys all partitions get some; 'fixed' takes the first."""
    kafka = servers.kafka()
    names = [f"k{i}" for i in range(200)] + ["", "ä", "a longer key of some words"]
    rows = [f"({i}, '{name}')" for i, name in enumerate(names)]
    keyed, java = kafka.topic("keyed", 7), kafka.topic("java", 7)
    once(env, "keyed", sink(kafka, keyed, key__fields="name", key__format="raw", value__format="json") + values("sink", rows))
    kafka.produce(java, [(name.encode(), b"v") for name in names], partitioner="murmur2")
    same("where keys lie", {m.key: m.partition for m in kafka.consume(keyed)}, {m.key: m.partition for m in kafka.consume(java)})
    for partitioner, used in (("default", 3), ("round-robin", 3), ("fixed", 1)):
        topic = kafka.topic("spread", 3)
        once(env, "spread-" + partitioner, sink(kafka, topic, sink__partitioner=partitioner) + numbers("sink", 6000, 0))
        seen = collections.Counter(message.partition for message in kafka.consume(topic))
        same(f"partitions used by {partitioner}", len(seen), used)
        if partitioner == "round-robin":
            same("round robin", set(seen.values()), {2000})


def particulars(env):
    """Headers, timestamps, keys that are no columns of the value."""
    kafka = servers.kafka()
    topic = kafka.topic("particulars")
    table = sink(kafka, topic, "id BIGINT, name STRING, h MAP<STRING, BYTES> METADATA FROM 'headers', "
                 "t TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'",
                 key__fields="name", key__format="raw", value__format="json", value__fields_include="EXCEPT_KEY")
    once(env, "particulars", table + "INSERT INTO sink SELECT 7, 'k', MAP['a', x'01', 'b', x''], TO_TIMESTAMP_LTZ(1704067200123, 3);\n"
         "INSERT INTO sink SELECT 8, 'l', CAST(NULL AS MAP<STRING, BYTES>), CAST(NULL AS TIMESTAMP_LTZ(3));\n")
    by_key = {message.key: message for message in kafka.consume(topic)}
    one, two = by_key[b"k"], by_key[b"l"]
    same("value", json.loads(one.value), {"id": 7})
    same("headers", sorted(one.headers), [("a", b"\x01"), ("b", b"")])
    same("timestamp", one.timestamp, 1704067200123)
    same("no headers", two.headers, [])
    if abs(two.timestamp / 1000 - time.time()) > 3600:
        raise harness.Failure(f"without a timestamp: {two.timestamp}")


def wrong_options(env):
    kafka = servers.kafka()
    topic = kafka.topic("wrong")

    def refused(words, table, insert=values("sink", ["(1, 'a')"])):
        said = once(env, "wrong", table + insert, check=2).stderr
        if words not in said:
            raise harness.Failure(f"wanted: {words}\n{said}")

    refused("names several topics", sink(kafka, topic + ";other"))
    refused("'round-robin' does not go with 'key.fields'", sink(kafka, topic, sink__partitioner="round-robin", key__fields="name", key__format="raw",
                                                                value__format="json"))
    refused("cannot be given up in part", sink(kafka, topic, sink__delivery_guarantee="exactly-once", sink__on_failure="dead-letter",
                                               sink__retry__max_attempts=3))
    refused("cannot be taken back from the client", sink(kafka, topic, sink__on_failure="dead-letter", sink__retry__max_attempts=3))
    upsert = dict(columns="id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED", connector="upsert-kafka", key__format="json", value__format="json")
    refused("only one is set", sink(kafka, topic, **upsert, sink__buffer_flush__max_rows=10))


def unknown_topic(env):
    """The brokers of the tests make no topics by themselves."""
    kafka = servers.kafka()
    for guarantee in ("at-least-once", "exactly-once"):
        said = once(env, "unknown-" + guarantee, sink(kafka, "there-is-no-such-topic", sink__delivery_guarantee=guarantee) + values("sink", ["(1, 'a')"]),
                    check=None)
        if said.returncode == 0 or "there-is-no-such-topic" not in said.stderr or "Create the topic" not in said.stderr:
            raise harness.Failure(f"exit code {said.returncode}\n{said.stderr}")


def too_large(env):
    """A message that the topic does not take is given up when it is written; others are not touched by it, nor batches cut wrongly."""
    kafka = servers.kafka()
    for guarantee in ("at-least-once", "exactly-once"):
        topic = kafka.topic("small", 1, max_message_bytes=20000)
        rows = ", ".join(f"({i}, {size})" for i, size in enumerate([10, 19900, 30000, 10, 19000, 19000, 25000, 10]))
        script = sink(kafka, topic, sink__delivery_guarantee=guarantee) + \
            f"INSERT INTO sink SELECT id, REPEAT('x', size) FROM (VALUES {rows}) AS t (id, size);\n"
        said = once(env, "too-large-fails", script, check=None)
        if said.returncode == 0 or "too-large" not in said.stderr or topic not in said.stderr:
            raise harness.Failure(f"{guarantee}: exit code {said.returncode}\n{said.stderr}")
        topic2 = kafka.topic("small", 1, max_message_bytes=20000)
        said = once(env, "too-large-ignored", script.replace(topic, topic2), **{"error-handling.mode": "ignore"})
        same(f"{guarantee}: messages", ids(kafka.consume(topic2)), [0, 1, 3, 4, 5, 7])


# ---- upserts

UPSERT = dict(columns="k STRING, total BIGINT, PRIMARY KEY (k) NOT ENFORCED", connector="upsert-kafka", key__format="raw", value__format="json")


def last_values(messages):
    last = {}
    for message in messages:
        last[message.key] = message.value
    return {key: json.loads(value)["total"] for key, value in last.items() if value is not None}


def upserts(env):
    """The last value of each key; deletions are tombstones; -U is not sent."""
    kafka = servers.kafka()
    topic = kafka.topic("upserts", 3, cleanup_policy="compact")
    once(env, "upserts", sink(kafka, topic, **UPSERT) + "INSERT INTO sink SELECT k, SUM(v) FROM (VALUES ('a', 1), ('b', 2), ('a', 3), ('c', 4)) "
         "AS t (k, v) GROUP BY k;\n")
    same("last values", last_values(kafka.consume(topic)), {b"a": 4, b"b": 2, b"c": 4})
    topic = kafka.topic("deletes", 1)
    once(env, "deletes", sink(kafka, topic, **UPSERT) +
         "INSERT INTO sink SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM (SELECT CASE WHEN v > 5 THEN 'big' ELSE 'small' END AS k FROM "
         "(SELECT MAX(v) AS v FROM (VALUES (1), (3), (9)) AS t (v) GROUP BY 1) AS m) AS c GROUP BY k) AS d;\n",
         **{"weir.batch.max-rows": 1})
    found = kafka.consume(topic)
    same("last values", last_values(found), {b"big": 1})
    if found[-1].value is None and not any(message.value is None for message in found):
        raise harness.Failure(f"no tombstone among {found}")


def upserts_held(env):
    """'sink.buffer-flush.*': fewer messages, the same last values; what is held goes when the interval is over."""
    kafka = servers.kafka()
    select = "CAST(MOD(n, 10) AS STRING), COUNT(*)"
    query = numbers("sink", 4000, 0, select).replace("FROM numbers", "FROM numbers GROUP BY MOD(n, 10)")
    want = {str(k).encode(): 400 for k in range(10)}
    for guarantee in ("at-least-once", "exactly-once"):
        topic = kafka.topic("held", 2)
        once(env, "held", sink(kafka, topic, **UPSERT, sink__buffer_flush__max_rows=1000, sink__buffer_flush__interval="10 s",
                               sink__delivery_guarantee=guarantee) + query, **{"weir.batch.max-rows": 7})
        found = kafka.consume(topic)
        same(f"{guarantee}: last values", last_values(found), want)
        same(f"{guarantee}: messages", len(found), 10)
    topic = kafka.topic("held", 1)
    source = {"connector": "datagen", "fields.n.kind": "sequence", "fields.n.start": 0, "fields.n.end": 10 ** 9, "rows-per-second": 2}
    job = Job(env, "held-interval", sink(kafka, topic, **UPSERT, sink__buffer_flush__max_rows=1000, sink__buffer_flush__interval="200 ms") +
              f"CREATE TABLE numbers (n BIGINT) WITH ({given(source)});\nINSERT INTO sink SELECT 'k', COUNT(*) FROM numbers;\n", interval="1 h")
    with job.start() as running:
        running.until(lambda: len(kafka.consume(topic)) >= 2, "two messages without a checkpoint")


# ---- checkpoints

EXACTLY = dict(sink__delivery_guarantee="exactly-once")
FAULTS = ["kafka-opened", "kafka-asked", "kafka-begun", "kafka-sending", "kafka-sent", "kafka-noted", "kafka-committed",
          "sink-prepared", "checkpoint-durable", "sink-committed", "checkpoint-done", "finish-prepared", "finish-durable"]
ONCE = ("kafka-opened", "kafka-asked", "finish-prepared", "finish-durable")  # places that a run without failures passes once


def fault(env, names):
    """The process dies at a step, the first or third time; it is restored; everything is there once."""
    kafka = servers.kafka()
    for name in names:
        for times in (1,) if name in ONCE else (1, 4):
            topic = kafka.topic("fault", 2)
            job = Job(env, f"fault-{name}-{times}", sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix=topic) + numbers("sink", 600, 1000))
            with job.start(WEIR_FAULT=f"{name}:{times}") as running:
                running.end(137)
            restore = ["--restore", "latest"] if os.path.isdir(os.path.join(job.folder, "checkpoints")) and has_checkpoint(job) else []
            job.run(*restore)
            complete(kafka, topic, 600)


def has_checkpoint(job):
    for _, _, files in os.walk(os.path.join(job.folder, "checkpoints")):
        if any("manifest" in name or name.startswith("ck") for name in files):
            return True
    return False


def lost_answer(env, names):
    """A step's answer is lost, and the producer with it: another one finds out what has happened."""
    kafka = servers.kafka()
    for name in names:
        for times in (1,) if name in ONCE else (1, 4):
            topic = kafka.topic("lost", 2)
            job = Job(env, f"lost-{name}-{times}", sink(kafka, topic, **EXACTLY, sink__retry__initial_delay="5 ms", sink__transactional_id_prefix=topic) + numbers("sink", 600, 1000))
            with job.start(WEIR_FAULT=f"{name}=error:{times}") as running:
                running.end()
            complete(kafka, topic, 600)


def ahead(env):
    """With checkpoints close together messages are with the broker before them, unseen; with ones far apart they are not."""
    kafka = servers.kafka()
    for interval, there in (("2 s", True), ("2100 ms", False)):
        topic = kafka.topic("ahead")
        script = sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix=topic) + numbers("sink", 10 ** 6, 2000)
        with Job(env, "ahead", script, interval=interval).start(WEIR_FAULT="checkpoint-begun:1") as running:
            running.end(137)
        same(f"{interval}: there", kafka.offsets(topic)[0][1] > 0, there)
        same(f"{interval}: seen", len(kafka.consume(topic, settled=False)), 0)


def ahead_overflows(env):
    """More comes while a commit is made than waits for the next one in memory (100 MB a second, and it takes 4), and prepares come of which no
    commit does: each row once, in order."""
    kafka = servers.kafka()
    topic = kafka.topic("burst")
    script = sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix=topic) + numbers("sink", 20000, 20000, "n, REPEAT(CAST(n AS STRING), 1000)")
    job = Job(env, "burst", script, interval="100 ms")
    with job.start() as running:
        running.end()
    same("rows", [json.loads(message.value)["id"] for message in kafka.consume(topic)], list(range(20000)))
    topic, control = kafka.topic("savepoints"), tempfile.mkdtemp(prefix="weir-sink-")  # short: a socket's name has at most 107 bytes
    job = Job(env, "savepoints", sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix=topic) + numbers("sink", 10 ** 6, 1000), interval="300 ms",
              **{"weir.control.dir": control})
    try:
        with job.start() as running:
            running.until(lambda: has_checkpoint(job) and kafka.consume(topic, settled=False), "rows of a commit")
            for i in range(6):
                env.weir("savepoint", "--control", control, "sink", os.path.join(job.folder, f"savepoint-{i}"), check=0)
                time.sleep(0.2)  # at another moment between two checkpoints
            env.weir("stop", "--drain", "--control", control, "sink", check=0)
            running.end()
    finally:
        shutil.rmtree(control, ignore_errors=True)
    found = ids(kafka.consume(topic))
    same("rows", found, list(range(len(found))))


def second_instance(env):
    """A job is started twice: the older one stops and says why, the younger goes on."""
    kafka = servers.kafka()
    topic = kafka.topic("twice")
    script = sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix=topic) + numbers("sink", 10 ** 6, 500)
    first, second = Job(env, "twice-1", script), Job(env, "twice-2", script)
    with first.start() as older:
        older.until(lambda: len(kafka.consume(topic, settled=False)) > 50, "messages of the first")
        with second.start() as younger:
            said = older.end(None)
            if older.process.returncode == 0 or "it came later, so this one stops" not in said or topic not in said:
                raise harness.Failure(f"exit code {older.process.returncode}\n{said[-2000:]}")
            count = len(kafka.consume(topic, settled=False))
            younger.until(lambda: len(kafka.consume(topic, settled=False)) > count + 50, "messages of the second")


def other_prefix(env):
    """Rows in a checkpoint belong to a name; under another one nobody knows whether they were sent."""
    kafka = servers.kafka()
    topic = kafka.topic("prefix")
    job = Job(env, "prefix", sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix="one-" + topic) + numbers("sink", 600, 1000))
    with job.start(WEIR_FAULT="checkpoint-durable:3") as running:
        running.end(137)
    job.write(sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix="two-" + topic) + numbers("sink", 600, 1000))
    said = job.run("--restore", "latest", check=None).stderr
    if f"'sink.transactional-id-prefix' = 'one-{topic}'" not in said:
        raise harness.Failure(said)
    job.write(sink(kafka, topic, sink__delivery_guarantee="at-least-once") + numbers("sink", 600, 1000))
    said = job.run("--restore", "latest", check=None).stderr
    if "no longer is 'exactly-once'" not in said:
        raise harness.Failure(said)
    job.write(sink(kafka, topic, **EXACTLY, sink__transactional_id_prefix="one-" + topic) + numbers("sink", 600, 1000))
    job.run("--restore", "latest")
    complete(kafka, topic, 600)


def deleted(env):
    """The topic is deleted while jobs write to it: they end, and name it."""
    kafka = servers.kafka()
    topics = {guarantee: kafka.topic("deleted") for guarantee in ("at-least-once", "exactly-once")}
    with contextlib.ExitStack() as stack:
        running = {}
        for guarantee, topic in topics.items():
            script = sink(kafka, topic, sink__delivery_guarantee=guarantee, sink__transactional_id_prefix=topic) + numbers("sink", 10 ** 6, 500)
            running[topic] = stack.enter_context(Job(env, "deleted-" + guarantee, script).start())
        for topic, job in running.items():
            job.until(lambda t=topic: len(kafka.consume(t, settled=False)) > 50, "some messages")
        for topic in running:
            kafka.delete_topic(topic)
        for topic, job in running.items():
            said = job.end(1)
            if f"error: Table 'sink', topic '{topic}'" not in said or "Create the topic" not in said:
                raise harness.Failure(said)


# ---- brokers that are away

def outage(env, guarantee, spoil):
    """Longer than transaction.timeout.ms; said once; nothing lost, nothing twice."""
    kafka = servers.kafka()
    topic = kafka.topic("outage", 2)
    with kafka.through_proxy() as way:
        job = Job(env, f"outage-{guarantee}-{spoil}", sink(kafka, topic, bootstrap=way.bootstrap, sink__delivery_guarantee=guarantee,
                                                           sink__retry__initial_delay="20 ms", sink__transactional_id_prefix=topic,
                                                           **({"properties__transaction.timeout.ms": 1500} if guarantee == "exactly-once" else {}),
                                                           **{"properties__socket.timeout.ms": 1000}) + numbers("sink", 2500, 800))
        with job.start() as running:
            running.until(lambda: len(kafka.consume(topic, settled=False)) > 300, "some messages")
            {"cut": way.cut, "reset": way.reset, "half-open": way.half_open, "answers": lambda: way.half_open("downstream")}[spoil]()
            time.sleep(4)
            way.heal()
            said = running.end()
        if said.count(" waits: ") > 6:
            raise harness.Failure(f"said too often that it waits\n{said}")
    if guarantee == "exactly-once":
        complete(kafka, topic, 2500)
    else:
        counted = collections.Counter(ids(kafka.consume(topic)))
        same("missing", [n for n in range(2500) if n not in counted][:10], [])


def broker_killed(env):
    """The broker dies and comes back, under both guarantees at once."""
    with servers.kafka(fresh=True) as kafka:
        once_topic, least_topic = kafka.topic("once", 2), kafka.topic("least", 2)
        script = sink(kafka, once_topic, name="a", **EXACTLY) + sink(kafka, least_topic, name="b") + numbers("a", 3000, 500).replace(
            "INSERT", "EXECUTE STATEMENT SET BEGIN INSERT").rstrip("\n") + "\nINSERT INTO b SELECT n, CAST(n AS STRING) FROM numbers;\nEND;\n"
        job = Job(env, "broker-killed", script)
        with job.start(seconds=90) as running:
            running.until(lambda: len(kafka.consume(once_topic, settled=False)) > 300, "some messages")
            kafka.kill()
            time.sleep(1.5)
            kafka.start()
            running.end()
        complete(kafka, once_topic, 3000)
        complete(kafka, least_topic, 3000)


def upserts_killed(env):
    """Whatever the crashes, the last value of each key stands."""
    kafka = servers.kafka()
    for guarantee in ("at-least-once", "exactly-once"):
        topic = kafka.topic("killed", 2)
        query = numbers("sink", 1200, 500, "CAST(MOD(n, 7) AS STRING), COUNT(*)").replace("FROM numbers", "FROM numbers GROUP BY MOD(n, 7)")
        job = Job(env, f"upserts-{guarantee}", sink(kafka, topic, **UPSERT, sink__delivery_guarantee=guarantee, sink__transactional_id_prefix=topic,
                                                    sink__buffer_flush__max_rows=50, sink__buffer_flush__interval="20 ms") + query)
        restore = []
        for place in ("checkpoint-done:3", "sink-prepared:4", "checkpoint-durable:2"):
            with job.start(*restore, WEIR_FAULT=place) as running:
                running.end(137)
            restore = ["--restore", "latest"]
        job.run(*restore)
        same(f"{guarantee}: last values", last_values(kafka.consume(topic)), {str(k).encode(): len(range(k, 1200, 7)) for k in range(7)})


def rights(env):
    """A right that the user of the table lacks is named."""
    kafka = servers.kafka()
    hidden, seen, written = (kafka.topic("rights-" + name, 1) for name in ("hidden", "seen", "written"))
    kafka.allow("topic", seen, "Describe")
    kafka.allow("topic", written, "Write")
    login = {"properties__" + name.replace(".", "__"): value for name, value in kafka.properties("sasl", "PLAIN", servers.LIMITED).items()}
    transactional = written + "-id"

    def table(topic, **options):
        return sink(kafka, topic, **login, **options) + values("sink", ["(1, 'a')"])
    exactly = {"sink__delivery_guarantee": "exactly-once", "sink__transactional_id_prefix": transactional}
    refused(env, "rights-id", table(written, **exactly), f"'{servers.LIMITED}'", f"Write on the transactional id '{transactional}'")
    kafka.allow("transactional-id", transactional, "Write")
    refused(env, "rights-note", table(written, **exactly), f"Read on the group '{transactional}'")
    kafka.allow("group", transactional, "Read")
    refused(env, "rights-offset", table(written, **exactly), f"Write and Read on the topic '{written}'")
    kafka.allow("topic", written, "Read")
    once(env, "rights-all", table(written, **exactly))
    once(env, "rights-plain", table(written))
    same("written", ids(kafka.consume(written)), [1, 1])
    for name, topic in (("hidden", hidden), ("seen", seen)):
        refused(env, "rights-" + name, table(topic), f"topic '{topic}'", f"Write on the topic '{topic}'")
        refused(env, f"rights-{name}-exactly", table(topic, **exactly), f"topic '{topic}'", f"Write and Read on the topic '{topic}'")
    same("nothing written", kafka.consume(hidden) + kafka.consume(seen), [])


def cases(env):
    for function in (guarantees, partitions, particulars, wrong_options, unknown_topic, rights, too_large, upserts, upserts_held, ahead,
                     ahead_overflows, second_instance, other_prefix, deleted, broker_killed, upserts_killed):
        yield "kafka_sink/" + function.__name__, lambda f=function: f(env)
    for i in range(0, len(FAULTS), 3):
        yield f"kafka_sink/fault/{FAULTS[i]}...", lambda names=FAULTS[i:i + 3]: fault(env, names)
    steps = [name for name in FAULTS if name.startswith("kafka-")]
    for i in range(0, len(steps), 4):
        yield f"kafka_sink/lost/{steps[i]}...", lambda names=steps[i:i + 4]: lost_answer(env, names)
    for guarantee in ("at-least-once", "exactly-once"):
        for spoil in ("cut", "half-open") if guarantee == "at-least-once" else ("cut", "reset", "half-open", "answers"):
            yield f"kafka_sink/outage/{guarantee}-{spoil}", lambda g=guarantee, s=spoil: outage(env, g, s)
