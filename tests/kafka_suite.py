# SPDX-License-Identifier: Apache-2.0
"""kafka_suite - reading topics of a real Kafka: where it begins and ends, what it says, what it survives."""
import ctypes
import json
import os
import re
import signal
import subprocess
import threading
import time

import harness
import servers

COLUMNS = "id INT, v INT"
KILLED = -signal.SIGKILL


# ---- jobs

def quoted(options):
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())


def table(kafka, topic, columns=COLUMNS, connector="kafka", name="t", **options):
    """CREATE TABLE; options with __ for dots and _ for dashes. It begins at the beginning and ends at the end unless they say something else."""
    given = {"connector": connector, "properties.bootstrap.servers": kafka.bootstrap}
    if connector == "kafka":
        given.update({"scan.startup.mode": "earliest-offset", "format": "json"})
    given["scan.bounded.mode"] = "latest-offset"
    if topic is not None:
        given["topic"] = topic
    given.update({key.replace("__", ".").replace("_", "-"): value for key, value in options.items()})
    return f"CREATE TABLE {name} ({columns}) WITH ({quoted({k: v for k, v in given.items() if v is not None})});\n"


def script(env, name, text):
    path = os.path.join(env.folder("kafka-" + name), "job.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def rows(env, name, text, mode=(4096, 1), extra=()):
    """The final rows of a script, sorted, as lists of texts."""
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *harness.options(mode), *extra, script(env, name, text), check=0)
    return sorted(line.split("\t") for line in done.stdout.split("\n")[1:-1])


def ids(env, name, text, **more):
    return sorted(int(row[0]) for row in rows(env, name, text + "SELECT id FROM t;", **more))


def refused(env, name, text, *wanted, absent=(), code=None):
    """The script ends with an error that has all the wanted texts."""
    done = env.weir("run", "--quiet", script(env, name, text), timeout=60)
    said = done.stdout + done.stderr
    if done.returncode == 0 or code is not None and done.returncode != code:
        raise harness.Failure(f"exit code {done.returncode}\n{said[-2000:]}")
    for part in wanted:
        if part not in said:
            raise harness.Failure(f"not said: {part}\n{said[-2000:]}")
    for part in absent:
        if part in said:
            raise harness.Failure(f"must not be said: {part}\n{said[-2000:]}")


def equal(got, want, what=""):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:1500]}\n  want {str(want)[:1500]}")


class Job:
    """weir run in the background; its results come line by line as JSON."""

    def __init__(self, env, name, text, *options):
        command = [env.weir_path, "run", "--result", "changelog", "--format", "json", *options, script(env, name, text)]
        environ = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, cwd=harness.ROOT)
        self.lines, self.errors = [], []
        self.readers = [threading.Thread(target=self._read, args=arguments, daemon=True)
                        for arguments in ((self.child.stdout, self.lines), (self.child.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def until(self, test, what, seconds=60):
        """Waits until test(self) holds."""
        end = time.monotonic() + seconds
        while not test(self):
            if time.monotonic() > end or self.child.poll() is not None and not test(self):
                self.end(signal.SIGKILL)
                raise harness.Failure(f"did not come: {what}\n{self.lines[-5:]}\n{self.said()[-2000:]}")
            time.sleep(0.01)

    def until_rows(self, count):
        self.until(lambda job: len(job.lines) >= count, f"{count} rows")

    def until_said(self, text, times=1):
        self.until(lambda job: job.said().count(text) >= times, text)

    def said(self):
        return "\n".join(self.errors)

    def end(self, how=signal.SIGTERM):
        """Its exit code."""
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise harness.Failure(f"does not end\n{self.said()[-2000:]}")
        for reader in self.readers:
            reader.join(10)
        return self.child.returncode

    def ids(self):
        return sorted(json.loads(line)["row"]["id"] for line in self.lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)


PRINT = "CREATE TABLE o (id INT) WITH ('connector' = 'print');\nINSERT INTO o SELECT id FROM t;"  # a SELECT makes no checkpoints


def fill(kafka, topic, numbers, partitions=1, **more):
    kafka.produce(topic, [(None, json.dumps({"id": i, "v": i * 7 % 100}), i % partitions) for i in numbers], **more)


def after(seconds, what):
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


# ---- where it begins and ends

def starts(env):
    kafka = servers.kafka()
    topic = kafka.topic("starts", 2)
    kafka.produce(topic, [(None, json.dumps({"id": i, "v": 0}), i % 2, None, 1700000000000 + i * 1000) for i in range(20)])

    def check(wanted, name, **options):
        equal(ids(env, "starts-" + name, table(kafka, topic, **options)), sorted(wanted), name)

    check(range(20), "earliest")
    check([], "latest", scan__startup__mode="latest-offset")
    check(range(7, 20), "timestamp", scan__startup__mode="timestamp", scan__startup__timestamp_millis=1700000006500)
    check([], "timestamp-behind", scan__startup__mode="timestamp", scan__startup__timestamp_millis=1800000000000)
    check([*range(12, 20, 2), *range(1, 20, 2)], "specific", scan__startup__mode="specific-offsets",
          scan__startup__specific_offsets="partition:0,offset:6")
    check([18, 19], "specific-both", scan__startup__mode="specific-offsets", scan__startup__specific_offsets="partition:0,offset:9;partition:1,offset:9")
    check(range(9), "until-timestamp", scan__bounded__mode="timestamp", scan__bounded__timestamp_millis=1700000008500)
    check([0, 2, 4], "until-specific", scan__bounded__mode="specific-offsets", scan__bounded__specific_offsets="partition:0,offset:3")
    done = env.weir("run", script(env, "starts-missing", table(kafka, topic, scan__startup__mode="specific-offsets",
                    scan__startup__specific_offsets="partition:0,offset:9;partition:2,offset:1") + "SELECT id FROM t;"))
    equal("partition 2, which 'scan.startup.specific-offsets' names, is not there" in done.stderr, True, done.stderr)
    check([0, 1, 2, 3], "until-both", scan__bounded__mode="specific-offsets", scan__bounded__specific_offsets="partition:0,offset:2;partition:1,offset:2")


def groups(env):
    kafka = servers.kafka()
    topic, group = kafka.topic("groups", 2), kafka.topic("g", 1)
    fill(kafka, topic, range(20), 2)
    kept = {"properties__group__id": group, "scan__startup__mode": "group-offsets"}
    refused(env, "groups-none", table(kafka, topic, **kept) + "SELECT id FROM t;", f"the group '{group}' has no offset of partition 0 of topic '{topic}'",
            "'properties.auto.offset.reset' = 'earliest' or 'latest'")
    refused(env, "groups-end", table(kafka, topic, properties__group__id=group, scan__bounded__mode="group-offsets") + "SELECT id FROM t;",
            "has no offset of partition 0", "scan.bounded.mode")
    equal(ids(env, "groups-earliest", table(kafka, topic, **kept, properties__auto__offset__reset="earliest")), list(range(20)))
    equal(ids(env, "groups-latest", table(kafka, topic, **kept, properties__auto__offset__reset="latest")), [])
    consumer = kafka.consumer(group_id=group)
    consumer.commit(offsets=[kafka.client.TopicPartition(topic, 0, 4), kafka.client.TopicPartition(topic, 1, 9)], asynchronous=False)
    consumer.close()
    equal(ids(env, "groups-from", table(kafka, topic, **kept)), [8, 10, 12, 14, 16, 18, 19])
    equal(ids(env, "groups-until", table(kafka, topic, properties__group__id=group, scan__bounded__mode="group-offsets")),
          sorted([0, 2, 4, 6, *range(1, 18, 2)]))


def topics(env):
    kafka = servers.kafka()
    one, two, other = kafka.topic("several.a", 2), kafka.topic("several.b", 1), kafka.topic("severalxa", 1)
    fill(kafka, one, range(10), 2)
    fill(kafka, two, range(10, 20))
    fill(kafka, other, range(20, 30))
    equal(ids(env, "topics-list", table(kafka, f"{one};{two}")), list(range(20)))
    equal(ids(env, "topics-twice", table(kafka, f"{two};{two};{one};{two}")), list(range(20)))
    suffix = one.split("several.a")[1].split("-")[1]  # of this process
    equal(ids(env, "topics-pattern", table(kafka, None, topic_pattern=rf"several\.[ab]-{suffix}-\d+")), list(range(20)))
    equal(ids(env, "topics-no-match", table(kafka, None, topic_pattern="no such topic")), [])


def leader_epoch():
    """That of a topic whose leader never changed; librdkafka does not tell it before 2.1."""
    version = ctypes.CDLL("librdkafka.so.1").rd_kafka_version()
    return "0" if version >= 0x02010000 else "\\N"


def particulars(env):
    """METADATA columns and keys."""
    kafka = servers.kafka()
    topic = kafka.topic("particulars", 2)
    kafka.produce(topic, [('{"k": 1}', '{"id": 10}', 1, [("a", b"x"), ("b", None), ("a", b"y")], 1700000000123), ('{"k": 2}', None, 1), (None, '{"id": 11}', 1)])
    text = table(kafka, topic, "k INT, id INT, tp STRING METADATA FROM 'topic', p INT METADATA FROM 'partition', o BIGINT METADATA FROM 'offset', "
                 "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', tt STRING METADATA FROM 'timestamp-type', "
                 "h MAP<STRING, BYTES> METADATA FROM 'headers', le INT METADATA FROM 'leader-epoch'",
                 key__format="json", key__fields="k", format=None, value__format="json", value__fields_include="EXCEPT_KEY")
    got = rows(env, "particulars", text + "SELECT k, id, tp, p, o, ts, tt, CARDINALITY(h), CAST(h['b'] AS STRING), le FROM t WHERE o = 0;")
    equal(got, [["1", "10", topic, "1", "0", "2023-11-14 22:13:20.123", "CreateTime", "2", "\\N", leader_epoch()]])
    got = rows(env, "particulars-keys", text + "SELECT k, id, o FROM t;")
    equal(got, [["1", "10", "0"], ["\\N", "11", "2"]])  # no value, no row


def upserts(env):
    kafka = servers.kafka()
    topic = kafka.topic("upserts", 2)
    kafka.produce(topic, [(json.dumps({"id": i % 5}), json.dumps({"id": i % 5, "v": i}), i % 5 % 2) for i in range(100)])
    kafka.produce(topic, [('{"id": 3}', None, 1), ('{"id": 4}', None, 0), ('{"id": 4}', '{"id": 4, "v": 1}', 0)])
    text = table(kafka, topic, "id INT, v INT, PRIMARY KEY (id) NOT ENFORCED", connector="upsert-kafka", key__format="json", value__format="json")
    for mode in ((4096, 1), (1, 2), (7, 5)):
        equal(rows(env, f"upserts-{mode}", text + "SELECT id, v FROM t;", mode), [["0", "95"], ["1", "96"], ["2", "97"], ["4", "1"]])
    equal(rows(env, "upserts-sum", text + "SELECT COUNT(*), SUM(v) FROM t;"), [["4", "289"]])


def transactions(env):
    """Messages of transactions that were given up are not there with read_committed, and neither hold up an end."""
    kafka = servers.kafka()
    topic = kafka.topic("transactions", 2)
    fill(kafka, topic, range(0, 10), 2)
    fill(kafka, topic, range(10, 20), 2, transaction=topic)
    fill(kafka, topic, range(20, 30), 2, transaction=topic, abort=True)
    fill(kafka, topic, range(30, 40), 2, transaction=topic)
    fill(kafka, topic, range(40, 50), 2, transaction=topic, abort=True)
    for mode in ((4096, 1), (1, 2)):
        equal(ids(env, f"transactions-{mode}", table(kafka, topic, properties__isolation__level="read_committed"), mode=mode), [*range(20), *range(30, 40)])
    equal(ids(env, "transactions-dirty", table(kafka, topic)), list(range(50)), "Flink's default is that of Kafka's clients: read_uncommitted")
    # An open transaction: what is behind it is not read.
    producer = kafka.producer(transactional_id=topic)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, '{"id": 90}', partition=0)
    producer.flush(30)
    fill(kafka, topic, [100, 101], 2)
    equal(ids(env, "transactions-open", table(kafka, topic, properties__isolation__level="read_committed")), [*range(20), *range(30, 40), 101])
    producer.abort_transaction(30)


def empty(env):
    kafka = servers.kafka()
    equal(ids(env, "empty", table(kafka, kafka.topic("empty", 3))), [])
    topic = kafka.topic("trimmed", 1)
    fill(kafka, topic, range(10))
    kafka.trim(topic, 0, 10)
    equal(ids(env, "trimmed", table(kafka, topic)), [], "all messages are gone")


def many(env):
    """Many partitions, batches of all sizes, blocks of a few bytes."""
    kafka = servers.kafka()
    topic = kafka.topic("many", 40)
    fill(kafka, topic, range(4000), 40)
    for mode in harness.MODES if not env.sanitize else harness.FEW_MODES:
        equal(ids(env, f"many-{mode}", table(kafka, topic), mode=mode), list(range(4000)), mode)
    equal(ids(env, "many-blocks", table(kafka, topic), extra=["--set", "weir.source.block-size=1b"]), list(range(4000)))


def restored(env):
    """The job is torn down and restored after every few blocks: the same rows, windows and last values."""
    kafka = servers.kafka()
    topic, keyed = kafka.topic("restored", 3), kafka.topic("restored.keyed", 2)
    fill(kafka, topic, range(120), 3, transaction=topic)
    kafka.produce(keyed, [(json.dumps({"id": i % 5}), json.dumps({"id": i % 5, "v": i}), i % 5 % 2) for i in range(40)])
    kafka.produce(keyed, [('{"id": 3}', None, 1)])
    text = table(kafka, topic, "id INT, ts AS TO_TIMESTAMP_LTZ(id * 1000, 3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
                 properties__isolation__level="read_committed")
    last = table(kafka, keyed, "id INT, v INT, PRIMARY KEY (id) NOT ENFORCED", connector="upsert-kafka", name="l", key__format="json", value__format="json")
    for mode in harness.RESTORED:
        equal(ids(env, f"restored-{mode}", text, mode=mode), list(range(120)), harness.told(mode))
        got = rows(env, f"restored-windows-{mode}", text + "SELECT COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) "
                   "GROUP BY window_start, window_end;", mode)
        equal(got, [["60", "1770"], ["60", "5370"]], harness.told(mode))
        equal(rows(env, f"restored-last-{mode}", last + "SELECT id, v FROM l;", mode), [["0", "35"], ["1", "36"], ["2", "37"], ["4", "39"]], harness.told(mode))
        got = rows(env, f"restored-join-{mode}", text + last + "SELECT t.id, v FROM t JOIN l ON t.id = l.id;", mode)
        equal(got, [["0", "35"], ["1", "36"], ["2", "37"], ["4", "39"]], harness.told(mode))


def large(env):
    """Messages larger than what is usually fetched, between small ones."""
    kafka = servers.kafka()
    topic = kafka.topic("large", 1, max_message_bytes=30000000)
    fill(kafka, topic, range(3))
    kafka.produce(topic, [json.dumps({"id": 100 + i, "v": i, "x": "y" * (12000000 + i)}) for i in range(4)], message_max_bytes=30000000)
    fill(kafka, topic, range(3, 6))
    got = rows(env, "large", table(kafka, topic, "id INT, x STRING") + "SELECT id, CHAR_LENGTH(x) FROM t;")
    equal(got, sorted([[str(i), "\\N"] for i in range(6)] + [[str(100 + i), str(12000000 + i)] for i in range(4)]))


# ---- without an end

def discovery(env):
    kafka = servers.kafka()
    topic = kafka.topic("growing", 1)
    fill(kafka, topic, range(5))
    text = table(kafka, topic, scan__bounded__mode=None, scan__topic_partition_discovery__interval="100 ms", scan__startup__mode="latest-offset")
    with Job(env, "discovery", text + "SELECT id FROM t;") as job:
        def seen(job):
            return [number for number in job.ids() if number >= 0]

        def begun(job):
            fill(kafka, topic, [-1])  # which it sees once it has taken the end for its beginning
            return job.lines
        job.until(begun, "a row behind the end")
        fill(kafka, topic, range(5, 10))
        job.until(lambda job: len(seen(job)) >= 5, "5 rows")
        kafka.add_partitions(topic, 3)
        fill(kafka, topic, range(10, 40), 3)
        job.until(lambda job: len(seen(job)) >= 35, "35 rows")
        job.until_said("partition 2 of topic")
        equal(seen(job), list(range(5, 40)))
        equal(job.end(), 130, "exit code")


def joining(env):
    """A topic that a pattern takes is made while the job runs."""
    kafka = servers.kafka()
    first = kafka.topic("joining", 1)
    stem = first.rsplit("-", 1)[0]
    text = table(kafka, None, topic_pattern=stem + r"-\d+", scan__bounded__mode=None, scan__topic_partition_discovery__interval="100 ms")
    fill(kafka, first, range(5))
    with Job(env, "joining", text + "SELECT id FROM t;") as job:
        job.until_rows(5)
        fill(kafka, kafka.topic("joining", 2), range(5, 10), 2)
        job.until_rows(10)
        equal(job.ids(), list(range(10)))


def deleted(env):
    kafka = servers.kafka()
    topic = kafka.topic("deleted", 1)
    fill(kafka, topic, range(5))
    with Job(env, "deleted", table(kafka, topic, scan__bounded__mode=None) + "SELECT id FROM t;") as job:
        job.until_rows(5)
        kafka.delete_topic(topic)
        job.until(lambda j: j.child.poll() is not None, "the end", 90)
        job.end()
        if job.child.returncode != 1 or f"topic '{topic}'" not in job.said() or "Create the topic" not in job.said():
            raise harness.Failure(f"exit code {job.child.returncode}\n{job.said()}")


def away(env):
    """The broker goes away and comes back: said once, nothing lost, nothing twice."""
    kafka = servers.kafka()
    topic = kafka.topic("away", 2)
    fill(kafka, topic, range(10), 2)
    way = kafka.through_proxy()
    try:
        text = table(kafka, topic, properties__bootstrap__servers=way.bootstrap, scan__bounded__mode=None)
        with Job(env, "away", text + "SELECT id FROM t;") as job:
            job.until_rows(10)
            way.cut()
            job.until_said("waits:")
            fill(kafka, topic, range(10, 20), 2)
            time.sleep(0.5)
            way.heal()
            job.until_said("goes on")
            job.until_rows(20)
            equal(job.ids(), list(range(20)))
            equal(job.said().count("waits:"), 1, job.said())
            equal(job.end(), 130, "exit code")
    finally:
        way.close()


def late_broker(env):
    """There is no broker when the job begins."""
    kafka = servers.kafka()
    topic = kafka.topic("late", 1)
    fill(kafka, topic, range(10))
    way = kafka.through_proxy()
    try:
        way.cut()
        with Job(env, "late", table(kafka, topic, properties__bootstrap__servers=way.bootstrap) + "SELECT id FROM t;") as job:
            job.until_said("waits:")
            way.heal()
            job.until_rows(10)
            equal(job.end(signal.SIGCONT), 0, "exit code")
    finally:
        way.close()


def half_open(env):
    """The other side vanishes without a word."""
    kafka = servers.kafka()
    topic = kafka.topic("half", 2)
    fill(kafka, topic, range(10), 2)
    with kafka.through_proxy() as way:
        text = table(kafka, topic, properties__bootstrap__servers=way.bootstrap, properties__socket__timeout__ms="1000", scan__bounded__mode=None)
        with Job(env, "half-open", text + "SELECT id FROM t;") as job:
            job.until_rows(10)
            way.half_open()
            fill(kafka, topic, range(10, 20), 2)
            job.until_said("waits:")
            way.heal()
            job.until_rows(20)
            equal(job.ids(), list(range(20)))


def broker_dies(env):
    """Killed in the middle, and started again: each row once."""
    with servers.kafka(fresh=True) as kafka:
        topic = kafka.topic("dies", 3)
        fill(kafka, topic, range(3000), 3, acks="all")
        text = table(kafka, topic, scan__bounded__mode=None)
        with Job(env, "broker-dies", text + "SELECT id FROM t;", "--set", "weir.test.block-delay=20ms", "--set", "weir.source.block-size=1kb") as job:
            job.until_rows(100)
            kafka.kill()
            job.until_said("waits:")
            kafka.start()
            fill(kafka, topic, range(3000, 3100), 3)
            job.until_rows(3100)
            equal(job.ids(), list(range(3100)))
            job.until_said("goes on")


# ---- offsets that are not there

def out_of_range(env):
    kafka = servers.kafka()
    topic = kafka.topic("range", 1)
    fill(kafka, topic, range(20))
    kafka.trim(topic, 0, 10)
    lost = {"scan__startup__mode": "specific-offsets", "scan__startup__specific_offsets": "partition:0,offset:5"}
    refused(env, "range-fail", table(kafka, topic, **lost) + "SELECT id FROM t;", f"topic '{topic}' partition 0: offset 5",
            "is not there: the partition has the offsets 10 to 20", "'scan.offset-out-of-range' = 'earliest'", "'latest'")
    equal(ids(env, "range-earliest", table(kafka, topic, **lost, scan__offset_out_of_range="earliest")), list(range(10, 20)))
    equal(ids(env, "range-latest", table(kafka, topic, **lost, scan__offset_out_of_range="latest")), [])
    equal(ids(env, "range-reset", table(kafka, topic, **lost, properties__auto__offset__reset="earliest")), list(range(10, 20)))
    lost["scan__startup__specific_offsets"] = "partition:0,offset:500"
    refused(env, "range-beyond", table(kafka, topic, **lost, scan__bounded__mode=None) + "SELECT id FROM t;", "offset 500", "made anew")


# ---- checkpoints

def checkpointed(folder, interval="100 ms"):
    return f"SET 'execution.checkpointing.interval' = '{interval}';\nSET 'execution.checkpointing.dir' = '{folder}/checkpoints';\nSET 'pipeline.name' = 'job';\n"


def until_checkpointed(job, folder):
    """Waits until what the job has shown so far is in a checkpoint: the one that may be under way is none of it, the next one is."""
    def made():
        found = [name for _, _, names in os.walk(f"{folder}/checkpoints") for name in names if name.endswith(".manifest")]
        return max([int(re.search(r"\d+", name)[0]) for name in found], default=0)
    before = made()
    job.until(lambda _: made() > before + 1, "two more checkpoints")


def killed(env):
    """Killed again and again in the middle of a topic: each row once in the end."""
    kafka = servers.kafka()
    topic, group, folder = kafka.topic("killed", 4), kafka.topic("g", 1), env.folder("kafka-killed")
    fill(kafka, topic, range(20000), 4)
    text = checkpointed(folder) + table(kafka, topic, properties__group__id=group, scan__watermark__alignment__max_drift=None) + (
        f"CREATE TABLE o (id INT, v INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');\n"
        "INSERT INTO o SELECT id, v FROM t;")
    path = script(env, "killed", text)
    command = [env.weir_path, "run", "--quiet", "--set", "weir.test.block-delay=10ms", "--set", "weir.source.block-size=2kb", "--restore", "latest", path]
    kills = 0
    for seconds in (0.5, 0.4, 0.7, 60):
        child = subprocess.Popen(command, cwd=harness.ROOT, stderr=subprocess.PIPE)
        try:
            _, said = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            kills += 1
    equal(child.returncode, 0, said.decode())
    if kills < 2:
        raise harness.Failure("it was not killed")
    found = []
    for name in os.listdir(f"{folder}/out"):
        if not name.startswith("."):
            found += [json.loads(line)["id"] for line in harness.read_lines(f"{folder}/out/{name}")]
    equal(sorted(found), list(range(20000)))
    done = kafka.committed(group, topic)
    if not done or any(offset > 5000 for offset in done.values()):
        raise harness.Failure(f"offsets of the group: {done}")


def commits(env):
    """The group's offsets follow the checkpoints."""
    kafka = servers.kafka()
    topic, group, folder = kafka.topic("commits", 2), kafka.topic("g", 1), env.folder("kafka-commits")
    fill(kafka, topic, range(10), 2)
    text = checkpointed(folder) + table(kafka, topic, properties__group__id=group, scan__bounded__mode=None)
    with Job(env, "commits", text + PRINT) as job:
        job.until(lambda _: kafka.committed(group, topic) == {0: 5, 1: 5}, "offsets 5 and 5", 30)
        fill(kafka, topic, range(10, 13), 2)
        job.until(lambda _: kafka.committed(group, topic) == {0: 7, 1: 6}, "offsets 7 and 6", 30)


def restored_lost(env):
    """What a checkpoint was about to read is no longer retained."""
    kafka = servers.kafka()
    topic, folder = kafka.topic("lost", 1), env.folder("kafka-lost")
    fill(kafka, topic, range(10))

    def text(**options):
        return checkpointed(folder) + table(kafka, topic, scan__bounded__mode=None, **options) + PRINT
    with Job(env, "lost-1", text()) as job:
        job.until_rows(10)
        until_checkpointed(job, folder)
        job.end(signal.SIGKILL)
    fill(kafka, topic, range(10, 30))
    kafka.trim(topic, 0, 20)
    with Job(env, "lost-2", text(), "--restore", "latest") as job:
        job.until(lambda j: j.child.poll() is not None, "the end")
        job.until_said("offset 10")
        job.until_said("'scan.offset-out-of-range' = 'earliest'")
    with Job(env, "lost-3", text(scan__offset_out_of_range="earliest"), "--restore", "latest") as job:
        job.until_rows(10)
        job.until_said("goes on at offset 20")
        equal(sorted(job.lines), [f"+I[{i}]" for i in range(20, 30)])


def restored_topics(env):
    """The list of topics has changed since the checkpoint: one is left, one is new and read from its beginning."""
    kafka = servers.kafka()
    one, two, three, folder = kafka.topic("list", 2), kafka.topic("list", 1), kafka.topic("list", 1), env.folder("kafka-list")
    fill(kafka, one, range(10), 2)
    fill(kafka, two, range(10, 20))
    fill(kafka, three, range(20, 30))

    def text(topics):
        return checkpointed(folder) + table(kafka, topics, scan__bounded__mode=None) + PRINT
    with Job(env, "list-1", text(f"{one};{two}")) as job:
        job.until_rows(20)
        until_checkpointed(job, folder)
        job.end(signal.SIGKILL)
    fill(kafka, one, range(30, 40), 2)
    fill(kafka, two, range(40, 50))
    with Job(env, "list-2", text(f"{one};{three}"), "--restore", "latest") as job:
        job.until_said(f"partition 0 of topic '{two}', which the checkpoint was reading, is none of the table's any more")
        job.until_rows(20)
        time.sleep(0.5)
        equal(sorted(job.lines), sorted(f"+I[{i}]" for i in [*range(20, 40)]))


# ---- watermarks

def out_of_step(env):
    """Partitions are days apart and each in order: no row is late, whichever is read first."""
    kafka = servers.kafka()
    topic = kafka.topic("steps", 4)
    base, messages = 1704067200, []
    for partition in range(4):
        for i in range(3000):
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(base + i * 60 + partition))
            messages.append((None, json.dumps({"id": i, "v": partition, "ts": stamp}), partition))
    messages.sort(key=lambda message: message[2])  # one partition after the other
    kafka.produce(topic, messages)
    text = table(kafka, topic, "id INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts")
    for mode in ((4096, 1), (1, 2), (7, 5), (4096, 2)):
        got = rows(env, f"steps-{mode}", text + "SELECT SUM(n), COUNT(*) FROM (SELECT COUNT(*) AS n FROM "
                   "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end);", mode,
                   ["--set", "weir.source.block-size=4kb"])
        equal(got, [["12000", "50"]], mode)


def idle(env):
    """A partition without rows holds the watermark back until it is idle."""
    kafka = servers.kafka()
    topic = kafka.topic("idle", 2)
    columns = "id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts"

    def put(numbers):
        kafka.produce(topic, [(None, json.dumps({"id": i, "ts": f"2024-01-01 00:00:{i:02d}"}), 0) for i in numbers])
    put(range(25))
    query = "SELECT COUNT(*) AS id FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;"
    endless = {"columns": columns, "scan__bounded__mode": None}
    with Job(env, "idle", table(kafka, topic, **endless, scan__watermark__idle_timeout="300 ms") + query) as job:
        until = time.monotonic() + 60
        while len(job.lines) < 2 and time.monotonic() < until:
            put([24])  # a partition that is not idle itself
            time.sleep(0.1)
        job.until_rows(2)
        equal(job.ids(), [10, 10])
    with Job(env, "idle-never", table(kafka, topic, **endless) + query) as job:
        time.sleep(2)
        equal(job.lines, [])
        job.end(signal.SIGKILL)


# ---- who may

def through(kafka, listener, mechanism="PLAIN", *user):
    """Options of a table for one of the broker's listeners."""
    return {"properties__" + name.replace(".", "__"): value for name, value in kafka.properties(listener, mechanism, *user).items()}


def secure(env):
    kafka = servers.kafka()
    topic = kafka.topic("secure", 1)
    fill(kafka, topic, range(5))

    for listener in ("tls", "sasl", "sasl_tls"):
        equal(ids(env, "secure-" + listener, table(kafka, topic, **through(kafka, listener))), list(range(5)), listener)
    login = through(kafka, "sasl")
    user, password = login.pop("properties__sasl__username"), login.pop("properties__sasl__password")
    jaas = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{user}" password="{password}";'
    equal(ids(env, "secure-jaas", table(kafka, topic, **login, properties__sasl__jaas__config=jaas)), list(range(5)), "jaas")
    path = os.path.join(env.folder("kafka-secret"), "password")
    with open(path, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    login["properties__sasl__username"] = user
    equal(ids(env, "secure-file", table(kafka, topic, **login, properties__sasl__password="${file:" + path + "}")), list(range(5)), "file")
    refused(env, "secure-wrong", table(kafka, topic, **login, properties__sasl__password="not the word") + "SELECT id FROM t;",
            "the broker cannot be spoken to", "Check 'properties.sasl.mechanism'", absent=["not the word"])
    tls = through(kafka, "tls")
    del tls["properties__ssl__ca__location"]
    refused(env, "secure-unknown", table(kafka, topic, **tls) + "SELECT id FROM t;", "the broker cannot be spoken to", "'properties.ssl.*'")


def scram(env):
    kafka = servers.kafka(release=servers.OLDER)
    topic = kafka.topic("scram", 1)
    fill(kafka, topic, range(5))
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        equal(ids(env, "scram-" + mechanism, table(kafka, topic, **through(kafka, "sasl_tls", mechanism))), list(range(5)), mechanism)
    kafka.discard()
    kafka = servers.kafka()
    if not kafka.scram_works():
        refused(env, "scram-old", table(kafka, "any", **through(kafka, "sasl", "SCRAM-SHA-512")) + "SELECT id FROM t;",
                "the broker cannot be spoken to", "librdkafka before 2.6.1")


def rights(env):
    """A right that the user of the table lacks is named."""
    kafka = servers.kafka()
    hidden, seen, read = (kafka.topic("rights-" + name, 1) for name in ("hidden", "seen", "read"))
    kafka.allow("topic", seen, "Describe")
    kafka.allow("topic", read, "Read")
    fill(kafka, seen, range(3))
    fill(kafka, read, range(3))
    login = through(kafka, "sasl", "PLAIN", servers.LIMITED)

    def lacks(name, topic, *wanted, **options):
        refused(env, "rights-" + name, table(kafka, topic, **login, **options) + "SELECT id FROM t;", *wanted)
    equal(ids(env, "rights-read", table(kafka, read, **login)), list(range(3)))
    for end in ("latest-offset", None):
        lacks(f"hidden-{end}", hidden, f"topic '{hidden}'", "Topic authorization failed", f"'{servers.LIMITED}'", f"Read on the topic '{hidden}'", scan__bounded__mode=end)
        lacks(f"seen-{end}", seen, f"topic '{seen}'", "opic authorization failed", f"Read on the topic '{seen}'", scan__bounded__mode=end)
        lacks(f"group-{end}", read, "the offsets of the group", f"Read on the group '{read}'",
              scan__bounded__mode=end, scan__startup__mode="group-offsets", properties__group__id=read)
    lacks("pattern", None, f"Read on the topic '{seen}'", topic_pattern=f"{seen}|no such topic")
    with Job(env, "rights-commit", table(kafka, read, **login, properties__group__id=read, scan__bounded__mode=None) + PRINT,
             "--set", "execution.checkpointing.interval=100ms", "--set", "execution.checkpointing.dir=" + env.folder("kafka-rights-commit-state")) as job:
        job.until_said(f"the offsets of group '{read}' could not be committed")  # and the job goes on without
        fill(kafka, read, range(3, 6))
        job.until(lambda job: len(job.lines) >= 6, "rows behind the refused commit")
    kafka.allow("group", read, "Read")
    equal(ids(env, "rights-group", table(kafka, read, **login, scan__startup__mode="group-offsets", properties__auto__offset__reset="earliest",
                                         properties__group__id=read)), list(range(6)))


# ---- how far it is

def lag(env):
    """weir status: how many messages of each partition are still to be read, of a job that is held up and of one that is not."""
    kafka = servers.kafka()
    topic, out = kafka.topic("lag", 2), kafka.topic("lag-out", 1)
    fill(kafka, topic, range(100), 2)
    control = env.folder("kafka-lag")
    text = (table(kafka, topic, scan__bounded__mode=None, scan__rate_limit="1", properties__queued__min__messages="1") +
            table(kafka, out, name="o", scan__bounded__mode=None) + "INSERT INTO o SELECT * FROM t;")

    def status():
        done = env.weir("status", "--control", control, "--format", "json", str(job.child.pid))
        return {one["table"]: one for one in json.loads(done.stdout)["tables"]} if done.returncode == 0 else {}

    def lags(job):
        return [part["lag"] for part in status().get("t", {}).get("partitions", [])]
    with Job(env, "lag", text, "--set", "weir.control.dir=" + control) as job:
        job.until(lambda job: sum(part or 0 for part in lags(job)) > 50, "a lag")
        fill(kafka, topic, range(100, 1100), 2)
        job.until(lambda job: sum(part or 0 for part in lags(job)) > 1000, "a larger lag, although nothing is fetched")
        found = status()["t"]
        equal(found["lag"], sum(part["lag"] for part in found["partitions"]), "sum")
        equal([(part["topic"], part["partition"], part["end"]) for part in found["partitions"]], [(topic, 0, 550), (topic, 1, 550)], "partitions")
        equal([part["end"] - part["offset"] == part["lag"] for part in found["partitions"]], [True, True], "lag")
        shown = env.weir("status", "--control", control, "--format", "table", str(job.child.pid), check=0).stdout
        for wanted in ("table t", "rows_in ", "lag 10", "table o", "rows_out "):
            if wanted not in shown:
                raise harness.Failure(f"not shown: {wanted}\n{shown}")
    text = text.replace("'scan.rate-limit' = '1'", "'scan.rate-limit' = '1000000'")
    with Job(env, "lag-none", text, "--set", "weir.control.dir=" + control) as job:
        job.until(lambda job: lags(job) == [0, 0] and status()["t"]["rows_in"] == 1100, "no lag")


# ---- what it says

def mistakes(env):
    kafka = servers.kafka()
    topic = kafka.topic("mistakes", 1)

    def says(name, text, *wanted, **more):
        refused(env, "mistakes-" + name, text + "SELECT id FROM t;", *wanted, **more)

    says("unknown", table(kafka, "no-such-topic"), "topic 'no-such-topic'", "the brokers have no such topic", "Create the topic")
    says("both", table(kafka, topic, topic_pattern="a.*"), "both 'topic' and 'topic-pattern'", code=2)
    says("neither", table(kafka, None), "does not say which topic", code=2)
    says("pattern", table(kafka, None, topic_pattern="a(b"), "'topic-pattern' = 'a(b' is no regular expression", code=2)
    says("brokers", table(kafka, topic, properties__bootstrap__servers=None), "does not say where its brokers are", "'properties.bootstrap.servers'", code=2)
    says("property", table(kafka, topic, properties__fetch__mni__bytes="1"), "'properties.fetch.mni.bytes': librdkafka has no such option", code=2)
    says("value", table(kafka, topic, properties__fetch__min__bytes="many"), "'properties.fetch.min.bytes'", code=2)
    says("jks", table(kafka, topic, properties__ssl__truststore__location="/x/trust.jks"), "a key store of Java", "'properties.ssl.ca.location'", code=2)
    says("login", table(kafka, topic, properties__sasl__jaas__config="com.sun.security.auth.module.Krb5LoginModule required hush=1;"),
         "'properties.sasl.jaas.config' is not understood", "'properties.sasl.username'", absent=["hush"], code=2)
    says("group", table(kafka, topic, scan__startup__mode=None), "('scan.startup.mode' = 'group-offsets', the default)", "'properties.group.id'", code=2)
    says("offsets", table(kafka, topic, scan__startup__mode="specific-offsets"), "needs the option 'scan.startup.specific-offsets'", code=2)
    says("offsets-text", table(kafka, topic, scan__startup__mode="specific-offsets", scan__startup__specific_offsets="partition:0 offset:1"),
         "is no list of offsets", "partition:0,offset:42", code=2)
    says("offsets-topics", table(kafka, f"{topic};{topic}2", scan__startup__mode="specific-offsets", scan__startup__specific_offsets="partition:0,offset:1"),
         "are of one topic", code=2)
    says("time", table(kafka, topic, scan__bounded__mode="timestamp"), "needs the option 'scan.bounded.timestamp-millis'", code=2)
    says("environment", table(kafka, topic, properties__sasl__password="${env:WEIR_NO_SUCH_VARIABLE}"), "WEIR_NO_SUCH_VARIABLE", code=2)
    kafka.produce(topic, ['{"id": 1}', '{"id": 2', '{"id": 3}'])
    says("record", table(kafka, topic), topic, "offset 1", code=1)


def java_names(env):
    """Options of Java's clients work or mean nothing."""
    kafka = servers.kafka()
    topic = kafka.topic("java", 1)
    fill(kafka, topic, range(3))
    equal(ids(env, "java", table(kafka, topic, properties__fetch__max__wait__ms="50", properties__max__poll__records="10", properties__receive__buffer__bytes="65536",
                                 properties__key__deserializer="org.apache.kafka.common.serialization.StringDeserializer", properties__max__partition__fetch__bytes="65536",
                                 properties__enable__auto__commit="true", properties__security__protocol="PLAINTEXT", properties__client__id="me",
                                 properties__partition__discovery__interval__ms="100", sink__transaction_naming_strategy="POOLING",
                                 properties__ssl__endpoint__identification__algorithm="")), [0, 1, 2])


def cases(env):
    for test in (starts, groups, topics, particulars, upserts, transactions, empty, many, restored, large, discovery, joining, deleted, away, late_broker, half_open, broker_dies,
                 out_of_range, killed, commits, restored_lost, restored_topics, out_of_step, idle, secure, scram, rights, lag, mistakes, java_names):
        yield f"kafka/{test.__name__}", lambda test=test: test(env)
