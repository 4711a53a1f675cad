#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""postgres.py - rows into and out of PostgreSQL, and look-ups, beside what libpq itself does; nothing passes or fails.

Usage: ./dev bench postgres [--rows N] [--times N] [WORD ...]

A real server runs on the same cores. Limits (postgres/limit.c: a bare COPY; COPY into a temporary table and INSERT ... ON CONFLICT; COPY TO) and
jobs alternate; the best run of each counts. The rows of the jobs come from 'datagen', those of the limits from a loop.
"""
import argparse
import os
import subprocess
import sys

import run

sys.path.insert(0, os.path.join(run.ROOT, "tests"))
import servers  # noqa: E402

COLUMNS = "id bigint, k int, name text, price float8, at timestamp"
DECLARED = "id BIGINT, k INT, name STRING, price DOUBLE, `at` TIMESTAMP(3)"
KEYS = 100000


def program():
    path, source = os.path.join(run.DATA, "postgres-limit"), os.path.join(run.HERE, "postgres", "limit.c")
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
        subprocess.run(["cc", "-O2", "-I/usr/include/postgresql", source, "-o", path, "-lpq"], check=True)
    return path


def source(rows):
    return (f"CREATE TABLE s (id BIGINT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}', "
            f"'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '{rows - 1}');\n")


ROW = "id, CAST(MOD(id, {keys}) AS INT) AS k, 'name ' || CAST(MOD(id, 1000) AS STRING), id * 0.25E0, TO_TIMESTAMP_LTZ(id, 3)"


def table(database, name, columns=DECLARED, key="", **more):
    given = {"connector": "jdbc", "url": database.url, "username": "postgres", "table-name": name, **more}
    return f"CREATE TABLE {name} ({columns}{key}) WITH ({', '.join(f'{chr(39)}{k}{chr(39)} = {chr(39)}{v}{chr(39)}' for k, v in given.items())});\n"


class Bench:
    def __init__(self, given, database):
        self.given, self.database, self.rows = given, database, given.rows
        self.weir = os.path.join(run.ROOT, given.build, "weir")
        self.limit = program()
        self.best = {}

    def note(self, name, rows, seconds, cpu=None):
        if name not in self.best or seconds < self.best[name][1]:
            self.best[name] = (rows, seconds, cpu)

    def job(self, name, rows, text, *args):
        path = os.path.join(run.DATA, "postgres.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = run.Run([self.weir, "run", "--quiet", *args, path])
        self.note(name, rows, done.wall, done.cpu)

    def libpq(self, name, rows, *args):
        out = subprocess.run([self.limit, self.database.server.dsn(self.database.name), *map(str, args)], stdout=subprocess.PIPE, text=True, check=True)
        self.note(name, rows, float(out.stdout))

    def fresh(self, key):
        self.database.sql("DROP TABLE IF EXISTS t")
        self.database.sql(f"CREATE TABLE t ({COLUMNS}{', PRIMARY KEY (k)' if key else ''})")
        self.database.sql("CHECKPOINT")

    def append(self):
        for exact in (None, False, True):
            self.fresh(False)
            if exact is None:
                self.libpq("a bare COPY", self.rows, "append", "t", self.rows)
                continue
            more = {"sink.delivery-guarantee": "exactly-once"} if exact else {}
            args = ["--set", f"execution.checkpointing.dir={run.DATA}/postgres-checkpoints", "--set", "execution.checkpointing.interval=1 s"] if exact else []
            text = source(self.rows) + table(self.database, "t", DECLARED.replace("TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"), **more)
            self.job("append, exactly once" if exact else "append", self.rows, text + f"INSERT INTO t SELECT {ROW.format(keys=KEYS)} FROM s;", *args)

    def upsert(self):
        self.fresh(True)
        self.libpq("COPY and INSERT ... ON CONFLICT by hand", self.rows, "upsert", "t", self.rows, KEYS)
        self.fresh(True)
        text = source(self.rows) + table(self.database, "t", DECLARED.replace("TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"), ", PRIMARY KEY (k) NOT ENFORCED",
                                         **{"sink.buffer-flush.max-rows": "50000"})
        self.job("upsert", self.rows, text + f"INSERT INTO t SELECT {ROW.format(keys=KEYS)} FROM s;")

    def scan(self):
        self.fresh(False)
        self.libpq("rows made", self.rows, "append", "t", self.rows)
        self.best.pop("rows made")
        self.libpq("a bare COPY TO", self.rows, "scan", "t")
        out = f"CREATE TABLE o ({DECLARED}) WITH ('connector' = 'blackhole');\n"
        self.job("scan", self.rows, table(self.database, "t") + out + "INSERT INTO o SELECT * FROM t;")

    def lookup(self):
        self.database.sql("DROP TABLE IF EXISTS d")
        self.database.sql("CREATE TABLE d (id bigint PRIMARY KEY, name text, price numeric(10,2))")
        self.database.sql("INSERT INTO d SELECT i, 'name of ' || i, i * 1.25 FROM generate_series(0, 9999) i")
        self.database.sql("ANALYZE d")
        for name, rows, keys, cache in (
                ("look-ups, nothing kept", self.rows // 10, 10000, {}),
                ("look-ups, PARTIAL, 10,000 keys", 5 * self.rows, 10000, {"lookup.cache": "PARTIAL", "lookup.partial-cache.max-rows": "100000"}),
                ("look-ups, FULL, 10,000 keys", 5 * self.rows, 10000, {"lookup.cache": "FULL", "lookup.full-cache.periodic-reload.interval": "1 h"}),
                ("look-ups, PARTIAL, 1,000 keys", 5 * self.rows, 1000, {"lookup.cache": "PARTIAL", "lookup.partial-cache.max-rows": "100000"})):
            text = source(rows).replace("p AS PROC", f"k AS MOD(id * 7919, {keys}), p AS PROC")
            text += table(self.database, "d", "id BIGINT, name STRING, price DECIMAL(10, 2)", **cache)
            text += "CREATE TABLE o (id BIGINT, name STRING, price DECIMAL(10, 2)) WITH ('connector' = 'blackhole');\n"
            self.job(name + ", one core", rows, text + "INSERT INTO o SELECT s.id, d.name, d.price FROM s JOIN d FOR SYSTEM_TIME AS OF s.p ON s.k = d.id;",
                     "--parallelism", "1")

    def far(self):
        """Look-ups when what is asked takes 5 ms to get there."""
        self.database.sql("DROP TABLE IF EXISTS d")
        self.database.sql("CREATE TABLE d (id bigint PRIMARY KEY, name text, price numeric(10,2))")
        self.database.sql("INSERT INTO d SELECT i, 'name of ' || i, i * 1.25 FROM generate_series(0, 9999) i")
        self.database.sql("ANALYZE d")
        with servers.toxiproxy().proxy(self.database.server.port) as way:
            way.toxic("latency", "upstream", latency=5)
            for connections in (1, 2, 4):
                text = source(self.rows // 2).replace("p AS PROC", "k AS MOD(id * 7919, 10000), p AS PROC")
                text += table(self.database, "d", "id BIGINT, name STRING, price DECIMAL(10, 2)",
                              **{"url": self.database.url.replace(str(self.database.server.port), str(way.port)), "lookup.connections": str(connections)})
                text += "CREATE TABLE o (id BIGINT, name STRING, price DECIMAL(10, 2)) WITH ('connector' = 'blackhole');\n"
                self.job(f"look-ups, nothing kept, 5 ms away, {connections} connection{'s' * (connections > 1)}, one core", self.rows // 2,
                         text + "INSERT INTO o SELECT s.id, d.name, d.price FROM s JOIN d FOR SYSTEM_TIME AS OF s.p ON s.k = d.id;", "--parallelism", "1")


def main():
    parser = argparse.ArgumentParser(description="Measures the connector for PostgreSQL.")
    parser.add_argument("words", nargs="*", default=["append", "upsert", "scan", "lookup", "far"])
    parser.add_argument("--build", default="build")
    parser.add_argument("--rows", type=int, default=2000000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    servers.with_clients()
    os.makedirs(run.DATA, exist_ok=True)
    run.describe(os.path.join(run.ROOT, given.build, "weir"), "./dev bench " + " ".join(["postgres"] + sys.argv[1:]))
    postgres = servers.postgres(fresh=True, config={"shared_buffers": "512MB", "max_wal_size": "8GB"})
    with postgres.database("bench") as database:
        bench = Bench(given, database)
        for _ in range(given.times):
            for word in given.words:
                getattr(bench, word)()
        print("\n| | rows/s | wall s | CPU s |\n|---|--:|--:|--:|")
        for name, (rows, seconds, cpu) in bench.best.items():
            print(f"| {name} | {rows / seconds:,.0f} | {seconds:.2f} | {f'{cpu:.2f}' if cpu else ''} |")


if __name__ == "__main__":
    sys.exit(main())
