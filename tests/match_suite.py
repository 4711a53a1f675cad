# SPDX-License-Identifier: Apache-2.0
"""match_suite - random patterns over random rows out of order, against a simulation that goes row by row.

Patterns are those without a choice: greedy quantifiers and exact numbers, so that at most one match is under way for each first
row. (Which of several is shown is Flink's to say: tests/oracle/match.) The rules:
  - rows at or below the watermark before them are late; the others are taken by time, then by the columns behind it, then as they came;
  - a variable takes rows as long as it may and its condition holds; a row that a greedy variable would take does not go to the next one;
  - a match ends unfinished when a row fits nowhere, or WITHIN after its first row;
  - a complete match waits for those that began before it; when it is shown, the skip rule ends all that begin before the row to go on from.
"""
import collections
import json
import os
import random

import harness
from late_suite import BASE, stamp

SEEDS = range(40)
Variable = collections.namedtuple("Variable", "name min max greedy values rule")


class Case:
    """One random case: the pattern, its rules, the rows."""

    def __init__(self, seed):
        r = self.random = random.Random(f"match/{seed}")
        self.variables = []
        for name, last in self.names(r.choice([2, 3, 3, 4])):
            self.variables.append(self.variable(name, last))
        if all(v.min == 0 for v in self.variables[:-1]):
            self.variables[0] = self.variables[0]._replace(min=1, max=1, greedy=False)
        self.delay = r.choice([0, 1000, 5000])
        self.within = r.choice([0, 0, 4000, 15000, 60000])
        self.keyed = r.random() < 0.7
        self.second = r.random() < 0.4
        self.skip = r.choice(["PAST LAST ROW", "TO NEXT ROW", "TO LAST " + self.variables[-1].name, "TO FIRST " + self.variables[-1].name])
        now, jitter = BASE, r.choice([0, 3000, 9000])
        self.rows = []
        for i in range(r.choice([3, 80, 300])):
            now += r.choice([0, 1, 300, 300, 1000, 2500])
            late = r.randrange(jitter) if jitter and r.random() < 0.4 else 0
            self.rows.append({"id": i, "k": r.choice(["x", "y", None]), "v": r.randrange(10), "ts": now - late})

    @staticmethod
    def names(count):
        return [("ABCD"[i], i == count - 1) for i in range(count)]

    def variable(self, name, last):
        r = self.random
        low, high = r.choice([(1, 1), (2, 2)]) if last else r.choice([(1, 1), (1, None), (0, 3), (1, 2), (2, None), (2, 4), (3, 3)])
        values = frozenset(v for v in range(10) if r.random() < 0.6)
        if self.variables and r.random() < 0.7:  # what a greedy variable takes does not go on
            values = frozenset(range(10)) - self.variables[-1].values
        return Variable(name, low, high, low != high, values,
                        r.choice(["", "", "", "rising", "sum", "count"]))

    def pattern(self):
        def quantifier(v):
            if (v.min, v.max) == (1, 1):
                return ""
            if v.max == v.min:
                return f"{{{v.min}}}"
            return "+" if (v.min, v.max) == (1, None) else f"{{{v.min},{v.max or ''}}}"
        return " ".join(v.name + quantifier(v) for v in self.variables)

    def condition(self, v):
        base = f"{v.name}.v IN ({', '.join(map(str, sorted(v.values)) or ['-1'])})" if v.values else "FALSE"
        return base + {"": "", "rising": f" AND (LAST({v.name}.v, 1) IS NULL OR {v.name}.v >= LAST({v.name}.v, 1))",
                       "sum": f" AND SUM({v.name}.v) < 20", "count": " AND COUNT(*) < 6"}[v.rule]

    def script(self, path, side):
        """The query, and the table that late rows go to."""
        columns = "id INT, k STRING, v INT, ts TIMESTAMP(3)"
        firsts = ", ".join(f"FIRST({v.name}.id) AS f{v.name}, LAST({v.name}.id) AS l{v.name}" for v in self.variables)
        return f"""
CREATE TABLE late (id INT) WITH ('connector' = 'filesystem', 'path' = '{side}', 'format' = 'json');
SET 'weir.late-rows.table' = 'late';
CREATE TABLE t ({columns}, WATERMARK FOR ts AS ts - INTERVAL '{self.delay // 1000}' SECOND)
WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
SELECT * FROM t MATCH_RECOGNIZE (
  {"PARTITION BY k" if self.keyed else ""} ORDER BY ts{", v DESC" if self.second else ""}
  MEASURES {firsts}, SUM({self.variables[0].name}.v) AS total, COUNT(*) AS n
  AFTER MATCH SKIP {self.skip}
  PATTERN ({self.pattern()}) {f"WITHIN INTERVAL '{self.within // 1000}' SECOND" if self.within else ""}
  DEFINE {", ".join(f"{v.name} AS {self.condition(v)}" for v in self.variables)});
"""

    # The simulation.

    def arrive(self):
        """({key: rows in their order}, [ids of late rows])"""
        keys, late, watermark = {}, [], 0
        for row in self.rows:
            if row["ts"] <= watermark:
                late.append(row["id"])
            else:
                keys.setdefault(row["k"] if self.keyed else "", []).append(row)
            watermark = max(watermark, row["ts"] - self.delay)
        for rows in keys.values():
            rows.sort(key=lambda row: (row["ts"], -row["v"] if self.second else 0))
        return keys, late

    def meets(self, run, at, row):
        v = self.variables[at]
        mine = [r["v"] for i, r in run if i == at] + [row["v"]]
        return row["v"] in v.values and {"": True, "rising": len(mine) < 2 or mine[-1] >= mine[-2], "sum": sum(mine) < 20,
                                         "count": len(run) + 1 < 6}[v.rule]

    def step(self, run, row):
        """"alive", "dead" or "complete"; run is a list of (variable, row)."""
        at = run[-1][0] if run else 0
        count = sum(1 for i, _ in run if i == at)
        while at < len(self.variables):
            v, met = self.variables[at], self.meets(run, at, row)
            if met and (v.max is None or count < v.max):
                run.append((at, row))
                return "complete" if at == len(self.variables) - 1 and count + 1 == v.max else "alive"
            if count < v.min or (v.greedy and met):
                return "dead"
            at, count = at + 1, 0
        return "dead"

    def skip_from(self, run, first):
        """The place, in its key, from which matching goes on behind a match that began at place `first`."""
        if self.skip == "PAST LAST ROW":
            return first + len(run)
        if self.skip == "TO NEXT ROW":
            return first + 1
        mine = [n for n, (at, _) in enumerate(run) if at == len(self.variables) - 1]
        return first + (mine[-1] if "LAST" in self.skip else mine[0])

    def matches(self, rows):
        """The matches of one key; None: a skip rule leads back to the first row."""
        live, done, shown = {}, {}, []

        def show():
            while done and not any(first < min(done) for first in live):
                first = min(done)
                run = done.pop(first)
                shown.append(run)
                go_on = self.skip_from(run, first)
                if go_on == first:
                    raise harness.Failure("a pattern of this suite must not skip to its first row")
                for runs in (live, done):
                    for other in [other for other in runs if other < go_on]:
                        del runs[other]

        def expire(now):
            for first in sorted(live):
                if self.within and now - live[first][0][1]["ts"] >= self.within:
                    del live[first]
                    show()

        for place, row in enumerate(rows):
            expire(row["ts"])
            for first in sorted(live) + [place]:
                run = live.pop(first, [])
                verdict = self.step(run, row)
                if verdict != "dead":
                    (live if verdict == "alive" else done)[first] = run
            show()
        expire(float("inf"))
        return shown

    def line(self, key, run):
        def cell(value):
            return "\\N" if value is None else str(value)
        cells = [cell(key)] if self.keyed else []
        for at in range(len(self.variables)):
            mine = [row["id"] for i, row in run if i == at]
            cells += [cell(mine[0] if mine else None), cell(mine[-1] if mine else None)]
        first = [row["v"] for i, row in run if i == 0]
        return "\t".join(cells + [cell(sum(first) if first else None), str(len(run))])


def put(case, path):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({**row, "ts": stamp(row["ts"])}) + "\n" for row in case.rows)


def one(env, seed, modes):
    case = Case(seed)
    folder = env.folder(f"match-{seed}-{len(modes[0])}")
    path = os.path.join(folder, "rows.json")
    put(case, path)
    keys, late = case.arrive()
    want = sorted(case.line(key, run) for key, rows in keys.items() for run in case.matches(rows))
    for mode in modes:
        side = os.path.join(folder, f"late-{mode[0]}-{mode[-1]}.json")
        script = case.script(path, side)
        done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", *harness.options(mode), "-e", script, check=0)
        got = sorted(done.stdout.split("\n")[1:-1])
        if got != want:
            raise harness.Failure(f"{harness.told(mode)}\n{script}\n  only got  {[x for x in got if x not in want]}\n"
                                  f"  only want {[x for x in want if x not in got]}\n{done.stderr}")
        with open(side, encoding="utf-8") as file:
            found = sorted(json.loads(line)["id"] for line in file)
        if found != sorted(late):
            raise harness.Failure(f"{harness.told(mode)}: late rows\n  got  {found}\n  want {sorted(late)}\n{script}")


def restored(env, seed):
    case, folder = Case(seed), env.folder(f"match-{seed}-3")
    put(case, os.path.join(folder, "rows.json"))
    harness.restored(env, lambda: one(env, seed, harness.RESTORED), "-e", case.script(os.path.join(folder, "rows.json"), "late.json"))


def cases(env):
    for seed in SEEDS:
        yield f"match/random-{seed}", (lambda s=seed: one(env, s, env.modes))
        if env.sampled(str(seed)):
            yield f"match/random-{seed}/restored", (lambda s=seed: restored(env, s))
