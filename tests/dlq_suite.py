# SPDX-License-Identifier: Apache-2.0
"""dlq_suite - weir dlq: dead letters counted, replayed through the mended script, written back as they are; none twice."""
import glob
import json
import os

import harness
import servers

LETTERS = ("`raw` STRING, error_kind STRING, error_text STRING, `table` STRING, file STRING, line BIGINT, `offset` BIGINT, "
           "`time` TIMESTAMP_LTZ(3), attempts BIGINT")
SCRIPT = """
CREATE TABLE orders (id INT, amount {type}) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/orders.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE other (id INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/other.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE letters ({letters}) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/letters{slash}', 'format' = 'json');
CREATE TABLE good (id INT, amount INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/good/', 'format' = 'json');
CREATE TABLE others (id INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/others/', 'format' = 'json');
CREATE TABLE lines (`text` STRING) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/lines/', 'format' = 'raw');
EXECUTE STATEMENT SET BEGIN
INSERT INTO good SELECT id, {amount} FROM orders;
INSERT INTO others SELECT id FROM other;
END;
"""
BROKEN = {"type": "INT", "amount": "amount"}
MENDED = {"type": "STRING", "amount": "CAST(REPLACE(amount, ' EUR', '') AS INT)"}


def lines(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        with open(path, encoding="utf-8") as file:
            out += file.read().split("\n")[:-1]
    return out


def rows(folder):
    return [json.loads(line) for line in lines(folder)]


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got}\n  want {want}")


class Job:
    """A folder with inputs, of which some rows are bad, and the script in two forms."""

    def __init__(self, env, name, letters=LETTERS, slash="/"):
        self.env, self.folder = env, env.folder("dlq-" + name)
        with open(self.path("orders.json"), "w", encoding="utf-8") as file:
            for i in range(1, 41):
                amount = f'"{i} EUR"' if i % 4 == 0 else i
                file.write(f'{{"id": {i}, "amount": {amount}}}\n' if i % 11 else f'{{"id": {i}, "amount": \n')
        with open(self.path("other.json"), "w", encoding="utf-8") as file:
            file.write('{"id": 1}\n{"id": "two"}\n')
        for form, parts in (("broken.sql", BROKEN), ("mended.sql", MENDED)):
            with open(self.path(form), "w", encoding="utf-8") as file:
                file.write(SCRIPT.format(letters=letters, slash=slash, **parts))

    def path(self, name):
        return os.path.join(self.folder, name)

    def weir(self, *args, form="broken.sql", check=0):
        return self.env.weir(*args, "-v", f"DIR={self.folder}", self.path(form), check=check)

    def replay(self, *args, form="mended.sql", check=0):
        return self.weir("dlq", "replay", "--table", "orders", *args, form=form, check=check).stderr

    def good(self):
        return sorted(row["id"] for row in rows(self.path("good")))


FIRST = [i for i in range(1, 41) if i % 4 and i % 11]
COMMAS = [i for i in range(1, 41) if i % 4 == 0 and i % 11]
CUT = [11, 22, 33]


def replay(env, letters=LETTERS, name="replay"):
    job = Job(env, name, letters)
    job.weir("run")
    expect(job.good(), FIRST, "good rows of the run")
    shown = job.weir("dlq", "show", "--format", "json")
    counts = {(row["table"], row["kind"]): row["letters"] for row in map(json.loads, shown.stdout.split("\n")[:-1])}
    expect(counts, {("orders", "type"): len(COMMAS), ("orders", "syntax"): 3, ("other", "type"): 1}, "letters by table and kind")
    text = job.replay()
    expect(job.good(), sorted(FIRST + COMMAS), "good rows behind the replay, each once")
    expect(len(lines(job.path("others"))), 1, "the statement that does not read the table has not run")
    expect(f"{len(COMMAS) + 3} letters of 'orders' replayed, 3 rows failed again" in text, True, text)
    again = [row for row in rows(job.path("letters")) if row["attempts"] == 2]
    expect(sorted(row["offset"] for row in again),
           sorted(row["offset"] for row in rows(job.path("letters")) if row["attempts"] == 1 and row["error_kind"] == "syntax"),
           "what fails again has the place of the first time")
    text = job.replay()
    expect(job.good(), sorted(FIRST + COMMAS), "nothing is replayed twice")
    expect(f"; {len(COMMAS) + 3} were replayed before" in text, True, text)
    expect(sorted(row["attempts"] for row in rows(job.path("letters")) if row["table"] == "orders"),
           [1] * (len(COMMAS) + 3) + [2] * 3 + [3] * 3, "attempts are counted")
    text = job.replay("--again", "--limit", "2")
    expect("2 letters of 'orders' replayed" in text, True, text)
    text = job.replay("--done", job.path("elsewhere"))
    expect(len(job.good()) > len(FIRST + COMMAS), True, "replayed twice when asked")
    expect("before" in text, False, text)


def metadata(env):
    """A table of letters whose columns are METADATA is read, too."""
    replay(env, "`raw` STRING METADATA FROM 'raw', error_kind STRING METADATA FROM 'error-kind', `table` STRING, "
                "`offset` BIGINT METADATA, attempts BIGINT METADATA", "metadata")


def into(env):
    """The letters as they are, in a table of one column."""
    job = Job(env, "into")
    job.weir("run")
    text = job.replay("--into", "lines", form="broken.sql")
    want = [line for line in open(job.path("orders.json"), encoding="utf-8").read().split("\n")[:-1] if " EUR" in line or line.endswith(" ")]
    expect(sorted(lines(job.path("lines"))), sorted(want), "raw lines")
    expect(job.good(), FIRST, "nothing else has run")
    expect("letters of 'orders' replayed" in text, True, text)
    text = job.replay("--into", "lines", form="broken.sql")
    expect((len(lines(job.path("lines"))), "0 letters" in text), (len(want), True), "not twice")
    text = job.replay("--into", "good", "--again", form="broken.sql", check=2)
    expect("it must have one column, STRING or BYTES" in text, True, text)


def wrong_use(env):
    job = Job(env, "wrong")
    job.weir("run")
    for args, form, said in (
            (("dlq",), "broken.sql", "There is no command 'weir dlq "),
            (("dlq", "replay"), "broken.sql", "'weir dlq replay' needs --table TABLE"),
            (("dlq", "replay", "--tabel", "x"), "broken.sql", "There is no option '--tabel'"),
            (("dlq", "replay", "--table", "order"), "broken.sql", "order"),
            (("dlq", "replay", "--table", "good"), "broken.sql", "names no table of dead letters" if False else "good"),
            (("dlq", "show", "--from", "letter"), "broken.sql", "letter"),
            (("dlq", "show", "--limit", "many"), "broken.sql", "'many' is not a number of letters")):
        text = job.weir(*args, form=form, check=2 if "good" not in args else None).stderr
        expect(said in text, True, f"{args}: {text}")
    with open(job.path("damaged"), "w", encoding="utf-8") as file:
        file.write("not a digest\n")
    text = job.replay("--done", job.path("damaged"), check=2)
    expect("is no file of letters that were replayed" in text, True, text)
    job = Job(env, "one-file", slash=".json")
    job.weir("run")
    text = job.replay(check=2)
    expect("which a replay would replace by its own" in text, True, text)
    expect("usage: weir dlq show" in env.weir("help", "dlq", check=0).stdout, True, "help")


# ---- letters in a topic and in a database

KAFKA_SCRIPT = """
CREATE TABLE orders (id INT, amount {type}, k STRING, p INT METADATA FROM 'partition' VIRTUAL, o BIGINT METADATA FROM 'offset' VIRTUAL,
    ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts) WITH (
  'connector' = 'kafka', 'topic' = '{orders}', 'properties.bootstrap.servers' = '{bootstrap}', 'properties.group.id' = '{orders}',
  'scan.startup.mode' = 'earliest-offset', {bounded} 'key.format' = 'raw', 'key.fields' = 'k', 'value.format' = 'json',
  'value.fields-include' = 'EXCEPT_KEY', 'scan.watermark.idle-timeout' = '1 s',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE letters ({letters}) WITH ({letters_with});
CREATE TABLE raw_orders (v BYTES) WITH ('connector' = 'kafka', 'topic' = '{orders}', 'properties.bootstrap.servers' = '{bootstrap}', 'format' = 'raw');
CREATE TABLE good (id INT, amount INT, k STRING, place STRING{good_key}) WITH ({good_with}, 'sink.delivery-guarantee' = 'exactly-once');
INSERT INTO good SELECT id, {amount}, k, CAST(p AS STRING) || '/' || CAST(o AS STRING) || ' ' || CAST(ts AS STRING) FROM orders;
"""


class Servers:
    """Orders in a topic of two partitions, some of them bad; letters in a topic or in PostgreSQL, what is good in the other one."""

    def __init__(self, env, letters, bounded=True):
        self.env, self.kafka, self.in_topic = env, servers.kafka(), letters == "topic"
        self.database = servers.postgres().database("dlq")
        self.folder = env.folder(f"dlq-{letters}-{bounded}")
        self.orders, self.letters, self.good = self.kafka.topic("orders", 2), self.kafka.topic("letters", 2), self.kafka.topic("good", 1)
        self.database.sql("CREATE TABLE letters (raw bytea, key bytea, error_kind text, error_text text, \"table\" text, topic text, "
                          "partition int, \"offset\" bigint, \"timestamp\" timestamptz, time timestamptz, attempts bigint);"
                          "CREATE TABLE good (id int PRIMARY KEY, amount int, k text, place text)")
        self.sent = {}
        broker = f"'connector' = 'kafka', 'properties.bootstrap.servers' = '{self.kafka.bootstrap}', 'format' = 'json'"
        base = f"'connector' = 'jdbc', 'url' = '{self.database.url}', 'username' = 'postgres'"
        in_topic = f"{broker}, 'topic' = '{self.letters}', 'scan.startup.mode' = 'latest-offset', 'sink.delivery-guarantee' = 'exactly-once'"
        good_topic = f"{broker}, 'topic' = '{self.good}', 'sink.transactional-id-prefix' = '{self.good}'"
        parts = {"orders": self.orders, "bootstrap": self.kafka.bootstrap, "bounded": "'scan.bounded.mode' = 'latest-offset'," if bounded else "",
                 "letters": "`raw` BYTES, `key` BYTES, error_kind STRING, error_text STRING, `table` STRING, topic STRING, `partition` INT, "
                            f"`offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3) {'METADATA' if self.in_topic else ''}, `time` TIMESTAMP_LTZ(3), attempts BIGINT",
                 "letters_with": in_topic if self.in_topic else f"{base}, 'table-name' = 'letters'",
                 "good_with": f"{base}, 'table-name' = 'good', 'sink.id' = 'good'" if self.in_topic else good_topic,
                 "good_key": ", PRIMARY KEY (id) NOT ENFORCED" if self.in_topic else ""}
        for form, more in (("broken.sql", BROKEN), ("mended.sql", MENDED)):
            with open(self.path(form), "w", encoding="utf-8") as file:
                file.write(KAFKA_SCRIPT.format(**parts, **more))

    def path(self, name):
        return os.path.join(self.folder, name)

    def send(self, numbers):
        """Every fourth has a wrong amount, every eleventh is cut."""
        at = self.kafka.offsets(self.orders)
        at = {partition: high for partition, (low, high) in at.items()}
        messages = []
        for i in numbers:
            text = json.dumps({"id": i, "amount": f"{i} EUR" if i % 4 == 0 else i})
            messages.append((f"key {i}", text if i % 11 else text[:-3], i % 2, None, 1700000000000 + i))
            self.sent[i] = f"{i % 2}/{at[i % 2]}"
            at[i % 2] += 1
        self.kafka.produce(self.orders, messages)

    def rows(self):
        """What is good, as tuples, in order of id."""
        if self.in_topic:
            return self.database.sql("SELECT id, amount, k, place FROM good ORDER BY id")
        return sorted(tuple(json.loads(message.value).values()) for message in self.kafka.consume(self.good))

    def wanted(self, numbers):
        return [(i, i, f"key {i}", f"{self.sent[i]} 2023-11-14 22:13:20.{i:03d}") for i in sorted(numbers)]

    def attempts(self):
        """Of the letters: (partition/offset, attempts)."""
        if self.in_topic:
            found = [json.loads(message.value) for message in self.kafka.consume(self.letters)]
            return sorted((f"{row['partition']}/{row['offset']}", row["attempts"]) for row in found)
        return sorted((f"{p}/{o}", n) for p, o, n in self.database.sql("SELECT partition, \"offset\", attempts FROM letters"))

    def weir(self, *args, form="mended.sql", check=0):
        return self.env.weir(*args, self.path(form), check=check)

    def replay(self, *args, **more):
        return self.weir("dlq", "replay", "--table", "orders", *args, **more).stderr


def cut(numbers):
    return [i for i in numbers if i % 11 == 0]


def first(numbers):
    return [i for i in numbers if i % 4 and i % 11]


def mended(numbers):
    return [i for i in numbers if i % 11]


def kafka_letters(env, letters):
    """The letters of a topic are replayed with their place, key and time, each once; those that fail again have one more attempt."""
    job = Servers(env, letters)
    numbers = range(1, 41)
    job.send(numbers)
    job.weir("run", form="broken.sql")
    expect(job.rows(), job.wanted(first(numbers)), "good rows of the run")
    job.attempts()  # waits until letters in a topic show: committed messages do so a moment after the job's end
    shown = job.weir("dlq", "show", "--format", "json", form="broken.sql")
    counts = {(row["table"], row["kind"]): row["letters"] for row in map(json.loads, shown.stdout.split("\n")[:-1])}
    expect(counts, {("orders", "type"): 10, ("orders", "syntax"): 3}, "letters by kind")
    text = job.replay("--limit", "5")
    expect("5 letters of 'orders' replayed" in text, True, text)
    text = job.replay()
    expect("; 5 were replayed before" in text and " letters of 'orders' replayed" in text, True, text)
    expect(job.rows(), job.wanted(mended(numbers)), "good rows behind the replays, each once")
    for attempt in (2, 3):
        job.replay()
        expect(job.rows(), job.wanted(mended(numbers)), "nothing is replayed twice")
    again = [(place, n) for place, n in job.attempts() if n > 1]
    expect({place for place, _ in again}, {job.sent[i] for i in cut(numbers)}, "places of what fails again")
    expect(max(n for _, n in again) >= 3, True, f"attempts are counted: {again}")
    before = [message.value for message in job.kafka.consume(job.orders)]
    text = job.replay("--into", "raw_orders", "--done", job.path("back"))
    back = [message.value for message in job.kafka.consume(job.orders)]
    times = 1 + len(again) // len(cut(numbers))  # letters of what never got better
    expect(sorted(back), sorted(before + [v for v in before if b"EUR" in v] + [v for v in before if v[-1:] != b"}"] * times), f"written back as it was: {text}")


def beside_the_job(env, letters):
    """A replay beside the running job, whose exactly-once sinks it shares, disturbs neither it nor its next start."""
    job = Servers(env, letters, bounded=False)
    args = ("run", "--set", "execution.checkpointing.interval=100 ms", "--set", f"execution.checkpointing.dir={job.path('checkpoints')}")
    job.send(range(1, 41))
    with env.start(*args, job.path("broken.sql")) as running:
        running.until(lambda: len(job.rows()) == len(first(range(1, 41))) and len(job.attempts()) == 13, "the first rows and letters")
        job.replay()
        expect(job.rows(), job.wanted(mended(range(1, 41))), "good rows behind the replay")
        job.send(range(41, 61))
        want = job.wanted([*mended(range(1, 41)), *first(range(41, 61))])
        running.until(lambda: job.rows() == want, "what came behind the replay")
        running.kill()
    job.send(range(61, 81))
    with env.start(*args, "--restore", "latest", job.path("broken.sql")) as running:
        want = job.wanted([*mended(range(1, 41)), *first(range(41, 81))])
        running.until(lambda: job.rows() == want, "what came behind the restart")
        running.stop()


def cases(env):
    yield "dlq/replay", lambda: replay(env)
    yield "dlq/metadata", lambda: metadata(env)
    yield "dlq/into", lambda: into(env)
    yield "dlq/wrong_use", lambda: wrong_use(env)
    for letters in ("topic", "database"):
        yield f"dlq/letters_in_{letters}", lambda letters=letters: kafka_letters(env, letters)
        yield f"dlq/{letters}_beside_the_job", lambda letters=letters: beside_the_job(env, letters)
