# SPDX-License-Identifier: Apache-2.0
"""consistency_suite - 'sink.consistency' = 'epoch': a sink shows only states that the query has for a prefix of its inputs.

Random transfers between accounts come as two streams, debits and credits, which are summed and joined again. Money is neither
made nor lost: in every state of the query the total is zero. With 'eager' the total of one side is shown before the other's; that
is checked too, since it shows that the test can fail.

And all recorded updating cases: the changes of whole epochs add up to the same table, and each takes back only what is there.
"""
import collections
import glob
import json
import os
import random

import harness

MODES = [(1, 1), (7, 2), (4096, 1), (4096, 5)]
TRANSFERS = 30000  # several blocks of a file, and so several epochs
GROUPS = ["group", "join", "rank", "set"]
VIEWS = """CREATE TABLE transfers (id INT, from_account INT, to_account INT, amount INT)
WITH ('connector' = 'filesystem', 'path' = '{folder}/transfers.json', 'format' = 'json');
CREATE VIEW debits AS SELECT from_account AS account, -amount AS amount FROM transfers;
CREATE VIEW credits AS SELECT to_account AS account, amount FROM transfers;
"""
# The total of all money, seen in several ways.
TOTALS = {
    "sums": "SELECT c.total + d.total AS total FROM (SELECT SUM(amount) AS total FROM credits) c, (SELECT SUM(amount) AS total FROM debits) d",
    "accounts": """SELECT SUM(c.total + d.total) AS total FROM (SELECT account, SUM(amount) AS total FROM credits GROUP BY account) c
      JOIN (SELECT account, SUM(amount) AS total FROM debits GROUP BY account) d ON c.account = d.account""",
    "outer": """SELECT COALESCE(c.total, 0) + COALESCE(d.total, 0) AS total FROM (SELECT SUM(amount) AS total FROM credits) c
      FULL JOIN (SELECT SUM(amount) AS total FROM debits) d ON TRUE""",
}


def make_transfers(env, name):
    folder = env.folder(f"consistency-{name}")
    r = random.Random(11)
    with open(os.path.join(folder, "transfers.json"), "w", encoding="utf-8") as file:
        for i in range(TRANSFERS):
            a, b = r.sample(range(20), 2)
            file.write(json.dumps({"id": i, "note": "x" * 60, "from_account": a, "to_account": b, "amount": r.randrange(1, 1000)}) + "\n")
    return folder


def settings(consistency, mode):
    return ["--set", f"sink.consistency={consistency}", "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1])]


def totals(env, folder, query, consistency, mode):
    """The values of `total` that a result shows, one after the other."""
    done = env.weir("run", "--quiet", "--result", "changelog", "--format", "tsv", *settings(consistency, mode), "-e",
                    VIEWS.format(folder=folder) + query + ";", check=0)
    return [line.split("\t")[1] for line in done.stdout.split("\n")[1:-1] if line.startswith("+")]


def total(env, folder, name):
    for mode in MODES:
        shown = set(totals(env, folder, TOTALS[name], "epoch", mode))
        if shown != {"0"}:
            raise harness.Failure(f"batch {mode[0]}, workers {mode[1]}: totals {sorted(shown)}")


def eager(env, folder):
    if set(totals(env, folder, TOTALS["sums"], "eager", (1, 1))) == {"0"}:
        raise harness.Failure("no total differs from zero: the test of 'epoch' could not fail")


def tables(env, folder):
    """The option of a table: what a file and print show."""
    for mode in MODES:
        out = env.folder(f"consistency-{mode[0]}-{mode[1]}")
        sinks = f"""CREATE TABLE f (total INT) WITH ('connector' = 'filesystem', 'path' = '{out}/f.json', 'format' = 'changelog-json', 'sink.consistency' = 'epoch');
          CREATE TABLE p (total INT) WITH ('connector' = 'print', 'sink.consistency' = 'epoch');
          CREATE TABLE e (total INT) WITH ('connector' = 'filesystem', 'path' = '{out}/e.json', 'format' = 'changelog-json', 'sink.consistency' = 'eager');
          """
        text = VIEWS.format(folder=folder) + sinks + "EXECUTE STATEMENT SET BEGIN " + "".join(
            f"INSERT INTO {sink} {TOTALS['sums']};" for sink in "fpe") + "END;"
        done = env.weir("run", "--quiet", *settings("eager", mode), "-e", text, check=0)
        shown = {json.loads(line)["data"]["total"] for line in harness.read_lines(os.path.join(out, "f.json"))}
        other = {json.loads(line)["data"]["total"] for line in harness.read_lines(os.path.join(out, "e.json"))}
        printed = [line for line in done.stdout.split("\n")[:-1] if "[0]" not in line]
        if shown != {0} or printed or "[0]" not in done.stdout:
            raise harness.Failure(f"mode {mode}: file {shown}, print {printed}")
        if other == {0}:
            raise harness.Failure(f"mode {mode}: the eager sink beside them shows no other total")


def recorded(env, script, data):
    want = harness.read_lines(script[:-4] + ".final")
    for mode in ((7, 2), (4096, 1)):
        done = env.weir("run", "--quiet", "--result", "changelog", "--format", "tsv", *settings("epoch", mode), "-v", f"DATA={data}", script, check=0)
        lines = done.stdout.split("\n")[:-1]
        rows = collections.Counter()
        for line in lines[1:]:
            kind, row = line.split("\t", 1)
            rows[row] += 1 if kind.startswith("+") else -1
            if rows[row] < 0:
                raise harness.Failure(f"mode {mode}: takes back what is not there: {line}")
        harness.compare_results(lines[:1] + list(rows.elements()), want, f"batch {mode[0]}, workers {mode[1]}")


def cases(env):
    for name in TOTALS:
        yield f"consistency/total_{name}", lambda n=name: total(env, make_transfers(env, n), n)
    yield "consistency/eager", lambda: eager(env, make_transfers(env, "eager"))
    yield "consistency/tables", lambda: tables(env, make_transfers(env, "tables"))
    base = os.path.join(harness.SHARED, "oracle")
    if not os.path.isdir(base):
        def absent():
            raise harness.Skip("../shared/oracle is not there")
        yield "consistency", absent
    import oracle_suite
    for script in sorted(path for group in GROUPS for path in glob.glob(os.path.join(base, "cases", group, "*.sql"))):
        group, file = script.split(os.sep)[-2:]
        if f"{group}/{file[:-4]}" not in oracle_suite.WAITING:
            yield f"consistency/{group}/{file[:-4]}", (lambda s=script: recorded(env, s, os.path.join(base, "data")))
