#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cdc - a table of a real PostgreSQL is changed at random while the job that copies it is killed again and again.

The source table has a key of two columns (one of them text), values with NULLs, and rows that are inserted, updated, deleted and given another
key, one or many to a transaction, some transactions rolled back. The job begins in the middle of it, so that rows that are there and changes
meet. In the end the copy must be equal to the table.

  tests/cdc.py BUILD [--changes N] [--kills N] [--seed N] [--mode all|upsert]
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import harness
import servers

COLUMNS = "a INT NOT NULL, b TEXT NOT NULL, v NUMERIC(12,2), note TEXT, done TIMESTAMP, PRIMARY KEY (a, b)"
DECLARED = "a INT NOT NULL, b STRING NOT NULL, v DECIMAL(12,2), note STRING, done TIMESTAMP(6), PRIMARY KEY (a, b) NOT ENFORCED"


def options(database, table, **more):
    """The WITH clause of a postgres-cdc table."""
    given = {"connector": "postgres-cdc", "hostname": "127.0.0.1", "port": database.port, "username": "postgres", "database-name": database.name,
             "table-name": table, "heartbeat.interval": "100 ms", **{key.replace("__", "."): value for key, value in more.items()}}
    return ", ".join(f"'{key}' = '{value}'" for key, value in given.items())


class Changer(threading.Thread):
    """Changes the table until `count` changes are made; remembers nothing: the table is the truth."""

    def __init__(self, database, seed, count):
        super().__init__(daemon=True)
        self.connection, self.random, self.count, self.done, self.error = database.connect(), random.Random(seed), count, 0, None

    def run(self):
        try:
            while self.done < self.count:
                self.transaction()
        except Exception as error:  # told in the test's own thread
            self.error = error
        finally:
            self.connection.close()

    def key(self):
        return self.random.randrange(200), self.random.choice(["x", "Y", "ä", "", "it's"])

    def value(self):
        r = self.random
        return (r.choice([None, r.randrange(10 ** 6) / 100]), r.choice([None, "n" * r.randrange(300), "\\ \n\t\"'"]),
                r.choice([None, f"2024-01-{r.randrange(1, 29):02d} 01:02:03.{r.randrange(10 ** 6):06d}"]))

    def transaction(self):
        with self.connection.cursor() as cursor:
            for _ in range(self.random.choice([1, 1, 1, 2, 5, 40])):
                self.change(cursor)
                self.done += 1
        self.connection.rollback() if self.random.random() < 0.1 else self.connection.commit()

    def change(self, cursor):
        kind, key = self.random.random(), self.key()
        if kind < 0.45:
            cursor.execute("INSERT INTO t VALUES (%s, %s, %s, %s, %s) ON CONFLICT (a, b) DO UPDATE SET v = excluded.v, done = excluded.done",
                           (*key, *self.value()))
        elif kind < 0.7:
            cursor.execute("UPDATE t SET v = %s, note = %s, done = %s WHERE a = %s AND b = %s", (*self.value(), *key))
        elif kind < 0.85:
            cursor.execute("DELETE FROM t WHERE a = %s AND b = %s", key)
        else:
            new = self.key()
            cursor.execute("UPDATE t SET a = %s, b = %s WHERE a = %s AND b = %s AND NOT EXISTS (SELECT 1 FROM t WHERE a = %s AND b = %s)",
                           (*new, *key, *new))


class Copy:
    """The job that copies t into a file with the last row of every key."""

    def __init__(self, env, folder, database, mode, **more):
        self.env, self.folder, self.database = env, folder, database
        self.out, self.control = os.path.join(folder, "out.json"), tempfile.mkdtemp(prefix="weir-cdc-")
        self.script, self.process, self.starts = os.path.join(folder, "copy.sql"), None, 0
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(f"""CREATE TABLE t ({DECLARED}) WITH ({options(database, 't', changelog_mode=mode, **more).replace('changelog_mode', 'changelog-mode')});
CREATE TABLE o ({DECLARED}) WITH ('connector' = 'filesystem', 'path' = '{self.out}', 'format' = 'json');
INSERT INTO o SELECT * FROM t;
""")

    def start(self):
        self.starts += 1
        command = [self.env.weir_path, "run", "--quiet", "--set", "execution.checkpointing.interval=50 ms", "--set",
                   f"execution.checkpointing.dir={self.folder}/checkpoints", "--set", f"weir.control.dir={self.control}", "--parallelism",
                   str(1 + self.starts % 3)]
        with open(os.path.join(self.folder, f"log-{self.starts}"), "wb") as said:
            self.process = subprocess.Popen(command + (["--restore", "latest"] if self.starts > 1 else []) + [self.script], stderr=said,
                                            stdout=subprocess.DEVNULL)

    def lives(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, f"log-{self.starts}"), encoding="utf-8") as said:
                raise harness.Failure(f"ended with {self.process.returncode}: {said.read()[-2000:]}")

    def kill(self):
        self.lives()
        self.process.kill()
        self.process.wait()

    def catch_up(self, seconds=60):
        """Waits until the server need not keep anything for the job: all is in a checkpoint."""
        end, limit = self.database.sql("SELECT pg_current_wal_lsn()")[0][0], time.monotonic() + seconds
        while not self.database.sql("SELECT count(*) FROM pg_replication_slots WHERE database = %s AND confirmed_flush_lsn >= %s",
                                self.database.name, end)[0][0]:
            self.lives()
            if time.monotonic() > limit:
                raise harness.Failure(f"waited {seconds} s for the position to be confirmed: {self.database.slots()}, wanted {end}")
            time.sleep(0.05)

    def drain(self):
        limit = time.monotonic() + 60
        while self.env.weir("stop", "--drain", "--control", self.control, "o", check=None).returncode != 0:  # it may have just been started
            self.lives()
            if time.monotonic() > limit:
                raise harness.Failure("the job cannot be told to drain")
            time.sleep(0.1)
        if self.process.wait(60) != 0:
            self.lives()
        shutil.rmtree(self.control, ignore_errors=True)
        with open(self.out, encoding="utf-8") as file:
            return sorted(json.dumps(json.loads(line), ensure_ascii=False) for line in file)


def wanted(database):
    """The table as the copy has it."""
    rows = database.sql("SELECT a, b, v, note, done FROM t")
    return sorted(json.dumps({"a": a, "b": b, "v": None if v is None else float(v), "note": note, "done": None if at is None else
                              at.isoformat(" ", "microseconds")}, ensure_ascii=False) for a, b, v, note, at in rows)


def norm(lines):
    """Numbers and times may be written in more than one way."""
    out = []
    for line in lines:
        row = json.loads(line)
        row["v"] = None if row["v"] is None else float(row["v"])
        if row["done"]:
            row["done"] = (row["done"] + ("" if "." in row["done"] else ".")).ljust(26, "0")
        out.append(json.dumps(row, ensure_ascii=False, sort_keys=True))
    return sorted(out)


def random_changes(env, postgres, folder, changes, kills, mode, seed):
    """The whole story; a failure says what differs."""
    r = random.Random(seed)
    with postgres.database("cdc") as database:
        database.sql(f"CREATE TABLE t ({COLUMNS})")
        if mode == "all":
            database.sql("ALTER TABLE t REPLICA IDENTITY FULL")
        changer = Changer(database, seed, changes)
        changer.start()
        while changer.done < changes // 10 and changer.is_alive():
            time.sleep(0.01)
        copy = Copy(env, folder, database, mode, **{"scan__incremental__snapshot__chunk__size": 50})
        try:
            copy.start()
            for number in range(kills):
                limit = changes // 10 + (changes - changes // 10) * (number + 1) // (kills + 2)
                time.sleep(r.uniform(0.02, 0.5))
                while changer.done < limit and changer.is_alive():
                    time.sleep(0.01)
                copy.kill()
                copy.start()
            changer.join()
            if changer.error:
                raise changer.error
            copy.catch_up()
            got, want = norm(copy.drain()), norm(wanted(database))
        finally:
            if copy.process and copy.process.poll() is None:
                copy.process.kill()
                copy.process.wait()
    if got != want:
        only_got, only_want = [x for x in got if x not in set(want)], [x for x in want if x not in set(got)]
        raise harness.Failure(f"seed {seed}, {mode}: {len(got)} rows, wanted {len(want)}\n  only got  {only_got[:3]}\n  only want {only_want[:3]}")
    return len(want)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--changes", type=int, default=100000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=("all", "upsert"), default="all")
    given = parser.parse_args()
    servers.with_clients()
    scratch = tempfile.mkdtemp(prefix="weir-cdc-")
    servers.begin(scratch)
    env = harness.Env(given.build, False, scratch)
    try:
        rows = random_changes(env, servers.postgres(), env.folder("cdc"), given.changes, given.kills, given.mode, given.seed)
        print(f"cdc: {given.changes} changes, {given.kills} kills, {rows} rows in the end, equal (seed {given.seed}, {given.mode})")
        code = 0
    except harness.Failure as failure:
        print(f"cdc: {failure}")
        code = 1
    finally:
        servers.stop_all()
    if code == 0:
        shutil.rmtree(scratch, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
