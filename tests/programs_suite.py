#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""programs_suite - whole jobs from Flink's own tests, run in place: what a sink holds at the end is what Flink's holds.

A source's rows become a file: `json` where there are only inserts, else `changelog-json` with the row kinds, in the mode that the
table declares. A sink with a PRIMARY KEY that need not see -U becomes a file of the last row of each key; others become `print`, and the
changes that it shows are added up. How many changes there are on the way is not compared.

A case that is a savepoint test in Flink gives: the whole run, over the rows before and after the savepoint; the first half
alone, where no watermark is declared (with one, the end of the input would fire what the savepoint keeps); and, as NAME/restored,
what it is in Flink: the first half is read from folders that are watched, the job is stopped when a checkpoint knows all of its
rows (by a signal, or by `weir stop --savepoint`), then the second half is added and the job restored. tests/programs/waiting_restored.tsv lists those that differ.

tests/programs/waiting.tsv lists what does not run yet: NAME, then what the answer must have in it (`differs: REASON` for a result
that is not Flink's). A listed case that runs fails the suite, so that the list shrinks.

  tests/programs_suite.py BUILD NAME [NAME/restored ...]   shows a case: its script, what came out, what is wanted
  tests/programs_suite.py --shrink BUILD   takes what runs now out of waiting.tsv
"""
import base64
import collections
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import checkpoint_reader
import harness

WAITING_RESTORED = os.path.join(harness.ROOT, "tests", "programs", "waiting_restored.tsv")
WAITING = os.path.join(harness.ROOT, "tests", "programs", "waiting.tsv")
MODES = [(1, 1), (4096, 1), (7, 2)]
# What these jobs rely on, and Flink has as a default since 2.2.
DEFAULTS = {"table.exec.sink.require-on-conflict": "true"}
# One uninterrupted run of Flink emits +U without -U here; what its savepoint test wants is right.
DEFECTS = {"RankTestPrograms.RANK_TEST_APPEND_FAST_STRATEGY"}


# ---- scripts

def split_top(text, separator=","):
    """Parts of `a, b<c, d>, e` at the outermost level."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += c in "<([{"
        depth -= c in ">)]}"
        if c == separator and depth == 0:
            out.append(text[start:i].strip())
            start = i + 1
    return out + [text[start:].strip()]


def fields(text):
    """[(name, type)] of the inside of ROW<...>."""
    found = [re.match(r"(?s)`([^`]*)`\s+(.*)|(\w+)\s+(.*)", part) for part in split_top(text)]
    return [(f[1] or f[3], f[2] or f[4]) for f in found]


def json_value(value, kind):
    """A recorded value as the JSON that a column of that type is read from."""
    kind = kind.strip()
    word = re.match(r"\w*", kind)[0].upper()
    if value is None or isinstance(value, (bool, int)):
        return value
    inner = kind[kind.index("<") + 1:kind.rindex(">")] if "<" in kind else ""
    if isinstance(value, dict) and "$bytes" in value:
        return base64.b64encode(bytes.fromhex(value["$bytes"])).decode()
    if isinstance(value, dict) and "$map" in value:
        key, item = split_top(inner)
        return {str(k): json_value(v, item) for k, v in value["$map"]}
    if isinstance(value, dict) and "v" in value:
        return {name: json_value(v, type_) for (name, type_), v in zip(fields(inner), value["v"])}
    if isinstance(value, list):
        return [json_value(item, inner) for item in value]
    if word.startswith("TIMESTAMP"):
        return re.sub(r"( \d\d:\d\d)(?=$|Z)", r"\1:00", value.replace("T", " "))
    return value


def columns(table):
    """[(name, type)] of the columns that rows have: not the computed ones."""
    text = table["ddl"][table["ddl"].index("(") + 1:]
    out = []
    for part in split_top(text[:end_of(text)]):
        name, rest = re.match(r"(?s)(`[^`]*`|\w+)\s*(.*)", part).groups()
        if name.upper() not in ("PRIMARY", "WATERMARK", "CONSTRAINT", "INDEX") and not re.match(r"(?i)AS\b", rest):
            out.append((name.strip("`"), rest))
    return out


def consumed(table):
    """Places of a sink's columns as Flink's test sink consumes them: metadata behind the others, in the sink's order."""
    listed = table["options"].get("writable-metadata", "")
    meta = [listed.index(name) + 1 if re.search(r"\bMETADATA\b", type_) else 0 for name, type_ in columns(table)]
    return sorted(range(len(meta)), key=lambda i: meta[i])


def end_of(text):
    """Where the parenthesis ends that was opened before the text."""
    depth = 1
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return i
    return len(text)


def write_rows(table, rows, form, path):
    with open(path, "w", encoding="utf-8") as file:
        for kind, values in rows:
            data = {name: json_value(value, type_) for (name, type_), value in zip(columns(table), values)}
            file.write(json.dumps(data if form == "json" else {"op": kind, "data": data}, ensure_ascii=False) + "\n")


def write_parts(table, rows, form, folder, name="rows.json"):
    """The rows in a folder, below one folder per partition where the table is partitioned."""
    found = re.search(r"(?i)PARTITIONED\s+BY\s*\(\s*`?(\w+)`?\s*\)", table["ddl"])
    place = [name for name, _ in columns(table)].index(found[1]) if found else None
    parts = collections.defaultdict(list)
    for row in rows:
        parts[f"{found[1]}={row[1][place]}" if found else ""].append(row)
    for part, inside in (parts or {"": []}).items():
        os.makedirs(os.path.join(folder, part), exist_ok=True)
        write_rows(table, inside, form, os.path.join(folder, part, name))


def declared(table, options):
    """The table's DDL with other options."""
    head, given = re.fullmatch(r"(?s)(.*)\bWITH\s*\((.*)\)\s*", table["ddl"]).groups()
    head = re.sub(r"\bMETADATA\b(\s+FROM\s+'[^']*')?(\s+VIRTUAL)?", "", head)  # that test connector's: here they are columns
    kept = re.findall(r"'(scan\.watermark[^']*)'\s*=\s*'([^']*)'", given)
    return head + "WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in [*options, *kept]) + ");\n"


def changes_form(table, rows):
    """How the rows of a source are written, and the modes that it declares."""
    mode = {word.strip() for word in table["options"].get("changelog-mode", "I").split(",")}
    return "json" if mode == {"I"} and all(kind == "+I" for kind, _ in rows) else "changelog-json", mode


def script_of(case, folder, halves, watch=False):
    """The whole script; rows of the first half, or of both. `watch`: sources that never end, over folders that are there."""
    config = dict(DEFAULTS if case["name"].startswith("SinkTestPrograms.") else {}, **case["config"])
    text = "".join(f"SET '{key}' = '{value}';\n" for key, value in config.items() if key != "state.backend.type")
    for table in case["tables"]:
        if table["role"] != "source":
            options = [("connector", "print"), ("print-identifier", table["name"])]
            if is_upsert_sink(case, table):
                options = [("connector", "filesystem"), ("path", os.path.join(folder, table["name"] + ".out.json")), ("format", "json"),
                           ("json.encode.decimal-as-plain-number", "true")]
            text += declared(table, options)
            continue
        rows = (table.get("rows") or []) + (table.get("rows_after_restore") or [] if halves == 2 else [])
        form, mode = changes_form(table, rows)
        path = os.path.join(folder, table["name"])
        options = [("connector", "filesystem"), ("path", path), ("format", form)]
        if halves != 0:
            write_parts(table, rows, form, path)
        elif watch and not (case["name"].startswith("LookupJoin") and re.search(rf"(?i)JOIN\s+{table['name']}\b", " ".join(case["sql"]))):
            options.append(("source.monitor-interval", "10 ms"))
        if "UA" in mode and "UB" not in mode:
            options.append(("changelog-json.mode", "upsert"))
        text += declared(table, options)
    sink = next((table["name"] for table in case["tables"] if table["role"] == "sink"), None)
    queries = [f"INSERT INTO {sink} {sql}" if re.match(r"(?i)\s*(SELECT|WITH)\b", sql) else sql for sql in case["sql"]]
    if halves == 0 and len(queries) > 1:  # as one job, which is stopped and restored as a whole
        queries = ["EXECUTE STATEMENT SET BEGIN " + ";\n".join(queries) + ";\nEND"]
    return text + "".join(sql.rstrip().rstrip(";") + ";\n" for sql in [*case["setup_sql"], *queries])


# ---- results

def cells(row):
    """`+I[a, b]` -> ("+I", [a, b])."""
    return row[:2], split_top(row[3:-1])


def key_places(case, sink):
    """Columns of the sink's primary key; None: it has none."""
    table = next(t for t in case["tables"] if t["name"] == sink)
    names = [columns(table)[i][0] for i in consumed(table)]
    found = re.search(r"(?i)PRIMARY\s+KEY\s*\(([^)]*)\)", table["ddl"])
    if found:
        return [names.index(name.strip(" `")) for name in found[1].split(",")]
    found = [i for i, place in enumerate(consumed(table)) for type_ in [columns(table)[place][1]] if re.search(r"(?i)\bPRIMARY\s+KEY\b", type_)]
    return found or None


def total(rows, key):
    """What the changes add up to: a bag of rows without their kinds."""
    bag, latest = collections.Counter(), {}
    for row in rows:
        kind, values = cells(row)
        text = "[" + ", ".join(values) + "]"
        if key is None:
            bag[text] += 1 if kind in ("+I", "+U") else -1
        else:
            name = tuple(values[i] for i in key)
            if kind in ("+I", "+U"):
                latest[name] = text
            elif kind == "-D" or latest.get(name) == text:
                latest.pop(name, None)
    if key is not None:
        bag.update(latest.values())
    return bag


def same_rows(got, want):
    """Equal as bags; numbers may differ in their last digit."""
    if +got == +want and -got == -want:
        return True
    left, right = sorted(got.elements()), sorted(want.elements())
    return len(left) == len(right) and all(
        len(a) == len(b) and all(harness.same_value(x, y, "DOUBLE") for x, y in zip(a, b))
        for a, b in ((split_top(x[1:-1]), split_top(y[1:-1])) for x, y in zip(left, right)))


def printed(text):
    """{sink: rows} of what `print` has shown; a row may hold line ends."""
    out = collections.defaultdict(list)
    for name, row in re.findall(r"(?ms)^(\w+)> ([+-][IUD]\[.*?\])(?=\n\w+> [+-][IUD]\[|\n\Z)", text):
        out[name].append(row)
    return out


def wanted(case, halves):
    """{sink: bag of rows} at the end of the first half, or of the whole run."""
    out = {}
    for sink in case["expected"]:
        rows, key = sink["rows"], key_places(case, sink["sink"])
        if halves == 1:
            rows = rows[:sink["before_restore"]]
        elif sink["kind"] == "materialized":
            key = None  # the table itself
        elif (case["single_run"] or {}).get("flink_p1") and case["name"] not in DEFECTS:
            rows = case["single_run"]["flink_p1"][sink["sink"]]
        out[sink["sink"]] = total(rows, key)
    return out


def is_upsert_sink(case, table):
    enforced = table["options"].get("sink-changelog-mode-enforced", "I,UA,D")
    return "UB" not in enforced and enforced != "I" and key_places(case, table["name"]) is not None


def shown(value, kind):
    """A value of a JSON file as Flink prints it within a row."""
    word = re.match(r"\w*", kind.strip())[0].upper()
    inner = kind[kind.index("<") + 1:kind.rindex(">")] if "<" in kind else ""
    scale = re.search(r",\s*(\d+)", kind) if word == "DECIMAL" else None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if word in ("BINARY", "VARBINARY", "BYTES"):
        return "[" + ", ".join(str(byte - (byte >> 7 << 8)) for byte in base64.b64decode(value)) + "]"
    if word == "ROW":
        return "+I[" + ", ".join(shown(value[name], type_) for name, type_ in fields(inner)) + "]"
    if word == "ARRAY":
        return "[" + ", ".join(shown(item, inner) for item in value) + "]"
    if word == "MAP":
        return "{" + ", ".join(f"{k}={shown(v, split_top(inner)[1])}" for k, v in value.items()) + "}"
    if word.startswith("TIMESTAMP"):
        text = value.replace(" ", "T")
        return text if text.endswith("Z") else re.sub(r"(T\d\d:\d\d):00$", r"\1", text)
    return f"{float(value):.{int(scale[1])}f}" if scale else str(value)


def filed(table, path):
    """The rows of a sink that keeps the last row of each key."""
    with open(path, encoding="utf-8") as file:
        read = [json.loads(line, parse_float=str) for line in file]
    order = [columns(table)[i] for i in consumed(table)]
    return ["+I[" + ", ".join(shown(row[name], type_) for name, type_ in order) + "]" for row in read]


# ---- cases

class Refused(Exception):
    """weir has said no."""


def run(env, case, halves, mode, show=False):
    folder = tempfile.mkdtemp(dir=env.scratch)
    script = script_of(case, folder, halves)
    done = env.weir("run", "--quiet", "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]), "-", stdin=script.encode())
    if show:
        print(script, done.stdout, done.stderr, sep="\n")
    if done.returncode != 0:
        raise Refused(done.stderr.replace(folder, ""))
    changes, out = printed(done.stdout), {}
    for table in case["tables"]:
        name = table["name"]
        if table["role"] == "sink" and is_upsert_sink(case, table):
            out[name] = total(filed(table, os.path.join(folder, name + ".out.json")), None)
        elif table["role"] == "sink":
            rows = [f"{kind}[{', '.join(values[i] for i in consumed(table))}]" for kind, values in map(cells, changes[name])]
            out[name] = total(rows, key_places(case, name))
    return out


def in_process(env, script, folder, options, stop_when=None, savepoint=None):
    """Runs a script; with `stop_when` it is asked again and again whether the run is to be stopped, with or without a savepoint. Gives
    what `print` shows."""
    command = [env.weir_path, "run", "--quiet", "--set", "execution.checkpointing.interval=100 ms", "--set",
               f"execution.checkpointing.dir={folder}/checkpoints", "--set", f"weir.control.dir={folder}", *options, "-e", script]
    environ = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")
    with tempfile.TemporaryFile() as shown, tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=shown, stderr=said, env=environ) as process:
            end = time.monotonic() + 60
            over = threading.Timer(120, process.kill)  # whatever goes wrong here, nobody waits for ever
            over.start()
            while process.poll() is None and time.monotonic() < end and not (stop_when and stop_when()):
                time.sleep(0.01)
            if process.poll() is None and savepoint and time.monotonic() < end:
                env.weir("stop", "--control", folder, "--savepoint", savepoint, str(process.pid), check=0)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
            elif process.poll() is None:
                process.send_signal(signal.SIGTERM if stop_when and time.monotonic() < end else signal.SIGKILL)
            process.wait()
            over.cancel()
        shown.seek(0)
        said.seek(0)
        text = said.read().decode()
        if process.returncode not in (0, 130):
            raise Refused(text.replace(folder, "") or f"ended by {process.returncode}")
        return shown.read().decode("utf-8", "surrogateescape")


def knows(folder, counts):
    """Whether the newest checkpoint knows all rows of the sources that the job reads."""
    found = glob.glob(os.path.join(folder, "checkpoints", "*", "*.manifest"))
    if not found:
        return False
    try:
        sources = checkpoint_reader.manifest(max(found, key=lambda path: (len(path), path)))["sources"]
    except OSError:  # it has just been removed
        return False
    return all(source["rows"] >= counts.get(re.match(r"\w*", source["name"])[0], 0) for source in sources)


def run_restored(env, case, workers):
    """Stopped between the halves, and restored: what the sinks hold after the first half (those that print), and in the end."""
    folder = tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else env.scratch)
    try:
        sources = [table for table in case["tables"] if table["role"] == "source"]
        forms = {t["name"]: changes_form(t, (t.get("rows") or []) + (t.get("rows_after_restore") or []))[0] for t in sources}
        for table in sources:
            write_parts(table, table.get("rows") or [], forms[table["name"]], os.path.join(folder, table["name"]), "rows-1.json")
        counts = {table["name"]: len(table.get("rows") or []) for table in sources}
        savepoint = os.path.join(folder, "savepoint") if workers[0] > 1 else None
        first = in_process(env, script_of(case, folder, 0, watch=True), folder, ["--parallelism", str(workers[0])], lambda: knows(folder, counts),
                           savepoint)
        if "STATE_TTL" in " ".join(case["sql"]):
            time.sleep(1.2)  # longer than their states live: Flink's savepoint is years old
        for table in sources:
            write_parts(table, table.get("rows_after_restore") or [], forms[table["name"]], os.path.join(folder, table["name"]), "rows-2.json")
        last = in_process(env, script_of(case, folder, 0), folder, ["--parallelism", str(workers[1]), "--restore", savepoint or "latest"])
        halves = [printed(first), printed(first.rstrip("\n") + "\n" + last if first else last)]
        out = [{}, {}]
        for table in case["tables"]:
            name = table["name"]
            if table["role"] == "sink" and is_upsert_sink(case, table):
                out[1][name] = total(filed(table, os.path.join(folder, name + ".out.json")), None)
            elif table["role"] == "sink":
                for i, changes in enumerate(halves):
                    rows = [f"{kind}[{', '.join(values[k] for k in consumed(table))}]" for kind, values in map(cells, changes[name])]
                    out[i][name] = total(rows, key_places(case, name))
        return out
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restored(env, case, show=False):
    """None when the case, stopped and restored, is as in Flink, else what is wrong."""
    try:
        for workers in ((1, 1), (2, 3)):
            first, last = run_restored(env, case, workers)
            for sink in case["expected"]:
                name, key = sink["sink"], key_places(case, sink["sink"])
                if sink["kind"] == "materialized":
                    wants = [(last, total(sink["rows"], None), "in the end")]
                else:
                    wants = [(first, total(sink["rows"][:sink["before_restore"]], key), "after the first half"), (last, total(sink["rows"], key), "in the end")]
                for got, want, when in wants:
                    if show:
                        print(f"{when} got {got.get(name)}\nwant {want}")
                    if name in got and not same_rows(got[name], want):
                        raise harness.Failure(f"sink {name}, workers {workers}, {when}\n  only got  {sorted((got[name] - want).elements())}\n"
                                              f"  only want {sorted((want - got[name]).elements())}")
    except Refused as refused:
        return str(refused)
    except harness.Failure as failure:
        return f"differs: {failure}"
    return None


def one_restored(env, case, waits):
    wrong = restored(env, case)
    if wrong is not None and (waits is None or not (wrong.startswith("differs:") if waits.startswith("differs:") else waits in wrong)):
        raise harness.Failure(wrong if waits is None else f"listed as: {waits}\n  but: {wrong}")


def compare(env, case, halves, modes, show=False):
    for mode in modes:
        rows = run(env, case, halves, mode, show)
        for sink, want in wanted(case, halves).items():
            got = rows[sink]
            if show:
                print(f"want {sink}: {want}")
            if not same_rows(got, want):
                raise harness.Failure(f"sink {sink}, batch {mode[0]}, workers {mode[1]}, {'first half' if halves == 1 else 'whole'}\n"
                                      f"  only got  {sorted((got - want).elements())}\n  only want {sorted((want - got).elements())}")


def attempt(env, case, modes, show=False):
    """None when the case is as in Flink, else what is wrong."""
    error = case["error"]
    try:
        if error is not None:
            run(env, case, 2, modes[0], show)
            return f"differs: this must be refused: {error['message']}"
        compare(env, case, 2, modes, show)
        if case["restore"] and not any("WATERMARK" in t["ddl"].upper() for t in case["tables"]):
            halves = all(sink["before_restore"] is not None and sink["kind"] == "changelog" for sink in case["expected"])
            if halves:
                compare(env, case, 1, modes[:1], show)
    except Refused as refused:
        said = error is not None and error["message"][:40] in str(refused)
        return None if said else str(refused) if error is None else f"another message: {refused}"
    except harness.Failure as failure:
        return f"differs: {failure}"
    return None


def one(env, case, waits):
    wrong = attempt(env, case, MODES if not waits else MODES[1:2])
    if waits is None and wrong is not None:
        raise harness.Failure(wrong)
    if waits is not None and wrong is None:
        raise harness.Failure("this runs now: take it out of tests/programs/waiting.tsv (tests/programs_suite.py --shrink BUILD)")
    if waits is not None and not (wrong.startswith("differs:") if waits.startswith("differs:") else waits in wrong):
        raise harness.Failure(f"listed as: {waits}\n  but: {wrong}")


def waiting(path=WAITING):
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("\t", 1) for line in file if line.strip() and not line.startswith("#"))


def load(name):
    with open(os.path.join(harness.SHARED, "flink-tests", "programs", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def cases(env):
    folder = os.path.join(harness.SHARED, "flink-tests", "programs")
    if not os.path.isdir(folder):
        def absent():
            raise harness.Skip("../shared/flink-tests is not there")
        yield "programs", absent
        return
    restores = waiting(WAITING_RESTORED)
    listed, names = waiting(), [os.path.basename(path)[:-5] for path in sorted(glob.glob(os.path.join(folder, "*.json")))]

    def known():
        unknown = sorted((set(listed) | set(restores)) - set(names))
        if unknown:
            raise harness.Failure(f"waiting.tsv lists what is not there: {unknown}")
    yield "programs/list", known
    for name in names:
        yield f"programs/{name}", (lambda n=name: one(env, load(n), listed.get(n)))
        if load(name)["restore"] and name not in listed and env.sampled(name):
            yield f"programs/{name}/restored", (lambda n=name: one_restored(env, load(n), restores.get(n)))


def shrink(build):
    with open(WAITING, encoding="utf-8") as file:
        lines = file.readlines()
    with tempfile.TemporaryDirectory() as scratch:
        env = harness.Env(build, False, scratch)
        kept = [line for line in lines if line.startswith("#") or attempt(env, load(line.split("\t")[0]), MODES) is not None]
    with open(WAITING, "w", encoding="utf-8") as file:
        file.writelines(kept)
    print(f"{len(lines) - len(kept)} of {len(lines)} lines less")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--shrink":
        sys.exit(shrink(sys.argv[2]))
    with tempfile.TemporaryDirectory() as scratch:
        for each in sys.argv[2:]:
            if each.endswith("/restored"):
                print(restored(harness.Env(sys.argv[1], False, scratch), load(each[:-9]), show=True))
                continue
            print(attempt(harness.Env(sys.argv[1], False, scratch), load(each), MODES[1:2], show=True))
