#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pipelines - kills jobs between real brokers and databases, and those as well, and looks at what comes out.

A job of JOBS reads orders and payments from one kind of place and writes each of its outputs to one or more kinds:

  files      what there is without any server
  kafka      topics; an output with a key goes to upsert-kafka
  postgres   tables; an output with a key is upserted

It runs once without faults. Then, with empty outputs, it is killed again and again (SIGKILL at a random moment, or by itself at a fault point of
src/base/fault.h), each time restored from its latest checkpoint, until it ends; or it must live through what happens to its servers. Whenever
somebody looks (reading only what is committed), no output may have a row that the calm run has not, or one more often; in the end each has all of
them. An output with a key has the last row of every key.

No row of the inputs is late, whatever the order in which partitions are read: within a partition rows are at most as much out of order as the
watermark allows. So there is one right answer.

  tests/pipelines.py BUILD [--rounds N] [--seed N] [--job NAME] [--source KIND] [--sinks KIND,...] [--guarantee G] [--keep]    kills N times in all
  tests/pipelines.py BUILD --faults                                                                         each fault point once
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import crash
import harness
import servers

ROWS, PARTITIONS = 3000, 3
PACED_SECONDS = 2
RUN_SECONDS = 180  # more is a job that hangs
KINDS = ("files", "kafka", "postgres")
CONNECTORS = {"kafka": "kafka", "postgres": "jdbc"}
TIME_COLUMNS = {"orders": "ts", "payments": "paid"}
INPUTS = {"orders": "id BIGINT, k STRING, v BIGINT, ts TIMESTAMP(3)", "payments": "order_id BIGINT, amount BIGINT, paid TIMESTAMP(3)"}


class Output:
    """A query and where its rows go. `key`: the column by which they are upserted."""

    def __init__(self, name, columns, query, key=None):
        self.name, self.columns, self.query, self.key = name, columns, query, key
        self.names = [column.split()[0] for column in columns.split(", ")]


WINDOWS = Output("windows", "k STRING, began STRING, n BIGINT, total BIGINT", """SELECT k, CAST(window_start AS STRING), COUNT(*), SUM(v)
    FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end""")
JOINED = Output("joined", "id BIGINT, k STRING, amount BIGINT", """SELECT o.id, o.k, p.amount FROM orders o JOIN payments p
    ON o.id = p.order_id AND p.paid BETWEEN o.ts - INTERVAL '1' MINUTE AND o.ts + INTERVAL '2' MINUTE""")
TOTALS = Output("totals", "k STRING, n BIGINT, total BIGINT", "SELECT k, COUNT(*), SUM(v) FROM orders GROUP BY k", key="k")
FLICKER = Output("flicker", "k STRING, total BIGINT", """SELECT k, SUM(v) FROM orders GROUP BY k HAVING MOD(COUNT(*), 3) > 0""", key="k")  # keys come and go
PLAIN = Output("plain", "id BIGINT, k STRING, v BIGINT", "SELECT id, k, v * 2 FROM orders WHERE v > 100")
JOBS = {"plain": [PLAIN], "windows": [WINDOWS], "joined": [JOINED], "totals": [TOTALS, FLICKER], "all": [WINDOWS, JOINED, TOTALS]}


def make_inputs(seed):
    """{table: rows as dicts, in the order of their times but for at most 4 seconds}."""
    r = random.Random(f"pipelines {seed}")
    orders, payments, now = [], [], 10000
    for i in range(ROWS):
        now += r.choice([0, 5, 40, 40, 300, 900])
        orders.append({"id": i, "k": r.choice("abcdefghijklmnop"), "v": r.randrange(1000), "ts": now - r.choice([0, 0, 0, r.randrange(4000)])})
        if r.random() < 0.6:
            payments.append({"order_id": r.randrange(max(1, i - 100), i + 1) if i else 0, "amount": r.randrange(100), "paid": now})
    for name, rows in (("orders", orders), ("payments", payments)):
        for row in rows:
            row[TIME_COLUMNS[name]] = crash.stamp(row[TIME_COLUMNS[name]])
    return {"orders": orders, "payments": payments}


# ---- places: one table somewhere

class Files:
    """A folder of JSON files; an output with a key is one file."""

    def __init__(self, world, name, columns, key=None):
        self.name, self.key, self.columns = name, key, columns
        self.path = os.path.join(world.folder, "files", f"{name}-{world.number()}") + (".json" if key else "")

    def options(self, source):
        return {"connector": "filesystem", "path": self.path, "format": "json"}

    def fill(self, rows):
        for part in range(PARTITIONS):
            crash.write_lines(os.path.join(self.path, f"part-{part}.json"), rows[len(rows) * part // PARTITIONS:len(rows) * (part + 1) // PARTITIONS])

    def read(self, ended=False):
        found = []
        for path in crash.visible_files(self.path):
            with open(path, encoding="utf-8") as file:
                found += [tuple(json.loads(line).values()) for line in file]
        return found


class Topic:
    """A topic of JSON. Inputs are spread over its partitions, each in order."""

    def __init__(self, world, name, columns, key=None):
        self.world, self.name, self.key = world, name, key
        self.names = [column.split()[0] for column in columns.split(", ")]
        self.topic = world.kafka.topic(name, PARTITIONS)

    def options(self, source):
        common = {"topic": self.topic, "properties.bootstrap.servers": self.world.bootstrap}
        if source:
            return {"connector": "kafka", **common, "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset", "format": "json"}
        common.update({"sink.delivery-guarantee": self.world.guarantee, "sink.transactional-id-prefix": self.topic, **self.world.topic_options})
        if self.key:
            return {"connector": "upsert-kafka", **common, "key.format": "json", "value.format": "json"}
        return {"connector": "kafka", **common, "format": "json"}

    def fill(self, rows):
        self.world.kafka.produce(self.topic, [(None, json.dumps(row), i % PARTITIONS) for i, row in enumerate(rows)])

    def read(self, ended=False):
        """Committed rows; with a key, the last of each. `ended`: no transaction may be open any more."""
        found = self.world.kafka.consume(self.topic, settled=ended)
        if not self.key:
            return [self._row(message.value) for message in found]
        last = {message.key: message.value for message in found}  # a key is always in the same partition
        return [self._row(value) for value in last.values() if value is not None]

    def tell(self, missing):
        """Where rows are that nobody sees: read once more, and with those of open and aborted transactions."""
        again = collections.Counter(self.read(ended=True))
        hidden = [(message.partition, message.offset) for message in self.world.kafka.consume(self.topic, committed=False)
                  if message.value is not None and self._row(message.value) in missing]
        return f"  read again: {sum((missing - again).values())} missing; not committed: {sorted(hidden)[:40]}; ends {self.world.kafka.offsets(self.topic)}\n"

    def _row(self, value):
        row = json.loads(value)
        return tuple(row[name] for name in self.names)


class Table:
    """A table in PostgreSQL."""

    def __init__(self, world, name, columns, key=None):
        self.world, self.key = world, key
        self.table = f"{name}_{world.number()}"
        primary, disk = f", PRIMARY KEY ({key})" if key else "", f" TABLESPACE {world.tablespace}" if world.tablespace else ""
        world.database.sql(f"CREATE TABLE {self.table} ({columns.replace('STRING', 'TEXT')}{primary}){disk}")

    def options(self, source):
        common = {"connector": "jdbc", "url": self.world.url, "table-name": self.table, "username": "postgres"}
        return common if source else {**common, "sink.delivery-guarantee": self.world.guarantee}

    def fill(self, rows):
        self.world.database.copy_in(self.table, ["\t".join(str(value) for value in row.values()) for row in rows])

    def read(self, ended=False):
        return self.world.database.sql(f"SELECT * FROM {self.table}")


PLACES = {"files": Files, "kafka": Topic, "postgres": Table}


def need(env, kind, sink):
    """Skips what this build cannot read from or write to."""
    options = {"kafka": "'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json'",
               "postgres": "'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 't'"}
    if kind == "files":
        return
    more = ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'p'" if sink and kind == "kafka" else ""
    table = f"CREATE TABLE t (id BIGINT) WITH ('connector' = '{CONNECTORS[kind]}', {options[kind]}{more});\n"
    said = env.weir("explain", "-e", table + ("INSERT INTO t SELECT 1;" if sink else "SELECT * FROM t;")).stderr
    if re.search("only for|This build of Weir has no|Unsupported option|[Uu]nknown connector|[Nn]o connector", said):
        raise harness.Skip(f"not yet: {'writing to' if sink else 'reading from'} connector '{CONNECTORS[kind]}'")


class World:
    """What the places of some pipelines need: servers, as far as the kinds ask for them. `bootstrap` and `url` may be set to those of a proxy,
    `tablespace` to that of a small disk, `topic_options` to more options of topics that are written, `guarantee` (only of
    outputs with a key: they are right in the end) to at-least-once."""

    def __init__(self, env, folder, source, sinks, kafka=None, postgres=None):
        kinds = {source, *sinks}
        need(env, source, False)
        for kind in sinks:
            need(env, kind, True)
        self.env, self.folder, self.sinks, self.count, self.database = env, folder, list(sinks), 0, None
        self.tablespace, self.topic_options, self.guarantee = None, {}, "exactly-once"
        if "kafka" in kinds:
            self.kafka = kafka or servers.kafka()
            self.bootstrap = self.kafka.bootstrap
        if "postgres" in kinds:
            self.database = (postgres or servers.postgres()).database("pipelines")
            self.url = self.database.url

    def number(self):
        self.count += 1
        return self.count

    def close(self):
        if self.database:
            self.database.drop()


# ---- a job between places

class Pipeline:
    """One job with filled inputs and known results."""

    def __init__(self, world, name, source, sinks, seed=1):
        self.world, self.name, self.source, self.sinks, self.seed = world, name, source, sinks, seed
        self.folder = os.path.join(world.folder, f"{name}-{source}-{'-'.join(sinks)}-{seed}")
        os.makedirs(self.folder)
        rows = make_inputs(seed)
        self.inputs = {table: PLACES[source](world, table, columns) for table, columns in INPUTS.items()}
        for table, place in self.inputs.items():
            place.fill(rows[table])
        self.want = {}
        calm = Run(self, "calm", disturbed=False)
        calm.go([])
        self.seconds = PACED_SECONDS  # about so long would a run be that is to be disturbed
        for (kind, output), place in calm.places.items():
            bag = collections.Counter(place.read(ended=True))
            if self.want.setdefault(output.name, bag) != bag or not bag:
                raise harness.Failure(f"{name}: {output.name} has {sum(bag.values())} rows in {kind}, elsewhere "
                                      f"{sum(self.want[output.name].values())}")

    def run(self, label):
        """A new run with empty outputs."""
        return Run(self, label)


class Run:
    """One run of a pipeline, over all its crashes."""

    def __init__(self, pipeline, label, disturbed=True):
        self.pipeline, self.label, self.disturbed, self.story = pipeline, label, disturbed, []
        self.folder = os.path.join(pipeline.folder, label)
        os.makedirs(self.folder)
        self.places = {(kind, output): PLACES[kind](pipeline.world, output.name, output.columns, output.key)
                       for output in JOBS[pipeline.name] for kind in pipeline.sinks}
        self.script, self.restore = os.path.join(self.folder, "job.sql"), []
        self._write(PACED_SECONDS)

    def _write(self, seconds):
        """The script; a run that is to be disturbed takes so long, at least."""
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(self._script({"scan.rate-limit": ROWS // seconds} if self.disturbed else {}))

    def _script(self, pace):
        def ddl(name, columns, place, more="", source=False):
            given = {**place.options(source), **(pace if source else {})}
            options = ", ".join(f"'{key}' = '{value}'" for key, value in given.items())
            return f"CREATE TABLE {name} ({columns}{more}) WITH ({options});\n"

        text = ""
        for table, columns in INPUTS.items():
            time_column = TIME_COLUMNS[table]
            text += ddl(table, columns, self.pipeline.inputs[table], f", WATERMARK FOR {time_column} AS {time_column} - INTERVAL '5' SECOND", True)
        inserts = ""
        for (kind, output), place in self.places.items():
            name = f"{output.name}_to_{kind}"
            text += ddl(name, output.columns, place, f", PRIMARY KEY ({output.key}) NOT ENFORCED" if output.key else "")
            inserts += f"INSERT INTO {name} {output.query};\n"
        return f"{text}EXECUTE STATEMENT SET BEGIN\n{inserts}END;\n"

    def _command(self, parallelism):
        settings = {"weir.source.block-size": "2000b"}
        if self.disturbed:
            settings.update({"execution.checkpointing.interval": "100 ms", "execution.checkpointing.dir": os.path.join(self.folder, "checkpoints")})
        command = [self.pipeline.world.env.weir_path, "run", "--quiet", "--parallelism", str(parallelism)]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return command + self.restore + [self.script]

    def go(self, events, fault=None, kill=None, parallelism=1):
        """Runs the job, once, and checks what is there. Events, [(seconds, function)], happen while it runs, and the first of them must (what is
        over before it is disturbed proves nothing); `kill`: seconds until SIGKILL; `fault`: a fault point. Returns whether it has ended by
        itself, well; any other end than by kill or fault is a failure."""
        self.story.append(f"{fault or (f'kill {kill:.3f}' if kill else f'{len(events)} events')} at {parallelism}")
        log = os.path.join(self.folder, f"log-{len(self.story)}")
        with open(log, "wb") as said:
            process = subprocess.Popen(self._command(parallelism), stdout=subprocess.DEVNULL, stderr=said, env=self._environ(fault))
        failed, over = [], threading.Event()
        happening = threading.Thread(target=self._happen, args=(events, over, failed))
        happening.start()
        try:
            process.wait(kill or RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            if not kill:
                failed.append(f"did not end within {RUN_SECONDS} s")
        over.set()
        happening.join()
        if process.returncode not in (0, *crash.KILLED) or (process.returncode and not kill and not fault):
            failed.append(f"exit code {process.returncode}")
        ended = process.returncode == 0
        try:
            if failed:
                raise harness.Failure("\n".join(failed))
            if self.disturbed:
                self.check(ended)
        except harness.Failure as failure:
            with open(log, encoding="utf-8", errors="replace") as said:
                raise harness.Failure(f"{self.pipeline.name}, seed {self.pipeline.seed}, {self.label}: {' | '.join(self.story)}\n{failure}\n"
                                      f"{said.read()[-3000:]}\n  folder {self.folder}")
        self.restore = ["--restore", "latest"]
        return ended

    def twice(self, slower, quicker):
        """Starts the job a second time while it runs, at another pace: the older one stops and says why, the younger one goes on and ends well."""
        self._write(slower)
        log = os.path.join(self.folder, "log-older")
        with open(log, "wb") as said:
            older = subprocess.Popen(self._command(1), stdout=subprocess.DEVNULL, stderr=said, env=self._environ())
        try:
            # Two that both begin anew write their rows twice: nobody can know better.
            harness.until(lambda: self._has_checkpoint() or older.poll() is not None, "a checkpoint of the older one")
            time.sleep(0.3)
            if older.poll() is not None:
                raise harness.Failure("the older one has ended before the younger one began")
            self._write(quicker)
            self.restore = ["--restore", "latest"]
            self.go([])
            older.wait(60)
            with open(log, encoding="utf-8", errors="replace") as said:
                text = said.read()
            if older.returncode == 0 or not re.search("[Aa]nother (job|run) .*", text):
                raise harness.Failure(f"the older one ended with {older.returncode} and said:\n{text[-3000:]}")
            self.check(True)
        finally:
            older.kill()
            older.wait()

    def _has_checkpoint(self):
        return any(name.endswith(".manifest") for _, _, names in os.walk(os.path.join(self.folder, "checkpoints")) for name in names)

    def _environ(self, fault=None):
        environ = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TMPDIR=self.folder)
        environ.pop("WEIR_FAULT", None)
        return dict(environ, WEIR_FAULT=fault) if fault else environ

    @staticmethod
    def _happen(events, over, failed):
        begin = time.monotonic()
        for number, (seconds, function) in enumerate(events):
            if number == 0 and over.wait(seconds):
                failed.append("ended before anything happened")
            over.wait(max(0, begin + seconds - time.monotonic()))  # all of them happen, so that what one breaks the next one mends
            try:
                function()
            except Exception as error:  # tell it in the test's own thread
                failed.append(f"event after {seconds} s: {error!r}")

    def check(self, ended):
        for (kind, output), place in self.places.items():
            compare(f"{output.name} in {kind}", place, self.pipeline.want[output.name], ended)

    def disturb(self, plan, parallelism=lambda: 1):
        """Runs to the end through kills: [seconds, or the name of a fault point]. Returns how many struck."""
        for number, step in enumerate(plan):
            workers = parallelism()
            if self.go([], step, None, workers) if isinstance(step, str) else self.go([], None, step, workers):
                return number
        self.go([], parallelism=parallelism())
        return len(plan)


def compare(what, place, want, ended):
    """What a place has must be of the wanted rows and, in the end, all of them."""
    got = collections.Counter(place.read(ended))
    more, less = got - want, want - got
    if ended and (more or less) or more and not place.key:
        raise harness.Failure(f"{what}{'' if ended else ', on the way'}: {sum(got.values())} rows, wanted {sum(want.values())}\n"
                              f"  only got  {sorted(more.elements())[:4]}\n  only want {sorted(less.elements())[:4] if ended else '-'}\n"
                              f"{place.tell(less) if ended and less and hasattr(place, 'tell') else ''}")


# ---- runs

def fault_names(env):
    """All but those that only sinks for files pass."""
    return [name for name in crash.fault_names(env, all_of_them=True) if name != "commit-step"]


def faults(pipeline, names):
    """Each fault point once, those of a restore after a kill. Returns the names that were not met."""
    missed = []
    for name in names:
        shares = (0.6, 0.8, 0.9) if name.startswith("restore-") else (None,)
        for share in shares:  # a loaded machine may have made no checkpoint so soon
            plan = ([] if share is None else [pipeline.seconds * share]) + [name]
            if pipeline.run(f"fault-{name}-{share}").disturb(plan) == len(plan):
                break
        else:
            missed.append(name)
    return missed


def lost_answers(pipeline, names):
    """At each of the places a step fails, as if its answer were lost: the run finds out by itself what has happened."""
    for name in names:
        if not pipeline.run(f"lost-{name}").go([], f"{name}=error:2"):
            raise harness.Failure(f"{name}: the job has not ended well")


def long_run(world, options, source, sinks):
    """Kills at random moments, some at fault points, over all jobs, until there were enough."""
    r, kills, runs, begin = random.Random(options.seed), 0, 0, time.monotonic()
    names, points, prepared = [options.job] if options.job else sorted(JOBS), fault_names(world.env), {}
    while kills < options.rounds:
        name = names[runs % len(names)]
        if name not in prepared:
            prepared[name] = Pipeline(world, name, source, sinks, options.seed)
        pipeline, workers = prepared[name], r.choice([[1], [2], [1, 2, 3]])
        plan = [r.uniform(0.05, 1.2) * pipeline.seconds if r.random() < 0.8 else f"{r.choice(points)}:{r.randrange(1, 4)}"
                for _ in range(r.randrange(1, 8))]
        kills += pipeline.run(f"long-{runs}").disturb(plan, lambda w=workers: r.choice(w))
        runs += 1
        print(f"\r{kills} kills in {runs} runs, {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
    print(f"\npipelines: {kills} kills in {runs} runs from {source} to {' and '.join(sinks)}, every output right (seed {options.seed})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--job", choices=sorted(JOBS))
    parser.add_argument("--source", choices=KINDS, default="kafka")
    parser.add_argument("--sinks", default="kafka,postgres")
    parser.add_argument("--guarantee", choices=("exactly-once", "at-least-once"), default="exactly-once", help="at-least-once: --job totals")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failing run")
    options = parser.parse_args()
    servers.with_clients()
    scratch, code, sinks = tempfile.mkdtemp(prefix="weir-pipelines-"), 0, options.sinks.split(",")
    servers.begin(scratch)
    try:
        world = World(harness.Env(options.build, False, scratch), scratch, options.source, sinks)
        world.guarantee = options.guarantee
        if options.faults:
            for name in [options.job] if options.job else sorted(JOBS):
                missed = faults(Pipeline(world, name, options.source, sinks, options.seed), fault_names(world.env))
                print(f"{name}: all fault points but {missed or 'none'}")
        else:
            long_run(world, options, options.source, sinks)
    except (harness.Failure, harness.Skip) as failure:
        print(f"\npipelines: {failure}")
        code = 1
    finally:
        servers.stop_all()
    if not (code and options.keep):
        shutil.rmtree(scratch, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
