# SPDX-License-Identifier: Apache-2.0
"""over_suite - random rows out of order through OVER windows, against a simulation that goes row by row.

The rules, as real Flink has them:
  - the watermark is the largest row time so far minus the delay, never below 0; a row is judged by the watermark before it;
  - when no frame has a lower bound, a row at or below the watermark is late; else only one at or below the time of the last row of
    its key that went by (0 at first);
  - rows go by when the watermark reaches them, those behind it at its next rise, in the order of time and arrival;
  - with bounded RANGE frames alone a key is forgotten at a time set by its rows: 1.5 frames after a row that leaves less than one
    frame until the time set before. A time that was put off counts as that of a row that went by.
"""
import json
import os
import random

import harness
from late_suite import read_late, short, stamp

BASE = 1704067200000  # 2024-01-01
SEEDS = range(16)


class Key:
    """What an OVER window knows about one key."""

    def __init__(self):
        self.seen, self.waiting, self.timers, self.last, self.cleanup = [], [], set(), 0, 0


class Plan:
    """One random case: frames of one kind (or two), the delay, the rows."""

    def __init__(self, kind, seed):
        r = random.Random(f"{kind}/{seed}")
        self.kind = kind
        bounds = {"rows": ["rows"], "range": ["range"], "unbounded": ["all_rows", "all_range"],
                  "mixed": ["rows", "range", "all_rows", "all_range"], "ranges": ["range", "range"]}[kind]
        self.frames = [(b, r.choice([0, 1, 2, 7]) if b == "rows" else r.choice([0, 50, 700, 3000, 20000])) for b in bounds]
        self.delay = r.choice([0, 1, 700, 3000, 8000])
        self.rows = []
        now, jitter = BASE + r.randrange(100000), r.choice([0, 2000, 6000, 40000])
        for i in range(r.choice([1, 60, 400])):
            now += r.choice([0, 0, 1, 10, 200, 200, 900, 4000, 30000 if r.random() < 0.1 else 5])
            back = r.randrange(jitter) if jitter and r.random() < 0.4 else 0
            self.rows.append({"id": i, "k": r.choice(["a", "b", "c", None]), "v": r.choice([None, *range(20)]), "ts": (now - back) // 5 * 5})
        self.strict = all(b.startswith("all") for b, _ in self.frames)
        self.reach = max(n for _, n in self.frames) if all(b == "range" for b, _ in self.frames) else None

    def simulate(self):
        """({id: values per frame}, [(id, watermark)])"""
        keys, found, late, watermark = {}, {}, [], 0
        for row in self.rows:
            key, ts = keys.setdefault(row["k"], Key()), row["ts"]
            if ts <= watermark if self.strict else ts <= key.last:
                late.append((row["id"], watermark))
            else:
                key.waiting.append(row)
                key.timers.add(ts)
                if self.reach is not None and (key.cleanup == 0 or key.cleanup < ts + self.reach + 1):
                    key.cleanup = ts + int(self.reach * 1.5) + 1
                    key.timers.add(key.cleanup)
            if ts - self.delay > watermark:
                watermark = ts - self.delay
                for each in keys.values():
                    self.fire(each, watermark, found)
        for each in keys.values():
            self.fire(each, 1 << 62, found)
        return found, late

    def fire(self, key, watermark, found):
        for time in sorted(t for t in key.timers if t <= watermark):
            key.timers.discard(time)
            if 0 < key.cleanup <= time:
                key.seen, key.last, key.cleanup = [], 0, 0
                continue
            peers = [row for row in key.waiting if row["ts"] == time]
            key.waiting = [row for row in key.waiting if row["ts"] != time]
            before = len(key.seen)
            key.seen += peers
            for at, row in enumerate(peers, before):
                found[row["id"]] = [self.values(key.seen, at, time, frame) for frame in self.frames]
            key.last = time

    @staticmethod
    def values(seen, at, time, frame):
        kind, n = frame
        rows = {"rows": seen[max(0, at - n):at + 1], "all_rows": seen[:at + 1], "all_range": seen,
                "range": [row for row in seen if row["ts"] >= time - n]}[kind]
        known = [row["v"] for row in rows if row["v"] is not None]
        return [len(rows), sum(known) if known else None, min(known, default=None), max(known, default=None), len(set(known))]

    def columns(self):
        text = {"rows": "ROWS BETWEEN {} PRECEDING AND CURRENT ROW", "all_rows": "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
                "all_range": "", "range": "RANGE BETWEEN INTERVAL '{}' SECOND(5, 3) PRECEDING AND CURRENT ROW"}
        windows = []
        for i, (kind, n) in enumerate(self.frames):
            bound = n if kind == "rows" else f"{n // 1000}.{n % 1000:03d}"
            windows.append(f"w{i} AS (PARTITION BY k ORDER BY ts {text[kind].format(bound)})")
        calls = [f"{call} OVER w{i} AS c{i}{j}" for i in range(len(self.frames))
                 for j, call in enumerate(["COUNT(*)", "SUM(v)", "MIN(v)", "MAX(v)", "COUNT(DISTINCT v)"])]
        return ", ".join(calls), ", ".join(windows)


def script(plan, folder):
    calls, windows = plan.columns()
    return f"""SET 'weir.late-rows.table' = 'late';
CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '{plan.delay // 1000}.{plan.delay % 1000:03d}' SECOND(5, 3))
WITH ('connector' = 'filesystem', 'path' = '{folder}/in.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE late (id INT, w TIMESTAMP(3) METADATA FROM 'watermark', e TIMESTAMP(3) METADATA FROM 'window-end',
  late_by BIGINT METADATA FROM 'late-by') WITH ('connector' = 'filesystem', 'path' = '${{OUT}}/late.json', 'format' = 'json');
CREATE VIEW o AS SELECT id, {calls} FROM t WINDOW {windows};
CREATE TABLE p (id INT, {", ".join(f"c{i}{j} BIGINT" for i in range(len(plan.frames)) for j in range(5))})
WITH ('connector' = 'filesystem', 'path' = '${{OUT}}/o.json', 'format' = 'json');
INSERT INTO p SELECT * FROM o;
"""


def one(env, kind, seed, modes):
    plan = Plan(kind, seed)
    want, late = plan.simulate()
    want_late = sorted((id_, short(stamp(w))) for id_, w in late)
    if sorted([*want, *(id_ for id_, _ in late)]) != [row["id"] for row in plan.rows]:
        raise harness.Failure("the simulation itself loses rows")
    folder = env.folder(f"over-{kind}-{seed}-{len(modes[0])}")
    with open(os.path.join(folder, "in.json"), "w", encoding="utf-8") as file:
        for row in plan.rows:
            file.write(json.dumps(dict(row, ts=stamp(row["ts"]))) + "\n")
    text = script(plan, folder)
    for mode in modes:
        out = os.path.join(folder, f"{mode[0]}-{mode[-1]}")
        env.weir("run", *harness.options(mode), "-v", f"OUT={out}", "-e", text, timeout=60, check=0)
        with open(os.path.join(out, "o.json"), encoding="utf-8") as file:
            rows = [list(json.loads(line).values()) for line in file]
        got = {row[0]: [row[1 + 5 * i:6 + 5 * i] for i in range(len(plan.frames))] for row in rows}
        if len(got) != len(rows):
            raise harness.Failure(f"mode {mode}: a row came out twice")
        got_late = sorted(entry[:2] for entry in read_late(os.path.join(out, "late.json")))
        for id_ in range(len(plan.rows)):
            if got.get(id_) != want.get(id_):
                raise harness.Failure(f"mode {mode}: {plan.frames}, delay {plan.delay}, row {id_}\n  got  {got.get(id_)}\n  want {want.get(id_)}")
        if got_late != want_late:
            raise harness.Failure(f"mode {mode}: late rows {got_late[:5]} ..., wanted {want_late[:5]} ...")


def restored(env, kind, seed):
    folder = env.folder(f"over-{kind}-{seed}-3")
    open(os.path.join(folder, "in.json"), "w", encoding="utf-8").close()
    harness.restored(env, lambda: one(env, kind, seed, harness.RESTORED), "-v", f"OUT={folder}", "-e", script(Plan(kind, seed), folder))


def cases(env):
    for kind in ("rows", "range", "ranges", "unbounded", "mixed"):
        for seed in SEEDS:
            yield f"over/{kind}/{seed}", (lambda k=kind, s=seed: one(env, k, s, env.modes))
            if seed < 4:
                yield f"over/{kind}/{seed}/restored", (lambda k=kind, s=seed: restored(env, k, s))
