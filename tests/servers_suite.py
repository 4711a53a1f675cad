# SPDX-License-Identifier: Apache-2.0
"""servers_suite - the servers of the tests themselves: each starts, answers, is restarted, killed and stopped; helpers do what they say."""
import os
import socket
import subprocess
import sys
import threading
import time

import harness
import servers


def same(what, got, want):
    if got != want:
        raise harness.Failure(f"{what}: {got!r}, wanted {want!r}")


def refused(port, what):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return
    raise harness.Failure(f"{what} still listens on port {port}")


# ---- Kafka

def kafka_messages(env):
    kafka = servers.kafka()
    topic = kafka.topic("messages", 3)
    kafka.produce(topic, [(f"k{i}", f"v{i}", i % 3, [("number", str(i).encode())], 1704067200000 + i) for i in range(300)])
    kafka.produce(topic, [("gone", None, 0), (None, "bare", 1)])
    found = kafka.consume(topic)
    same("messages", len(found), 302)
    same("first", found[0], (0, 0, b"k0", b"v0", [("number", b"0")], 1704067200000))
    same("tombstone", found[100][2:5], (b"gone", None, []))
    same("offsets", kafka.offsets(topic), {0: (0, 101), 1: (0, 101), 2: (0, 100)})
    kafka.trim(topic, 2, 60)
    same("trimmed", kafka.offsets(topic)[2], (60, 100))
    same("left", len(kafka.consume(topic)), 242)


def kafka_transactions(env):
    kafka = servers.kafka()
    topic, writer = kafka.topic("transactions"), kafka.topic("writer")
    kafka.produce(topic, ["a", "b"], transaction=writer)
    kafka.produce(topic, ["c"], transaction=writer, abort=True)
    kafka.produce(topic, ["d"])
    same("committed", [message.value for message in kafka.consume(topic)], [b"a", b"b", b"d"])
    same("all", [message.value for message in kafka.consume(topic, committed=False)], [b"a", b"b", b"c", b"d"])
    first = kafka.producer(transactional_id=writer)
    first.init_transactions(30)
    first.begin_transaction()
    first.produce(topic, "open")
    first.flush(30)
    same("while it is open", len(kafka.consume(topic, settled=False)), 3)
    kafka.produce(topic, ["e"], transaction=writer)  # the second writer of this name fences the first
    try:
        first.commit_transaction(30)
    except kafka.client.KafkaException as error:
        same("fenced", error.args[0].name(), "_FENCED")
    else:
        raise harness.Failure("a fenced producer has committed")
    same("in the end", [message.value for message in kafka.consume(topic, at_least=4)], [b"a", b"b", b"d", b"e"])


def kafka_topics(env):
    kafka = servers.kafka()
    topic = kafka.topic("topics", 2, cleanup_policy="compact")
    kafka.add_partitions(topic, 5)
    same("partitions", kafka.partitions(topic), [0, 1, 2, 3, 4])
    consumer = kafka.consumer(group_id=topic)
    consumer.commit(offsets=[kafka.client.TopicPartition(topic, 1, 7)], asynchronous=False)
    consumer.close()
    same("committed offsets", kafka.committed(topic, topic), {1: 7})
    kafka.delete_topic(topic)
    same("a deleted topic", kafka.partitions(topic), [])


def logged_in(kafka, listener, mechanism, **changed):
    client = kafka.client.Producer({**kafka.properties(listener, mechanism), "logger": kafka.silent, **changed})
    try:
        return bool(client.list_topics(timeout=10 if not changed else 2).brokers)
    except kafka.client.KafkaException:
        return False


def secure(kafka, mechanisms):
    for listener in ("tls", "sasl", "sasl_tls"):
        for mechanism in mechanisms if "sasl" in listener else mechanisms[:1]:
            same(f"{listener} {mechanism}", logged_in(kafka, listener, mechanism), True)
    same("wrong password", logged_in(kafka, "sasl", mechanisms[0], **{"sasl.password": "no"}), False)
    same("wrong authority", logged_in(kafka, "tls", None, **{"ssl.ca.location": kafka.certificates.other_ca}), False)


def kafka_secure(env):
    kafka = servers.kafka()
    secure(kafka, ["PLAIN"] + (["SCRAM-SHA-256", "SCRAM-SHA-512"] if kafka.scram_works() else []))


def kafka_older(env):
    with servers.kafka(release=servers.OLDER) as kafka:
        secure(kafka, ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
        topic = kafka.topic()
        kafka.produce(topic, ["a"], transaction="older")
        kafka.restart()
        same("messages", len(kafka.consume(topic)), 1)
        kafka.stop()
        refused(kafka.port, "a broker that has ended")


def kafka_killed(env):
    with servers.kafka(fresh=True) as kafka:
        topic = kafka.topic("kept", 2)
        kafka.produce(topic, ["a"] * 10, transaction="kept")
        kafka.consume(topic)  # a commit that is not marked yet may be forgotten: pipelines_suite.forgotten
        kafka.kill()
        refused(kafka.port, "a broker that has ended")
        kafka.start()
        same("messages kept", len(kafka.consume(topic)), 10)
        kafka.produce(topic, ["b"] * 10, transaction="kept")
        same("messages", len(kafka.consume(topic)), 20)
        kafka.pause()
        waiting = threading.Thread(target=kafka.produce, args=(topic, ["c"]))
        waiting.start()
        waiting.join(0.5)
        same("a paused broker answers", waiting.is_alive(), True)
        kafka.go_on()
        waiting.join(60)
        same("messages in the end", len(kafka.consume(topic, at_least=21)), 21)


def kafka_proxy(env):
    kafka = servers.kafka()
    topic = kafka.topic("proxy")
    with kafka.through_proxy() as way:
        producer = kafka.client.Producer({"bootstrap.servers": way.bootstrap, "logger": kafka.silent, "reconnect.backoff.max.ms": 200,
                                          "socket.timeout.ms": 1000, "linger.ms": 0})
        told = [(broker.host, broker.port) for broker in producer.list_topics(timeout=30).brokers.values()]
        same("what the broker tells", told, [("127.0.0.1", way.port)])
        for number, spoil in enumerate((way.cut, way.half_open, way.reset, lambda: way.delay(100))):
            spoil()
            producer.produce(topic, str(number))
            if number < 3:
                same(f"messages {number} through a spoiled way", (producer.flush(0.3), len(kafka.consume(topic)) <= number), (1, True))
            else:
                same("messages late", producer.flush(30), 0)
            way.heal()
            same(f"messages {number} not there", producer.flush(60), 0)
    same("all", {message.value for message in kafka.consume(topic)}, {b"0", b"1", b"2", b"3"})


# ---- PostgreSQL

def postgres_sql(env):
    postgres = servers.postgres()
    same("settings", [postgres.sql(f"SHOW {name}")[0][0] for name in ("wal_level", "max_prepared_transactions", "fsync")], ["logical", "0", "off"])
    with postgres.database("orders") as one, postgres.database("orders") as two:
        for database in (one, two):
            database.sql("CREATE TABLE orders (id INT PRIMARY KEY, note TEXT)")
        one.copy_in("orders", ["1\ta", "2\t\\N"])
        one.sql("INSERT INTO orders VALUES (%s, %s)", 3, "it's")
        same("rows", one.sql("SELECT * FROM orders ORDER BY id"), [(1, "a"), (2, None), (3, "it's")])
        same("other rows", two.sql("SELECT * FROM orders"), [])
        one.sql("CREATE PUBLICATION p FOR TABLE orders")
        one.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", one.name)
        same("slots", (list(one.slots()), two.slots()), ([one.name], {}))


def postgres_secure(env):
    from servers.database import PASSWORD, USER
    postgres = servers.postgres()
    base = f"host=127.0.0.1 port={postgres.port} dbname=postgres user={USER} sslmode=verify-full"
    good = f"{base} sslrootcert={postgres.certificates.ca} password='{PASSWORD}'"
    connection = postgres.client.connect(good)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        same("TLS", cursor.fetchall(), [(True,)])
    connection.close()
    for bad in (f"{base} sslrootcert={postgres.certificates.ca} password=no", good.replace(postgres.certificates.ca, postgres.certificates.other_ca)):
        try:
            postgres.client.connect(bad)
        except postgres.client.OperationalError:
            continue
        raise harness.Failure(f"could connect with {bad}")


def postgres_killed(env):
    with servers.postgres(fresh=True) as postgres:
        database = postgres.database()
        database.sql("CREATE TABLE t (a INT)")
        for count, end in enumerate((postgres.stop, postgres.kill), 1):
            database.sql("INSERT INTO t VALUES (1)")
            connection = database.connect()
            end()
            connection.close()
            refused(postgres.port, "a database server that has ended")
            postgres.start()
            same("rows kept", database.sql("SELECT COUNT(*) FROM t"), [(count,)])


def postgres_proxy(env):
    postgres, client = servers.postgres(), servers.postgres().client
    with postgres.database() as database, servers.toxiproxy().proxy(postgres.port) as way:
        connection = client.connect(database.uri_at(way.port), connect_timeout=5)
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        way.cut()
        try:
            cursor.execute("SELECT 1")
        except client.OperationalError:
            pass
        else:
            raise harness.Failure("a cut connection answers")
        way.heal()
        way.half_open()
        begin = time.monotonic()
        try:
            client.connect(database.uri_at(way.port), connect_timeout=2)
        except client.OperationalError:
            same("a half-open connection keeps one waiting", time.monotonic() - begin >= 1, True)
        else:
            raise harness.Failure("a half-open connection answers")
        way.heal()
        client.connect(database.uri_at(way.port)).close()


def postgres_disk(env):
    with servers.postgres(fresh=True) as postgres:
        database, disk = postgres.database(), postgres.small_disk(4)
        database.sql(f"CREATE TABLE t (a TEXT) TABLESPACE {disk.tablespace}")
        disk.fill()
        try:
            database.sql("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 500)")
        except postgres.client.OperationalError as error:
            same("refused because", error.pgcode, "53100")
        else:
            raise harness.Failure("a full disk took rows")
        disk.free()
        database.sql("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 500)")
        same("rows", database.sql("SELECT COUNT(*) FROM t"), [(500,)])


# ---- the schema registry

RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
WIDER = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": "-"}]}
OTHER = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}


def registry_schemas(env):
    registry = servers.registry()
    subject = registry.subject("orders-value")
    registry.register(registry.subject(), {"type": "string"})
    first = registry.register(subject, RECORD)
    same("the same again", registry.register(subject, RECORD), first)
    registry.set_compatibility(subject, "BACKWARD")
    second = registry.register(subject, WIDER)
    same("versions", (registry.versions(subject), registry.latest(subject)["id"]), ([1, 2], second))
    try:
        registry.register(subject, OTHER)
    except servers.Refused as error:
        same("refused", error.code, 409)
    else:
        raise harness.Failure("an incompatible schema was taken")
    text = 'syntax = "proto3"; message M { int32 a = 1; }'
    same("protobuf", "message M" in registry.schema(registry.register(registry.subject(), text, "PROTOBUF")), True)


def registry_killed(env):
    with servers.registry(fresh=True) as registry:
        number = registry.register("kept", RECORD)
        registry.kill()
        refused(registry.port, "a registry that has ended")
        registry.start()
        same("kept", registry.latest("kept")["id"], number)


# ---- all of them

def shared_ones(env):
    """One of each for the run, also when many ask at once; nobody may stop it."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(servers.toxiproxy())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same("servers", len(set(map(id, found))), 1)
    try:
        found[0].stop()
    except harness.Failure:
        return
    raise harness.Failure("a shared server was stopped")


DIES = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import servers
servers.begin(sys.argv[2])
print(servers.toxiproxy().port, servers.postgres().port, flush=True)
if sys.argv[3] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def nothing_stays(env, how):
    """A run that ends, and one that is killed, leave no server."""
    servers.toxiproxy(), servers.postgres()  # skips
    folder = env.folder(f"servers-{how}")
    done = subprocess.run([sys.executable, "-c", DIES, os.path.join(harness.ROOT, "tests"), folder, how], capture_output=True, text=True,
                          timeout=120)
    ports = [int(word) for word in done.stdout.split()]
    same(f"ports of the servers ({done.stderr})", len(ports), 2)
    until = time.monotonic() + 20
    while True:
        try:
            for port in ports:
                refused(port, "a server of a run that has ended")
            return
        except harness.Failure:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


WAITS = """
CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
  'fields.i.end' = '1000000');
CREATE TABLE shown (i BIGINT) WITH ('connector' = 'print');
INSERT INTO shown SELECT i FROM n;
"""


def running_jobs(env):
    """A job beside the test: what it says and shows is there at once, and what ends too early is noticed."""
    script = os.path.join(env.folder("servers-running"), "job.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write(WAITS)
    with env.start("run", "--quiet", script) as job:
        job.until(lambda: "[3]" in job.shown(), "three rows")
        job.stop()
    with env.start("run", "--quiet", script + ".missing", seconds=10) as job:
        try:
            job.until(lambda: False, "nothing")
        except harness.Failure as failure:
            same("noticed", "before: nothing" in str(failure) and "missing" in str(failure), True)
        job.until_said("missing") if job.process.poll() is None else job.end(check=2)


def cases(env):
    yield "servers/running_jobs", lambda: running_jobs(env)
    if env.sanitize:
        return  # no test of weir
    for test in (kafka_messages, kafka_transactions, kafka_topics, kafka_secure, kafka_older, kafka_killed, kafka_proxy, postgres_sql,
                 postgres_secure, postgres_killed, postgres_proxy, postgres_disk, registry_schemas, registry_killed, shared_ones):
        yield f"servers/{test.__name__}", lambda t=test: t(env)
    for how in ("end", "kill"):
        yield f"servers/nothing_stays/{how}", lambda h=how: nothing_stays(env, h)
