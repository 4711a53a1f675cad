# SPDX-License-Identifier: Apache-2.0
"""cdc_suite - 'postgres-cdc' with a real server: rows that are there and changes meet without a gap, whatever is killed; what changes in the
table's shape; what is wrong with a table, a slot or a publication."""
import json
import os
import shutil
import tempfile
import time
from types import SimpleNamespace

import cdc
import harness
import servers

SEEN = "CREATE TABLE seen ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = '{form}');\n"


class Job:
    """A job that shows the changes of one table in a file, beside the test."""

    def __init__(self, env, database, columns, table, form="changelog-json", checkpoints=True, restore=False, folder=None, select="*", shown=None,
                 parallelism=1, every=0, **more):
        self.folder = folder or env.folder(f"cdc-{database.name}-{table}")
        self.env, self.path = env, os.path.join(self.folder, "seen")
        self.control = tempfile.mkdtemp(prefix="weir-cdc-")
        script = os.path.join(self.folder, "job.sql")
        given = cdc.options(database, table).replace("postgres-cdc'", "postgres-cdc'" + "".join(f", '{k}' = '{v}'" for k, v in more.items()), 1)
        plain = ", ".join(c for c in columns.split(", ") if "PRIMARY KEY" not in c and "METADATA" not in c)
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"CREATE TABLE src ({columns}) WITH ({given});\n" + SEEN.format(columns=shown or plain, path=self.path, form=form)
                       + f"INSERT INTO seen SELECT {select} FROM src;\n")
        sets = {"weir.control.dir": self.control, "weir.test.restore-every": every}
        if checkpoints:
            sets.update({"execution.checkpointing.interval": "50 ms", "execution.checkpointing.dir": f"{self.folder}/checkpoints"})
        self.running = env.start("run", *(w for k, v in sets.items() for w in ("--set", f"{k}={v}")), "--parallelism", str(parallelism),
                                 *(["--restore", "latest"] if restore else []), script)

    def rows(self):
        """What is visible, in order."""
        found = []
        for path in sorted((os.path.join(self.path, name) for name in os.listdir(self.path) if name[0] not in "._"), key=os.path.getmtime) \
                if os.path.isdir(self.path) else []:
            with open(path, encoding="utf-8") as file:
                found += [json.loads(line) for line in file]
        return found

    def table(self):
        """What the changes add up to."""
        bag = []
        for row in self.rows():
            if row["op"] in ("+I", "+U"):
                bag.append(row["data"])
            else:
                if row["data"] not in bag:
                    raise harness.Failure(f"{row} takes back what is not there")
                bag.remove(row["data"])
        return sorted(bag, key=json.dumps)

    def until(self, test, what):
        self.running.until(lambda: test(self), what)

    def drain(self):
        self.env.weir("stop", "--drain", "--control", self.control, "seen", check=0)
        return self.running.end(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running.__exit__()
        shutil.rmtree(self.control, ignore_errors=True)


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}: {str(got)[:1500]}\nwanted {str(want)[:1500]}")


def contains(text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"does not say '{word}':\n{text}")


def slot(database):
    """The name that the slot of table t has unless it is given."""
    return f"weir_{database.name}_public_t"


def streams(database, name):
    """Whether changes are sent by that slot."""
    return database.sql("SELECT count(*) FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE s.slot_name = %s",
                        name)[0][0] == 1


def on_database(test):
    """A test with a database of its own."""
    def run(env):
        with servers.postgres().database("cdc") as database:
            test(env, database)
    run.__doc__ = test.__doc__
    return run


def make(database, columns="id INT PRIMARY KEY, v TEXT", full=True, rows=3):
    database.sql(f"CREATE TABLE t ({columns})")
    if full:
        database.sql("ALTER TABLE t REPLICA IDENTITY FULL")
    if rows:
        database.sql(f"INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, {rows}) i")


DECLARED = "id INT NOT NULL, v STRING, PRIMARY KEY (id) NOT ENFORCED"


@on_database
def snapshot(env, database):
    """scan.startup.mode = snapshot ends by itself; chunks of any size and number of readers give the same rows; no key: one chunk."""
    make(database, rows=1000)
    database.sql(f"ALTER DATABASE {database.name} SET idle_in_transaction_session_timeout = '1ms'")  # readers are idle now and then
    for chunk, readers in ((1, 1), (7, 3), (1000, 2), (100000, 16)):
        text = f"CREATE TABLE src ({DECLARED}) WITH ({cdc.options(database, 't')}, 'scan.startup.mode' = 'snapshot', " \
               f"'scan.incremental.snapshot.chunk.size' = '{chunk}', 'scan.snapshot.parallelism' = '{readers}');" \
               "SELECT COUNT(*), SUM(id), COUNT(DISTINCT v) FROM src;"
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "-e", text, check=0)
        expect(done.stdout.split()[-3:], ["1000", "500500", "1000"], "rows")
    expect(database.slots(), {}, "slots of a snapshot alone")
    database.sql("CREATE TABLE plain AS SELECT * FROM t")
    text = f"CREATE TABLE src (v STRING, id INT) WITH ({cdc.options(database, 'plain')}, 'scan.startup.mode' = 'snapshot');" \
           "SELECT COUNT(*), SUM(id) FROM src;"
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "-e", text, check=0)
    expect(done.stdout.split()[-2:], ["1000", "500500"], "rows of a table without a key")


@on_database
def kinds(env, database):
    """Every kind of change, with old rows."""
    make(database)
    with Job(env, database, DECLARED, "t") as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        database.sql("UPDATE t SET v = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (4, NULL); "
                     "UPDATE t SET id = 30 WHERE id = 3")
        want = [{"id": 1, "v": "new"}, {"id": 30, "v": "v3"}, {"id": 4, "v": None}]
        job.until(lambda j: j.table() == sorted(want, key=json.dumps), "the changed rows")
        expect([row["op"] for row in job.rows()].count("-D"), 1, "deletions")


@on_database
def upsert(env, database):
    """'changelog-mode' = 'upsert' needs no old rows: the same result."""
    make(database, full=False)
    with Job(env, database, DECLARED, "t", **{"changelog-mode": "upsert"}) as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        database.sql("UPDATE t SET v = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET id = 30, v = 'x' WHERE id = 3")
        job.until(lambda j: j.table() == [{"id": 1, "v": "new"}, {"id": 30, "v": "x"}], "the changed rows")


@on_database
def modes(env, database):
    """latest-offset and committed-offset leave the rows out."""
    make(database)
    with Job(env, database, DECLARED, "t", folder=env.folder("cdc-latest"), **{"scan.startup.mode": "latest-offset", "slot.name": "m"}) as job:
        sends = "SELECT count(*) FROM pg_stat_replication s JOIN pg_replication_slots r ON r.active_pid = s.pid WHERE r.slot_name = 'm'"
        job.until(lambda j: database.sql(sends)[0][0] == 1, "the changes being sent")
        database.sql("INSERT INTO t VALUES (4, 'four')")
        job.until(lambda j: j.table() == [{"id": 4, "v": "four"}], "the row that came later")
        job.running.stop()
    database.sql("INSERT INTO t VALUES (5, 'five')")
    with Job(env, database, DECLARED, "t", folder=env.folder("cdc-committed"), **{"scan.startup.mode": "committed-offset", "slot.name": "m"}) as job:
        job.until(lambda j: {"id": 5, "v": "five"} in j.table(), "what came while no job ran")
        expect([row for row in job.table() if row["id"] < 4], [], "rows from before the slot")


@on_database
def types(env, database):
    """Values of all types, NULLs among them, are the same whether they are read with the rows or as changes."""
    database.sql("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN word AS TEXT; CREATE DOMAIN whole AS INT")
    columns = [("id", "INT", "INT NOT NULL", None), ("s", "SMALLINT", "SMALLINT", "-3"), ("b", "BIGINT", "BIGINT", "9007199254740993"),
               ("r", "REAL", "FLOAT", "1.5"), ("d", "DOUBLE PRECISION", "DOUBLE", "0.1"), ("n", "NUMERIC(38,10)", "DECIMAL(38,10)",
               "1234567890123456789012345678.0123456789"), ("o", "BOOLEAN", "BOOLEAN", "true"), ("t", "TEXT", "STRING", "'ä\\''"),
               ("c", "CHAR(4)", "STRING", "'ab'"), ("y", "BYTEA", "BYTES", "'\\x00ff'"), ("da", "DATE", "DATE", "'2024-02-29'"),
               ("ti", "TIME", "TIME(0)", "'23:59:58'"), ("ts", "TIMESTAMP", "TIMESTAMP(6)", "'2024-02-29 01:02:03.123456'"),
               ("tz", "TIMESTAMPTZ", "TIMESTAMP_LTZ(3)", "'2024-02-29 01:02:03.123+02'"), ("j", "JSONB", "STRING", "'{\"a\": [1]}'"),
               ("u", "UUID", "STRING", "'00112233-4455-6677-8899-aabbccddeeff'"), ("m", "mood", "STRING", "'happy'"),
               ("a", "INT[]", "ARRAY<INT>", "'{1,NULL,3}'"), ("ta", "TEXT[]", "ARRAY<STRING>", "'{a,\"b c\"}'"),
               ("iv", "INTERVAL", "STRING", "'1 day 02:03'"), ("ip", "INET", "STRING", "'10.1.2.3/8'"), ("si", "INT", "STRING", "42"),
               ("ma", "mood[]", "ARRAY<STRING>", "'{sad,NULL}'"), ("ms", "mood[]", "STRING", "'{sad,NULL}'"), ("ns", "NUMERIC", "STRING", "'NaN'"),
               ("po", "word", "STRING", "'w'"), ("px", "whole", "STRING", "7"), ("pi", "whole", "INT", "8")]
    database.sql(f"CREATE TABLE t ({', '.join(f'{name} {there}' for name, there, _, _ in columns)}, PRIMARY KEY (id))")
    database.sql("ALTER TABLE t REPLICA IDENTITY FULL")
    values = ", ".join("E" + value if value[0] == "'" and "\\'" in value else value for _, _, _, value in columns[1:])

    def insert(first):
        database.sql(f"INSERT INTO t VALUES ({first}, {values}), ({first + 1}{', NULL' * (len(columns) - 1)})")

    insert(1)
    declared = ", ".join(f"{name} {here}" for name, _, here, _ in columns) + ", PRIMARY KEY (id) NOT ENFORCED"
    shown = ", ".join(f"{name} {here}" for name, _, here, _ in columns)
    with Job(env, database, declared, "t", shown=shown) as job:
        job.until(lambda j: len(j.table()) == 2, "the rows that are there")
        insert(3)
        job.until(lambda j: len(j.table()) == 4, "the rows that came later")
        found = {row.pop("id"): row for row in job.table()}
    expect(found[1], found[3], "a row read as a row and as a change")
    expect((set(found[2].values()), found[2]), ({None}, found[4]), "NULLs")
    expect({k: found[1][k] for k in ("s", "t", "c", "j", "u", "m", "a", "ta", "iv", "ip", "si", "ma", "ms", "ns", "po", "px", "pi")},
           {"s": -3, "t": "ä'", "c": "ab  ", "j": '{"a": [1]}', "u": "00112233-4455-6677-8899-aabbccddeeff", "m": "happy", "a": [1, None, 3],
            "ta": ["a", "b c"], "iv": "1 day 02:03:00", "ip": "10.1.2.3/8", "si": "42", "ma": ["sad", None], "ms": "{sad,NULL}", "ns": "NaN",
            "po": "w", "px": "7", "pi": 8}, "values")


@on_database
def metadata(env, database):
    make(database, rows=1)
    columns = DECLARED.replace(", PRIMARY", ", db STRING METADATA FROM 'database_name' VIRTUAL, s STRING METADATA FROM 'schema_name' VIRTUAL, "
                               "n STRING METADATA FROM 'table_name' VIRTUAL, ts TIMESTAMP_LTZ(3) METADATA FROM 'op_ts' VIRTUAL, PRIMARY")
    begin = time.time()
    with Job(env, database, columns, "t", shown="id INT, db STRING, s STRING, n STRING, ms BIGINT",
             select="id, db, s, n, UNIX_TIMESTAMP(CAST(ts AS STRING), 'yyyy-MM-dd HH:mm:ss.SSS')") as job:
        job.until(lambda j: len(j.table()) == 1, "the row that is there")
        database.sql("INSERT INTO t VALUES (2, 'x')")
        job.until(lambda j: len(j.table()) == 2, "the row that came later")
        first, second = sorted(job.table(), key=lambda row: row["id"])
    expect(first, {"id": 1, "db": database.name, "s": "public", "n": "t", "ms": 0}, "metadata of a row that was there")
    if not begin - 2 <= second["ms"] <= time.time() + 2:
        raise harness.Failure(f"op_ts is {second['ms']}, now is {begin}")


@on_database
def large(env, database):
    """A transaction of 60,000 rows of 300 bytes is more than a block; the job is killed while it is read."""
    make(database, rows=0)
    folder = env.folder("cdc-large")
    with Job(env, database, DECLARED, "t", folder=folder) as job:
        job.until(lambda j: database.slots().get(slot(database), (False,))[0], "the slot in use")
        job.running.kill()
    database.sql("INSERT INTO t SELECT i, repeat('x', 300) FROM generate_series(1, 60000) i")
    with Job(env, database, DECLARED, "t", folder=folder, restore=True) as job:
        time.sleep(0.5)
        job.running.kill()
    with Job(env, database, DECLARED, "t", folder=folder, restore=True, parallelism=2) as job:
        job.until(lambda j: len(j.rows()) >= 60000, "all rows")
        expect(len(job.table()), 60000, "rows")
        expect(sum(row["id"] for row in job.table()), 60000 * 60001 // 2, "sum of the keys")


@on_database
def restored(env, database):
    """The job is torn down and restored after every few blocks: while it reads the rows that are there, and while changes come."""
    make(database, rows=100)
    for blocks, workers in ((1, 1), (3, 3)):
        with Job(env, database, DECLARED, "t", folder=env.folder(f"cdc-restored-{blocks}"), checkpoints=False, every=blocks, parallelism=workers,
                 **{"slot.name": f"s{blocks}", "scan.incremental.snapshot.chunk.size": "7"}) as job:
            job.until(lambda j: len(j.table()) == 100, "the rows that are there")
            for i in range(10):
                database.sql(f"UPDATE t SET v = 'round {i}' WHERE id % 10 = {i}; DELETE FROM t WHERE id = {i + 1}; INSERT INTO t VALUES ({i + 1}, 'anew')")
            want = [{"id": i, "v": v} for i, v in database.sql("SELECT id, v FROM t")]
            job.until(lambda j: j.table() == sorted(want, key=json.dumps), "the changed rows")
            if job.running.stop().count("done: ") < 5:
                raise harness.Failure(f"hardly ever restored: {job.running.said()[-2000:]}")
        database.sql("DELETE FROM t; INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i")


@on_database
def added(env, database):
    """Columns that come later: one that is not declared is not seen, a declared one is NULL until it is there."""
    make(database)
    columns = DECLARED.replace("v STRING", "v STRING, later INT")
    with Job(env, database, columns, "t") as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        job.running.until_said("column 'later' is not there in PostgreSQL's table public.t: it is NULL until it is added")
        database.sql("INSERT INTO t VALUES (4, 'a')")
        database.sql("ALTER TABLE t ADD COLUMN other TEXT, ADD COLUMN later INT")
        database.sql("INSERT INTO t VALUES (5, 'b', 'o', 7)")
        job.until(lambda j: len(j.table()) == 5, "all rows")
        expect([row["later"] for row in sorted(job.table(), key=lambda row: row["id"])], [None] * 4 + [7], "the new column")


PARTS = ("CREATE TABLE t (id INT, part TEXT, v TEXT, PRIMARY KEY (id, part)) PARTITION BY LIST (part); CREATE TABLE t_a PARTITION OF t FOR VALUES "
         "IN ('a'); CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b'); INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y')")
PARTS_DECLARED = "id INT NOT NULL, part STRING NOT NULL, v STRING, PRIMARY KEY (id,part) NOT ENFORCED"


def full(*tables):
    return "".join(f"; ALTER TABLE {table} REPLICA IDENTITY FULL" for table in tables)


def partitions(mode):
    """The changes of a table's partitions, also of one that comes later, and rows that go from one to another."""
    @on_database
    def run(env, database):
        database.sql(PARTS + (full("t", "t_a", "t_b") if mode == "all" else ""))
        with Job(env, database, PARTS_DECLARED, "t", **{"changelog-mode": mode}) as job:
            job.until(lambda j: len(j.table()) == 2, "the rows that are there")
            database.sql("UPDATE t SET v = 'new' WHERE id = 1; UPDATE t SET part = 'b' WHERE id = 1; DELETE FROM t WHERE id = 2; "
                         "CREATE TABLE t_c PARTITION OF t FOR VALUES IN ('c')" + (full("t_c") if mode == "all" else ""))
            database.sql("INSERT INTO t VALUES (3, 'c', 'z'); UPDATE t SET id = 4 WHERE id = 3")
            want = [{"id": 1, "part": "b", "v": "new"}, {"id": 4, "part": "c", "v": "z"}]
            job.until(lambda j: j.table() == sorted(want, key=json.dumps), "the changed rows")
    return run


@on_database
def partition_identity(env, database):
    """Old rows come whole of every partition, or the job stops and names it; so with a publication that tells of partitions."""
    database.sql(PARTS + full("t", "t_a"))
    with Job(env, database, PARTS_DECLARED, "t") as job:
        said = job.running.end(1)
    contains(said, "updates and deletes of t_b come without the old row", "ALTER TABLE t_b REPLICA IDENTITY FULL")
    database.sql("SELECT 1" + full("t_b") + "; CREATE PUBLICATION parts FOR TABLE t")
    with Job(env, database, PARTS_DECLARED, "t", **{"publication.name": "parts"}) as job:
        said = job.running.end(1)
    contains(said, "the publication 'parts' tells of its partitions", "SET (publish_via_partition_root = true)")
    with Job(env, database, PARTS_DECLARED, "t") as job:
        job.until(lambda j: len(j.table()) == 2, "the rows that are there")
        database.sql("CREATE TABLE t_c PARTITION OF t FOR VALUES IN ('c'); INSERT INTO t VALUES (3, 'c', 'z')")
        contains(job.running.end(1), "updates and deletes of t_c come without the old row")


def contains(said, *words):
    for word in words:
        if word not in said:
            raise harness.Failure(f"does not say '{word}':\n{said}")


def stops(statement, *words, insert="INSERT INTO t (id) VALUES (9)", prepare="SELECT 1", **more):
    """A change of the table's shape that stops the job with a clear message."""
    @on_database
    def run(env, database):
        make(database)
        database.sql(prepare)
        with Job(env, database, DECLARED, "t", **more) as job:
            job.until(lambda j: len(j.table()) == 3, "the rows that are there")
            database.sql(statement)
            database.sql(insert)
            said = job.running.end(1)
        contains(said, *words)
    return run


def refused(prepare, *words, columns=DECLARED, **more):
    """A table that cannot be read so, with a clear message."""
    @on_database
    def run(env, database):
        make(database)
        database.sql(prepare)
        with Job(env, database, columns, "t", **more) as job:
            said = job.running.end(1)
        contains(said, *words)
    return run


PUBLISHED = {"publication.name": "p"}


@on_database
def inherited(env, database):
    """Rows of tables that inherit from it are not its own, neither those that are there nor changes."""
    make(database)
    database.sql("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (10, 'x')" + full("child"))
    with Job(env, database, DECLARED, "t") as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        database.sql("INSERT INTO child VALUES (11, 'y')")
        database.sql("INSERT INTO t VALUES (4, 'z')")
        job.until(lambda j: [row["id"] for row in j.table()] == [1, 2, 3, 4], "the changed rows")


@on_database
def truncate_skipped(env, database):
    make(database)
    with Job(env, database, DECLARED, "t", **{"truncate.handling": "skip"}) as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        database.sql("TRUNCATE t; INSERT INTO t VALUES (7, 'after')")
        job.until(lambda j: len(j.table()) == 4, "the row after it")


@on_database
def heartbeat(env, database):
    """While only other tables change the position moves on, so that the server keeps no log for the job."""
    make(database)
    database.sql("CREATE TABLE other (x TEXT)")
    with Job(env, database, DECLARED, "t") as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        for _ in range(3):
            database.sql("INSERT INTO other SELECT repeat('x', 1000) FROM generate_series(1, 2000)")
            end = database.sql("SELECT pg_current_wal_lsn()")[0][0]
            job.until(lambda j: database.sql("SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots WHERE slot_name = %s", end,
                                                 slot(database))[0][0],
                      "the confirmed position behind the other table's changes")


@on_database
def slot_gone(env, database):
    """A job that goes on needs the slot that it had."""
    make(database)
    folder = env.folder("cdc-slot-gone")
    with Job(env, database, DECLARED, "t", folder=folder) as job:
        job.until(lambda j: len(j.table()) == 3, "the rows that are there")
        job.running.stop()
    limit = time.monotonic() + 20
    while database.slots()[slot(database)][0] and time.monotonic() < limit:
        time.sleep(0.05)
    database.sql("SELECT pg_drop_replication_slot(%s)", slot(database))
    with Job(env, database, DECLARED, "t", folder=folder, restore=True) as job:
        said = job.running.end(1)
    for word in ("that the job goes on with is not there any more", "table is read anew"):
        if word not in said:
            raise harness.Failure(f"does not say '{word}':\n{said}")


def restarted(env):
    """The server is killed and comes back: the job waits, says so once, and goes on."""
    postgres = servers.postgres(fresh=True)
    try:
        database = postgres.database("cdc")
        make(database)
        with Job(env, database, DECLARED, "t", folder=env.folder("cdc-restarted")) as job:
            job.until(lambda j: len(j.table()) == 3, "the rows that are there")
            postgres.kill()
            job.running.until_said("Table 'src' waits")
            postgres.start()
            database.sql("INSERT INTO t VALUES (4, 'later')")
            job.until(lambda j: len(j.table()) == 4, "the row that came later")
            job.running.until_said("Table 'src' goes on")
            job.running.stop()
    finally:
        postgres.discard()


@on_database
def half_open(env, database):
    """The server vanishes without a word, and comes back: nothing is lost."""
    make(database)
    with servers.toxiproxy().proxy(database.port) as way:
        there = SimpleNamespace(name=database.name, port=way.port)
        with Job(env, there, DECLARED, "t", folder=env.folder("cdc-half-open")) as job:
            job.until(lambda j: len(j.table()) == 3, "the rows that are there")
            database.sql("INSERT INTO t VALUES (4, 'before')")
            job.until(lambda j: len(j.table()) == 4, "the row before")
            way.half_open()
            database.sql("INSERT INTO t VALUES (5, 'meanwhile')")
            time.sleep(1)
            way.heal()
            job.running.until_said("Table 'src' waits")
            database.sql("INSERT INTO t VALUES (6, 'later')")
            job.until(lambda j: len(j.table()) == 6, "the rows that came meanwhile and later")
            job.running.until_said("Table 'src' goes on")
            job.running.stop()


@on_database
def silent(env, database):
    """The server vanishes behind a proxy that goes on to answer for it: it is asked for a sign of life, and the connection given up; nothing is lost.
    A server that is only idle is not given up."""
    make(database)
    with servers.toxiproxy().proxy(database.port) as way:
        there = SimpleNamespace(name=database.name, port=way.port)
        with Job(env, there, DECLARED, "t", folder=env.folder("cdc-silent"),
                 **{"connection.answer-timeout": "4 s", "heartbeat.interval": "1 h"}) as job:
            job.until(lambda j: len(j.table()) == 3, "the rows that are there")
            database.sql("INSERT INTO t VALUES (4, 'before')")
            job.until(lambda j: len(j.table()) == 4, "the row before")  # from here on nothing but changes is asked for
            time.sleep(5)
            if "waits" in job.running.said():
                raise harness.Failure(f"an idle server is waited for:\n{job.running.said()}")
            way.half_open("downstream")
            database.sql("INSERT INTO t VALUES (5, 'meanwhile')")
            job.running.until_said("was asked for a sign of life and has been silent for ")
            contains(job.running.said(), "the next connection may be for 8 s")
            way.heal()
            job.until(lambda j: len(j.table()) == 5, "the row that came meanwhile")
            job.running.until_said("Table 'src' goes on")
            job.running.stop()


def random_changes(mode, seed):
    return lambda env: cdc.random_changes(env, servers.postgres(), env.folder(f"cdc-random-{mode}-{seed}"), 4000, 3, mode, seed)


def cases(env):
    tests = {"snapshot": snapshot, "kinds": kinds, "upsert": upsert, "modes": modes, "types": types, "metadata": metadata, "large": large,
             "restored": restored,
             "added": added, "truncate_skipped": truncate_skipped, "heartbeat": heartbeat, "slot_gone": slot_gone, "restarted": restarted,
             "half_open": half_open, "silent": silent,
             "dropped": stops("ALTER TABLE t DROP COLUMN v", "column 'v' was dropped or renamed", "--upgrade. What reads the table: seen"),
             "retyped": stops("ALTER TABLE t ALTER COLUMN v TYPE INT USING 1", "column 'v' has another type now"),
             "truncated": stops("TRUNCATE t", "it was emptied by TRUNCATE", "'truncate.handling' = 'skip'"),
             "renamed": stops("ALTER TABLE t RENAME TO t_new", "it was renamed to public.t_new", "keep 'slot.name'",
                              insert="INSERT INTO t_new (id) VALUES (9)"),
             "gone": stops("DROP TABLE t", "it was dropped", insert="CREATE TABLE other (x INT)"),
             "unpublished": stops("ALTER PUBLICATION p DROP TABLE t", "the publication 'p' does not have it any more",
                                  prepare="CREATE PUBLICATION p FOR TABLE t", **{"publication.name": "p"}),
             "partitions": partitions("all"), "partitions_upsert": partitions("upsert"), "partition_identity": partition_identity,
             "no_old_rows": refused("ALTER TABLE t REPLICA IDENTITY DEFAULT", "REPLICA IDENTITY is not FULL", "'changelog-mode' = 'upsert'"),
             "no_key": refused("ALTER TABLE t DROP CONSTRAINT t_pkey, REPLICA IDENTITY DEFAULT", "deletes come without a key",
                               **{"changelog-mode": "upsert"}),
             "publication": refused("CREATE TABLE x (i INT); CREATE PUBLICATION p FOR TABLE x",
                                    "the publication 'p' is there without this table", "ALTER PUBLICATION p ADD TABLE", **{"publication.name": "p"}),
             "published_rows": refused("CREATE PUBLICATION p FOR TABLE t WHERE (id > 7)", "the publication 'p' leaves out rows", **PUBLISHED),
             "published_columns": refused("CREATE PUBLICATION p FOR TABLE t (id)", "without the value of column 'v'", **PUBLISHED),
             "published_kinds": refused("CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert')", "leaves out kinds of changes", **PUBLISHED),
             "generated": refused("ALTER TABLE t ADD g INT GENERATED ALWAYS AS (id * 2) STORED", "without the value of column 'g': it is generated",
                                  columns=DECLARED.replace("v STRING", "g INT")),
             "unreachable": refused("SELECT 1", "'connect.timeout' says how long", checkpoints=False,
                                    **{"url": "postgresql://127.0.0.1:1/nowhere", "connect.timeout": "1 s"}),
             "view": refused("ALTER TABLE t RENAME TO b; CREATE VIEW t AS SELECT * FROM b", "only tables tell their changes"),
             "inherited": inherited,
             "wrong_type": refused("SELECT 1", "column 'v' has the type text there", columns=DECLARED.replace("v STRING", "v INT")),
             "random_all": random_changes("all", 1), "random_upsert": random_changes("upsert", 2)}
    for name, test in tests.items():
        yield f"cdc/{name}", lambda test=test: test(env)
