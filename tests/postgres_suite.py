# SPDX-License-Identifier: Apache-2.0
"""postgres_suite - the connector 'jdbc' with a real PostgreSQL: types both ways, scans and what is handed over, look-ups, sinks, refused rows, and
a server that goes away. Kills at every step are pipelines_suite's."""
import contextlib
import json
import os
import threading
import time

import harness
import servers

# (column, PostgreSQL's type, Weir's type, values as SQL; what comes out as JSON)
NUMBERS = [
    ("i2", "smallint", "SMALLINT", ["-32768", "0", "32767"], ["-32768", "0", "32767"]),
    ("i1", "smallint", "TINYINT", ["-128", "0", "127"], ["-128", "0", "127"]),
    ("i4", "integer", "INT", ["-2147483648", "1", "2147483647"], ["-2147483648", "1", "2147483647"]),
    ("i48", "integer", "BIGINT", ["-1", "0", "2147483647"], ["-1", "0", "2147483647"]),
    ("i8", "bigint", "BIGINT", ["-9223372036854775808", "1", "9223372036854775807"], ["-9223372036854775808", "1", "9223372036854775807"]),
    ("f4", "real", "FLOAT", ["1.5", "'NaN'", "'-Infinity'"], ["1.5", '"NaN"', '"-Infinity"']),
    ("f8", "double precision", "DOUBLE", ["1e300", "'NaN'", "'Infinity'"], ["1.0E300", '"NaN"', '"Infinity"']),
    ("n", "numeric(10,2)", "DECIMAL(10, 2)", ["12345678.91", "-0.01", "100"], ["12345678.91", "-0.01", "1E+2"]),
    ("nr", "numeric", "DECIMAL(10, 3)", ["0.0005", "-1.2345", "9999999.9994"], ["0.001", "-1.235", "9999999.999"]),
    ("nb", "numeric(38,0)", "DECIMAL(38, 0)", ["99999999999999999999999999999999999999", "-10000", "0"],
     ["99999999999999999999999999999999999999", "-1E+4", "0"]),
    ("ns", "numeric(38,38)", "DECIMAL(38, 38)", ["0.00000000000000000000000000000000000001", "-0.5", "0"], ["1E-38", "-0.5", "0"]),
    ("ni", "bigint", "DECIMAL(20, 1)", ["7", "-9000000000", "0"], ["7", "-9E+9", "0"]),
    ("b", "boolean", "BOOLEAN", ["true", "false", "true"], ["true", "false", "true"]),
]
OTHERS = [
    ("t", "text", "STRING", ["''", "'short'", "'longer than twelve bytes, ä€😀'"], ['""', '"short"', '"longer than twelve bytes, ä€😀"']),
    ("v", "varchar(20)", "VARCHAR(20)", ["'a'", "'b''c'", "'\"'"], ['"a"', "\"b'c\"", '"\\""']),
    ("c", "char(3)", "CHAR(3)", ["'a'", "'ab'", "'abc'"], ['"a  "', '"ab "', '"abc"']),
    ("y", "bytea", "BYTES", ["'\\x'", "'\\xdeadbeef'", "'\\x00'"], ['""', '"3q2+7w=="', '"AA=="']),
    ("d", "date", "DATE", ["'0001-01-01'", "'2024-02-29'", "'9999-12-31'"], ['"0001-01-01"', '"2024-02-29"', '"9999-12-31"']),
    ("ti", "time", "TIME(3)", ["'00:00'", "'12:34:56.789'", "'23:59:59.999'"], ['"00:00:00"', '"12:34:56.789"', '"23:59:59.999"']),
    ("t0", "time", "TIME(1)", ["'00:00'", "'12:34:56.789'", "'23:59:59.999'"], ['"00:00:00"', '"12:34:56.7"', '"23:59:59.9"']),
    ("ts", "timestamp", "TIMESTAMP(6)", ["'1969-12-31 23:59:59.999999'", "'2024-01-02 03:04:05.678901'", "'0001-01-01'"],
     ['"1969-12-31 23:59:59.999999"', '"2024-01-02 03:04:05.678901"', '"0001-01-01 00:00:00"']),
    ("t3", "timestamp", "TIMESTAMP(3)", ["'1969-12-31 23:59:59.999'", "'2024-01-02 03:04:05.6789'", "'2024-01-02'"],
     ['"1969-12-31 23:59:59.999"', '"2024-01-02 03:04:05.678"', '"2024-01-02 00:00:00"']),
    ("tz", "timestamptz", "TIMESTAMP_LTZ(6)", ["'2024-01-02 03:04:05.678901+02'", "'1970-01-01 00:00:00+00'", "'2024-07-01 00:00:00-08'"],
     ['"2024-01-02 01:04:05.678901Z"', '"1970-01-01 00:00:00Z"', '"2024-07-01 08:00:00Z"']),
    ("j", "json", "STRING", ["'{\"a\":  1}'", "'null'", "'[]'"], ['"{\\"a\\":  1}"', '"null"', '"[]"']),
    ("jb", "jsonb", "STRING", ["'{\"a\":1}'", "'null'", "'[]'"], ['"{\\"a\\": 1}"', '"null"', '"[]"']),
    ("u", "uuid", "STRING", ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"] * 3, ['"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'] * 3),
    ("m", "mood", "STRING", ["'sad'", "'ok'", "'ok'"], ['"sad"', '"ok"', '"ok"']),
    ("ip", "inet", "STRING", ["'10.0.0.1'", "'::1'", "'10.1.0.0/16'"], ['"10.0.0.1/32"', '"::1/128"', '"10.1.0.0/16"']),
]
ARRAYS = [
    ("ai", "int[]", "ARRAY<INT>", ["'{}'", "'{1,NULL,3}'", "'{-5}'"], ["[]", "[1,null,3]", "[-5]"]),
    ("at", "text[]", "ARRAY<STRING>", ["'{}'", "'{a,\"b \\\"c\\\" \\\\\",NULL}'", "'{\"a longer text, surely\"}'"],
     ["[]", '["a","b \\"c\\" \\\\",null]', '["a longer text, surely"]']),
    ("an", "numeric(10,2)[]", "ARRAY<DECIMAL(10, 2)>", ["'{1.25}'", "'{-2,NULL}'", "'{}'"], ["[1.25]", "[-2,null]", "[]"]),
    ("ab", "boolean[]", "ARRAY<BOOLEAN>", ["'{t,f}'", "'{}'", "'{t}'"], ["[true,false]", "[]", "[true]"]),
    ("af", "float8[]", "ARRAY<DOUBLE>", ["'{1.5,NaN}'", "'{}'", "'{Infinity}'"], ['[1.5,"NaN"]', "[]", '["Infinity"]']),
    ("ad", "date[]", "ARRAY<DATE>", ["'{2024-02-29}'", "'{}'", "'{1999-12-31,NULL}'"], ['["2024-02-29"]', "[]", '["1999-12-31",null]']),
    ("as", "timestamp[]", "ARRAY<TIMESTAMP(3)>", ["'{2024-02-29 01:02:03}'", "'{}'", "'{1969-12-31 23:59:59.999}'"],
     ['["2024-02-29 01:02:03"]', "[]", '["1969-12-31 23:59:59.999"]']),
    ("ay", "bytea[]", "ARRAY<BYTES>", ["'{\"\\\\xdead\"}'", "'{}'", "'{\"\\\\x\"}'"], ['["3q0="]', "[]", '[""]']),
    ("az", "timestamptz[]", "ARRAY<TIMESTAMP_LTZ(3)>", ["'{2024-02-29 01:02:03+01}'", "'{}'", "'{2024-01-01 00:00:00+00}'"],
     ['["2024-02-29 00:02:03Z"]', "[]", '["2024-01-01 00:00:00Z"]']),
    ("am", "mood[]", "ARRAY<STRING>", ["'{sad,ok}'", "'{}'", "'{ok,NULL}'"], ['["sad","ok"]', "[]", '["ok",null]']),
    ("aw", "mood[]", "STRING", ["'{sad,ok}'", "'{}'", "'{ok,NULL}'"], ['"{sad,ok}"', '"{}"', '"{ok,NULL}"']),
    ("al", "macaddr[]", "ARRAY<STRING>", ["'{08:00:2b:01:02:03}'", "'{}'", "'{NULL}'"], ['["08:00:2b:01:02:03"]', "[]", "[null]"]),
]


def same(what, got, want):
    if got != want:
        raise harness.Failure(f"{what}:\n got    {got!r}\n wanted {want!r}")


def contains(what, text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"{what}: '{word}' is not in\n{text}")


class World:
    """A database of its own, and scripts that use it."""

    def __init__(self, env, name, postgres=None):
        self.env, self.folder = env, env.folder("postgres-" + name)
        self.server = postgres or servers.postgres()
        self.database = self.server.database()
        self.sql = self.database.sql

    def table(self, name, columns, table=None, **options):
        given = {"connector": "jdbc", "url": self.database.url, "username": "postgres", "table-name": table or name,
                 **{key.replace("_", "-").replace("--", "."): value for key, value in options.items()}}
        with_ = ", ".join(f"'{key}' = '{value}'" for key, value in given.items())
        return f"CREATE TABLE {name} ({columns}) WITH ({with_});\n"

    def script(self, text):
        path = os.path.join(self.folder, f"job-{time.monotonic_ns()}.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, text, *args, check=0):
        return self.env.weir("run", "--quiet", *args, self.script(text), check=check)

    def lines(self, text, *args):
        return self.run(text, *args).stdout.splitlines()

    def input(self, name, columns, rows):
        """A table of JSON lines."""
        path = os.path.join(self.folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        return f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');\n"


# ---- types

def fill_types(world, types):
    world.sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    world.sql("CREATE TABLE a (id int PRIMARY KEY, " + ", ".join(f'"{name}" {kind}' for name, kind, _, _, _ in types) + ")")
    for row in range(3):
        world.sql(f"INSERT INTO a VALUES ({row}, " + ", ".join(values[row] for _, _, _, values, _ in types) + ")")
    world.sql("INSERT INTO a (id) VALUES (3)")
    return "id INT NOT NULL, " + ", ".join(f"`{name}` {kind}" for name, _, kind, _, _ in types)


def read_types(env, name, types):
    """Every value comes out as it should, in one block and row by row, and so does NULL."""
    world = World(env, name)
    columns = fill_types(world, types)
    want = [f'{{"id":{row},' + ",".join(f'"{column}":{shown[row]}' for column, _, _, _, shown in types) + "}" for row in range(3)]
    want.append('{"id":3,' + ",".join(f'"{column}":null' for column, _, _, _, _ in types) + "}")
    script = world.table("a", columns) + "SELECT * FROM a;"
    for args in ((), ("--set", "weir.batch.max-rows=1"), ("--set", "weir.source.block-size=64b", "--parallelism", "3")):
        same(f"rows with {args}", sorted(world.lines(script, *args)), sorted(want))


def write_types(env, name, types, key, options):
    """A copy of the table is equal to it, as text."""
    types = [entry for entry in types if entry[0] != "ni"]
    world = World(env, name)
    columns = fill_types(world, types)
    world.sql("CREATE TABLE o (LIKE a INCLUDING ALL)")
    text = world.table("a", columns)
    text += world.table("o", columns + (", PRIMARY KEY (id) NOT ENFORCED" if key else ""), **options)
    world.run(text + "INSERT INTO o SELECT * FROM a;")
    exact = [name for name, _, kind, _, _ in types if name not in ("nr", "t0", "t3")]
    for name in ["id"] + exact:
        same(f"column {name}", world.sql(f'SELECT id, "{name}"::text FROM o ORDER BY 1'), world.sql(f'SELECT id, "{name}"::text FROM a ORDER BY 1'))


def zones(env):
    """TIMESTAMP and timestamptz meet in the time zone of the session, regions and offsets."""
    world = World(env, "zones")
    world.sql("CREATE TABLE a (id int, ts timestamp, tz timestamptz)")
    world.sql("INSERT INTO a VALUES (1, '2024-07-01 12:00:00', '2024-07-01 12:00:00+00')")
    world.sql("CREATE TABLE o (LIKE a)")
    for zone, local in (("America/New_York", "2024-07-01 08:00:00"), ("GMT+03:00", "2024-07-01 15:00:00")):
        text = f"SET 'table.local-time-zone' = '{zone}';\n" + world.table("a", "id INT, tz TIMESTAMP(3)")
        same(zone, world.lines(text + "SELECT tz FROM a;"), [f'{{"tz":"{local}"}}'])
        text = f"SET 'table.local-time-zone' = '{zone}';\n" + world.table("a", "id INT, ts TIMESTAMP(3), tz TIMESTAMP_LTZ(3)")
        text += world.table("o", "id INT, ts TIMESTAMP_LTZ(3), tz TIMESTAMP(3)")
        world.sql("DELETE FROM o")
        world.run(text + f"INSERT INTO o SELECT id, tz, TIMESTAMP '{local}' FROM a;")
        same(zone + " written", world.sql("SELECT ts::text, tz = '2024-07-01 12:00:00+00' FROM o"), [(local, True)])


def misfits(env):
    """What cannot be read or written says so: column, both types, what to do."""
    world = World(env, "misfits")
    world.sql("CREATE TABLE a (id bigint, d double precision, s text, n numeric)")
    for columns, words in (("id INT", ("column 'id' is bigint", "INT cannot take")), ("d FLOAT", ("double precision",)),
                           ("s BYTES", ("column 's' is text",)), ("x INT", ("has no column 'x'", "id, d, s, n"))):
        done = world.run(world.table("a", columns) + "SELECT * FROM a;", check=2)
        contains(columns, done.stderr, *words)
    done = world.run(world.table("a", "d DECIMAL(5, 2)") + "INSERT INTO a VALUES (1.5);", check=2)
    contains("written", done.stderr, "DECIMAL(5, 2)", "double precision", "CAST")
    done = world.run(world.table("a", "m MAP<INT, INT>") + "SELECT * FROM a;", check=2)
    contains("map", done.stderr, "column 'm' is MAP<INT, INT>", "does not have")
    world.sql("INSERT INTO a VALUES (1, 1, 'x', 'NaN'), (2, 1, 'x', 1000), (3, 1, 'x', 1)")
    text = world.table("a", "id BIGINT, n DECIMAL(5, 2)", **{"error-handling--mode": "ignore"})
    same("bad values left out", world.lines(text + "SELECT id FROM a WHERE n IS NOT NULL;"), ['{"id":3}'])
    done = world.run(world.table("a", "id BIGINT, n DECIMAL(5, 2)") + "SELECT * FROM a;", check=1)
    contains("bad value", done.stderr, "NaN has no value in DECIMAL")


# ---- scans

def pushed(env):
    """Conditions and limits that SQL can say reach the database: EXPLAIN shows them, and rows that do not fulfil them do not come."""
    world = World(env, "pushed")
    world.sql("CREATE TABLE a (id int PRIMARY KEY, n numeric(10,2), s varchar(20), ts timestamp, c char(5), f float8, b boolean)")
    world.sql("INSERT INTO a SELECT i, i / 4.0, 'name ' || i % 10, timestamp '2024-01-01' + i * interval '1 minute', 'ab', i, i % 2 = 0 "
              "FROM generate_series(1, 1000) i")
    table = world.table("a", "id INT, n DECIMAL(10, 2), s STRING, ts TIMESTAMP(6), c CHAR(5), f DOUBLE, b BOOLEAN")
    cases = [  # condition, what is handed over, how many rows fulfil it, how many of them come
        ("id > 990", '"id" > 990', 10, 10),
        ("id > 900 AND id * 2 < 1820", '"id" > 900', 9, 100),
        ("5 >= id OR id = 7", '("id" <= 5 OR "id" = 7)', 6, 6),
        ("n = 2.5", '"n" = 2.5', 1, 1),
        ("s = 'name 3' AND id < 100", "\"s\" = 'name 3' AND \"id\" < 100", 10, 10),
        ("s < 'name 1'", "\"s\" COLLATE \"C\" < 'name 1'", 100, 100),
        ("ts >= TIMESTAMP '2024-01-01 16:00:00'", "\"ts\" >= TIMESTAMP '2024-01-01 16:00:00.000000'", 41, 41),
        ("id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 2000)", '"id" IN (', 21, 21),
        ("b AND id < 11", '"b" AND "id" < 11', 5, 5),
        ("id < 11 AND n IS NOT NULL", '"id" < 11 AND "n" IS NOT NULL', 10, 10),
        ("NOT (id > 10)", 'NOT ("id" > 10)', 10, 10),
        ("c = 'ab   '", None, 1000, 1000),
        ("f < 11", None, 10, 1000),
    ]
    for condition, want, rows, come in cases:
        shown = world.run(table + f"EXPLAIN SELECT id FROM a WHERE {condition};").stdout
        if want is not None:
            contains(condition, shown, "pushed=[" + want)
        elif "c = " not in condition and "pushed=" in shown:
            raise harness.Failure(f"{condition}: handed over\n{shown}")
        for off in ("true", "false"):
            text = f"SET 'weir.optimizer.connector-push-down' = '{off}';\n" + table + f"SELECT COUNT(id) FROM a WHERE {condition};"
            done = env.weir("run", "--result", "final", world.script(text), check=0)
            same(f"{condition}, rows", json.loads(done.stdout), {"EXPR$0": rows})
            contains(f"{condition}, push-down {off}", done.stderr, f"rows in {come if off == 'true' else 1000},")
    done = env.weir("run", world.script(table + "SELECT id FROM a WHERE id > 10 LIMIT 7;"), check=0)
    contains("limit", done.stderr, "rows in 7,")
    done = env.weir("run", world.script(world.table("a", "id INT", **{"filter--handling--policy": "never"}) + "SELECT id FROM a WHERE id > 990;"), check=0)
    contains("policy", done.stderr, "rows in 1000,")


def ranges(env):
    """A table read in ranges has all of their rows once, and goes on after a restart."""
    world = World(env, "ranges")
    world.sql("CREATE TABLE a (id int, v int)")
    world.sql("INSERT INTO a SELECT i, i FROM generate_series(-50, 2000) i")
    world.sql("INSERT INTO a VALUES (NULL, 1)")
    options = {"scan--partition--column": "id", "scan--partition--num": "7", "scan--partition--lower-bound": "-10",
               "scan--partition--upper-bound": "1500"}
    text = world.table("a", "id INT, v INT", **options) + "SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id) FROM a;"
    for args in ((), ("--parallelism", "3"), ("--set", "weir.source.block-size=400b", "--parallelism", "5"), ("--set", "weir.batch.max-rows=1")):
        got = world.run(text, "--result", "final", *args).stdout
        same(f"{args}", list(json.loads(got).values()), [1511, 1511, -10, 1500])
    done = world.run(world.table("a", "id INT", **{"scan--partition--column": "id"}) + "SELECT * FROM a;", check=2)
    contains("incomplete", done.stderr, "Set all four of them")


def one_snapshot(env):
    """Ranges that are read later are as of the same moment as the first, whatever the server does to transactions in which nothing happens; and when
    the connection that keeps the snapshot breaks it is said."""
    world = World(env, "one-snapshot")
    world.sql("CREATE TABLE a (id int, v int, pad text)")
    world.sql("INSERT INTO a SELECT i, 0, repeat('x', 2000) FROM generate_series(1, 20000) i")
    world.sql("ALTER DATABASE \"" + world.database.name + "\" SET idle_in_transaction_session_timeout = '1ms'")
    options = {"scan--partition--column": "id", "scan--partition--num": "40", "scan--partition--lower-bound": "1", "scan--partition--upper-bound": "20000"}
    keeper = "FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE '%%export%%'"
    world.sql("CREATE TABLE o (id int, v int)")
    for what, given in (("kept", {}), ("broken", {}), ("none", {"scan--partition--one-snapshot": "false"})):
        world.sql("UPDATE a SET v = 0; TRUNCATE o")
        text = world.table("a", "id INT, v INT, pad STRING", **options, **given) + world.table("o", "id INT, v INT", **{"sink--buffer-flush--interval": "10 ms"})
        with env.start("run", "--set", "weir.test.block-delay=20 ms", world.script(text + "INSERT INTO o SELECT id, v + CHAR_LENGTH(pad) - 2000 FROM a;")) as job:
            job.until(lambda: world.sql("SELECT COUNT(*) FROM o")[0][0] > 0, "rows")
            world.sql("UPDATE a SET v = 1")
            if what == "broken":
                world.sql("SELECT pg_terminate_backend(pid) " + keeper)
            else:
                same(f"{what}: who keeps a snapshot", world.sql("SELECT COUNT(*) " + keeper)[0][0], int(what == "kept"))
            said = job.end(0)
        rows, later = world.sql("SELECT COUNT(DISTINCT id), SUM(v) FROM o")[0]
        same(f"{what}: rows", rows, 20000)
        same(f"{what}: some are of a later moment", later > 0, what != "kept")
        same(f"{what}: said", "are read as of now" in said, what == "broken")
    same("transactions that are left open", world.sql("SELECT COUNT(*) " + keeper), [(0,)])


def resumed(env, options, want):
    """A scan that is killed in the middle goes on behind what the checkpoint has: the copy has every row once."""
    world = World(env, "resumed-" + str(len(options)))
    world.sql("CREATE TABLE a (id int, v text); CREATE TABLE o (id int, v text)")
    world.sql("INSERT INTO a SELECT i, 'value ' || i FROM generate_series(1, 3000) i")
    text = world.table("a", "id INT, v STRING", **options) + world.table("o", "id INT, v STRING", **{"sink--delivery-guarantee": "exactly-once"})
    script = world.script(text + "INSERT INTO o SELECT id, v FROM a;")
    args = ["run", "--set", f"execution.checkpointing.dir={world.folder}/c", "--set", "execution.checkpointing.interval=50 ms",
            "--set", "weir.source.block-size=600b", "--set", "weir.test.block-delay=5 ms"]
    restore, kills = [], 0
    while True:
        with env.start(*args, *restore, script) as job:
            before = world.sql("SELECT COUNT(*) FROM o")[0][0]
            job.until(lambda: job.process.poll() is not None or world.sql("SELECT COUNT(*) FROM o")[0][0] > before + 300, "rows", ended=True)
            if job.process.poll() is not None:
                job.end(0)
                break
            job.kill()
        restore, kills = ["--restore", "latest"], kills + 1
    if kills < 2:
        raise harness.Failure(f"killed {kills} times only")
    same("rows", world.sql("SELECT COUNT(*), COUNT(DISTINCT id), bool_and(v = 'value ' || id) FROM o"), [(want, want, True)])


def restored(env):
    """The job is torn down and restored after every few blocks, with scans of both kinds, look-ups and sinks of both kinds."""
    world = World(env, "restored")
    world.sql("CREATE TABLE a (id int, v text); CREATE TABLE d (g int, name text)")
    world.sql("INSERT INTO a SELECT i, 'value ' || i FROM generate_series(1, 80) i; INSERT INTO d SELECT i, 'g' || i FROM generate_series(0, 5) i")
    parts = {"scan--partition--column": "id", "scan--partition--num": "4", "scan--partition--lower-bound": "1", "scan--partition--upper-bound": "80"}
    for number, (mode, options) in enumerate((mode, options) for mode in harness.RESTORED for options in ({}, parts)):
        copy, groups, what = f"copy{number}", f"groups{number}", f"{harness.told(mode)} {options}"
        world.sql(f"CREATE TABLE {copy} (id int, v text); CREATE TABLE {groups} (name text PRIMARY KEY, n bigint, s bigint)")
        text = world.table("a", "id INT, v STRING, p AS PROCTIME()", **options) + world.table("d", "g INT, name STRING")
        text += world.table("c", "id INT, v STRING", copy, **{"sink--delivery-guarantee": "exactly-once"})
        text += world.table("o", "name STRING, n BIGINT, s BIGINT, PRIMARY KEY (name) NOT ENFORCED", groups)
        text += "EXECUTE STATEMENT SET BEGIN INSERT INTO c SELECT id, v FROM a;\n"
        text += ("INSERT INTO o SELECT d.name, COUNT(*), SUM(a.id) FROM a JOIN d FOR SYSTEM_TIME AS OF a.p ON MOD(a.id, 7) = d.g GROUP BY d.name; END;")
        said = world.env.weir("run", *harness.options(mode), world.script(text), check=0).stderr
        if said.count("done: ") < 3:
            raise harness.Failure(f"{what}: never restored\n{said}")
        same(what, world.sql(f"SELECT COUNT(*), COUNT(DISTINCT id), bool_and(v = 'value ' || id) FROM {copy}"), [(80, 80, True)])
        same(what, world.sql(f"SELECT * FROM {groups} ORDER BY 1"),
             [(f"g{g}", len(range(g or 7, 81, 7)), sum(range(g or 7, 81, 7))) for g in range(6)])


def access(env):
    """URLs of both kinds, a password from a file and from the environment, and what is wrong with others; no password is ever shown."""
    world = World(env, "access")
    world.sql("CREATE TABLE \"Mixed\" (\"Id\" int); INSERT INTO \"Mixed\" VALUES (1)")
    world.sql("CREATE SCHEMA shop CREATE TABLE orders (id int); INSERT INTO shop.orders VALUES (2)")
    secret = os.path.join(world.folder, "secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("a-secret:of weir\n")
    port, name = world.server.port, world.database.name
    for url, user, password in ((world.database.url, "weir", "${file:" + secret + "}"), (f"postgresql://127.0.0.1:{port}/{name}", "weir", "a-secret:of weir"),
                                (f"host=127.0.0.1 port={port} dbname={name} user=postgres", None, None),
                                (world.database.url + "?user=weir&password=a-secret%3Aof%20weir&reWriteBatchedInserts=true&sslmode=require", None, None)):
        given = {"url": url, **({"username": user, "password": password} if user else {"username": "weir" if "user=weir" in url else "postgres"})}
        same(url, world.lines(world.table("t", "`Id` INT", "Mixed", **given) + "SELECT * FROM t;"), ['{"Id":1}'])
    same("schema", world.lines(world.table("t", "ID INT", "shop.orders") + "SELECT * FROM t;"), ['{"ID":2}'])
    for options, code, words in (
            ({"username": "weir", "password": "hush-hush"}, 2, ("password authentication failed", "28P01", "Set 'username' and 'password'")),
            ({"url": f"jdbc:postgresql://127.0.0.1:{port}/nowhere"}, 2, ("3D000", "Create the database")),
            ({"table-name": "nothing"}, 2, ("there is no table 'nothing'",)),
            ({"url": "jdbc:postgresql://127.0.0.1:1/x", "connection--max-retry-timeout": "300 ms"}, 2, ("127.0.0.1:1/x", "refused")),
            ({"url": "jdbc:mysql://h/x"}, 2, ("reaches PostgreSQL only",)),
            ({"url": world.database.url + "?frobnicate=1"}, 2, ("'frobnicate'",))):
        done = world.run(world.table("t", "id INT", "shop.orders", **options) + "SELECT * FROM t;", check=code)
        contains(str(options), done.stderr, *words)
        if "hush" in done.stderr + done.stdout:
            raise harness.Failure(f"the password is shown:\n{done.stderr}")


# ---- look-ups

def lookups(env):
    """The same answer whatever is kept; rows without a match, several matches, keys of two columns, NULL keys, a condition besides."""
    world = World(env, "lookups")
    world.sql("CREATE TABLE d (id bigint, region text, name text, price numeric(8,2), tags text[])")
    world.sql("INSERT INTO d SELECT i % 40, CASE WHEN i % 2 = 0 THEN 'eu' ELSE 'us' END, 'n' || i, i, array['a' || i, NULL] FROM generate_series(1, 100) i")
    rows = [{"id": i, "k": None if i % 13 == 0 else i % 60, "r": "eu" if i % 3 else "us"} for i in range(500)]
    source = world.input("o", "id INT, k BIGINT, r STRING, p AS PROCTIME()", rows)
    stored = world.sql("SELECT id, region, name, price FROM d")
    want = sorted((row["id"], s[2]) for row in rows for s in stored if s[0] == row["k"] and s[1] == row["r"] and s[3] > 10)
    caches = [{}, {"lookup--connections": "1"}, {"lookup--connections": "7"},
              {"lookup--cache": "PARTIAL", "lookup--partial-cache--max-rows": "7"},
              {"lookup--cache": "PARTIAL", "lookup--partial-cache--max-rows": "1", "lookup--connections": "5",
               "lookup--partial-cache--cache-missing-key": "false"},
              {"lookup--cache": "PARTIAL", "lookup--partial-cache--expire-after-write": "1 ms", "lookup--connections": "5"},
              {"lookup--cache": "PARTIAL", "lookup--partial-cache--expire-after-write": "1 h", "lookup--partial-cache--cache-missing-key": "false"},
              {"lookup--cache--max-rows": "9", "lookup--cache--ttl": "1 h"},
              {"lookup--cache": "FULL", "lookup--full-cache--periodic-reload--interval": "1 h"}]
    for cache in caches:
        text = source + world.table("d", "id BIGINT, region STRING, name STRING, price DECIMAL(8, 2), tags ARRAY<STRING>", **cache)
        text += "SELECT o.id, d.name, d.tags FROM o JOIN d FOR SYSTEM_TIME AS OF o.p ON o.k = d.id AND o.r = d.region AND d.price > 10;"
        for args in ((), ("--set", "weir.batch.max-rows=7", "--parallelism", "3")):
            got = [json.loads(line) for line in world.lines(text, *args)]
            same(f"{cache} {args}", sorted((row["id"], row["name"]) for row in got), want)
            same(f"{cache} arrays", all(row["tags"] == ["a" + row["name"][1:], None] for row in got), True)
    left = source + world.table("d", "id BIGINT, name STRING") + (
        "SELECT COUNT(*), COUNT(d.name) FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.p ON o.k = d.id;")
    matches = [sum(s[0] == row["k"] for s in stored) for row in rows]
    same("left", list(json.loads(world.run(left, "--result", "final").stdout).values()), [sum(max(1, n) for n in matches), sum(matches)])


def lookup_survives(env):
    """The database is restarted between two questions: the job asks again."""
    with servers.postgres(fresh=True) as postgres:
        world = World(env, "lookup-survives", postgres)
        world.sql("CREATE TABLE d (id bigint PRIMARY KEY, name text); INSERT INTO d SELECT i, 'n' || i FROM generate_series(1, 1000) i")
        world.sql("CREATE TABLE o (id bigint, name text)")
        text = ("CREATE TABLE s (id BIGINT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'number-of-rows' = '1000', "
                "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');\n")
        text += world.table("d", "id BIGINT, name STRING") + world.table("o", "id BIGINT, name STRING", **{"sink--buffer-flush--interval": "50 ms"})
        with env.start("run", world.script(text + "INSERT INTO o SELECT s.id, d.name FROM s JOIN d FOR SYSTEM_TIME AS OF s.p ON s.id = d.id;")) as job:
            job.until(lambda: world.sql("SELECT COUNT(*) FROM o")[0][0] > 50, "rows")
            postgres.kill()
            time.sleep(0.3)
            postgres.start()
            job.end(0)
        same("names", world.sql("SELECT COUNT(DISTINCT id), bool_and(name = 'n' || id) FROM o"), [(1000, True)])


JOIN = "SELECT o.id, d.v FROM o JOIN d FOR SYSTEM_TIME AS OF o.p ON o.id = d.id;"


def lookups_ahead(env):
    """The keys of several batches are asked for at a time, over connections of their own; those that cannot be had are done without."""
    world = World(env, "lookups-ahead")
    world.sql("CREATE TABLE d (id bigint, v int); INSERT INTO d SELECT i % 100, i FROM generate_series(0, 199) i")
    world.sql("CREATE FUNCTION held() RETURNS boolean VOLATILE LANGUAGE plpgsql COST 1e9 AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN true; END $$")
    world.sql("CREATE VIEW s AS SELECT id, v FROM d WHERE held()")  # its answers wait until the test lets them go
    source = world.input("o", "id BIGINT, p AS PROCTIME()", [{"id": i} for i in range(100)])
    want = sorted((i % 100, i) for i in range(200))
    asks = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%unnest($1%'"
    args = ["run", "--quiet", "--set", "weir.batch.max-rows=10", "--parallelism", "1"]
    for count in (1, 4):
        text = source + world.table("d", "id BIGINT, v INT", "s", **{"lookup--connections": count}) + JOIN
        with contextlib.closing(world.database.connect()) as holder, holder.cursor() as hold:
            hold.execute("SELECT pg_advisory_lock(7)")
            with env.start(*args, world.script(text)) as job:
                job.until(lambda: world.sql(asks)[0][0] >= count, f"{count} questions at a time")
                time.sleep(0.5)
                same(f"questions at a time, {count} connections", world.sql(asks)[0][0], count)
                hold.execute("SELECT pg_advisory_unlock(7)")
                job.end(0)
                same(f"rows over {count} connections", sorted((row["id"], row["v"]) for row in map(json.loads, job.shown().splitlines())), want)
    world.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 1; GRANT SELECT ON d TO few")
    text = source + world.table("d", "id BIGINT, v INT", username="few", **{"lookup--connections": "9"}) + JOIN
    got = [json.loads(line) for line in world.lines(text, *args[2:])]
    same("rows over one connection of nine", sorted((row["id"], row["v"]) for row in got), want)
    world.sql("REVOKE ALL ON d FROM few; DROP ROLE few")


def lookup_limit(env):
    """A key with more rows than a worker is to hold fails the job, by its name; nothing of it is held beyond the limit."""
    world = World(env, "lookup-limit")
    world.sql("CREATE TABLE d (id bigint, v text); INSERT INTO d SELECT CASE WHEN i % 10 = 0 THEN i ELSE 42 END, repeat('x', 100) FROM generate_series(1, 300000) i")
    source = world.input("o", "id BIGINT, p AS PROCTIME()", [{"id": i} for i in range(100)])
    for cache in ({}, {"lookup--cache": "PARTIAL", "lookup--partial-cache--max-rows": "10"}):
        table = world.table("d", "id BIGINT, v STRING", **{"lookup--max-answer-size": "1 mb"}, **cache)
        done = world.run(source + table + "SELECT o.id, d.v FROM o JOIN d FOR SYSTEM_TIME AS OF o.p ON o.id = d.id;", check=1)
        contains("limit", done.stderr, "Table 'd': the rows for 100 keys", "more than 1048576 bytes; key (42) has", "'lookup.max-answer-size'")
    rows = world.run(source + world.table("d", "id BIGINT, v STRING") + "SELECT COUNT(d.v) FROM o JOIN d FOR SYSTEM_TIME AS OF o.p ON o.id = d.id;",
                     "--result", "final").stdout
    same("rows within the usual limit", list(json.loads(rows).values()), [270009])


def lookup_much(env):
    """Many left rows with many rows each: what comes out is passed on piece by piece, in order, and does not pile up in front of the next stage."""
    world = World(env, "lookup-much")
    world.sql("CREATE TABLE d (id bigint, n int, v text); INSERT INTO d SELECT CASE WHEN i < 20000 THEN 1 ELSE 2 END, i, 'a name of some length ' || i FROM generate_series(0, 20009) i")
    source = world.input("o", "id BIGINT, num INT, p AS PROCTIME()", [{"id": [1, 2, 3][i % 3], "num": i} for i in range(1500)])
    table = world.table("d", "id BIGINT, n INT, v STRING")
    many = world.input("many", "id BIGINT, num INT, p AS PROCTIME()", [{"id": 1, "num": i} for i in range(2000)])
    path = world.script(many + table + "SELECT COUNT(*) FROM (SELECT d.v, COUNT(*) AS c FROM many JOIN d FOR SYSTEM_TIME AS OF many.p ON many.id = d.id "
                        "GROUP BY d.v HAVING COUNT(*) = 2000) z;")
    most = 0
    with env.start("run", "--set", "table.optimizer.agg-phase-strategy=ONE_PHASE", "--result", "final", "--parallelism", "2", path) as job:
        while job.process.poll() is None:
            with open(f"/proc/{job.process.pid}/status", encoding="utf-8") as file:
                most = max([most] + [int(line.split()[1]) for line in file if line.startswith("VmRSS")])
            time.sleep(0.01)
        contains("rows", job.end(0), "rows in 2000,")
    if most > 700000:
        raise harness.Failure(f"{most} KB of memory were used")
    for args in ((), ("--set", "weir.batch.max-rows=100"), ("--parallelism", "3")):
        text = source + table + ("SELECT COUNT(*), COUNT(d.n), SUM(CAST(d.n AS BIGINT)), COUNT(DISTINCT o.num) FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.p "
                                 "ON o.id = d.id AND d.n < 3000;")
        got = world.run(text, "--result", "final", *args).stdout
        same(f"left, with a condition, {args}", list(json.loads(got).values()), [500 * 3000 + 1000, 500 * 3000, 500 * (2999 * 3000 // 2), 1500])
    lines = world.lines(source + table + "SELECT o.num, d.n FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.p ON o.id = d.id AND d.n < 1000;", "--parallelism", "1")
    want = [f'{{"num":{i},"n":{n}}}' for i in range(1500) for n in (range(1000) if i % 3 == 0 else ["null"])]
    same("the order of the left rows", [line.split(",")[0] for line in lines], [line.split(",")[0] for line in want])


def lookup_broken(env, cache):
    """Connections break in the middle of an answer, again and again: what had come of it does not count twice."""
    world = World(env, f"lookup-broken-{len(cache)}")
    world.sql("CREATE TABLE d (id bigint, v int); INSERT INTO d SELECT i % 50, i FROM generate_series(0, 49999) i")
    source = world.input("o", "id BIGINT, p AS PROCTIME()", [{"id": i} for i in range(60)])
    out = os.path.join(world.folder, "out")
    with servers.toxiproxy().proxy(world.server.port) as way:
        table = world.table("d", "id BIGINT, v INT", url=world.database.url.replace(str(world.server.port), str(way.port)), **cache)
        text = source + table + f"CREATE TABLE x (id BIGINT, v INT) WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');\n"
        way.toxic("limit_data", "downstream", bytes=200000)
        with env.start("run", "--set", "weir.batch.max-rows=25", world.script(text + "INSERT INTO x " + JOIN)) as job:
            job.until_said("waits")
            way.heal()
            said = job.end(0)
    contains("said", said, "goes on")
    found = [line for base, _, files in os.walk(out) for file in files if file[0] not in "._" for line in harness.read_lines(os.path.join(base, file))]
    same("rows", sorted(found), sorted(f"{i % 50},{i}" for i in range(50000)))


# ---- a server that is silent

def silent(env, what, given, words):
    """The server vanishes behind a proxy that goes on to answer for it. With a limit the connection is given up, without one it is said; all is well
    when it is back."""
    world = World(env, f"silent-{what}-{len(given)}")
    world.sql("CREATE TABLE d (id bigint, v int); INSERT INTO d SELECT i, i FROM generate_series(0, 999) i; CREATE TABLE x (id bigint, v int)")
    with servers.toxiproxy().proxy(world.server.port) as way:
        slow = {**given, "url": world.database.url.replace(str(world.server.port), str(way.port)) + given.get("url", "")}
        text = ("CREATE TABLE o (id BIGINT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '200', 'number-of-rows' = '1000', "
                "'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '999');\n")
        text += world.table("d", "id BIGINT, v INT", **(slow if what == "look-up" else {}))
        text += world.table("x", "id BIGINT, v INT", **(slow if what == "sink" else {}), **{"sink--buffer-flush--interval": "20 ms"})
        with env.start("run", world.script(text + "INSERT INTO x " + JOIN)) as job:
            job.until(lambda: world.sql("SELECT COUNT(*) FROM x")[0][0] > 20, "rows")
            way.half_open()
            job.until_said(words)
            way.heal()
            contains("said", job.end(0), "goes on")
    same("rows", world.sql("SELECT COUNT(DISTINCT id), bool_and(id = v) FROM x"), [(1000, True)])


def slow(env):
    """A statement that takes long is waited for, and said."""
    world = World(env, "slow")
    world.sql("CREATE VIEW l AS SELECT id FROM (VALUES (1)) a(id) WHERE pg_sleep(12) IS NOT NULL")
    with env.start("run", world.script(world.table("l", "id INT") + "SELECT id FROM l;")) as job:
        job.until_said("a statement takes long")
        contains("said", job.end(0), "goes on", "rows in 1,")


# ---- sinks

def upserts(env):
    """Updates and deletes by key; within a batch the last change of a key counts; the order of batches too."""
    world = World(env, "upserts")
    world.sql("CREATE TABLE o (g text, a int, n bigint, s bigint, PRIMARY KEY (a, g))")
    rows = [{"g": "ab"[i % 2], "a": i % 50, "v": i} for i in range(3000)]
    text = world.input("i", "g STRING, a INT, v BIGINT", rows)
    want = {}
    for row in rows:
        n, s = want.get((row["g"], row["a"]), (0, 0))
        want[row["g"], row["a"]] = n + 1, s + row["v"]
    for options in ({}, {"sink--buffer-flush--max-rows": "3"}, {"sink--delivery-guarantee": "exactly-once"}):
        world.sql("DELETE FROM o")
        world.sql("INSERT INTO o VALUES ('z', 1, 1, 1), ('a', 0, 0, 0)")
        out = world.table("o", "g STRING, a INT, n BIGINT, s BIGINT, PRIMARY KEY (g, a) NOT ENFORCED", **options)
        for having in ("", " HAVING SUM(v) < 80000"):  # rows come and go
            world.run(text + out + f"INSERT INTO o SELECT g, a, COUNT(*), SUM(v) FROM i GROUP BY g, a{having};", "--set", "weir.source.block-size=500b")
            kept = {k: v for k, v in want.items() if not having or v[1] < 80000}
            got = {(g, a): (n, s) for g, a, n, s in world.sql("SELECT * FROM o WHERE g <> 'z'")}
            same(f"{options} {having}", {k: v for k, v in got.items() if k in kept or not having}, kept if not having else kept)
    same("others stay", world.sql("SELECT * FROM o WHERE g = 'z'"), [("z", 1, 1, 1)])
    world.sql("CREATE TABLE u (g text, n bigint)")
    done = world.run(text + world.table("u", "g STRING, n BIGINT, PRIMARY KEY (g) NOT ENFORCED") + "INSERT INTO u SELECT g, COUNT(*) FROM i GROUP BY g;", check=1)
    contains("no unique index", done.stderr, "42P10", "UNIQUE index")
    done = world.run(text + world.table("u", "g STRING, n BIGINT") + "INSERT INTO u SELECT g, COUNT(*) FROM i GROUP BY g;", check=2)
    contains("no key", done.stderr, "PRIMARY KEY")


REFUSALS = [("ok", 1, None), ("dup", 1, "constraint"), ("too long for it", 2, "too-large"), ("neg", -1, "constraint"), ("ok2", 3, None),
            ("trig", 4, "refused"), ("nul\0", 5, "type"), ("ok3", 6, None)]


def refused(env, exact, checkpoints):
    """Rows that the database refuses, and those that it does not get, are dead letters; all others arrive, once."""
    world = World(env, f"refused-{exact}-{checkpoints}")
    world.sql("CREATE TABLE o (name varchar(8), id int PRIMARY KEY CHECK (id >= 0), u uuid)")
    world.sql("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'trig' THEN RAISE 'never'; END IF; RETURN NEW; END $$")
    world.sql("CREATE TRIGGER no BEFORE INSERT ON o FOR EACH ROW EXECUTE FUNCTION no()")
    many = [{"name": f"r{i}", "id": 1000 + i, "u": None} for i in range(300)]
    rows = many[:150] + [{"name": name, "id": number, "u": None} for name, number, _ in REFUSALS] + many[150:]
    rows.append({"name": "uuid", "id": 7, "u": "not one"})
    text = world.input("i", "name STRING, id INT, u STRING", rows)
    dead = os.path.join(world.folder, "dead")
    text += f"CREATE TABLE dead (`raw` STRING METADATA FROM 'raw', kind STRING METADATA FROM 'error-kind', why STRING METADATA FROM 'error-text') WITH ('connector' = 'filesystem', 'path' = '{dead}', 'format' = 'json');\n"
    options = {"error-handling--mode": "log", "error-handling--log--target": "dead"}
    if exact:
        options["sink--delivery-guarantee"] = "exactly-once"
    text = text.replace("`raw` STRING", "`raw` BYTES") + world.table("o", "name STRING, id INT, u STRING", **options)
    args = []
    if checkpoints:
        args = ["--set", f"execution.checkpointing.dir=file://{world.folder}/checkpoints", "--set", "execution.checkpointing.interval=50ms",
                "--set", "weir.source.block-size=300b", "--set", "weir.test.block-delay=3ms"]
    world.run(text + "INSERT INTO o SELECT * FROM i;", *args)
    same("rows", sorted(name for (name,) in world.sql("SELECT name FROM o")), sorted([f"r{i}" for i in range(300)] + ["ok", "ok2", "ok3"]))
    found = []
    for base, _, files in os.walk(dead):
        for file in files:
            if not file.startswith((".", "_")):
                found += [json.loads(line) for line in harness.read_lines(os.path.join(base, file)) if line]
    want = sorted([kind for _, _, kind in REFUSALS if kind] + ["type"])
    same("dead letters", sorted(letter["kind"] for letter in found), want)
    contains("reasons", " ".join(letter["why"] for letter in found), "duplicate key", "too long", "check constraint", "never", "UUID")
    done = world.run(text.replace("'error-handling.mode' = 'log'", "'error-handling.mode' = 'fail'").replace("'error-handling.log.target' = 'dead', ", "")
                     .replace(", 'error-handling.log.target' = 'dead'", "") + "INSERT INTO o SELECT * FROM i;", check=1)
    contains("fail", done.stderr, "Table 'o'")


def restarted(env, exact):
    """The database goes away while rows are written: the job says each reason once, waits, and goes on; with exactly-once no row is there twice."""
    with servers.postgres(fresh=True) as postgres:
        world = World(env, f"restarted-{exact}", postgres)
        world.sql("CREATE TABLE o (id bigint)")
        text = ("CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1500', 'number-of-rows' = '6000', "
                "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '6000');\n")
        text += world.table("o", "id BIGINT", **{"sink--buffer-flush--interval": "20 ms", "sink--delivery-guarantee": "exactly-once" if exact else "none"})
        args = ["--set", f"execution.checkpointing.dir=file://{world.folder}/c", "--set", "execution.checkpointing.interval=50ms"] if exact else []
        with env.start("run", *args, world.script(text + "INSERT INTO o SELECT id FROM s;")) as job:
            job.until(lambda: world.sql("SELECT COUNT(*) FROM o")[0][0] > 100, "rows")
            postgres.kill()
            job.until_said("waits")
            postgres.start()
            said = job.end(0)
        contains("said", said, "goes on")
        reasons = [line.split("waits: ", 1)[1] for line in said.splitlines() if " waits: " in line]
        same("each reason said once", len(reasons), len(set(reasons)))
        count, different = world.sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM o")[0]
        same("rows", different, 6000)
        if exact:
            same("none twice", count, 6000)
            same("notes", world.sql("SELECT COUNT(*), bool_and(starts_with(mark, 'weir1 ')) FROM weir_epochs"), [(1, True)])


def idle_transaction(env):
    """A server that ends transactions in which nothing happens for a moment, over a slow way: it is said and tried again, until it lets them be."""
    world = World(env, "idle-transaction")
    world.sql("CREATE TABLE o (id bigint)")
    world.sql(f"ALTER DATABASE {world.database.name} SET idle_in_transaction_session_timeout = '10ms'")
    with servers.toxiproxy().proxy(world.server.port) as way:
        way.delay(50)
        text = world.input("i", "id BIGINT", [{"id": i} for i in range(100)])
        text += world.table("o", "id BIGINT", url=world.database.url_at(way.port), **{"sink--delivery-guarantee": "exactly-once"})
        with env.start("run", world.script(text + "INSERT INTO o SELECT id FROM i;")) as job:
            job.until_said("[SQLSTATE 25P03]")
            world.sql(f"ALTER DATABASE {world.database.name} RESET idle_in_transaction_session_timeout")
            contains("said", job.end(0), "goes on")
    same("rows", world.sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM o"), [(100, 100)])


def named(env):
    """Two INSERTs into one table that write exactly once need a name each; without, one takes over from the other, and the job says so."""
    world = World(env, "named")
    world.sql("CREATE TABLE o (id bigint)")
    exact = {"sink--delivery-guarantee": "exactly-once"}
    text = world.table("o", "id BIGINT", **exact) + world.table("p", "id BIGINT", "o", **exact)
    text += "EXECUTE STATEMENT SET BEGIN INSERT INTO o VALUES (1), (2); INSERT INTO {} VALUES (3); END;"
    world.run(text.format("p"))
    world.run(text.format("o /*+ OPTIONS('sink.id' = 'second') */"))
    same("rows", world.sql("SELECT id, COUNT(*) FROM o GROUP BY id ORDER BY id"), [(1, 2), (2, 2), (3, 2)])
    same("its name", world.sql("SELECT COUNT(*) FROM weir_epochs WHERE sink = 'second'"), [(1,)])
    done = world.run(text.format("o"), check=1)
    contains("one name", done.stderr, "'sink.id'")


def made_there(env):
    """Values that PostgreSQL makes: identities are written as they come, by COPY and by INSERT; of generated columns it is said what to do."""
    world = World(env, "made")
    world.sql("CREATE TABLE o (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t inet, g int GENERATED ALWAYS AS (id + 1) STORED)")
    world.run(world.table("o", "id INT") + "INSERT INTO o VALUES (5);")
    world.run(world.table("o", "id INT, t STRING") + "INSERT INTO o VALUES (7, '10.0.0.1');")
    world.run(world.table("o", "id INT, t STRING, PRIMARY KEY (id) NOT ENFORCED") + "INSERT INTO o VALUES (7, '10.0.0.2'), (9, '10.0.0.3');")
    same("rows", world.sql("SELECT id, host(t), g FROM o ORDER BY id"), [(5, None, 6), (7, "10.0.0.2", 8), (9, "10.0.0.3", 10)])
    done = world.run(world.table("o", "t STRING, g INT") + "INSERT INTO o VALUES ('10.0.0.1', 2);", check=1)
    contains("generated", done.stderr, "Leave the column out of the declaration")


def cases(env):
    for name, types in (("numbers", NUMBERS), ("others", OTHERS), ("arrays", ARRAYS)):
        yield f"postgres/read/{name}", lambda n=name, t=types: read_types(env, "read-" + n, t)
        yield f"postgres/append/{name}", lambda n=name, t=types: write_types(env, "append-" + n, t, False, {})
        yield f"postgres/upsert/{name}", lambda n=name, t=types: write_types(env, "upsert-" + n, t, True, {})
        yield f"postgres/exact/{name}", lambda n=name, t=types: write_types(env, "exact-" + n, t, False, {"sink--delivery-guarantee": "exactly-once"})
    for test in (restored, zones, misfits, pushed, ranges, one_snapshot, access, lookups, lookups_ahead, lookup_limit, lookup_much, lookup_survives, slow, upserts, idle_transaction, named, made_there):
        yield f"postgres/{test.__name__}", lambda t=test: t(env)
    for what, given, words in (("look-up", {"url": "?socketTimeout=1"}, "the server does not answer"), ("sink", {}, "has been silent for 10 s"),
                               ("sink", {"connection--answer-timeout": "500 ms"}, "the server does not answer")):
        yield f"postgres/silent/{what}{'-limit' if given else ''}", lambda w=what, g=given, s=words: silent(env, w, g, s)
    yield "postgres/lookup_broken/none", lambda: lookup_broken(env, {})
    yield "postgres/lookup_broken/full", lambda: lookup_broken(env, {"lookup--cache": "FULL", "lookup--full-cache--periodic-reload--interval": "1 h"})
    yield "postgres/resumed/whole", lambda: resumed(env, {}, 3000)
    yield "postgres/resumed/ranges", lambda: resumed(env, {"scan--partition--column": "id", "scan--partition--num": "5",
                                                          "scan--partition--lower-bound": "1", "scan--partition--upper-bound": "2900"}, 2900)
    for exact in (False, True):
        for checkpoints in (False, True):
            yield f"postgres/refused/{'exact' if exact else 'at-least'}{'-checkpoints' if checkpoints else ''}", lambda e=exact, c=checkpoints: refused(env, e, c)
        yield f"postgres/restarted/{'exact' if exact else 'at-least'}", lambda e=exact: restarted(env, e)
