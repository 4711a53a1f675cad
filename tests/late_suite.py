# SPDX-License-Identifier: Apache-2.0
"""late_suite - random rows out of order through windows of all kinds, against a simulation that goes row by row.

The rules, as real Flink has them (allowed lateness and the table of late rows are ours):
  - the watermark is the largest row time so far minus the delay, never below 0; a row is judged by the watermark before it;
  - a window fires when the watermark reaches its end - 1 ms; it takes corrections until that plus the allowed lateness;
  - a row that all of its windows refuse is late; a row that some of them take counts there;
  - sessions merge when they touch; a row is late only when the session that it would merge into takes nothing any more.
So every row is in a window or late, whatever the batch size and the number of workers.

TUMBLE with an offset follows Flink's buffers (op/window_offset.c), which refuse more rows than these rules: there the rows are
only counted, each once, and all modes must agree.
"""
import datetime
import json
import os
import random
import re

import harness

BASE = 1704067200000  # 2024-01-01
SEEDS = range(12)


def stamp(ms):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%d %H:%M:%S.") + f"{ms % 1000:03d}"


class Plan:
    """One random case: the window, the delay, the lateness allowed, the rows.

    Form: `group` counts per window; `rows` asks for the rows with their windows; `other` counts the rows of a window by another key.
    """

    def __init__(self, kind, seed, form):
        r = random.Random(f"{kind}/{seed}")
        self.kind, self.form = kind, form
        self.step = r.choice([500, 1000, 2000, 5000])
        self.size = self.step * r.choice([1, 2, 3, 6])
        self.offset = r.choice([0, 0, 0, 300, -200]) if kind != "session" else 0
        self.delay = r.choice([0, 1, 700, 3000, 8000])
        self.allowed = r.choice([0, 0, 1, 1500, 6000, 60000])
        self.keyed = r.random() < 0.7
        self.rows = []
        now, jitter = BASE + r.randrange(100000), r.choice([0, 2000, 6000, 20000])
        for i in range(r.choice([1, 40, 300])):
            now += r.choice([0, 1, 10, 200, 200, 900, 4000, 30000 if r.random() < 0.1 else 5])
            self.rows.append({"id": i, "k": r.choice(["a", "b", "c", None]), "ts": now - (r.randrange(jitter) if jitter and r.random() < 0.5 else 0)})

    def windows(self, ts):
        """(start, end) of the windows of a row, in order of their ends."""
        step = self.size if self.kind == "tumble" else self.step
        if self.kind == "cumulate":
            start = ts - (ts - self.offset) % self.size
            return [(start, end) for end in range(start + step, start + self.size + 1, step) if end > ts]
        last = ts - (ts - self.offset) % step
        return sorted((start, start + self.size) for start in range(last, ts - self.size, -step))

    def open(self, end, watermark):
        return end - 1 + self.allowed > watermark

    def simulate(self):
        """({(key, start, end): [ids]}, [(id, watermark, end of the last window)])"""
        found, late, watermark, sessions = {}, [], 0, {}
        for row in self.rows:
            key, ts = (row["k"] if self.keyed else ""), row["ts"]
            if self.kind == "session":
                watermark_end = self.add_session(sessions.setdefault(key, []), row, watermark)
                if watermark_end is not None:
                    late.append((row["id"], watermark, watermark_end))
            else:
                windows = self.windows(ts)
                taken = [w for w in windows if self.open(w[1], watermark)]
                for start, end in taken:
                    found.setdefault((key, start, end), []).append(row["id"])
                if not taken:
                    late.append((row["id"], watermark, windows[-1][1]))
            watermark = max(watermark, ts - self.delay)
        for key, list_ in sessions.items():
            for start, end, ids in list_:
                found[(key, start, end)] = ids
        return found, late

    def add_session(self, sessions, row, watermark):
        """Merges the row into the key's sessions; the end of its session when it is late."""
        start, end, ids = row["ts"], row["ts"] + self.size, [row["id"]]
        touched = [s for s in sessions if s[0] <= end and s[1] >= start and self.open(s[1], watermark)]
        for s in touched:
            start, end, ids = min(start, s[0]), max(end, s[1]), s[2] + ids
        if not self.open(end, watermark):
            return end
        sessions[:] = [s for s in sessions if s not in touched] + [(start, end, ids)]
        return None

    def table_function(self):
        def interval(ms):
            return f"INTERVAL {'-' if ms < 0 else ''}'{abs(ms) // 1000}.{abs(ms) % 1000:03d}' SECOND(5, 3)"
        tail = f", {interval(self.offset)}" if self.offset else ""
        if self.kind == "session":
            return f"SESSION(TABLE t{' PARTITION BY k' if self.keyed else ''}, DESCRIPTOR(ts), {interval(self.size)})"
        sizes = interval(self.size) if self.kind == "tumble" else f"{interval(self.step)}, {interval(self.size)}"
        return f"{self.kind.upper()}(TABLE t, DESCRIPTOR(ts), {sizes}{tail})"


def script(plan, folder):
    key = "k" if plan.keyed else "''"
    group = ("k, " if plan.keyed else "") + ("MOD(id, 2), " if plan.form == "other" else "")
    query = f"SELECT {key}, window_start, window_end, 1, CAST(id AS STRING) FROM TABLE({plan.table_function()})"
    if plan.form != "rows":
        query = f"""SELECT {key}, window_start, window_end, COUNT(*), LISTAGG(CAST(id AS STRING)) FROM TABLE({plan.table_function()})
GROUP BY {group}window_start, window_end"""
    return f"""SET 'weir.late-rows.allowed' = '{plan.allowed} ms';
SET 'weir.late-rows.table' = 'late';
CREATE TABLE t (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '{plan.delay // 1000}.{plan.delay % 1000:03d}' SECOND(5, 3))
WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE late (id INT, k STRING, ts TIMESTAMP(3), late_by BIGINT METADATA FROM 'late-by', w TIMESTAMP(3) METADATA FROM 'watermark',
  e TIMESTAMP(3) METADATA FROM 'window-end') WITH ('connector' = 'filesystem', 'path' = '${{OUT}}/late.json', 'format' = 'json');
CREATE TABLE o (k STRING, s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT, ids STRING)
WITH ('connector' = 'filesystem', 'path' = '${{OUT}}/o.json', 'format' = 'debezium-json');
INSERT INTO o {query};
"""


def apply_changes(path, form):
    """The windows at the end of a changelog: {(key, start, end): [ids]}."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            change = json.loads(line)
            if change["before"] is not None:
                rows.remove(change["before"])
            if change["after"] is not None:
                rows.append(change["after"])
    found = {}
    for row in rows:
        where = (row["k"], row["s"], row["e"])
        ids = sorted(map(int, row["ids"].split(",")))
        if (where in found and form == "group") or len(ids) != row["n"]:
            raise harness.Failure(f"window {where} twice, or {row['n']} rows counted and {len(ids)} listed")
        found[where] = sorted(found.get(where, []) + ids)
    return found


def short(stamp_text):
    """JSON leaves out the zeros at the end of a fraction."""
    head, fraction = stamp_text.split(".")
    return head + ("." + fraction.rstrip("0") if fraction.rstrip("0") else "")


def read_late(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return sorted((row["id"], row["w"], row["e"], row["late_by"]) for row in map(json.loads, file))


def write_rows(plan, folder):
    """The rows in files of a few each: every file ends an epoch, at which windows fire."""
    os.makedirs(os.path.join(folder, "in"), exist_ok=True)
    r, at, number = random.Random(len(plan.rows)), 0, 0
    while at < len(plan.rows):
        count = r.choice([1, 5, 20, 60])
        with open(os.path.join(folder, "in", f"{number:04d}.json"), "w", encoding="utf-8") as file:
            for row in plan.rows[at:at + count]:
                file.write(json.dumps(dict(row, ts=stamp(row["ts"]))) + "\n")
        at, number = at + count, number + 1


def one(env, kind, seed, form, modes):
    plan = Plan(kind, seed, form)
    windows, late = plan.simulate()
    times = {row["id"]: row["ts"] for row in plan.rows}
    want = {(key, short(stamp(start)), short(stamp(end))): sorted(ids) for (key, start, end), ids in windows.items()}
    want_late = sorted((id_, short(stamp(w)), short(stamp(end)), w - (end - 1)) for id_, w, end in late)
    if {id_ for ids in want.values() for id_ in ids} | {entry[0] for entry in want_late} != set(times):
        raise harness.Failure("the simulation itself loses rows")
    folder = env.folder(f"late-{kind}-{form}-{seed}-{len(modes[0])}")
    write_rows(plan, folder)
    text, buffered = script(plan, folder), plan.kind == "tumble" and plan.offset != 0 and plan.allowed == 0
    for mode in modes:
        out = os.path.join(folder, f"{mode[0]}-{mode[-1]}")
        done = env.weir("run", *harness.options(mode), "-v", f"OUT={out}", "-e", text, timeout=30,
                        check=0)
        got, got_late = apply_changes(os.path.join(out, "o.json"), form), read_late(os.path.join(out, "late.json"))
        if buffered:
            everywhere = sorted([id_ for ids in got.values() for id_ in ids] + [entry[0] for entry in got_late])
            if everywhere != sorted(times):
                raise harness.Failure(f"mode {mode}: {len(times)} rows in, {len(everywhere)} in windows or late")
            want, want_late, buffered = got, got_late, False  # from here on all modes are like the first
        check(plan, got, want, f"mode {mode}: windows")
        if got_late != want_late:
            first = next(pair for pair in zip(got_late + [None], want_late + [None]) if pair[0] != pair[1])
            raise harness.Failure(f"mode {mode}: late rows (id, watermark, window end, late by): {len(got_late)}, wanted "
                                  f"{len(want_late)}\n  got  {first[0]}\n  want {first[1]}\n{text}")
        counted = [sum(map(int, re.findall(word + r" (\d+), ", done.stderr))) for word in ("rows in", "late")]
        if counted != [len(plan.rows), len(want_late)]:
            raise harness.Failure(f"mode {mode}: the summary says {done.stderr.strip()}, wanted late {len(want_late)}")


def check(plan, got, want, what):
    for where in sorted(set(got) | set(want), key=str):
        if got.get(where) != want.get(where):
            raise harness.Failure(f"{what}: {plan.table_function()}, delay {plan.delay}, allowed {plan.allowed}\n  {where}\n"
                                  f"  got  {got.get(where)}\n  want {want.get(where)}")


def cases(env):
    for kind in ("tumble", "hop", "cumulate", "session"):
        for seed in SEEDS:
            yield f"late/{kind}/{seed}", (lambda k=kind, s=seed: one(env, k, s, "group", env.modes))
            if env.sampled(f"{kind}/{seed}"):
                yield f"late/{kind}/{seed}/restored", (lambda k=kind, s=seed: one(env, k, s, "group", harness.RESTORED))
    for form in ("rows", "other"):
        for seed in SEEDS:
            yield f"late/session_{form}/{seed}", (lambda s=seed, f=form: one(env, "session", s, f, env.modes))
            if env.sampled(f"{form}/{seed}"):
                yield f"late/session_{form}/{seed}/restored", (lambda s=seed, f=form: one(env, "session", s, f, harness.RESTORED))
