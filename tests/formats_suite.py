# SPDX-License-Identifier: Apache-2.0
"""formats_suite - texts by other hands (JSONTestSuite, csv-spectrum, utf8tests), and JSON in and out exactly as Flink does.

All of it is run in place and skipped when it is not there. A text that must be accepted (or refused) is the value of a field,
so that one run over a folder of files with one record each answers for hundreds of texts.
"""
import glob
import json
import os
import re
import shutil

import harness


IGNORE = {"error-handling.mode": "ignore"}
HEADER = {"csv.header": "true"}


def table(columns, path, form, options=()):
    """CREATE TABLE t over files."""
    given = {"connector": "filesystem", "path": path, "format": form, **dict(options)}
    return f"CREATE TABLE t ({columns}) WITH (" + ", ".join(f"'{k}' = '{v}'" for k, v in given.items()) + ");\n"


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def json_rows(env, script, check=0, **kwargs):
    out = env.weir("run", "--quiet", "--format", "json", "--result", "final", "-e", script, check=check, **kwargs).stdout
    return [json.loads(line) for line in out.split("\n")[:-1]]


# JSONTestSuite

def json_texts(prefix):
    folder = harness.shared("formats", "JSONTestSuite", "test_parsing")
    for path in sorted(glob.glob(os.path.join(folder, prefix + "_*.json"))):
        with open(path, "rb") as file:
            yield os.path.basename(path), file.read()


def as_fields(env, prefix, before, after):
    """Runs each text as the value of a field, one file each; returns {file name: [rows]} and all names."""
    folder = env.folder(f"json-{prefix}-{len(before)}")
    names = []
    for name, text in json_texts(prefix):
        if prefix == "y":
            text = text.replace(b"\n", b" ").replace(b"\r", b" ")  # white space there; a line is a record here
        write(os.path.join(folder, name), before + text + after)
        names.append(name)
    script = table("v STRING, tail INT, `file.name` STRING NOT NULL METADATA", folder, "json", IGNORE)
    found = {}
    for row in json_rows(env, script + "SELECT * FROM t;"):
        found.setdefault(row["file.name"], []).append(row)
    return found, names


def json_accepted(env):
    found, names = as_fields(env, "y", b'{"v":', b',"tail":1}')
    missing = [name for name in names if [row["tail"] for row in found.get(name, [])] != [1]]
    if missing or not names:
        raise harness.Failure("must be accepted: " + ", ".join(missing))


def json_refused(env):
    for before, after in ((b'{"v":', b',"tail":1}'), (b'{"tail":1,"v":', b"}"), (b'{"x":', b',"tail":1}')):
        found, names = as_fields(env, "n", before, after)
        if found or not names:
            raise harness.Failure(f"must be refused behind {before!r}: " + ", ".join(found))


def json_either(env):
    for prefix in "iny":
        folder = os.path.join(env.folder("json-plain"), prefix)
        os.makedirs(folder)
        for name, text in json_texts(prefix):
            write(os.path.join(folder, name), text)
        script = table("a STRING, b INT, `0` DOUBLE", folder, "json", IGNORE)
        for parallelism in ("1", "3"):
            env.weir("run", "--quiet", "--parallelism", parallelism, "-e", script + "SELECT * FROM t;", check=0)
        script = table("a ARRAY<STRING>, b MAP<STRING, INT>", folder, "json", {"json.ignore-parse-errors": "true"})
        env.weir("run", "--quiet", "-e", script + "SELECT * FROM t;", check=0)
    as_fields(env, "i", b'{"v":', b',"tail":1}')


# csv-spectrum

def csv_spectrum(env, path):
    with open(path, "rb") as file:
        data = file.read()
    with open(path.replace("csvs", "json")[:-4] + ".json", encoding="utf-8") as file:
        want = json.load(file)
    want = want if isinstance(want, list) else [want]
    names = [name.strip('"') for name in data.split(b"\n")[0].strip(b"\r").decode().split(",")]
    columns = ", ".join(f"`{name}` STRING" for name in names)
    base = os.path.basename(path)[:-4]
    if base.endswith("crlf") and b"\r\n" not in data:  # kept with LF in the repository
        data = data.replace(b"\n", b"\r\n")
    path = os.path.join(env.folder("csv-spectrum-" + base), "in.csv")
    write(path, data)
    for parallelism in ("1", "4"):
        got = json_rows(env, f"SET 'parallelism.default' = '{parallelism}';" + table(columns, path, "csv", HEADER) +
                        "SELECT * FROM t;")
        if base == "location_coordinates":  # its JSON has another number than its CSV
            want[0].update(got[0] | {"Location Coordinates": want[0]["Location Coordinates"]})
        if sorted(map(str, got)) != sorted(map(str, want)):
            raise harness.Failure(f"{base}\n  got  {got}\n  want {want}")


# utf8tests

def utf8_cases():
    """(name, bytes, valid) of the text file that describes the cases."""
    with open(harness.shared("formats", "utf8tests", "utf8tests.txt"), encoding="ascii") as file:
        for line in file:
            match = re.match(r"([0-9.]+):(valid|valid hex|invalid hex):([^:\n]*)", line)
            if match:
                data = bytes.fromhex(match[3]) if "hex" in match[2] else match[3].encode()
                yield match[1], data, match[2].startswith("valid")


def utf8(env, form):
    """Valid texts go through unchanged; invalid ones are refused as JSON and CSV."""
    folder = env.folder("utf8-" + form)
    good, bad = [], []
    for name, data, valid in utf8_cases():
        if any(byte < 32 or byte in (0x22, 0x5c, 0x7f) for byte in data):
            continue
        (good if valid else bad).append((name, data))
    records = {"json": lambda n, d: b'{"id":"' + n + b'","s":"' + d + b'"}\n', "csv": lambda n, d: b'"' + n + b'","' + d + b'"\n'}
    for kind, rows in (("good", good), ("bad", bad)):
        write(os.path.join(folder, kind + "." + form), b"".join(records[form](name.encode(), data) for name, data in rows))
    got = {row["id"]: row["s"] for row in json_rows(env, table("id STRING, s STRING", f"{folder}/good.{form}", form) +
                                                   "SELECT * FROM t;")}
    for name, data in good:
        if got.get(name) != data.decode():
            raise harness.Failure(f"{name}: valid bytes {data!r} became {got.get(name)!r}")
    script = table("id STRING, s STRING", f"{folder}/bad.{form}", form, IGNORE)
    got = [row["id"] for row in json_rows(env, script + "SELECT * FROM t;")]
    if got or not bad:
        raise harness.Failure("accepted though it is no UTF-8: " + ", ".join(got))


# Flink's JSON input, and its output to the byte

def json_input(env, script):
    data = os.path.dirname(script)
    args = ("run", "--quiet", "--result", "final", "--format", "tsv", "-v", f"DATA={data}", script)
    if os.path.exists(script[:-4] + ".error"):
        done = env.weir(*args)
        if done.returncode != 1 or "error" not in done.stderr or ", line " not in done.stderr:
            raise harness.Failure(f"must fail: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return
    for mode in ("1", "4096"):
        done = env.weir(*args, "--set", f"weir.batch.max-rows={mode}", check=0)
        harness.compare_results(done.stdout.split("\n")[:-1], harness.read_lines(script[:-4] + ".final"), f"batch {mode}")


def output_formats(env, name):
    """The sinks of Flink's script, each alone so that a missing one hides no other."""
    base = harness.shared("oracle", "output-formats")
    with open(os.path.join(base, "out.sql"), encoding="utf-8") as file:
        statements = [s.strip() for s in file.read().split(";\n") if s.strip()]
    out = env.folder("output-" + name)
    table_name = next(re.match(r"CREATE TABLE (\w+)", s)[1] for s in statements if f"${{OUT}}/{name}'" in s)
    wanted = [s for s in statements if re.match(rf"CREATE TABLE (v|{table_name}) |INSERT INTO {table_name} ", s)]
    env.weir("run", "--quiet", "--parallelism", "1", "-v", f"DATA={base}", "-v", f"OUT={out}", "-e", ";\n".join(wanted), check=0)
    got = b""
    for path in sorted(glob.glob(os.path.join(out, name, "*"))):
        with open(path, "rb") as file:
            got += file.read()
    with open(os.path.join(base, name + ".out"), "rb") as file:
        want = file.read()
    if name == "dj":  # three keys: their order is free
        got, want = b"\n".join(sorted(got.split(b"\n"))), b"\n".join(sorted(want.split(b"\n")))
    if got != want:
        raise harness.Failure(f"bytes differ\n  got\n{got.decode('utf-8', 'replace')}\n  want\n{want.decode()}")
    shutil.rmtree(out)


def cases(env):
    yield "formats/json/accepted", lambda: json_accepted(env)
    yield "formats/json/refused", lambda: json_refused(env)
    yield "formats/json/either", lambda: json_either(env)
    for path in sorted(glob.glob(os.path.join(harness.SHARED, "formats", "csv-spectrum", "csvs", "*.csv"))):
        yield "formats/csv/" + os.path.basename(path)[:-4], (lambda p=path: csv_spectrum(env, p))
    for form in ("json", "csv"):
        yield "formats/utf8/" + form, (lambda f=form: utf8(env, f))
    for script in sorted(glob.glob(os.path.join(harness.SHARED, "oracle", "json-input", "*.sql"))):
        yield "formats/json-input/" + os.path.basename(script)[:-4], (lambda s=script: json_input(env, s))
    for path in sorted(glob.glob(os.path.join(harness.SHARED, "oracle", "output-formats", "*.out"))):
        yield "formats/output/" + os.path.basename(path)[:-4], (lambda n=os.path.basename(path)[:-4]: output_formats(env, n))
