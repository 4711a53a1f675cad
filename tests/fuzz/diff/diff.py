#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""diff - random queries over random changing tables, against the same queries over what is in the tables at the end.

  tests/fuzz/diff/diff.py BUILD [--seconds N] [--seed N] [--rounds N] [--keep DIR] [--depth N] [--queries N]

Each round makes three tables, some queries, and for each query: the result over the final tables (the reference), then over
the changing ones: in several forms of changelog, batches of 1, 7 and the default, 1, 2 and 5 workers, optimizer passes off, batch mode;
and written to a table with a PRIMARY KEY, whose columns are unique in the reference. All must be equal. A difference is kept in
DIR (default: diff-finds in the build folder) as a script that shows it; the exit code is 1.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import query  # noqa: E402
import tables  # noqa: E402

MODES = [(4096, 1), (1, 1), (7, 1), (4096, 5), (1, 2), (7, 5)]
NAMES = ["t0", "t1", "t2"]
BATCH = "execution.runtime-mode=batch"
# What must not change an answer.
SETTINGS = [("table.exec.source.cdc-events-duplicate", ["true"]), ("execution.runtime-mode", ["batch"]),
            ("table.optimizer.agg-phase-strategy", ["ONE_PHASE", "TWO_PHASE"]),
            ("table.optimizer.distinct-agg.split.enabled", ["true"]), ("table.optimizer.distinct-agg.split.bucket-num", ["2", "7"])]


def weir(build, script, mode, settings=()):
    args = [os.path.join(build, "weir"), "run", "--quiet", "--result", "final", "--format", "json",
            "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1])]
    for setting in settings:
        args += ["--set", setting]
    try:
        done = subprocess.run([*args, "-"], input=script.encode(), capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None, "timeout"
    return (sorted(done.stdout.decode().split("\n")[:-1]) if done.returncode == 0 else None,
            f"exit {done.returncode}: {done.stderr.decode()[:600]}")


def passes(build):
    """The optimizer's switches."""
    text = subprocess.run([os.path.join(build, "weir"), "docs", "options"], capture_output=True, check=True).stdout.decode()
    return sorted({word for line in text.split("\n") for word in line.split("`") if word.startswith("weir.optimizer.")
                   and word != "weir.optimizer.disabled"})


def unique_columns(rng, relation, rows):
    """Columns that may be a PRIMARY KEY of the result, or None."""
    parsed = [json.loads(row) for row in rows]
    for _ in range(4):
        picked = rng.sample(relation.columns, rng.randint(1, len(relation.columns)))
        values = [tuple(row.get(c.name) for c in picked) for row in parsed]
        if len(set(values)) == len(values) and not any(v is None for value in values for v in value):
            return picked
    return None


class Round:
    def __init__(self, options, seed, switches):
        self.options, self.seed, self.switches = options, seed, switches
        self.rng = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="weir-diff-")
        self.counts = {"queries": 0, "refused": 0, "runs": 0}

    def declare(self, forms):
        return "".join(tables.declare(name, self.folder, forms[name]) for name in NAMES)

    def find(self, what, script, settings, mode, want, got, why):
        keep = os.path.join(self.options.keep, f"seed-{self.seed}-{self.counts['queries']}-{what}")
        shutil.rmtree(keep, ignore_errors=True)
        shutil.copytree(self.folder, keep)
        with open(os.path.join(keep, "script.sql"), "w", encoding="utf-8") as file:
            file.write(script.replace(self.folder, keep))
        with open(os.path.join(keep, "about.txt"), "w", encoding="utf-8") as file:
            missing = [row for row in want if got is None or row not in got]
            extra = [row for row in got or [] if row not in want]
            file.write(f"seed {self.seed} {what} batch {mode[0]} workers {mode[1]} settings {settings}\n{why if got is None else ''}\n"
                       f"missing {missing[:10]}\nextra {extra[:10]}\nwant {len(want)} got {len(got or [])}\n")
        print(f"DIFFERENCE seed {self.seed} {what} batch {mode[0]} workers {mode[1]} {settings}: {keep}", flush=True)
        return False

    def sink(self, forms, relation, want):
        """The result through a table with a PRIMARY KEY."""
        key = unique_columns(self.rng, relation, want)
        if key is None:
            return True
        path = os.path.join(self.folder, "out.json")
        names = {c.name for c in key}
        columns = ", ".join(f"{c.name} {c.kind}" for c in relation.columns)
        mode = self.rng.choice(MODES)
        settings = [f"table.exec.sink.upsert-materialize={self.rng.choice(['AUTO', 'AUTO', 'FORCE'])}"]
        head = self.declare(forms) + (f"CREATE TABLE o ({columns}, PRIMARY KEY ({', '.join(sorted(names))}) NOT ENFORCED) WITH "
                                      f"('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');\n")
        # What is NULL on the way under a key column is left out: it may be so for a while.
        script = head + ("SET 'table.exec.sink.not-null-enforcer' = 'DROP';\n"
                         f"INSERT INTO o SELECT {', '.join(c.name for c in relation.columns)} FROM ({relation.sql}) AS q;\n")
        if os.path.exists(path):
            os.remove(path)
        _, why = weir(self.options.build, script, mode, settings)
        self.counts["runs"] += 1
        got = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                got = sorted(line for line in file.read().split("\n") if line)
            os.remove(path)
        return got == want or self.find("sink", script, settings, mode, want, got, why)

    def query(self):
        self.counts["queries"] += 1
        generator = query.Generator(self.rng, NAMES)
        relation = generator.relation(self.rng.randint(1, self.options.depth))
        final = self.declare({name: "final" for name in NAMES})
        names = ", ".join(c.name for c in relation.columns)
        select = f"SELECT {names} FROM ({relation.sql}) AS q;\n"
        want, why = weir(self.options.build, final + select, (4096, 1))
        self.counts["runs"] += 1
        if want is None:
            self.counts["refused"] += 1
            if self.options.verbose or not why.startswith("exit 2"):
                print(f"seed {self.seed}: {why}\n{select}", flush=True)
            return why.startswith("exit 2") or self.find("reference", final + select, [], (4096, 1), [], None, why)
        good = True
        for mode in MODES:
            forms = {name: self.rng.choice(["all", "upsert", "debezium", "final"]) for name in NAMES}
            settings = []
            if self.rng.random() < 0.4:
                settings += [f"{switch}={self.rng.choice(['true', 'false'])}" for switch in self.switches if self.rng.random() < 0.5]
            settings += [f"{name}={self.rng.choice(values)}" for name, values in SETTINGS if self.rng.random() < 0.2]
            right = want
            if BATCH in settings:  # a global aggregate of nothing is a row there
                right, _ = weir(self.options.build, final + select, (4096, 1), [BATCH])
            got, why = weir(self.options.build, self.declare(forms) + select, mode, settings)
            self.counts["runs"] += 1
            if got != right:
                good = self.find("select", self.declare(forms) + select, settings, mode, right or [], got, why)
                break
        return self.sink(forms, relation, want) and good

    def run(self):
        for name in NAMES:
            changes, rows = tables.history(self.rng, self.rng.choice([0, 5, 30, 150]))
            tables.write(self.rng, self.folder, name, changes, rows)
        good = True
        for _ in range(self.options.queries):
            good = self.query() and good
        shutil.rmtree(self.folder, ignore_errors=True)
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--queries", type=int, default=8)
    parser.add_argument("--keep", default=None)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.keep = options.keep or os.path.join(options.build, "diff-finds")
    os.makedirs(options.keep, exist_ok=True)
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    switches, started, bad, total = passes(options.build), time.time(), 0, {}
    rounds = 0
    while (options.rounds and rounds < options.rounds) or (not options.rounds and time.time() - started < options.seconds):
        one = Round(options, seed + rounds, switches)
        bad += not one.run()
        rounds += 1
        for name, count in one.counts.items():
            total[name] = total.get(name, 0) + count
    print(f"seeds {seed}..{seed + rounds - 1}: {total}, {bad} rounds with differences")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
