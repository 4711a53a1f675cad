# SPDX-License-Identifier: Apache-2.0
"""e2e_suite - the command as a user meets it: files of all kinds, outputs, bad rows, signals, exit codes, the library."""
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import harness

ROWS = [(1, "a", 1.5), (2, "b", 2.25), (3, "a", -1.0), (4, None, 0.5)]
COLUMNS = "id INT, k STRING, x DOUBLE"


def put(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def json_rows(rows):
    return "".join(json.dumps(dict(zip(("id", "k", "x"), row))) + "\n" for row in rows)


def csv_rows(rows):
    return "".join(",".join("" if v is None else str(v) for v in row) + "\n" for row in rows)


def table(path, form="json", name="t", columns=COLUMNS, **options):
    given = {"connector": "filesystem", "path": path, "format": form}
    given.update({key.replace("__", "-").replace("_", "."): value for key, value in options.items()})
    return f"CREATE TABLE {name} ({columns}) WITH (" + ", ".join(f"'{k}' = '{v}'" for k, v in given.items()) + ");\n"


def ids(env, script, *args, **kwargs):
    done = env.weir("run", "--quiet", "--result", "final", "--format", "json", *args, "-e", script + "SELECT id FROM t;", check=0, **kwargs)
    return sorted(json.loads(line)["id"] for line in done.stdout.split("\n")[:-1])


def expect(got, want, what=""):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got!r}\n  want {want!r}")


# Inputs

def zstd(data):
    if shutil.which("zstd") is None:
        raise harness.Skip("no zstd command")
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def input_file(env, name, form, data, pattern=None):
    folder = env.folder("input-" + name)
    path = put(folder, name, data)
    for workers in ("1", "3"):
        expect(ids(env, table(os.path.join(folder, pattern) if pattern else path, form), "--parallelism", workers), [1, 2, 3, 4], name)


def input_folder(env):
    folder = env.folder("input-folder")
    for i, row in enumerate(ROWS):
        put(folder, f"part-{i}.json", json_rows([row]))
    put(folder, "_SUCCESS", "not read")
    put(folder, ".hidden.json", "not read")
    put(folder, "sub/part.json", "{}\n")
    expect(ids(env, table(folder, source_path_regex__pattern=".*/part-[0-9][.]json")), [1, 2, 3, 4], "folder with a pattern")
    expect(ids(env, table(folder + "/part-[12].json")), [2, 3], "glob")
    expect(ids(env, table(folder + "/part-?.json")), [1, 2, 3, 4], "glob")
    script = table(folder + "/part-*.json", columns="id INT, f STRING METADATA FROM 'file.name'")
    done = env.weir("run", "--quiet", "--result", "final", "--format", "csv", "-e", script + "SELECT f FROM t WHERE id = 3;", check=0)
    if "part-2.json" not in done.stdout:
        raise harness.Failure(f"file name: {done.stdout}")


def input_stdin(env):
    expect(ids(env, table("-"), stdin=json_rows(ROWS).encode()), [1, 2, 3, 4], "standard input")
    expect(ids(env, table("-"), stdin=json_rows(ROWS).encode()[:-1]), [1, 2, 3, 4], "no line end at the end")
    expect(ids(env, table("-"), stdin=b""), [], "nothing")


def input_large(env):
    """A file of many blocks, read by several workers, gives the rows in their order."""
    folder = env.folder("input-large")
    path = put(folder, "in.json", "".join(f'{{"id":{i},"k":"{i % 7}","x":{i}.5}}\n' for i in range(300000)))
    want = None
    for workers in ("1", "2", "5"):
        out = os.path.join(folder, f"out{workers}.csv")
        script = table(path) + table(out, "csv", "o", "id INT, x DOUBLE") + "INSERT INTO o SELECT id, x FROM t WHERE k <> '3';"
        env.weir("run", "--quiet", "--parallelism", workers, "-e", script, check=0)
        with open(out, encoding="utf-8") as file:
            got = file.read()
        want = want or sorted(got.split("\n"))
        expect(len(want), sum(i % 7 != 3 for i in range(300000)) + 1, "rows")
        if sorted(got.split("\n")) != want:
            raise harness.Failure(f"{workers} workers give other rows")


# Outputs

def formats(env):
    """--result and --format, each with an updating query."""
    script = "SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('b'), ('a')) AS t (k) GROUP BY k"
    want = {
        ("final", "tsv"): "# k CHAR(1) NOT NULL\tn BIGINT NOT NULL\na\t2\nb\t1\n",
        ("final", "csv"): "k,n\na,2\nb,1\n",
        ("final", "json"): '{"k":"a","n":2}\n{"k":"b","n":1}\n',
    }
    for (result, form), text in want.items():
        done = env.weir("run", "--quiet", "--result", result, "--format", form, "-e", script, check=0)
        expect(done.stdout, text, f"{result} {form}")
    done = env.weir("run", "--quiet", "--result", "final", "--format", "table", "-e", script, check=0)
    if not all(re.search(pattern, done.stdout) for pattern in (r"\bk\b.*\bn\b", r"\ba\b.*\b2\b", r"\bb\b.*\b1\b")):
        raise harness.Failure(f"table: {done.stdout}")
    for mode in env.modes:
        done = env.weir("run", "--quiet", "--result", "changelog", "--format", "tsv", "--set", f"weir.batch.max-rows={mode[0]}",
                        "--parallelism", str(mode[1]), "-e", script, check=0)
        expect(changelog_table(done.stdout.split("\n")[1:-1]), ["a\t2", "b\t1"], f"changelog tsv {mode}")
    done = env.weir("run", "--quiet", "--result", "changelog", "--format", "json", "-e", script, check=0)
    for line in done.stdout.split("\n")[:-1]:
        json.loads(line)
    script = "SELECT MAP['a', 1] AS m, ARRAY[ARRAY[1, 2], ARRAY[3]] AS a, ARRAY[ROW(1, 'x y'), ROW(2, 'q')] AS r"
    done = env.weir("run", "--quiet", "--format", "csv", "-e", script, check=0)
    expect(done.stdout, 'm,a,r\n{a=1},1;2;3,"1;x y;2;q"\n', "values that tables of csv cannot have")


def changelog_table(lines):
    """What a changelog adds up to."""
    rows = []
    for line in lines:
        kind, row = line.split("\t", 1)
        if kind in ("+I", "+U"):
            rows.append(row)
        elif kind in ("-U", "-D"):
            rows.remove(row)
        else:
            raise harness.Failure(f"row kind {kind!r}")
    return sorted(rows)


def output_files(env):
    folder = env.folder("output-files")
    source = table(put(folder, "in.json", json_rows(ROWS)), name="s")
    for name, opener in (("o.json", open), ("o.json.gz", gzip.open), ("deep/er/o.json", open)):
        path = os.path.join(folder, name)
        env.weir("run", "--quiet", "-e", source + table(path, name="o") + "INSERT INTO o SELECT * FROM s;", check=0)
        with opener(path, "rt") as file:
            expect([json.loads(line)["id"] for line in file], [1, 2, 3, 4], name)
        expect(ids(env, table(path)), [1, 2, 3, 4], "read again: " + name)
    path = os.path.join(folder, "o.json.zst")
    env.weir("run", "--quiet", "-e", source + table(path, name="o") + "INSERT INTO o SELECT * FROM s;", check=0)
    expect(ids(env, table(path)), [1, 2, 3, 4], "zst")
    path = os.path.join(folder, "parts")
    for _ in range(2):
        env.weir("run", "--quiet", "--parallelism", "2", "-e", source + table(path, name="o") + "INSERT INTO o SELECT * FROM s;", check=0)
    expect(ids(env, table(path)), [1, 1, 2, 2, 3, 3, 4, 4], "a folder is added to")
    done = env.weir("run", "--quiet", "-e", source + table("-", "csv", "o") + "INSERT INTO o SELECT * FROM s;", check=0)
    expect(sorted(done.stdout.split()), sorted("1,a,1.5 2,b,2.25 3,a,-1.0 4,,0.5".split()), "standard output")


def print_and_blackhole(env):
    source = "CREATE TABLE p (a INT, b STRING) WITH ('connector' = 'print');\n"
    done = env.weir("run", "--quiet", "-e", source + "INSERT INTO p VALUES (1, 'x'), (2, CAST(NULL AS STRING));", check=0)
    expect(sorted(done.stdout.split("\n")), ["", "+I[1, x]", "+I[2, null]"], "print")
    done = env.weir("run", "--quiet", "-e", source.replace("'print'", "'print', 'print-identifier' = 'here'") +
                    "INSERT INTO p VALUES (1, 'x');", check=0)
    expect(done.stdout, "here> +I[1, x]\n", "print-identifier")
    done = env.weir("run", "-e", source.replace("'print'", "'blackhole'") + "INSERT INTO p VALUES (1, 'x');", check=0)
    expect((done.stdout, "rows out 1," in done.stderr), ("", True), "blackhole")


def generators(env):
    script = """CREATE TABLE t (id INT, s STRING, d DOUBLE) WITH ('connector' = 'datagen', 'number-of-rows' = '5000', 'seed' = '7',
    'rows-per-second' = '10000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '5000', 'fields.s.length' = '5');
    """
    expect(ids(env, script), list(range(1, 5001)), "datagen sequence")
    query = "SELECT COUNT(*) AS n, SUM(CHAR_LENGTH(s)) AS c, MIN(d) AS lo, MAX(d) AS hi, COUNT(DISTINCT s) AS u FROM t;"
    outs = {env.weir("run", "--quiet", "--format", "csv", "--result", "final", "--parallelism", workers, "-e", script + query, check=0).stdout
            for workers in ("1", "2", "5")}
    expect((len(outs), outs.pop().split("\n")[1].split(",")[:2]), (1, ["5000", "25000"]), "datagen with a seed")
    nexmark = """CREATE TABLE n (event_type INT, person ROW<id BIGINT, name STRING>, auction ROW<id BIGINT>,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3)>) WITH ('connector' = 'nexmark', 'events.num' = '5000', 'seed' = '3');
    SELECT event_type, COUNT(*) AS n, SUM(bid.price) AS p, COUNT(DISTINCT bid.auction) AS a FROM n GROUP BY event_type;"""
    outs = {env.weir("run", "--quiet", "--format", "csv", "--result", "final", "--parallelism", workers, "-e", nexmark, check=0).stdout
            for workers in ("1", "2", "5")}
    first = outs.pop().split("\n")
    expect((len(outs), [line.split(",")[1] for line in first[1:4]]), (0, ["100", "300", "4600"]), "nexmark")


# Bad rows

def bad_rows(env, form):
    folder = env.folder("bad-" + form)
    good = {"json": json_rows(ROWS[:2]), "csv": csv_rows(ROWS[:2])}[form]
    more = {"json": json_rows(ROWS[2:]), "csv": csv_rows(ROWS[2:])}[form]
    path = put(folder, "in." + form, good + "what's this\n" + more)
    done = env.weir("run", "--quiet", "-e", table(path, form) + "SELECT id FROM t;", check=1)
    if f"in.{form}, line 3, byte {len(good)}" not in done.stderr or "what's this" not in done.stderr or "hint:" not in done.stderr:
        raise harness.Failure(f"place of the bad row: {done.stderr}")
    for mode in env.modes:
        args = ("--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]))
        script = table(path, form) + "SELECT id FROM t;"
        done = env.weir("run", "--format", "json", "--result", "final", "--set", "error-handling.mode=ignore", *args, "-e", script, check=0)
        expect((len(done.stdout.split("\n")) - 1, "bad 1," in done.stderr), (4, True), f"ignore, mode {mode}: {done.stderr}")
        dead = os.path.join(folder, f"dead-{mode[0]}-{mode[1]}.json")
        script = f"""SET 'error-handling.mode' = 'log'; SET 'error-handling.log.target' = 'dead';
        CREATE TABLE dead (`raw` STRING, error_kind STRING METADATA FROM 'error-kind', error_text STRING METADATA FROM 'error-text',
          file STRING METADATA FROM 'file', line BIGINT METADATA FROM 'line', at_byte BIGINT METADATA FROM 'offset')
        WITH ('connector' = 'filesystem', 'path' = '{dead}', 'format' = 'json');""" + table(path, form)
        expect(ids(env, script, *args), [1, 2, 3, 4], f"log, mode {mode}")
        with open(dead, encoding="utf-8") as file:
            letters = [json.loads(line) for line in file]
        expect([(e["raw"], e["line"], e["at_byte"], os.path.basename(e["file"])) for e in letters],
               [("what's this", 3, len(good), "in." + form)], f"dead letters, mode {mode}")
        if not letters[0]["error_kind"] or not letters[0]["error_text"]:
            raise harness.Failure(f"dead letter without a reason: {letters}")


def bad_evaluation(env):
    """A division by zero takes the same path as a record that cannot be read."""
    folder = env.folder("bad-evaluation")
    path = put(folder, "in.json", json_rows(ROWS))
    query = table(path) + "SELECT id, 10 / (id - 2) AS q FROM t;"
    env.weir("run", "--quiet", "-e", query, check=1)
    for mode in env.modes:
        done = env.weir("run", "--format", "csv", "--result", "final", "--set", "error-handling.mode=ignore", "--set",
                        f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]), "-e", query, check=0)
        expect((done.stdout, "bad 1," in done.stderr), ("id,q\n1,-10\n3,10\n4,5\n", True), f"mode {mode}: {done.stderr}")


def bad_evaluation_of_the_scan(env):
    """Rows that fail in a filter or a computed column of the scan have a place in the file, found row by row."""
    folder = env.folder("bad-evaluation-of-the-scan")
    rows = [json.dumps({"id": i % 7, "n": i}) + "\n" for i in range(50)]
    rows.insert(3, "this is no record\n")
    path = put(folder, "in.json", "".join(rows))
    wanted = [(n + 1, sum(len(row) for row in rows[:n])) for n, row in enumerate(rows) if '"id": 0,' in row]
    for mode in env.modes:
        for number, (column, query) in enumerate([("", "SELECT n FROM t WHERE 10 / id > 0"), (", q AS 10 / id", "SELECT n FROM t WHERE q > 0")]):
            dead = os.path.join(folder, f"dead-{number}-{mode[0]}-{mode[1]}.json")
            script = f"""SET 'error-handling.mode' = 'log'; SET 'error-handling.log.target' = 'dead';
            CREATE TABLE dead (`raw` STRING, `error-kind` STRING, file STRING, line BIGINT, `offset` BIGINT)
            WITH ('connector' = 'filesystem', 'path' = '{dead}', 'format' = 'json');
            CREATE TABLE t (id INT, n INT{column}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'); {query};"""
            args = ("--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]))
            done = env.weir("run", "--quiet", "--format", "csv", *args, "-e", script, check=0)
            expect(done.stdout.count("\n") - 1, 42, f"rows, mode {mode}, {query}")
            with open(dead, encoding="utf-8") as file:
                letters = [json.loads(line) for line in file]
            found = [(e["line"], e["offset"]) for e in letters if e["error-kind"] == "evaluation"]
            expect(sorted(found), wanted, f"places, mode {mode}, {query}")
            expect(len(letters), len(wanted) + 1, f"dead letters, mode {mode}, {query}")


# Permissions

def bad_evaluation_within_a_record(env):
    """Of the rows of one record (an array) some cannot be used: none is read twice, and the dead letters hold the record."""
    folder = env.folder("bad-evaluation-within-a-record")
    first = '[{"a":"1"},{"a":"x"},{"a":"3"},{"a":"y"}]'
    path = put(folder, "in.json", first + '\n{"a":"5"}\n')
    for mode in env.modes:
        dead = os.path.join(folder, f"dead-{mode[0]}-{mode[1]}.json")
        script = f"""SET 'error-handling.mode' = 'log'; SET 'error-handling.log.target' = 'dead';
        CREATE TABLE dead (`raw` STRING) WITH ('connector' = 'filesystem', 'path' = '{dead}', 'format' = 'json');
        CREATE TABLE t (a STRING, b AS CAST(a AS INT)) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
        SELECT b FROM t;"""
        args = ("--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]))
        done = env.weir("run", "--quiet", "--format", "csv", *args, "-e", script, check=0)
        expect(done.stdout, "b\n1\n3\n5\n", f"rows, mode {mode}")
        with open(dead, encoding="utf-8") as file:
            expect([json.loads(line)["raw"] for line in file], [first, first], f"dead letters, mode {mode}")


def forbidden(env):
    """What may not be read or written is said before anything runs, even when an earlier statement could."""
    with tempfile.TemporaryDirectory(prefix="weir-") as folder:  # not below a folder that others may not enter
        forbidden_in(env, folder)


def forbidden_in(env, folder):
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    path, locked, out = os.path.join(folder, "secret.json"), os.path.join(folder, "locked"), os.path.join(folder, "out.json")
    put(folder, "secret.json", '{"id": 1}\n')
    os.makedirs(locked, exist_ok=True)
    os.chmod(folder, 0o777)
    os.chmod(path, 0)
    os.chmod(locked, 0o555)
    first = f"CREATE TABLE o (id INT) WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'json'); INSERT INTO o SELECT 1;"
    cases = [("Cannot read", f"CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'); SELECT * FROM t;"),
             ("Cannot write", f"CREATE TABLE p (id INT) WITH ('connector' = 'filesystem', 'path' = '{locked}/p.json', 'format' = 'json'); "
                              "INSERT INTO p SELECT 1;")]
    for message, script in cases:
        try:
            done = subprocess.run([env.weir_path, "run", "--quiet", "-e", first + script], capture_output=True, timeout=60, user=user, cwd="/")
        except PermissionError:
            raise harness.Skip("another user may not run this build")
        if done.returncode == 126:
            raise harness.Skip("another user may not run this build")
        text = done.stderr.decode()
        expect((done.returncode, message in text, "hint:" in text), (2, True, True), f"{message}: {text}")
        expect(os.path.exists(out), False, "nothing has run")


# Long scripts

def chains(env):
    """Generated statements: chains of operators, branches and joins have thousands of parts, and little stack is enough."""
    count = 3000
    total = " + ".join(["x"] * count)
    cases = [(f"SELECT {total} AS v FROM (VALUES (2)) AS t (x)", str(2 * count)),
             (f"SELECT x FROM (VALUES (7)) AS t (x) WHERE {total} > 0 AND {' OR '.join(f'x = {i}' for i in range(count))}", "7"),
             (f"SELECT SUM(x) AS v FROM ({' UNION ALL '.join(f'SELECT {i} AS x' for i in range(count))})", str(sum(range(count)))),
             (f"SELECT COUNT(*) AS v FROM ({' UNION '.join(f'SELECT {i % 50} AS x' for i in range(1000))})", "50"),
             (f"SELECT CHAR_LENGTH({' || '.join(['x'] * count)}) AS v FROM (VALUES ('ab')) AS t (x)", str(2 * count)),
             (f"SELECT {' + '.join(['SUM(x)'] * count)} AS v FROM (VALUES (1)) AS t (x)", str(count))]
    for query, wanted in cases:
        done = subprocess.run(["sh", "-c", 'ulimit -s 2048; exec "$0" run --quiet --result final --format csv -', env.weir_path],
                              input=query.encode(), capture_output=True, timeout=120)
        expect(done.stdout.decode().split("\n")[1:2], [wanted], f"{query[:60]} ... {done.stderr.decode()[:300]}")


# Ends

def start(env, *args, **kwargs):
    return subprocess.Popen([env.weir_path, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=harness.ROOT,
                            env=dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC"), **kwargs)


def finish(process, number, timeout=60):
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise harness.Failure(f"still there {timeout} s after signal {number}")
    return process.returncode, out.decode(), err.decode("utf-8", "replace")


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise harness.Failure(f"{what} did not happen in {seconds} s")
        time.sleep(0.02)


def interrupted_pipe(env):
    """SIGINT while a pipe has more to come: 130, what was complete is written, no file that only looks whole."""
    folder = env.folder("interrupted-pipe")
    out = os.path.join(folder, "out.json")
    process = start(env, "run", "-e", table("-") + table(out, name="o") + "INSERT INTO o SELECT * FROM t;")
    process.stdin.write(json_rows(ROWS).encode())
    process.stdin.flush()
    wait_for(lambda: os.listdir(folder), "the output's first file")
    time.sleep(0.5)
    code, _, err = finish(process, signal.SIGINT)
    expect(code, 130, f"exit code: {err}")
    files = os.listdir(folder)
    if "out.json" in files:
        with open(out, encoding="utf-8") as file:
            expect([json.loads(line)["id"] for line in file], [1, 2, 3, 4], f"rows in the file: {err}")
    expect([name for name in files if name != "out.json"], [], "files left over")


def interrupted_select(env):
    process = start(env, "run", "--format", "json", "-e", "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');"
                    "SELECT id FROM t;")
    first = process.stdout.readline()
    code, out, err = finish(process, signal.SIGTERM)
    expect(code, 130, f"exit code: {err}")
    for line in [first.decode()] + out.split("\n")[:-1]:
        json.loads(line)
    if not out.endswith("\n") and out:
        raise harness.Failure("the last line was cut")


def watched_folder(env):
    """source.monitor-interval: files that appear are read, SIGTERM ends it."""
    folder = env.folder("watched")
    put(folder, "in/a.json", json_rows(ROWS[:1]))
    process = start(env, "run", "--format", "json", "-e", table(os.path.join(folder, "in"), source_monitor__interval="50 ms") +
                    "SELECT id FROM t;")
    try:
        expect(json.loads(process.stdout.readline())["id"], 1, "the first file")
        put(folder, "tmp.json", json_rows(ROWS[1:2]))
        os.rename(os.path.join(folder, "tmp.json"), os.path.join(folder, "in", "b.json"))
        expect(json.loads(process.stdout.readline())["id"], 2, "a file that appears")
    finally:
        code, out, err = finish(process, signal.SIGTERM)
    expect((code, out), (130, ""), err)


def full_disk(env):
    if not os.path.exists("/dev/full"):
        raise harness.Skip("no /dev/full")
    script = "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '200000', 'rows-per-second' = '100000000');\n"
    done = env.weir("run", "--quiet", "-e", script + table("/dev/full", name="o", columns="id INT") + "INSERT INTO o SELECT id FROM t;", check=1)
    if "/dev/full" not in done.stderr or "No space left" not in done.stderr:
        raise harness.Failure(done.stderr)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([env.weir_path, "run", "--quiet", "-e", script + "SELECT id FROM t;"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 1 or b"standard output" not in done.stderr:
        raise harness.Failure(f"results into a full disk: exit code {done.returncode} {done.stderr}")


def closed_pipe(env):
    """`weir run … | head -1`: ends soon, without a crash."""
    script = "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000'); SELECT id FROM t;"
    process = start(env, "run", "--quiet", "-e", script)
    process.stdout.readline()
    process.stdout.close()
    try:
        code = process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise harness.Failure("still there 30 s after its reader went away")
    finally:
        process.stdin.close()
        process.stderr.close()
    if code < 0 or code == 139:
        raise harness.Failure(f"ended by signal {-code}")


def failed_job(env):
    """A job that fails leaves no file that looks whole, and an older one as it was."""
    folder = env.folder("failed-job")
    source = table(put(folder, "in.json", json_rows(ROWS) + "broken\n"))
    for before in (None, "old\n"):
        out = os.path.join(folder, "out/o.json")
        if before:
            put(folder, "out/o.json", before)
        env.weir("run", "--quiet", "-e", source + table(out, name="o") + "INSERT INTO o SELECT * FROM t;", check=1)
        names = os.listdir(os.path.dirname(out)) if os.path.isdir(os.path.dirname(out)) else []
        expect(names, ["o.json"] if before else [], "files after a failed job")
        if before:
            with open(out, encoding="utf-8") as file:
                expect(file.read(), before, "the older file")


def nothing_runs(env):
    """A mistake in the last statement: nothing has been written."""
    folder = env.folder("nothing-runs")
    out = os.path.join(folder, "o.json")
    done = env.weir("run", "-e", table(out, name="o", columns="a INT") + "INSERT INTO o VALUES (1); SELECT nope;", check=2)
    expect((os.listdir(folder), done.stdout), ([], ""), "nothing may be there")
    env.weir("check", "-e", table(out, name="o", columns="a INT") + "INSERT INTO o VALUES (1);", check=0)
    expect(os.listdir(folder), [], "check runs nothing")


# The command

def command(env):
    version = env.weir("version", check=0).stdout
    if not re.fullmatch(r"weir \d+\.\d+\.\d+\n", version):
        raise harness.Failure(version)
    expect(env.weir("--version", check=0).stdout, version, "--version")
    for name in ("run", "check", "explain", "docs"):
        text = env.weir(name, "--help", check=0).stdout
        expect(env.weir("help", name, check=0).stdout, text, "help " + name)
        if f"usage: weir {name}" not in text:
            raise harness.Failure(f"help of {name}: {text}")
    done = env.weir("run", "-e", "SELECT 1 AS a", check=0)
    if not re.search(r"done: rows in \d+, rows out 1, late 0, bad 0, .*rows/s, [\d.]+ s", done.stderr):
        raise harness.Failure(f"summary: {done.stderr}")
    expect(env.weir("run", "--quiet", "-e", "SELECT 1 AS a", check=0).stderr, "", "--quiet")
    expect(env.weir("run", "--quiet", "-", stdin=b"SELECT 1 AS a", check=0).stdout, '{"a":1}\n', "script from standard input")
    expect(env.weir("run", "--quiet", "--format=csv", "-v", "X=7", "-e", "SELECT ${X} AS a", check=0).stdout, "a\n7\n", "-v")


def example(env):
    """examples/orders, run as it says, gives what is kept beside this suite."""
    folder = env.folder("orders")
    source = os.path.join(harness.ROOT, "examples", "orders")
    for name in ("orders.sql", "orders.json"):
        shutil.copy(os.path.join(source, name), folder)
    want = {}
    kept = os.path.join(harness.ROOT, "tests", "e2e", "orders")
    for name in sorted(os.listdir(kept)):
        want[name] = harness.read_lines(os.path.join(kept, name))
    for mode in env.modes:
        shutil.rmtree(os.path.join(folder, "out"), ignore_errors=True)
        env.weir("run", "--quiet", "-v", "DIR=.", "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1]), "orders.sql",
                 cwd=folder, check=0)
        for name, lines in want.items():
            expect(sorted(harness.read_lines(os.path.join(folder, "out", name))), sorted(lines), f"{name}, mode {mode}")


def library(env):
    """meson install into a folder, then a small program built as its first lines say."""
    if not os.path.exists(os.path.join(harness.ROOT, "include", "weir", "weir.h")):
        raise harness.Skip("no include/weir/weir.h")
    folder = env.folder("install")
    if not os.path.exists(os.path.join(env.build, "libweir.so")):
        raise harness.Failure("the build is not complete: no libweir.so")
    done = subprocess.run(["meson", "install", "-C", env.build, "--no-rebuild", "--destdir", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise harness.Failure("meson install: " + done.stdout[-2000:] + done.stderr[-2000:])
    pc = next((os.path.join(top, "weir.pc") for top, _, names in os.walk(folder) if "weir.pc" in names), None)
    if pc is None:
        raise harness.Failure("no weir.pc was installed")
    environ = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc), PKG_CONFIG_SYSROOT_DIR=folder)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "weir"], capture_output=True, text=True, env=environ, check=True).stdout.split()
    program = os.path.join(folder, "embed")
    done = subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", *env.compiled(), os.path.join(harness.ROOT, "examples", "embed", "embed.c"), *flags,
                           "-o", program], capture_output=True, text=True)
    if done.returncode != 0:
        raise harness.Failure("examples/embed: " + done.stderr)
    lib = next(top for top, _, names in os.walk(folder) if "libweir.so" in names)
    done = subprocess.run([program, "SELECT 1 + 1 AS two, 'x' AS s"], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LD_LIBRARY_PATH=lib))
    expect((done.returncode, done.stdout.split()), (0, ["2", "x"]), done.stderr)


def cases(env):
    plain, text = json_rows(ROWS).encode(), csv_rows(ROWS).encode()
    yield "e2e/input/json", lambda: input_file(env, "in.json", "json", plain)
    yield "e2e/input/csv", lambda: input_file(env, "in.csv", "csv", text)
    yield "e2e/input/crlf", lambda: input_file(env, "crlf.csv", "csv", text.replace(b"\n", b"\r\n"))
    yield "e2e/input/bom", lambda: input_file(env, "bom.json", "json", b"\xef\xbb\xbf" + plain)
    yield "e2e/input/gz", lambda: input_file(env, "in.json.gz", "json", gzip.compress(plain))
    yield "e2e/input/gz-parts", lambda: input_file(env, "two.csv.gz", "csv", gzip.compress(text[:10]) + gzip.compress(text[10:]))
    yield "e2e/input/zst", lambda: input_file(env, "in.csv.zst", "csv", zstd(text))
    yield "e2e/input/folder", lambda: input_folder(env)
    yield "e2e/input/stdin", lambda: input_stdin(env)
    yield "e2e/input/large", lambda: input_large(env)
    yield "e2e/output/formats", lambda: formats(env)
    yield "e2e/output/files", lambda: output_files(env)
    yield "e2e/output/print", lambda: print_and_blackhole(env)
    yield "e2e/generators", lambda: generators(env)
    yield "e2e/bad/json", lambda: bad_rows(env, "json")
    yield "e2e/bad/csv", lambda: bad_rows(env, "csv")
    yield "e2e/bad/evaluation", lambda: bad_evaluation(env)
    yield "e2e/bad/evaluation-of-the-scan", lambda: bad_evaluation_of_the_scan(env)
    yield "e2e/bad/evaluation-within-a-record", lambda: bad_evaluation_within_a_record(env)
    yield "e2e/forbidden", lambda: forbidden(env)
    if not env.sanitize:  # its frames are several times as large
        yield "e2e/chains", lambda: chains(env)
    yield "e2e/end/sigint", lambda: interrupted_pipe(env)
    yield "e2e/end/sigterm", lambda: interrupted_select(env)
    yield "e2e/end/watched-folder", lambda: watched_folder(env)
    yield "e2e/end/full-disk", lambda: full_disk(env)
    yield "e2e/end/closed-pipe", lambda: closed_pipe(env)
    yield "e2e/end/failed-job", lambda: failed_job(env)
    yield "e2e/end/nothing-runs", lambda: nothing_runs(env)
    yield "e2e/command", lambda: command(env)
    yield "e2e/example", lambda: example(env)
    yield "e2e/library", lambda: library(env)
