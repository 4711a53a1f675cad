# SPDX-License-Identifier: Apache-2.0
"""broker - one Apache Kafka, broker and controller in one process.

Its listeners, all at once, so that every test can use the shared one:

  plain                   kafka.bootstrap
  tls                     TLS; a client certificate is taken and not asked for
  sasl, sasl_tls          PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, user USER, password PASSWORD, without and with TLS
                          or, by PLAIN, user LIMITED with the same password, who may do only what allow() gives; all others may do everything
  way0 .. way2            plain, told to clients at a port where nothing listens but the proxy that through_proxy() puts there

Topics are not made by asking for them. A transaction that runs out of time is aborted within half a second of it. Messages are kept, however
old their timestamps are, unless a topic says otherwise.

librdkafka before 2.6.1 cannot log in to brokers of version 4 by SCRAM (it repeats its nonce; they are strict about it). servers.kafka(
release=servers.OLDER) gives a broker that takes it; scram_works() tells.
"""
import collections
import itertools
import logging
import os
import queue
import shutil
import socket
import struct
import time

import harness

from . import process
from .certificates import Certificates

POM = os.path.join(process.HERE, "kafka.pom.xml")
USER, LIMITED, PASSWORD = "weir", "limited", "a-secret:of weir"
CLUSTER = "weir-tests-cluster-id1"
RELEASE, OLDER = "4.3.1", "3.9.1"
WAYS = 3
LOGGING = """<Configuration>
  <Appenders><Console name="out"><PatternLayout pattern="%d{HH:mm:ss,SSS} %p %m (%c{1})%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
SCRAM = [argument for kind in ("256", "512")
         for argument in ("--add-scram", f"SCRAM-SHA-{kind}=[name={USER},password={PASSWORD},iterations=4096]")]
SETTINGS = {
    "num.partitions": 4, "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1, "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1, "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0, "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "num.network.threads": 1, "num.io.threads": 4, "listener.name.plain.num.network.threads": 2, "num.recovery.threads.per.data.dir": 2,
    "log.cleaner.threads": 1, "log.cleaner.dedupe.buffer.size": 8 << 20, "log.cleaner.backoff.ms": 1000,
    "log.retention.check.interval.ms": 1000, "log.initial.task.delay.ms": 500, "log.segment.delete.delay.ms": 0,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users": f"User:ANONYMOUS;User:{USER}",
    "log.retention.ms": -1, "log.message.timestamp.after.max.ms": (1 << 63) - 1,  # rows of tests are of any time
}
# A broker that was killed is back when its old session has run out; one that nobody kills need not be so quick to be given up.
KILLED_SETTINGS = {"broker.session.timeout.ms": 2000, "broker.heartbeat.interval.ms": 250}
# Numbers of the protocol.
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional-id": 5}
RIGHTS = {"Read": 3, "Write": 4, "Describe": 8, "DescribeConfigs": 10}
_names = itertools.count(1)
_silent = logging.getLogger("weir.tests.kafka")  # where clients of tests that provoke errors complain
_silent.addHandler(logging.NullHandler())
_silent.propagate = False

Message = collections.namedtuple("Message", "partition offset key value headers timestamp")


class Kafka(process.Server):
    name = "kafka"
    client = None
    silent = _silent
    stop_seconds = 60

    def __init__(self, folder, config=None, heap="512m", jit=False, release=RELEASE, notes=None):
        super().__init__(folder)
        self.config, self.heap, self.jit, self.release, self.notes = config or {}, heap, jit, release, notes
        self.home = process.installed(f"kafka-{release}", process.read(POM) + CLUSTER + repr(SCRAM), lambda path: self._install(path, release))
        self.ways, self.classes = queue.Queue(), None
        if release == RELEASE and not jit and not notes:
            java = process.run(["java", "-Xinternalversion"], "java")
            self.classes = os.path.join(process.installed("kafka-classes", self.home + java, self._note_classes), "classes.jsa")

    # ---- the process

    @classmethod
    def prepare(cls):
        process.need("java", "default-jre-headless", "Kafka")
        cls.client = process.need_python("confluent_kafka", "python3-confluent-kafka", "Kafka")
        process.need_python("confluent_kafka.admin", "python3-confluent-kafka", "Kafka")

    @staticmethod
    def _install(folder, release):
        """The libraries, and a formatted, empty data folder with the users in it, which each broker gets a copy of."""
        maven = process.need("mvn", "maven", "installing Kafka")
        process.run([maven, "-q", "-B", "-f", POM, "dependency:copy-dependencies", "-DincludeScope=runtime",
                     f"-Dkafka.version={release}", f"-DoutputDirectory={folder}/lib"], "mvn")
        properties = process.write(os.path.join(folder, "format.properties"), "\n".join([
            "process.roles=broker,controller", "node.id=1", "controller.quorum.voters=1@127.0.0.1:9093", "controller.listener.names=CONTROLLER",
            "listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093", f"log.dirs={folder}/empty"]))
        process.run(["java", "-cp", f"{folder}/lib/*", "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", properties, *SCRAM],
                    "formatting the broker's data folder")

    @staticmethod
    def _note_classes(folder):
        """The classes of a broker as they lie in memory, from one that has taken and given a message: with them a broker starts in half the time.
        Java leaves them out when they do not fit it."""
        broker = Kafka(os.path.join(folder, "broker"), notes=os.path.join(folder, "classes.jsa"))
        os.makedirs(broker.folder)
        try:
            broker.begin()
            topic = broker.topic()
            broker.produce(topic, ["message"], transaction="id")
            broker.consume(topic)
            broker.stop()
        finally:
            broker.discard()

    def choose_ports(self):
        names = ["plain", "tls", "sasl", "sasl_tls", "controller"] + [f"way{i}" for i in range(WAYS)]
        self.ports = {name: process.free_port() for name in names}
        self.told = {name: process.free_port() if name.startswith("way") else port for name, port in self.ports.items()}
        self.port, self.bootstrap = self.ports["plain"], self.bootstrap_of("plain")
        self.ways = queue.Queue()
        for i in range(WAYS):
            self.ways.put(f"way{i}")

    def bootstrap_of(self, listener):
        return f"127.0.0.1:{self.told[listener]}"

    def configure(self):
        self.certificates = Certificates(os.path.join(self.folder, "tls"))
        shutil.rmtree(os.path.join(self.folder, "data"), ignore_errors=True)
        shutil.copytree(os.path.join(self.home, "empty"), os.path.join(self.folder, "data"))
        process.write(os.path.join(self.folder, "log4j2.xml"), LOGGING)
        settings = {
            "process.roles": "broker,controller", "node.id": 1, "controller.quorum.voters": f"1@127.0.0.1:{self.ports['controller']}",
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAIN", "log.dirs": f"{self.folder}/data",
            "listeners": ",".join(f"{name.upper()}://127.0.0.1:{port}" for name, port in self.ports.items()),
            "advertised.listeners": ",".join(f"{name.upper()}://127.0.0.1:{port}" for name, port in self.told.items() if name != "controller"),
            "listener.security.protocol.map": ",".join(
                f"{name.upper()}:{ {'tls': 'SSL', 'sasl': 'SASL_PLAINTEXT', 'sasl_tls': 'SASL_SSL'}.get(name, 'PLAINTEXT')}" for name in self.ports),
            **self._secure_settings(), **SETTINGS, **({} if self.shared else KILLED_SETTINGS), **self.config}
        process.write(os.path.join(self.folder, "server.properties"), "".join(f"{name}={value}\n" for name, value in settings.items()), 0o600)

    def _secure_settings(self):
        own = os.path.join(self.folder, "tls", "server-with-key.pem")
        process.write(own, process.read(self.certificates.server_key) + process.read(self.certificates.server), 0o600)
        login = "org.apache.kafka.common.security"
        found = {}
        for name in ("tls", "sasl_tls"):
            found.update({f"listener.name.{name}.ssl.{key}": value for key, value in {
                "keystore.type": "PEM", "keystore.location": own, "truststore.type": "PEM", "truststore.location": self.certificates.ca,
                "client.auth": "requested"}.items()})
        for name in ("sasl", "sasl_tls"):
            found[f"listener.name.{name}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
            found[f"listener.name.{name}.plain.sasl.jaas.config"] = f'{login}.plain.PlainLoginModule required user_{USER}="{PASSWORD}" user_{LIMITED}="{PASSWORD}";'
            for kind in ("256", "512"):
                found[f"listener.name.{name}.scram-sha-{kind}.sasl.jaas.config"] = f"{login}.scram.ScramLoginModule required;"
        return found

    def command(self):
        speed = [] if self.jit else ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        if self.notes:
            speed.append(f"-XX:ArchiveClassesAtExit={self.notes}")
        elif self.classes and os.path.exists(self.classes):
            speed.append(f"-XX:SharedArchiveFile={self.classes}")
        return ["java", "-Xms64m", f"-Xmx{self.heap}", *speed, f"-Dlog4j2.configurationFile={self.folder}/log4j2.xml",
                "-cp", f"{self.home}/lib/*", "kafka.Kafka", f"{self.folder}/server.properties"]

    def answers(self):
        if not process.accepts(self.port):
            return False
        try:
            return bool(self.admin().list_topics(timeout=1).brokers)
        except self.client.KafkaException:
            return False

    def scram_works(self):
        """Whether the installed librdkafka can log in to this broker by SCRAM."""
        return self.release == OLDER or self.client.libversion()[1] >= 0x020601ff

    def through_proxy(self):
        """A way to the broker that can be spoiled: a proxy.Proxy with .bootstrap besides. Waits until one of the few ways is free."""
        from . import toxiproxy
        from .proxy import Proxy
        kafka = self
        name = self.ways.get(timeout=300)

        class Way(Proxy):
            def close(self):
                super().close()
                kafka.ways.put(name)

        try:
            way = Way(toxiproxy(), self.ports[name], self.told[name])
        except Exception:
            self.ways.put(name)
            raise
        way.bootstrap = self.bootstrap_of(name)
        return way

    # ---- clients

    def properties(self, listener="plain", mechanism="SCRAM-SHA-512", user=USER):
        """What librdkafka must be told to reach a listener."""
        found = {"bootstrap.servers": self.bootstrap_of(listener)}
        if "tls" in listener:
            found["ssl.ca.location"] = self.certificates.ca
        if "sasl" in listener:
            found.update({"sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": PASSWORD})
        protocol = {"tls": "ssl", "sasl": "sasl_plaintext", "sasl_tls": "sasl_ssl"}.get(listener)
        return {**found, **({"security.protocol": protocol} if protocol else {})}

    def admin(self):
        from confluent_kafka.admin import AdminClient
        return AdminClient({**self.properties(), "logger": _silent})

    def producer(self, **config):
        """A confluent_kafka.Producer; names with _ for the dots of librdkafka's."""
        return self.client.Producer({**self.properties(), "logger": _silent, "linger.ms": 5, **_dotted(config)})

    def consumer(self, committed=True, **config):
        """A confluent_kafka.Consumer, to be closed by the caller, with an event at the end of each partition."""
        return self.client.Consumer({
            **self.properties(), "logger": _silent, "group.id": f"tests-{os.getpid()}-{next(_names)}", "enable.auto.commit": False,
            "enable.partition.eof": True, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
            "isolation.level": "read_committed" if committed else "read_uncommitted", **_dotted(config)})

    # ---- topics

    def topic(self, name="topic", partitions=1, **config):
        """Makes a topic with a name that no other test uses, and returns the name. Config: cleanup_policy="compact" and the like."""
        return self.create_topic(f"{name}-{os.getpid()}-{next(_names)}", partitions, **config)

    def create_topic(self, name, partitions=1, **config):
        from confluent_kafka.admin import NewTopic
        settings = {key: str(value) for key, value in _dotted(config).items()}
        self._asked("create_topics", [NewTopic(name, partitions, 1, config=settings)])
        self._until(lambda: len(self.partitions(name)) == partitions, f"topic {name} with {partitions} partitions")
        return name

    def delete_topic(self, name):
        self._asked("delete_topics", [name], operation_timeout=30)
        self._until(lambda: not self.partitions(name), f"topic {name} gone")

    def add_partitions(self, name, partitions):
        """To so many in all."""
        from confluent_kafka.admin import NewPartitions
        self._asked("create_partitions", [NewPartitions(name, partitions)])
        self._until(lambda: len(self.partitions(name)) == partitions, f"topic {name} with {partitions} partitions")

    def partitions(self, name):
        """The numbers of the partitions of a topic; none: there is no such topic."""
        found = self.admin().list_topics(timeout=30).topics.get(name)
        return sorted(found.partitions) if found and not found.error else []

    def offsets(self, topic):
        """{partition: (first offset, offset of the next message)}, those of open transactions among them."""
        def ask():
            consumer = self.consumer(committed=False)  # one that has asked a broker without a leader never asks another
            try:
                return {number: consumer.get_watermark_offsets(self.client.TopicPartition(topic, number), timeout=30)
                        for number in self.partitions(topic)}
            finally:
                consumer.close()

        return self._patiently(ask)

    def trim(self, topic, partition, offset):
        """Removes what lies before an offset, as retention does."""
        answer = self._request(21, 1, struct.pack(">i", 1) + _string(topic) + struct.pack(">iiqi", 1, partition, offset, 30000))  # DeleteRecords
        code, = struct.unpack(">h", answer[-2:])
        if code != 0:
            raise harness.Failure(f"cannot trim {topic} [{partition}] to {offset}: error {code}")

    def allow(self, kind, name, *rights):
        """Gives LIMITED rights (RIGHTS) on one resource (RESOURCES). The controller takes them; the broker goes by them a moment later, which is
        waited for."""
        body = struct.pack(">i", len(rights))
        for right in rights:
            body += struct.pack(">b", RESOURCES[kind]) + _string(name) + struct.pack(">b", 3)  # this very name
            body += _string(f"User:{LIMITED}") + _string("*") + struct.pack(">bb", RIGHTS[right], 3)  # from anywhere; allowed
        answer = self._request(30, 1, body)  # CreateAcls
        if any(answer[12:]):  # behind correlation, throttle time and count: for each a code and a text
            raise harness.Failure(f"cannot give {rights} on {kind} {name}: {answer}")
        self._until(lambda: all(self._allows(kind, name, right) for right in rights), f"{rights} on {kind} {name}")

    def _allows(self, kind, name, right):
        body = struct.pack(">b", RESOURCES[kind]) + _string(name) + struct.pack(">b", 3) + _string(f"User:{LIMITED}") + _string("*")
        answer = self._request(29, 1, body + struct.pack(">bb", RIGHTS[right], 3))  # DescribeAcls
        error, size, count = struct.unpack(">hhi", answer[8:16])  # behind correlation and throttle time: a code, an empty text, how many resources
        if error != 0 or size > 0:
            raise harness.Failure(f"cannot ask for rights on {kind} {name}: {answer}")
        return count > 0

    def committed(self, group, topic):
        """{partition: offset} of what a group has committed."""
        consumer = self.consumer(group_id=group)
        try:
            found = consumer.committed([self.client.TopicPartition(topic, number) for number in self.partitions(topic)], timeout=30)
            return {one.partition: one.offset for one in found if one.offset >= 0}
        finally:
            consumer.close()

    # ---- messages

    def produce(self, topic, messages, transaction=None, abort=False, **config):
        """Writes messages, each (key, value[, partition[, headers[, timestamp in ms]]]) or a value, of bytes, text or None; all are there when
        it returns. With `transaction`, a transactional id: in one transaction."""
        producer, failed = self.producer(**config, **({"transactional_id": transaction} if transaction else {})), []
        if transaction:
            self._patiently(lambda: producer.init_transactions(30))
            producer.begin_transaction()
        for message in messages:
            key, value, partition, headers, timestamp = _whole(message)
            more = {name: given for name, given in (("partition", partition), ("headers", headers), ("timestamp", timestamp)) if given is not None}
            while True:
                try:
                    producer.produce(topic, value, key, on_delivery=lambda error, _: failed.append(error) if error else None, **more)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(60)
        if left or failed:
            raise harness.Failure(f"{topic}: {left} messages not delivered, {len(failed)} refused: {failed[:1]}")
        if transaction and abort:
            self._patiently(lambda: producer.abort_transaction(30))
        elif transaction:
            self._patiently(lambda: producer.commit_transaction(30))

    def consume(self, topic, committed=True, at_least=0, settled=True, seconds=60):
        """All messages of a topic, sorted by partition and offset. With `at_least`: waits until there are so many. `settled`: waits until no
        transaction is open: it hides what comes behind it; and even what is committed shows only a moment later."""
        consumer, found, ended, until = self.consumer(committed), [], set(), time.monotonic() + seconds
        numbers = self.partitions(topic)
        least = {number: last for number, (_, last) in self.offsets(topic).items()} if settled and committed else {}
        consumer.assign([self.client.TopicPartition(topic, number, 0) for number in numbers])
        try:
            while len(ended) < len(numbers) or len(found) < at_least:
                if time.monotonic() > until:
                    raise harness.Failure(f"{topic}: {len(found)} messages after {seconds} s, wanted {at_least or 'all'}; the end of partitions "
                                          f"{sorted(set(numbers) - ended)} is not reached (an open transaction?)")
                for message in consumer.consume(10000, 0.05):
                    if message.error() is None:
                        stamp = message.timestamp()[1]
                        found.append(Message(message.partition(), message.offset(), message.key(), message.value(), message.headers() or [], stamp))
                        ended.discard(message.partition())
                    elif message.error().code() == self.client.KafkaError._PARTITION_EOF:
                        if message.offset() >= least.get(message.partition(), 0):
                            ended.add(message.partition())
                    elif not message.error().retriable():
                        raise harness.Failure(f"{topic}: {message.error()}")
        finally:
            consumer.close()
        return sorted(found)

    def _request(self, number, version, body):
        """The answer to a request that confluent_kafka does not have."""
        body = struct.pack(">hhih", number, version, 1, -1) + body  # correlation, no client id
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
            wire.sendall(struct.pack(">i", len(body)) + body)
            size, = struct.unpack(">i", _receive(wire, 4))
            return _receive(wire, size)

    def _asked(self, what, *arguments, **options):
        admin = self.admin()  # must live until the answers are there
        for future in getattr(admin, what)(*arguments, **options).values():
            future.result(60)

    def _patiently(self, call):
        """What it gives; a broker that has just started says for a while that it is not the leader, or knows nobody yet."""
        errors, until = self.client.KafkaError, time.monotonic() + 60
        passing = (errors.LEADER_NOT_AVAILABLE, errors.NOT_LEADER_FOR_PARTITION, errors.UNKNOWN_TOPIC_OR_PART, errors._TRANSPORT, errors._TIMED_OUT,
                   errors._ALL_BROKERS_DOWN, errors._UNKNOWN_PARTITION)
        while True:
            try:
                return call()
            except self.client.KafkaException as failure:
                error = failure.args[0]
                if time.monotonic() > until or not (error.retriable() or error.code() in passing):
                    raise
                time.sleep(0.1)

    @staticmethod
    def _until(test, what):
        until = time.monotonic() + 30
        while not test():
            if time.monotonic() > until:
                raise harness.Failure(f"waited 30 s for: {what}")
            time.sleep(0.02)


def _dotted(config):
    return {name.replace("_", "."): value for name, value in config.items()}


def _string(text):
    return struct.pack(">h", len(text.encode())) + text.encode()


def _whole(message):
    if not isinstance(message, tuple):
        message = (None, message)
    return (*message, None, None, None)[:5]


def _receive(wire, size):
    found = b""
    while len(found) < size:
        more = wire.recv(size - len(found))
        if not more:
            raise harness.Failure("the broker has closed the connection")
        found += more
    return found
