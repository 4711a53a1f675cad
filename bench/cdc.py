#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cdc.py - how fast changes of a PostgreSQL table are read; nothing passes or fails.

Usage: ./dev bench cdc [--rows N] [--times N]

A real server on the same cores keeps a slot while a table of six columns gets N rows, is updated and emptied of a quarter: a backlog of changes,
in transactions of 100. The limit is pg_recvlogical, PostgreSQL's own client, which writes what comes to /dev/null; a job reads the same backlog
into a sum by key. The rows alone ('scan.startup.mode' = 'snapshot') stand beside COPY TO by psql.
"""
import argparse
import glob
import os
import subprocess
import sys
import time

import run

sys.path.insert(0, os.path.join(run.ROOT, "tests"))
import servers  # noqa: E402

TABLE = "id INT PRIMARY KEY, customer TEXT, amount NUMERIC(12,2), quantity INT, note TEXT, changed TIMESTAMP"
DECLARED = "id INT NOT NULL, customer STRING, amount DECIMAL(12, 2), quantity INT, note STRING, changed TIMESTAMP(6), PRIMARY KEY (id) NOT ENFORCED"


def backlog(database, rows):
    """Makes changes that a slot keeps; returns how many."""
    connection = database.connect()
    with connection.cursor() as cursor:
        for first in range(1, rows + 1, 100):
            cursor.execute("INSERT INTO t SELECT i, 'c' || i %% 1000, i / 7.0, i %% 10, 'note ' || i, now() FROM generate_series(%s, %s) i",
                           (first, min(first + 99, rows)))
            connection.commit()
        for first in range(1, rows + 1, 100):
            cursor.execute("UPDATE t SET amount = amount + 1 WHERE id BETWEEN %s AND %s", (first, first + 99))
            connection.commit()
        cursor.execute("DELETE FROM t WHERE id %% 4 = 0", ())
        connection.commit()
    connection.close()
    return 2 * rows + rows // 4


def options(database, **more):
    given = {"connector": "postgres-cdc", "hostname": "127.0.0.1", "port": database.port, "username": "postgres", "database-name": database.name,
             "table-name": "t", **more}
    return ", ".join(f"'{key}' = '{value}'" for key, value in given.items())


def limit(database, slot, programs):
    """Seconds that PostgreSQL's own client takes up to the end of the log."""
    end = database.sql("SELECT pg_current_wal_lsn()::text")[0][0]
    begin = time.monotonic()
    subprocess.run([os.path.join(programs, "pg_recvlogical"), "-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres", "-d", database.name, "-S",
                    slot, "--start", "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=p", "-o", "binary=true", "-E", end], check=True)
    return time.monotonic() - begin


def job(weir, database, slot):
    """(seconds, CPU seconds) of a job that reads up to the end of the log."""
    end = database.sql("SELECT pg_current_wal_lsn()::text")[0][0]
    script = f"""CREATE TABLE t ({DECLARED}) WITH ({options(database, **{'slot.name': slot, 'publication.name': 'p', 'scan.startup.mode': 'committed-offset',
                                                                      'heartbeat.interval': '10 ms'})});
CREATE TABLE o (customer STRING, n BIGINT, total DECIMAL(38, 2)) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT customer, COUNT(*), SUM(amount) FROM t GROUP BY customer;"""
    path = os.path.join(run.DATA, "cdc.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    begin = time.monotonic()
    child = subprocess.Popen([weir, "run", "--quiet", path])
    while not database.sql("SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots WHERE slot_name = %s", end, slot)[0][0]:
        if child.poll() is not None:
            sys.exit("the job has ended")
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    child.terminate()
    _, _, usage = os.wait4(child.pid, 0)
    return seconds, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description="Measures changes of a PostgreSQL table.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--rows", type=int, default=400000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    servers.with_clients()
    os.makedirs(run.DATA, exist_ok=True)
    weir = os.path.join(run.ROOT, given.build, "weir")
    programs = os.path.dirname(sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))[-1])
    run.describe(weir, "./dev bench " + " ".join(["cdc"] + sys.argv[1:]))
    postgres = servers.postgres(fresh=True, config={"shared_buffers": "256MB", "max_wal_size": "4GB"})
    with postgres.database("bench") as database:
        database.sql(f"CREATE TABLE t ({TABLE})")
        database.sql("ALTER TABLE t REPLICA IDENTITY FULL")
        database.sql("CREATE PUBLICATION p FOR TABLE t")
        slots = [f"{kind}_{i}_{database.name}" for i in range(given.times) for kind in ("limit", "job")]
        for slot in slots:
            database.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", slot)
        changes = backlog(database, given.rows)
        best = {}
        for slot in slots:
            kind = "pg_recvlogical" if slot.startswith("limit") else "job"
            found = (limit(database, slot, programs), 0) if kind == "pg_recvlogical" else job(weir, database, slot)
            best[kind] = min(best.get(kind, found), found)
            database.sql("SELECT pg_drop_replication_slot(%s)", slot) if kind == "pg_recvlogical" else None
        print("\n| | changes/s | wall s | CPU s |\n|---|--:|--:|--:|")
        for kind, (seconds, cpu) in best.items():
            print(f"| {kind} | {changes / seconds:,.0f} | {seconds:.2f} | {f'{cpu:.2f}' if cpu else ''} |")
        rows, best = database.sql("SELECT count(*) FROM t")[0][0], {}
        for _ in range(given.times):
            for kind, command in (("psql COPY TO", ["psql", "-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres", "-d", database.name, "-qc",
                                                    "COPY t TO STDOUT (FORMAT binary)"]),
                                  ("rows", [weir, "run", "--quiet", "-e", f"""CREATE TABLE t ({DECLARED}) WITH ({options(
                                      database, **{'scan.startup.mode': 'snapshot'})}); CREATE TABLE o ({DECLARED.split(', PRIMARY')[0]}) WITH (
                                      'connector' = 'blackhole'); INSERT INTO o SELECT * FROM t;"""])):
                done = run.Run(command)
                best[kind] = min(best.get(kind, (done.wall, done.cpu)), (done.wall, done.cpu))
        for kind, (seconds, cpu) in best.items():
            print(f"| {kind} | {rows / seconds:,.0f} rows/s | {seconds:.2f} | {cpu:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
