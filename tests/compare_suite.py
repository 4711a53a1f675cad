# SPDX-License-Identifier: Apache-2.0
"""compare_suite - `weir diff` as a user meets it: forms of input, keys, partitions, limits, exit codes; random bags against Python's."""
import collections
import gzip
import json
import os
import random

import harness


def put(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got!r}\n  want {want!r}")


def diff(env, code, a, b, *options):
    """(rows shown, summary) of a comparison that ends with that exit code."""
    done = env.weir("diff", a, b, "--format", "json", *options, check=code)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def row(change, count=1, **cells):
    return {"change": change, "count": count, **cells}


def bags(env):
    folder = env.folder("compare-bags")
    a = put(folder, "a.json", lines({"id": 1, "x": 1.50, "r": {"a": [1, 2]}}, {"id": 2, "x": None}, {"id": 2}, {"id": 3, "x": "q\"\n"}))
    b = put(folder, "b.json", '{"r": {"a":[1,2]}, "x":1.5, "id":1}\r\n{"id":2}\n\n{"id":4,"x":true}')
    shown, summary = diff(env, 1, a, b)
    expect(shown, [row("missing", id="2", x=None, r=None), row("missing", id="3", x="q\"\n", r=None), row("extra", id="4", x="true", r=None)], "rows")
    expect(summary, "different: missing 2, extra 1, changed 0, same 2\n", "summary")
    expect(diff(env, 0, a, a), ([], "equal: missing 0, extra 0, changed 0, same 4\n"), "the same file")
    shown, summary = diff(env, 1, a, b, "--limit", "1")
    expect((len(shown), summary.splitlines()[1]), (1, "The first 1 are shown; --limit 0 shows all"), "--limit 1")
    done = env.weir("diff", "--quiet", a, b, check=1)
    expect(done.stdout + done.stderr, "", "--quiet")


def keys(env):
    folder = env.folder("compare-keys")
    a = put(folder, "a.json", lines({"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "c", "n": 3}, {"k": None, "n": 4}))
    b = put(folder, "b.json", lines({"k": None, "n": 5}, {"k": "b", "n": 2.0}, {"k": "a", "n": 7}, {"k": "d", "n": 1}))
    shown, summary = diff(env, 1, a, b, "--key", "k")
    expect(shown, [row("missing", k="c", n="3"), row("before", k=None, n="4"), row("after", k=None, n="5"), row("before", k="a", n="1"),
                   row("after", k="a", n="7"), row("extra", k="d", n="1")], "rows")
    expect(summary, "different: missing 1, extra 1, changed 2, same 1\n", "summary")
    done = env.weir("diff", "--format", "csv", "--key=k", a, b, check=1)
    expect(done.stdout.splitlines()[:2], ["change,count,k,n", "missing,1,c,3"], "csv")
    done = env.weir("diff", "--format", "table", "--key=k", a, b, check=1)
    expect(done.stdout.splitlines()[1], "| change  | count | k    | n |", "table")
    twice = put(folder, "twice.json", lines({"k": "a", "n": 1}, {"k": "a", "n": 2}))
    for other, options, said in ((twice, ["--key", "k"], "The key k=a is there twice; for the second time in '"),
                                 (b, ["--key", "k,m"], "There is no column 'm' for --key\nhint: The columns are k, n")):
        done = env.weir("diff", a, other, *options, check=2)
        if said not in done.stderr:
            raise harness.Failure(f"{options}: {done.stderr}")


def changes(env):
    folder = env.folder("compare-changes")
    a = put(folder, "a", lines({"op": "+I", "data": {"k": 1, "n": 1}}, {"op": "+I", "data": {"k": 2, "n": 1}}, {"op": "-U", "data": {"k": 1, "n": 1}},
                               {"op": "+U", "data": {"k": 1, "n": 2}}, {"op": "-D", "data": {"k": 2, "n": 1}}))
    b = put(folder, "b", lines({"before": None, "after": {"k": 1, "n": 5}, "op": "c"}, {"before": {"k": 1, "n": 5}, "after": {"k": 1, "n": 2}, "op": "u"}))
    plain = put(folder, "plain.json", lines({"k": 1, "n": 2}))
    for options in ([], ["--key", "k"]):
        for x, y in ((a, b), (b, plain), (a, plain)):
            expect(diff(env, 0, x, y, *options)[1], "equal: missing 0, extra 0, changed 0, same 1\n", f"{x} {y} {options}")
    upserts = put(folder, "u.json", lines({"op": "+U", "data": {"k": 1, "n": 1}}, {"op": "+U", "data": {"k": 3, "n": 1}},
                                          {"op": "+U", "data": {"k": 1, "n": 2}}, {"op": "-D", "data": {"k": 3, "n": None}}))
    diff(env, 0, upserts, plain, "--key", "k")
    expect(diff(env, 1, upserts, plain)[1], "different: missing 2, extra 0, changed 0, same 1\n", "upserts without a key")
    expect(diff(env, 1, a, plain, "--input", "json")[1], "different: missing 5, extra 1, changed 0, same 0\n", "--input json")


def folders(env):
    folder = env.folder("compare-folders")
    put(folder, "a/d=1/part-0", lines({"x": 1}, {"x": 2}))
    put(folder, "a/d=__DEFAULT_PARTITION__/part-1.gz", gzip.compress(lines({"x": 3}).encode()))
    put(folder, "a/d=1/.part-2.inprogress", "broken")
    put(folder, "a/d=1/_SUCCESS", "")
    b = put(folder, "b.csv", "d,x\n1,2\n,3\n1,1\n")
    diff(env, 0, os.path.join(folder, "a"), b, "--header")
    diff(env, 0, os.path.join(folder, "a", "*", "part-*"), os.path.join(folder, "a"), "--input", "json")
    os.makedirs(os.path.join(folder, "empty"))
    expect(diff(env, 1, os.path.join(folder, "empty"), b)[0][0], row("extra", c1="d", c2="x"), "csv without a header")


def csv(env):
    folder = env.folder("compare-csv")
    a = put(folder, "a.csv", 'x,y\r\n1,"a\nb ""c"""\n2,\n3,""\n')
    b = put(folder, "b.csv", 'y,x\n"a\nb ""c""",1\n,2\n,3')
    shown, _ = diff(env, 1, a, b, "--header", "--key", "x")
    expect(shown, [row("before", x="3", y=""), row("after", x="3", y=None)], "an empty text and NULL")


def wrong(env):
    folder = env.folder("compare-wrong")
    good, bad = put(folder, "good.json", lines({"x": 1})), put(folder, "bad.json", lines({"x": 1}) + '{"x":\n')
    put(folder, "open.csv", 'a\n"b\n')
    for args, said in (([good], "'diff' needs two outputs"), ([good, good, good], "Two outputs are compared"), ([good, "-"], "read twice"),
                       ([good, good, "--keys", "x"], "There is no option '--keys'"), ([good, good, "--format", "xml"], "'xml' is not a value of '--format'"),
                       ([good, good, "--limit", "many"], "'--limit' is a number"), ([good, good, "--key"], "'--key' needs a value"),
                       ([good, os.path.join(folder, "none")], "There is no file or folder"), ([good, bad], "bad.json', record 2: It is no JSON object"),
                       ([good, good, "--input", "changelog-json"], "record 1: It is no change with \"op\" and \"data\""),
                       ([good, os.path.join(folder, "open.csv"), "--input", "csv"], "open.csv', record 2: A quote is not closed")):
        done = env.weir("diff", *args, check=2)
        if said not in done.stderr or done.stdout:
            raise harness.Failure(f"{args}: {done.stdout}{done.stderr}")
    if "usage: weir diff" not in env.weir("diff", "--help", check=0).stdout or "usage: weir diff" not in env.weir("help", "diff", check=0).stdout:
        raise harness.Failure("no help")


def many(env):
    """More keys than fit into the memory given: several passes, the same answer."""
    folder, r = env.folder("compare-many"), random.Random(5)
    a = [{"k": i, "n": r.randrange(3)} for i in range(70000)]
    b = [dict(each, n=9) if each["k"] % 1000 == 7 else each for each in a if each["k"] % 5000 != 3] + [{"k": -1, "n": 0}]
    r.shuffle(b)
    paths = put(folder, "a.json", lines(*a)), put(folder, "b.json", lines(*b))
    for memory in ("1", "2", "800"):
        shown, summary = diff(env, 1, *paths, "--key", "k", "--memory", memory, "--limit", "0")
        expect(summary, "different: missing 14, extra 1, changed 70, same 69916\n", f"--memory {memory}")
        expect(len(shown), 155, f"--memory {memory}")
        shown, summary = diff(env, 1, *paths, "--memory", memory)
        expect((len(shown), summary.splitlines()[0]), (100, "different: missing 84, extra 71, changed 0, same 69916"), f"--memory {memory}, rows")


def random_bags(env, seed):
    folder, r = env.folder(f"compare-random-{seed}"), random.Random(seed)
    sides, totals = [], []
    for name in ("a", "b"):
        rows, text = collections.Counter(), []
        for _ in range(r.choice([0, 3, 40, 400])):
            values = {"k": r.randrange(6), "n": r.choice([None, 0, "", "x\\", 2.5])}
            if r.random() < 0.3 and +rows:
                values = dict(r.choice(sorted(rows.elements(), key=str)))
                rows[tuple(values.items())] -= 1
                text.append({"op": r.choice(["-U", "-D"]), "data": values})
            else:
                rows[tuple(values.items())] += 1
                text.append({"op": r.choice(["+I", "+U"]), "data": values})
        cut = r.randrange(len(text) + 1)
        put(folder, f"{name}/part-1", lines(*text[:cut]))
        put(folder, f"{name}/part-2", lines(*text[cut:]))
        sides.append(os.path.join(folder, name))
        totals.append(+rows)
    missing, extra = totals[0] - totals[1], totals[1] - totals[0]
    shown, _ = diff(env, 1 if missing or extra else 0, *sides, "--limit", "0", "--input", "changelog-json")
    for change, want in (("missing", missing), ("extra", extra)):
        got = collections.Counter({(each.get("k"), each.get("n")): each["count"] for each in shown if each["change"] == change})
        text = collections.Counter({tuple(None if v is None else str(v) for _, v in key): count for key, count in want.items()})
        expect(got, text, change)


def cases(env):
    for test in (bags, keys, changes, folders, csv, wrong, many):
        yield f"compare/{test.__name__}", (lambda t=test: t(env))
    for seed in range(20):
        yield f"compare/random/{seed}", (lambda s=seed: random_bags(env, s))
