#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crash - kills real jobs and looks at what they leave.

A job of JOBS runs once without any fault, and once so that every epoch is a part file of its own: so it is known what each epoch adds.
Then it runs with a checkpoint every 100 ms and sources that take their time, is killed (SIGKILL at a random moment, or by itself at
a fault point of src/base/fault.h), looked at, restored from its latest checkpoint, killed again, and so on until it ends. After every
kill what each sink shows must be what the first so many epochs have made of it, whatever the parallelism:

  rows      these rows, each as often as there
  windows   besides, a window that shows at all shows all of its rows
  changes   a changelog that adds up to the same table, and takes nothing back that is not there
  table     one file with the last row of every key: not there before the end

and at the end that of the calm run. Every line of every visible file must be whole, and no hidden file may stay.

  tests/crash.py BUILD [--rounds N] [--seed N] [--job NAME] [--keep]    kills N times in all, jobs and moments at random
  tests/crash.py BUILD --faults [--job NAME]                            each fault point once
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

BLOCK_BYTES = 700
DELAY_MS = 2  # between two blocks of a source
ROWS = 1600
KILLED = (-signal.SIGKILL, 137)
RUN_SECONDS = 60  # more is a job that hangs


# ---- inputs

def stamp(ms):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1704067200 + ms // 1000)) + f".{ms % 1000:03d}"


def write_lines(path, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_inputs(folder, seed):
    """orders/ in three files, with rows out of order and some late; payments.json; rates.json; members.json, a changelog."""
    r = random.Random(f"inputs {seed}")
    rows, now = [], 0
    for i in range(ROWS):
        now += r.choice([0, 5, 40, 40, 300, 1500])
        rows.append({"id": i, "k": r.choice("abcdefgh"), "v": r.randrange(1000), "s": "x" * r.randrange(40),
                     "ts": stamp(max(0, now - (r.randrange(9000) if r.random() < 0.2 else 0)))})
    for number, (begin, end) in enumerate(((0, ROWS // 2), (ROWS // 2, ROWS // 2 + 50), (ROWS // 2 + 50, ROWS))):
        write_lines(os.path.join(folder, "orders", f"part-{number}.json"), rows[begin:end])
    write_lines(os.path.join(folder, "payments.json"),
                [{"order_id": r.randrange(ROWS), "amount": r.randrange(100), "paid": row["ts"]} for row in rows if r.random() < 0.6])
    write_lines(os.path.join(folder, "rates.json"),
                [{"k": row["k"], "rate": r.randrange(1, 9), "since": stamp(i * now // 300)} for i, row in enumerate(rows[:300])])
    members, changes = {}, []
    for i in range(900):
        k = r.randrange(60)
        if k in members and r.random() < 0.5:
            changes.append({"op": "-U" if r.random() < 0.7 else "-D", "data": {"m": k, "k": members.pop(k)}})
            if changes[-1]["op"] == "-D":
                continue
        elif k in members:
            changes.append({"op": "-U", "data": {"m": k, "k": members[k]}})
        kind = "+U" if changes and changes[-1]["op"] == "-U" else "+I"
        members[k] = r.choice("abcdefgh")
        changes.append({"op": kind, "data": {"m": k, "k": members[k]}})
    write_lines(os.path.join(folder, "members.json"), changes)


SOURCES = """
CREATE TABLE orders (id BIGINT, k STRING, v INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${IN}/orders', 'format' = 'json');
CREATE TABLE payments (order_id BIGINT, amount INT, paid TIMESTAMP(3), WATERMARK FOR paid AS paid - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${IN}/payments.json', 'format' = 'json');
CREATE TABLE rates (k STRING, rate INT, since TIMESTAMP(3), WATERMARK FOR since AS since, PRIMARY KEY (k) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = '${IN}/rates.json', 'format' = 'json');
CREATE TABLE members (m INT, k STRING)
WITH ('connector' = 'filesystem', 'path' = '${IN}/members.json', 'format' = 'changelog-json');
"""


class Sink:
    """A table of a job: what it is made of and how it may look on the way."""

    def __init__(self, name, columns, query, kind="rows", path=None, form=None, window=None, options="", key=None):
        self.name, self.query, self.kind, self.window = name, query, kind, window
        self.form = form or {"changes": "changelog-json"}.get(kind, "json")
        self.path = path or (name + ".json" if kind == "table" else name)
        self.key = key
        primary = f", PRIMARY KEY ({key}) NOT ENFORCED" if key and kind == "table" else ""
        self.ddl = (f"CREATE TABLE {name} ({columns}{primary}) {options.split('|')[0]} WITH ('connector' = 'filesystem', "
                    f"'path' = '${{OUT}}/{self.path}', 'format' = '{self.form}'{''.join(options.split('|')[1:])});\n")


def tvf(text):
    return f"FROM TABLE({text}) GROUP BY k, window_start, window_end"


W = "k STRING, window_start TIMESTAMP(3), window_end TIMESTAMP(3), n BIGINT, total BIGINT"
SELECT_W = "SELECT k, window_start, window_end, COUNT(*), SUM(v) "
WINDOW = ("window_start", "window_end")
JOBS = {
    "append": [Sink("big", "id BIGINT, k STRING, v2 INT", "SELECT id, k, v * 2 FROM orders WHERE v > 300"),
               Sink("days", "id BIGINT, v INT, k STRING", "SELECT id, v, k FROM orders",
                    options="PARTITIONED BY (k) |, 'sink.partition-commit.policy.kind' = 'success-file'", form="csv")],
    "windows": [
        Sink("tumble", W, SELECT_W + tvf("TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '20' SECOND)"), "windows", window=WINDOW),
        Sink("hop", W, SELECT_W + tvf("HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)"), "windows", window=WINDOW),
        Sink("cumulate", W, SELECT_W + tvf("CUMULATE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)"), "windows",
             window=WINDOW)],
    "sessions": [
        Sink("sessions", W, SELECT_W + tvf("SESSION(TABLE orders PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)"))],
    "group": [
        Sink("totals", "k STRING, n BIGINT, total BIGINT, low INT, high INT, kinds BIGINT",
             "SELECT k, COUNT(*), SUM(v), MIN(v), MAX(v), COUNT(DISTINCT v / 10) FROM orders GROUP BY k", "table", key="k"),
        Sink("log", "k STRING, h BIGINT, n BIGINT, words STRING",
             "SELECT k, id / 300, COUNT(*), MAX(s) FROM orders GROUP BY k, id / 300", "changes"),
        Sink("shown", "n BIGINT, v BIGINT", "SELECT COUNT(*), SUM(v) FROM orders", "changes", form="debezium-json",
             options="|, 'sink.consistency' = 'epoch'")],
    "joins": [
        Sink("paid", "id BIGINT, k STRING, amount INT", "SELECT o.id, o.k, p.amount FROM orders o JOIN payments p ON o.id = p.order_id", "changes"),
        Sink("soon", "id BIGINT, amount INT", """SELECT o.id, p.amount FROM orders o LEFT JOIN payments p
             ON o.id = p.order_id AND p.paid BETWEEN o.ts - INTERVAL '1' MINUTE AND o.ts + INTERVAL '2' MINUTE"""),
        Sink("rated", "id BIGINT, worth INT",
             "SELECT o.id, o.v * r.rate FROM orders o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k"),
        Sink("belongs", "id BIGINT, m INT", "SELECT o.id, m.m FROM orders o LEFT JOIN members m ON o.k = m.k AND o.v < 40", "changes")],
    "rank": [
        Sink("top", "k STRING, id BIGINT, v INT", """SELECT k, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS n
             FROM orders) WHERE n <= 3""", "changes"),
        Sink("first_seen", "v INT, id BIGINT", """SELECT v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts) AS n FROM orders)
             WHERE n = 1""", "changes"),
        Sink("latest", "k STRING, id BIGINT", """SELECT k, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM orders)
             WHERE n = 1""", "table", key="k"),
        Sink("best", "window_start TIMESTAMP(3), window_end TIMESTAMP(3), id BIGINT, v INT", """SELECT window_start, window_end, id, v FROM (
             SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS n
             FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '30' SECOND))) WHERE n <= 2""", "windows", window=WINDOW)],
    "over": [
        Sink("so_far", "id BIGINT, n BIGINT, total BIGINT, v_before INT", """SELECT id, COUNT(*) OVER w, SUM(v) OVER w, LAG(v) OVER w FROM orders
             WINDOW w AS (PARTITION BY k ORDER BY ts)"""),
        Sink("recent", "id BIGINT, total BIGINT", """SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW)
             FROM orders""")],
    "match": [
        Sink("dips", "k STRING, first_id BIGINT, steps BIGINT, last_id BIGINT", """SELECT * FROM orders MATCH_RECOGNIZE (
             PARTITION BY k ORDER BY ts MEASURES a.id AS first_id, COUNT(b.v) AS steps, c.id AS last_id
             AFTER MATCH SKIP PAST LAST ROW PATTERN (a b+ c) WITHIN INTERVAL '5' MINUTE
             DEFINE b AS b.v < a.v, c AS c.v >= a.v)""")],
    "sets": [
        Sink("all_rows", "id BIGINT, v INT", "SELECT id, v FROM orders UNION ALL SELECT order_id, amount FROM payments"),
        Sink("known", "id BIGINT", "SELECT id FROM orders UNION SELECT order_id FROM payments", "changes"),
        Sink("in_both", "id BIGINT", "SELECT id FROM orders INTERSECT SELECT order_id FROM payments", "changes"),
        Sink("people", "k STRING, n BIGINT, total BIGINT", "SELECT k, COUNT(*), SUM(m) FROM members GROUP BY k", "changes")],
    "late": [
        Sink("corrected", W, SELECT_W + tvf("TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND)"), "changes"),
        Sink("too_late", "id BIGINT, k STRING, ts TIMESTAMP(3)", None)],
}
EXTRA_SETTINGS = {"late": {"weir.late-rows.allowed": "1 s", "weir.late-rows.table": "too_late"}}


def script_of(job, sources=SOURCES):
    text = sources + "".join(sink.ddl for sink in JOBS[job]) + "EXECUTE STATEMENT SET BEGIN\n"
    return text + "".join(f"INSERT INTO {sink.name} {sink.query};\n" for sink in JOBS[job] if sink.query) + "END;\n"


# ---- what is visible

def natural(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def part_order(path):
    """Part files of a job in the order in which they were written; partitions one after the other."""
    folder, name = os.path.split(path)
    return folder, natural(name.rsplit("-", 1)[-1])


def visible_files(path):
    if os.path.isfile(path):
        return [path]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if name[0] not in "._"]
    return sorted(found, key=part_order)


def read_epochs(sink, out):
    """Lines that are there, by file. Partitioned: a line carries the folder of its partition."""
    root, found = os.path.join(out, sink.path), collections.defaultdict(list)
    for path in visible_files(root):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text and not text.endswith("\n"):
            raise harness.Failure(f"{sink.name}: {path} ends within a line: {text[-60:]!r}")
        inside = os.path.relpath(os.path.dirname(path), root) + ":" if "=" in os.path.relpath(path, root) else ""
        found[inside].append([inside + line for line in text.split("\n")[:-1]])
    return found


def changes_of(sink, line):
    """[(row, 1 or -1)] of a line of a sink."""
    if sink.kind != "changes":
        return [(line, 1)]
    change = json.loads(line)
    if sink.form == "debezium-json":
        return [(json.dumps(change[side], sort_keys=True), sign) for side, sign in (("before", -1), ("after", 1)) if change[side] is not None]
    return [(json.dumps(change["data"], sort_keys=True), 1 if change["op"] in ("+I", "+U") else -1)]


def add_up(sink, files, bag=None):
    """What the lines of some files add up to."""
    bag = collections.Counter() if bag is None else bag
    for lines in files:
        for line in lines:
            for row, sign in changes_of(sink, line):
                bag[row] += sign
                if bag[row] < 0:
                    raise harness.Failure(f"{sink.name}: takes back what is not there: {line}")
    return +bag


def signature(bag):
    """Equal for equal bags."""
    return sum(hash(row) * count for row, count in bag.items()) % (1 << 64)


def by_window(sink, lines):
    found = collections.defaultdict(list)
    for line in lines:
        row = json.loads(line)
        found[tuple(row[name] for name in sink.window)].append(line)
    return {window: sorted(rows) for window, rows in found.items()}


class Expected:
    """What a sink shows in the end, and after each epoch."""

    def __init__(self, sink, calm, epochs):
        self.sink, self.end = sink, add_up(sink, sum(read_epochs(sink, calm).values(), []))
        self.prefixes, self.whole = {}, {}
        if sink.kind == "windows":
            self.whole = by_window(sink, list(self.end))
        if sink.kind == "table":
            return
        for inside, files in read_epochs(sink, epochs).items():
            bag, found = collections.Counter(), [0]
            for lines in files:
                add_up(sink, [lines], bag)
                found.append(signature(bag))
            self.prefixes[inside] = set(found)
        together = add_up(sink, sum(read_epochs(sink, epochs).values(), []))
        if together != self.end:
            self.differ("restored after every epoch", together)

    def differ(self, what, got):
        more, less = sorted((got - self.end).elements())[:4], sorted((self.end - got).elements())[:4]
        raise harness.Failure(f"{self.sink.name}, {what}: {sum(got.values())} rows, wanted {sum(self.end.values())}\n  only got  {more}\n"
                              f"  only want {less}")

    def check(self, out, ended):
        sink, shown = self.sink, read_epochs(self.sink, out)
        together = add_up(sink, sum(shown.values(), []))
        if ended:
            if together != self.end:
                self.differ("at the end", together)
            return
        if sink.kind == "table":
            if shown and together != self.end:  # killed behind the last commit
                self.differ("before the job has ended", together)
            return
        if sink.kind != "changes" and together - self.end:
            self.differ("on the way", together)
        for window, rows in (by_window(sink, list(together)) if sink.kind == "windows" else {}).items():
            if rows != self.whole.get(window):
                raise harness.Failure(f"{sink.name}: window {window} shows {len(rows)} rows of {len(self.whole.get(window, []))}")
        for inside, files in shown.items():
            if signature(add_up(sink, files)) not in self.prefixes.get(inside, ()):
                raise harness.Failure(f"{sink.name} {inside}: what shows ({sum(map(len, files))} lines) is that of no number of epochs")


def leftovers(out):
    """Hidden files, which nobody needs when a job has ended. Empty ones may be of a run that died before it knew its checkpoint."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(out) for name in names if name.startswith(".")]
    return [path for path in found if os.path.getsize(path) > 0]


# ---- runs

class Job:
    """One job in a folder of its own: its input, what it must give, its checkpoints."""

    def __init__(self, env, name, seed, folder):
        self.env, self.name, self.seed, self.folder = env, name, seed, folder
        self.input = os.path.join(folder, "in")
        write_inputs(self.input, seed)
        self.script = os.path.join(folder, "job.sql")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(script_of(name))
        self.log = []
        calm, epochs = os.path.join(folder, "calm"), os.path.join(folder, "epochs")
        for out, options in ((calm, []), (epochs, ["--set", "weir.test.restore-every=1"])):
            code, said = self.run(out, options, plain=True)
            if code != 0:
                raise harness.Failure(f"{name} without faults: exit code {code} {options}\n{said[-3000:]}")
        self.want = [Expected(sink, calm, epochs) for sink in JOBS[name]]

    def command(self, out, options, plain=False, parallelism=1, checkpoints=None):
        settings = {"weir.source.block-size": f"{BLOCK_BYTES}b", **EXTRA_SETTINGS.get(self.name, {})}
        if not plain:
            settings.update({"execution.checkpointing.interval": "100 ms", "execution.checkpointing.dir": checkpoints,
                             "weir.test.block-delay": f"{DELAY_MS} ms"})
        command = [self.env.weir_path, "run", "--quiet", "--parallelism", str(parallelism), "-v", f"IN={self.input}", "-v", f"OUT={out}"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return command + options + [self.script]

    def run(self, out, options, seconds=None, fault=None, **how):
        """(exit code, standard error) of a run, killed after some seconds if it has not ended."""
        environ = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TMPDIR=self.folder)
        environ.pop("WEIR_FAULT", None)
        if fault:
            environ["WEIR_FAULT"] = fault
        with subprocess.Popen(self.command(out, options, **how), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environ) as process:
            try:
                said = process.communicate(timeout=seconds or RUN_SECONDS)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                said = process.communicate()[1]
                if seconds is None:
                    raise harness.Failure(f"{self.name} did not end within {RUN_SECONDS} s\n{said.decode()[-2000:]}")
        return process.returncode, said.decode("utf-8", "replace")

    def check(self, out, ended):
        for expected in self.want:
            expected.check(out, ended)

    def disturb(self, label, plan, parallelism=lambda r: 1, backend=lambda r: None):
        """Runs to the end through the faults of the plan: [(seconds or None, fault point or None)]. Returns how many struck."""
        r = random.Random(f"{self.seed} {label}")
        out, checkpoints = os.path.join(self.folder, label, "out"), os.path.join(self.folder, label, "checkpoints")
        story, struck, options, strays = [], 0, [], set()
        for seconds, fault in [*plan, (None, None)]:
            workers, store = parallelism(r), backend(r)
            extra = ["--set", f"state.backend.type={store}"] if store else []
            story.append(f"{fault or ('to the end' if seconds is None else f'{seconds:.3f} s')} at {workers} {store or ''}".strip())
            try:
                code, said = self.run(out, [*options, *extra], seconds, fault, parallelism=workers, checkpoints=checkpoints)
                if code not in (0, *KILLED):
                    raise harness.Failure(f"exit code {code}\n{said[-3000:]}")
                self.check(out, ended=code == 0)
            except harness.Failure as failure:
                raise harness.Failure(f"{self.name}, seed {self.seed}, {label}: {' | '.join(story)}\n{failure}\n  folder {self.folder}")
            options = ["--restore", "latest"]
            if code == 0:
                break
            struck += 1
            if not os.path.isdir(checkpoints) or not any(name.endswith(".manifest") for _, _, names in os.walk(checkpoints) for name in names):
                strays |= set(leftovers(out))  # nobody knows these
        left = sorted(set(leftovers(out)) - strays)
        if left:
            raise harness.Failure(f"{self.name}, seed {self.seed}, {label}: {' | '.join(story)}\n  left behind {left[:5]}")
        shutil.rmtree(os.path.join(self.folder, label), ignore_errors=True)
        return struck


def scratch_folder():
    """Where fsync is free, if there is such a place: a killed process loses nothing that it has written."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix="weir-crash-", dir=place)


def in_scratch(what, keep, work):
    """Does work(folder) in a folder that goes afterwards, but with `keep` when it fails, which is said; returns the exit code."""
    scratch, code = scratch_folder(), 0
    try:
        work(scratch)
    except harness.Failure as failure:
        print(f"\n{what}: {failure}")
        code = 1
    if not (code and keep):
        shutil.rmtree(scratch, ignore_errors=True)
    return code


SERVER_FAULTS = ("kafka-", "jdbc-", "postgres-")  # how fault points begin that only jobs with servers pass: pipelines.py


def fault_names(env, all_of_them=False):
    names = [line.split("\t")[0] for line in env.weir("docs", "faults", check=0).stdout.splitlines()]
    return [name for name in names if all_of_them or not name.startswith(SERVER_FAULTS)]


def faults(job, names):
    """Each fault point once, those of a restore after a kill. Returns the names that were not met."""
    missed = []
    for name in names:
        restore = name.startswith("restore-")
        for begin in (0.4, 0.8, 1.6) if restore else (None,):  # a loaded machine may have made no checkpoint so soon
            plan = ([] if begin is None else [(begin, None)]) + [(None, name)]
            if job.disturb(f"fault-{name}-{begin}", plan) == len(plan):
                break
        else:
            missed.append(name)
    return missed


def long_run(env, options):
    """Kills at random moments, some at fault points, over all jobs, until there were enough."""
    r, kills, runs, begin = random.Random(options.seed), 0, 0, time.monotonic()
    names, points = [options.job] if options.job else sorted(JOBS), fault_names(env)
    while kills < options.rounds:
        name, seed = names[runs % len(names)], options.seed * 1000 + runs
        folder = tempfile.mkdtemp(prefix=f"crash-{name}-", dir=env.scratch)
        job = Job(env, name, seed, folder)
        plan = [(r.random() * 0.9, None) if r.random() < 0.8 else (None, f"{r.choice(points)}:{r.randrange(1, 4)}") for _ in range(r.randrange(1, 8))]
        workers = r.choice([[1], [1], [2], [1, 2, 3, 7]])
        kills += job.disturb("long", plan, lambda x, w=workers: x.choice(w))
        runs += 1
        shutil.rmtree(folder)
        print(f"\r{kills} kills in {runs} runs, {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
    print(f"\ncrash: {kills} kills in {runs} runs of {len(names)} jobs, every visible output right (seed {options.seed})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--job", choices=sorted(JOBS))
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failing run")
    options = parser.parse_args()

    def work(scratch):
        env = harness.Env(options.build, False, scratch)
        if not options.faults:
            long_run(env, options)
            return
        for name in [options.job] if options.job else sorted(JOBS):
            missed = faults(Job(env, name, options.seed, os.path.join(scratch, name)), fault_names(env))
            print(f"{name}: all fault points but {missed or 'none'}")

    return in_scratch("crash", options.keep, work)


if __name__ == "__main__":
    sys.exit(main())
