# SPDX-License-Identifier: Apache-2.0
"""state_suite - `weir state` and the connector 'savepoint': what is in a checkpoint, against what must be in it."""
import glob
import json
import os
import shutil
import subprocess

import checkpoint_reader
import harness

ROWS = 200
SCRIPT = """
CREATE TABLE t (id BIGINT, who STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = '{d}/in.json', 'format' = 'json');
CREATE TABLE o (who STRING, n BIGINT, s DECIMAL(38, 2), d BIGINT, m DECIMAL(10, 2), PRIMARY KEY (who) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '{d}/o', 'format' = 'json');
CREATE TABLE w (e TIMESTAMP(3), who STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{d}/w', 'format' = 'json');
CREATE TABLE j (a BIGINT, b BIGINT) WITH ('connector' = 'filesystem', 'path' = '{d}/j', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO o SELECT who, COUNT(*), SUM(price), COUNT(DISTINCT id), MAX(price) FROM t GROUP BY who;
  INSERT INTO w SELECT window_end, who, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, who;
  INSERT INTO j SELECT x.id, y.id FROM t x JOIN t y ON x.id = y.id WHERE x.price > 5;
END;
"""
GROUPS, WINDOWS, JOIN = "t GROUP BY who", "t GROUP BY who IN TUMBLE(ts, 60000 ms)", "(t WHERE (price > 5)) JOIN (t) ON t.id = t#2.id"


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got!r}\n  want {want!r}")


def row(i):
    return {"id": i, "who": f"u{i % 5}", "price": f"{i % 7}.50", "ts": f"2024-01-01 00:{i // 60:02d}:{i % 60:02d}"}


def crash(env, folder, script, fault, *options):
    """Runs a job that dies at a named place; its checkpoints are in the folder ck/j."""
    environ = dict(os.environ, WEIR_FAULT=fault, TZ="UTC")
    done = subprocess.run([env.weir_path, "run", "--quiet", "--set", f"execution.checkpointing.dir={folder}/ck", "--set",
                           "pipeline.name=j", *options, "-e", script], capture_output=True, timeout=120, env=environ)
    expect(done.returncode, 137, f"the end at {fault}: {done.stderr.decode()}")


def checkpoint(env, name, blocks, workers=1, *options):
    """The folder of a job's checkpoints after so many blocks of the file."""
    folder = env.folder(name)
    with open(os.path.join(folder, "in.json"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row(i)) + "\n" for i in range(ROWS))
    crash(env, folder, SCRIPT.format(d=folder), "checkpoint-done", "--parallelism", str(workers), "--set", "weir.source.block-size=1kb",
          "--set", f"weir.test.restore-every={blocks}", *options)
    return os.path.join(folder, "ck", "j")


def state(env, *args, code=0):
    done = env.weir("state", *args, "--format", "json", "--limit", "0", check=code)
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows_read(env, path):
    return [r for r in state(env, "ls", path) if r["what"] == "source"][0]["records"]


def ls(env):
    path = checkpoint(env, "state-ls", 5)
    found = state(env, "ls", path)
    n = rows_read(env, path)
    if not 20 < n < ROWS:
        raise harness.Failure(f"{n} rows were read")
    got = [(r["what"], r["operator"], r["name"], r["records"]) for r in found]
    dear = sum(i % 7 >= 5 for i in range(n))
    expect(got[:8], [("checkpoint", "j", "chk-1.manifest", None), ("state", GROUPS, "groups", 5), ("state", WINDOWS, "slices", 5),
                     ("extra", WINDOWS, "times", 1), ("extra", WINDOWS, "held", 0), ("state", JOIN, "left", dear),
                     ("state", JOIN, "right", n), ("extra", JOIN, "clocks", 1)], "states")
    expect([r[:3] for r in got[8:]], [("source", "t", "filesystem")] + [("sink", s, "filesystem") for s in "owj"], "ends")
    for word in ("number 1", "full", "1 workers", "128 key groups", "backend hashmap"):
        if word not in found[0]["detail"]:
            raise harness.Failure(f"'{word}' is not in {found[0]['detail']!r}")
    source = [r for r in found if r["what"] == "source"][0]["detail"]
    if f"{n} lines, block 5, '{os.path.dirname(os.path.dirname(path))}/in.json' at byte " not in source:
        raise harness.Failure(source)
    only = state(env, "ls", path, "--operator", JOIN, "--state", "left")
    expect([r["name"] for r in only if r["what"] in ("state", "extra")], ["left"], "--operator, --state")


def dump(env):
    """The same values whatever the number of workers, and those that the rows so far give."""
    want = None
    for workers in (1, 2, 5):
        path = checkpoint(env, f"state-dump-{workers}", 5, workers)
        n = rows_read(env, path)
        groups = state(env, "dump", path, "--operator", GROUPS)
        wanted = []
        for u in range(5):
            ids = range(u, n, 5)
            wanted.append({"who": f"u{u}", "namespace": 0, "rows": len(ids), "shown": 1, "used ms": None, "COUNT(*)": len(ids),
                           "SUM(price)": sum(i % 7 + 0.5 for i in ids), "COUNT(DISTINCT id)": len(ids),
                           "MAX(price)": max(i % 7 + 0.5 for i in ids)})
        expect(groups, wanted, f"groups, {workers} workers")
        slices = state(env, "dump", path, "--state", "slices")
        first = n // 60 * 60
        expect([(r["who"], r["COUNT(*)"]) for r in slices], [(f"u{u}", sum(i % 5 == u for i in range(first, n))) for u in range(5)], "slices")
        left = state(env, "dump", path, "--state", "left")
        got = sorted((r["id"], [(x["id"], x["price"], x["ts"]) for x in r["rows"]]) for r in left)
        expect(got, [(i, [(i, i % 7 + 0.5, row(i)["ts"])]) for i in range(n) if i % 7 >= 5], "left")
        everything = state(env, "dump", path)
        expect(len([r for r in everything if r["state"] == "right" and r["operator"] == JOIN]), n, "operator and state in each row")
        want = want or (groups, slices, left)
        expect((groups, slices, left), want, f"{workers} workers")
    text = env.weir("state", "dump", path, "--state", "slices", "--format", "csv", "--limit", "1", check=0).stdout
    expect(text.splitlines()[0], "who,namespace,COUNT(*)", "csv")
    expect(len(text.splitlines()), 2, "--limit")
    text = env.weir("state", "dump", path, "--state", "left", "--format", "csv", "--limit", "1", check=0).stdout
    expect(text.splitlines()[1], '5,0,"0;0;5;5.5;2024-01-01 00:00:05"', "rows within a list as csv")


def schema(env):
    path = checkpoint(env, "state-schema", 3)
    found = state(env, "schema", path, "--operator", GROUPS)
    expect([(r["column"], r["role"], r["type"]) for r in found],
           [("who", "key", "STRING"), ("namespace", "namespace", "BIGINT"), ("rows", "number", "BIGINT"), ("shown", "number", "BIGINT"),
            ("used ms", "number", "BIGINT"), ("COUNT(*)", "aggregate", "BIGINT"), ("SUM(price)", "aggregate", "DECIMAL(38, 2)"),
            ("COUNT(DISTINCT id)", "aggregate", "BIGINT"), ("MAX(price)", "aggregate", "DECIMAL(10, 2)")], "schema")
    statements = env.weir("state", "schema", path, "--format", "sql", check=0).stdout
    done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "-e",
                    statements + "SELECT COUNT(*), SUM(`COUNT(*)`) FROM state_0;", check=0)
    expect(done.stdout.splitlines()[1], f"5\t{rows_read(env, path)}", "a table of a state")


def tables(env):
    """The connector: a part of the columns, joins, pushed filters, any number of workers; and what is wrong."""
    path = checkpoint(env, "state-tables", 5)
    n = rows_read(env, path)
    script = f"""CREATE TABLE g (`MAX(price)` DECIMAL(10, 2), who STRING NOT NULL, `COUNT(*)` BIGINT)
      WITH ('connector' = 'savepoint', 'path' = '{path}', 'state' = 'groups');
      CREATE TABLE l (id BIGINT, `rows` ARRAY<ROW<`matches` BIGINT, added_ms BIGINT, id BIGINT, price DECIMAL(10, 2), ts TIMESTAMP(3)>>)
      WITH ('connector' = 'savepoint', 'path' = '{path}/chk-1.manifest', 'operator' = '{JOIN}', 'state' = 'left');"""
    cases = [("SELECT who, `COUNT(*)` AS n FROM g WHERE who > 'u2'", [f"u{u}\t{len(range(u, n, 5))}" for u in (3, 4)]),
             ("SELECT COUNT(*), SUM(p) FROM l CROSS JOIN UNNEST(`rows`) AS u(m, a, i, p, ts)",
              [f"{sum(i % 7 >= 5 for i in range(n))}\t{sum(i % 7 + 0.5 for i in range(n) if i % 7 >= 5):.2f}"])]
    for mode in env.modes:
        for query, want in cases:
            done = env.weir("run", "--quiet", "--result", "final", "--format", "tsv", "--set", f"weir.batch.max-rows={mode[0]}",
                            "--parallelism", str(mode[1]), "-e", script + query, check=0)
            expect(done.stdout.splitlines()[1:], want, f"{query} {mode}")
    wrong = [("who INT", "'state' = 'groups'", "Column 'who' of the state is of type STRING, not INT"),
             ("whom STRING", "'state' = 'groups'", "The state has no column 'whom'"),
             ("who STRING", "'state' = 'group'", "has no such state"),
             ("who STRING", "'operator' = 'x'", "has no such state"),
             ("id BIGINT", f"'operator' = '{JOIN}'", "has more than one such state")]
    for columns, options, said in wrong:
        done = env.weir("run", "-e", f"CREATE TABLE x ({columns}) WITH ('connector' = 'savepoint', 'path' = '{path}', {options}); SELECT * FROM x",
                        check=2)
        if said not in done.stderr:
            raise harness.Failure(f"{said!r} is not in\n{done.stderr}")
    done = env.weir("run", "-e", "CREATE TABLE x (a INT) WITH ('connector' = 'savepoint', 'path' = 'nowhere'); SELECT * FROM x", check=2)
    if "There is no checkpoint 'nowhere'" not in done.stderr:
        raise harness.Failure(done.stderr)


def diff(env):
    a, b = checkpoint(env, "state-diff-a", 3), checkpoint(env, "state-diff-b", 4, 2)
    n, m = rows_read(env, a), rows_read(env, b)
    expect(state(env, "diff", a, a), [], "nothing differs")
    changes = state(env, "diff", a, b, "--operator", GROUPS, code=1)
    expect([(c["op"], c["row"]["who"], c["row"]["COUNT(*)"]) for c in changes],
           [(op, f"u{u}", len(range(u, end, 5))) for u in range(5) for op, end in (("-U", n), ("+U", m))], "changed")
    changes = state(env, "diff", a, b, "--state", "right", code=1)
    expect(sorted((c["op"], c["row"]["id"]) for c in changes), [("+I", i) for i in range(n, m)], "added")
    changes = state(env, "diff", b, a, "--state", "right", code=1)
    expect(sorted((c["op"], c["row"]["id"]) for c in changes), [("-D", i) for i in range(n, m)], "removed")
    done = env.weir("state", "diff", a, b, "--state", "right", "--format", "json", check=1)
    expect(done.stderr, f"{m - n} added, 0 removed, 0 changed, {n} the same\n", "summary")


def increments(env):
    """A chain of incremental checkpoints gives what a full one would: keys come, change and go."""
    folder = env.folder("state-increments")
    script = f"""
    CREATE TABLE s (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
      'number-of-rows' = '10000000', 'rows-per-second' = '20000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '9999999');
    CREATE TABLE a (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
    CREATE TABLE b (e TIMESTAMP_LTZ(3), k BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
    EXECUTE STATEMENT SET BEGIN
    INSERT INTO a SELECT id / 20, COUNT(*) FROM s GROUP BY id / 20;
    INSERT INTO b SELECT window_end, MOD(id, 10), COUNT(*) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1.7' SECOND))
      GROUP BY window_start, window_end, MOD(id, 10);
    END;"""
    crash(env, folder, script, "checkpoint-done:5", "--set", "execution.checkpointing.interval=100 ms", "--parallelism", "2",
          "--set", "execution.checkpointing.num-retained=4", "--set", "execution.checkpointing.compression=none")
    path = os.path.join(folder, "ck", "j")
    segments = 0
    for manifest in sorted(glob.glob(os.path.join(path, "*.manifest"))):
        found = state(env, "ls", manifest)
        n = rows_read(env, manifest)
        segments += "segments" in found[0]["detail"]
        groups = state(env, "dump", manifest, "--state", "groups")
        expect(sorted((list(r.values())[0], r["COUNT(*)"]) for r in groups), [(k, min(20, n - 20 * k)) for k in range((n + 19) // 20)],
               f"groups of {manifest}")
        slices = state(env, "dump", manifest, "--state", "slices")
        expect(sum(r["COUNT(*)"] for r in slices), n % 1700, f"open windows of {manifest} after {n} rows")
        by_hand(env, manifest)
    if segments == 0:
        raise harness.Failure("no checkpoint was incremental")


def by_hand(env, path):
    """What docs/internals/checkpoint.md makes of a manifest is what `weir state` shows."""
    found = checkpoint_reader.manifest(path)
    for state_, entries in zip(found["states"], checkpoint_reader.entries(os.path.dirname(path), found)):
        shown = state(env, "dump", path, "--operator", state_["operator"], "--state", state_["name"])
        expect(len(shown), len(entries), f"entries of {state_['name']}")
        keys = [name for name, _ in state_["key"]]
        for entry in shown:
            if state_["extra"]:
                continue
            fields = entries[entry["namespace"], tuple(entry[key] for key in keys)][1]
            for field in state_["fields"]:
                want = fields[field["name"]]
                if field["kind"] == 1:
                    expect(entry[field["name"]], want, field["name"])
                elif field["kind"] == 3:
                    for got, row_ in zip(entry[field["name"]], want):
                        expect(len(got), len(row_), "columns")
                        expect([got[c] for c in ("matches", "id")], [row_[0], row_[len(field["numbers"])]], "a row of a list")
                elif field["function"] == "COUNT" and not field["flags"] & 1:
                    expect(int.from_bytes(want[:8], "little"), entry[field["name"]], "COUNT(*)")
    return found


def format_(env):
    path = checkpoint(env, "state-format", 4, 2, "--set", "execution.checkpointing.compression=none")
    found = by_hand(env, os.path.join(path, "chk-1.manifest"))
    facts = found["facts"]
    expect([facts[k] for k in ("kind", "number", "epoch", "job", "backend", "flags", "parallelism", "workers")],
           [1, 1, 3, "j", "hashmap", 0, 128, 2], "facts")
    types = [(r["column"], r["type"]) for r in state(env, "schema", path, "--operator", GROUPS, "--state", "groups") if r["role"] == "aggregate"]
    got = [(f["name"], f["type"]["kind"]) for f in found["states"][0]["fields"] if f["kind"] == 4]
    expect(got, [(name, kind.split("(")[0]) for name, kind in types], "aggregates")
    expect([(s["name"], s["connector"], s["rows"]) for s in found["sources"]], [("t", "filesystem", rows_read(env, path))], "sources")
    expect([s[0] for s in found["sinks"]], ["o", "w", "j"], "sinks")


def damage(env):
    path = checkpoint(env, "state-damage", 3)
    for kind in ("manifest", "segment"):
        shutil.copy(os.path.join(path, f"chk-1.{kind}"), os.path.join(path, f"chk-2.{kind}"))
    with open(os.path.join(path, "chk-2.manifest"), "r+b") as file:
        file.seek(60)
        file.write(b"\xff")
    done = env.weir("state", "ls", path, "--format", "json", check=0)
    if "chk-2.manifest' is passed over: The checkpoint" not in done.stderr or '"name":"chk-1.manifest"' not in done.stdout:
        raise harness.Failure(done.stderr + done.stdout)
    expect([r["what"] for r in map(json.loads, done.stdout.splitlines())][:2], ["damaged", "checkpoint"], "ls")
    done = env.weir("state", "dump", os.path.join(path, "chk-2.manifest"), check=2)
    if "is damaged: the checksum of its content is wrong" not in done.stderr:
        raise harness.Failure(done.stderr)
    done = env.weir("run", "-e", f"CREATE TABLE x (who STRING) WITH ('connector' = 'savepoint', 'path' = '{path}', 'state' = 'groups'); SELECT * FROM x",
                    check=2)
    if "The newest checkpoint cannot be used" not in done.stderr:
        raise harness.Failure(done.stderr)


def going_back(env):
    """A job that goes on from an earlier checkpoint: the later ones go before its sinks give up what they say."""
    folder = env.folder("state-back")
    script = f"""
    CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10000000', 'rows-per-second' = '5000',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '9999999');
    CREATE TABLE o (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
    INSERT INTO o SELECT id FROM s;"""
    options = ["--set", "execution.checkpointing.interval=100 ms", "--set", "execution.checkpointing.num-retained=9"]
    path = os.path.join(folder, "ck", "j")

    def there():
        return sorted(os.path.basename(name) for name in glob.glob(os.path.join(path, "chk-*")))

    crash(env, folder, script, "checkpoint-done:4", *options)
    expect(there(), [f"chk-{n}.{kind}" for n in (1, 2, 3, 4) for kind in ("manifest", "segment")], "four checkpoints")
    crash(env, folder, script, "restore-found", *options, "--restore", os.path.join(path, "chk-2.manifest"))
    expect(len(there()), 8, "nothing goes before it is clear that the checkpoint fits")
    crash(env, folder, script, "restore-loaded", *options, "--restore", os.path.join(path, "chk-2.manifest"))
    expect(there(), [f"chk-{n}.{kind}" for n in (1, 2) for kind in ("manifest", "segment")], "two are left")


def wrong(env):
    path = checkpoint(env, "state-wrong", 3)
    cases = [(["state"], "needs one of ls, schema, dump and diff"), (["state", "list"], "needs one of"), (["state", "ls"], "'ls' needs a checkpoint"),
             (["state", "diff", path], "'diff' needs two checkpoints"), (["state", "ls", path, path], "What is"),
             (["state", "ls", path, "--frm", "x"], "There is no option '--frm'"), (["state", "ls", path, "--format", "sql"], "'sql' is not a value"),
             (["state", "dump", path, "--limit", "x"], "'--limit' is a number"), (["state", "dump", path, "--limit"], "'--limit' needs a value"),
             (["state", "dump", path, "--operator", "t GROUP BY wo"], "Did you mean 't GROUP BY who'?"),
             (["state", "dump", path, "--state", "none"], "has no such state"), (["state", "ls", os.path.dirname(path)], "There is no checkpoint in")]
    for args, said in cases:
        done = env.weir(*args, check=2)
        if said not in done.stderr or done.stdout != "":
            raise harness.Failure(f"{args}: {said!r} is not in\n{done.stderr}{done.stdout}")
    for args in (["state", "--help"], ["help", "state"]):
        if "usage: weir state ls|schema|dump" not in env.weir(*args, check=0).stdout:
            raise harness.Failure(f"{args}")


def cases(env):
    yield "state/format", lambda: format_(env)
    for case in (ls, dump, schema, tables, diff, increments, damage, going_back, wrong):
        yield f"state/{case.__name__}", (lambda c=case: c(env))
