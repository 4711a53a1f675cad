# SPDX-License-Identifier: Apache-2.0
"""weir_test_suite - weir test: cases that pass, that fail, and that cannot be run; what is said about them."""
import os
import re
import xml.etree.ElementTree

import harness

KAFKA = "'connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'"
SUMS = f"""--- script
CREATE TABLE s (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ({KAFKA});
CREATE TABLE sums (k STRING, n BIGINT, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/x', 'table-name' = 't');
INSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM s GROUP BY k;
"""
ROWS = """--- input s json
{"k": "a", "v": 1, "ts": "2026-01-01 00:00:01"}
{"k": "b", "v": 2, "ts": "2026-01-01 00:00:02"}
{"k": "a", "v": 3, "ts": "2026-01-01 00:00:03"}
"""
WINDOWS = f"""--- script
CREATE TABLE s (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ({KAFKA});
CREATE TABLE w (k STRING, e TIMESTAMP(3), vs STRING) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
INSERT INTO w SELECT k, window_end, LISTAGG(CAST(v AS STRING)) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
"""


class Cases:
    """A folder of cases."""

    def __init__(self, env, name, **cases):
        self.env, self.folder = env, env.folder("weir-test-" + name)
        for case, text in cases.items():
            self.write(case + ".test", text)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def run(self, *args, code=0, counts=None, has=()):
        done = self.env.weir("test", self.folder, *args, check=code)
        if counts is not None and f"{counts[0]} passed, {counts[1]} failed, {counts[2]} broken" not in done.stdout:
            raise harness.Failure(f"wanted {counts}:\n{done.stdout}{done.stderr}")
        for words in has:
            if words not in done.stdout + done.stderr:
                raise harness.Failure(f"'{words}' is not said:\n{done.stdout}{done.stderr}")
        return done.stdout


def passing(env):
    cases = Cases(env, "passing",
                  table=SUMS + ROWS + '--- output sums json\n{"v": 4.0, "n": 2, "k": "a"}\n# a comment\n\n{"k":"b","n":1,"v":2}\n',
                  csv=SUMS + "--- input s csv\na,1,2026-01-01 00:00:01\n--- output sums csv\na,1,1\n",
                  quotes="--- script\nSELECT 'a b' AS x, 'c,d' AS y, '' AS z;\n--- output select csv\na b,\"c,d\",\"\"\n",
                  kept=SUMS.replace("INSERT INTO sums SELECT", "CREATE MATERIALIZED TABLE kept AS SELECT").replace("COUNT(*)", "COUNT(*) AS n") + ROWS +
                  '--- output kept csv\na,2,4\nb,1,2\n',
                  changes=SUMS + ROWS + "--- output sums json changelog ordered\n"
                  '+I {"k":"a","n":1,"v":1}\n+I {"k":"b","n":1,"v":2}\n+U {"k":"a","n":2,"v":4}\n',
                  error="error Column 'nope'\nerror-line 1\n--- script\nSELECT nope FROM (VALUES (1)) AS t (a);\n",
                  select="--- script\nSELECT * FROM (VALUES (1), (2)) AS t (a);\nSELECT 'x' AS b;\n--- output select json\n"
                  '{"a": 2}\n{"a": 1}\n--- output select-2 json\n{"b": "x"}\n',
                  ignored=SUMS.replace("'format' = 'json'", "'format' = 'json', 'json.ignore-parse-errors' = 'true'") + ROWS + '{"k": "b", "v": "x"\n'
                  '--- output sums json\n{"k":"a","n":2,"v":4}\n{"k":"b","n":1,"v":2}\n')
    cases.write("deep/er/files.test", "script ../../s.sql\nvariable K=k\n--- input s json file in.json\n--- output sums json file out.json\n")
    cases.write("s.sql", SUMS.split("\n", 1)[1].replace("SELECT k,", "SELECT ${K},"))
    cases.write("deep/er/in.json", ROWS.split("\n", 1)[1])
    cases.write("deep/er/out.json", '{"k":"a","n":2,"v":4}\n{"k":"b","n":1,"v":2}\n')
    cases.run("--batch", "1", counts=(9, 0, 0), has=["ok      deep/er/files"])
    cases.run("--crash", "--shuffle", "5", "--parallelism", "2", "--batch=2", "--only", "table", counts=(3, 0, 0), has=["(crash)", "(shuffled)"])
    cases.run("--only", "deep/*", "--jobs", "1", counts=(1, 0, 0))


def failing(env):
    cases = Cases(env, "failing",
                  rows=SUMS + ROWS + '--- output sums json\n{"k":"a","n":2,"v":5}\n{"k":"c","n":1,"v":2}\n',
                  order="--- script\nSELECT * FROM (VALUES (1), (2)) AS t (a);\n--- output select json ordered\n{\"a\": 2}\n{\"a\": 1}\n",
                  error="--- script\nSELECT nope FROM (VALUES (1)) AS t (a);\n--- output select json\n",
                  none="error boom\n" + SUMS + ROWS, other="error boom\n--- script\nSELECT nope;\n",
                  line="error nope\nerror-line 7\n--- script\nSELECT nope FROM (VALUES (1)) AS t (a);\n",
                  late=WINDOWS + '--- input s json\n{"k": "a", "v": 1, "ts": "2026-01-01 00:01:00"}\n{"k": "a", "v": 1, "ts": "2026-01-01 00:00:00"}\n'
                  '--- output w json\n{"k":"a","e":"2026-01-01 00:01:10","vs":"1"}\n')
    junit = os.path.join(cases.folder, "junit.xml")
    cases.run("--junit", junit, code=1, counts=(0, 7, 0),
              has=["sums: of 2 expected rows 2 did not come, and 2 came that are not expected", "v: expected 5, came 4", '- {"k":"c","n":1,"v":2}',
                   "the rows are right, but not their order", "Column 'nope'", "An error was expected, and none came", "Another error was expected",
                   "expected in line 7 of the script, and came in line 1", "if that is right, write 'late 1'"])
    suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite")
    found = (suite.get("tests"), suite.get("failures"), suite.get("errors"), sorted(case.get("name") for case in suite if case.find("failure") is not None))
    if found != ("7", "7", "0", ["error", "late", "line", "none", "order", "other", "rows"]):
        raise harness.Failure(f"junit: {found}")
    if "v: expected 5, came 4" not in "".join(suite.itertext()):
        raise harness.Failure("junit has no report")


def broken(env):
    texts = {"nothing": ("", "names no script"), "expects": ("--- script\nSELECT 1;\n", "expects nothing"),
             "word": ("scirpt x.sql\n", "word.test:1: 'scirpt' is not known; did you mean 'script'?"),
             "file": ("script nowhere.sql\n", "nowhere.sql"), "form": (SUMS + "--- input s xml\n", "'--- input TABLE json|csv|own'"),
             "section": (SUMS + "--- inputs s json\n", "A section is"), "twice": (SUMS + ROWS + ROWS, "has its input above"),
             "time": (SUMS + "--- input s json\n@ soon\n--- output sums json\n", "'soon' is neither a time"),
             "back": (SUMS + "--- input s json\n@ 2025-01-01 00:00:00\n--- output sums json\n", "is before what came in front"),
             "count": ("late many\n", "a number or 'any'"), "clock": ("clock noon\n", "'clock' takes a time"),
             "table": (SUMS + ROWS + "--- output sum json\n", "does not write to 'sum'; did you mean 'sums'?"),
             "json": (SUMS + ROWS + "--- output sums json\n{k: 1}\n", "is no row of JSON")}
    cases = Cases(env, "broken", **{name: text for name, (text, _) in texts.items()})
    cases.run(code=1, counts=(0, 0, len(texts)), has=[words for _, words in texts.values()])
    no_input = Cases(env, "broken-input", one=SUMS + "--- output sums json\n")
    no_input.run(code=1, has=["gives table 's' nothing to read", "--- input s json"])
    endless = Cases(env, "broken-endless", one="keep datagen\n--- script\nCREATE TABLE e (k INT) WITH ('connector' = 'datagen');\nSELECT COUNT(*) FROM e;\n"
                    "--- output select json\n")
    endless.run("--timeout", "1", code=1, counts=(0, 0, 1), has=["did not end within 1 seconds"])


def clock(env):
    """Processing time, timers and CURRENT_TIMESTAMP are the test's; a day passes in no time."""
    case = f"""clock 2026-03-01 00:00:00
--- script
CREATE TABLE s (k STRING, p AS PROCTIME()) WITH ({KAFKA});
SELECT k, window_start AS s, COUNT(*) AS n, CURRENT_TIMESTAMP > TIMESTAMP '2026-03-03 00:00:00' AS future
  FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(p), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
--- input s json
{{"k": "a"}}
@ +9 s
{{"k": "a"}}
@ +2 s
{{"k": "a"}}
@ 2026-03-02 00:00:00
{{"k": "b"}}
--- output select json ordered
{{"k": "a", "s": "2026-03-01 00:00:00", "n": 2, "future": false}}
{{"k": "a", "s": "2026-03-01 00:00:10", "n": 1, "future": false}}
{{"k": "b", "s": "2026-03-02 00:00:00", "n": 1, "future": false}}
"""
    Cases(env, "clock", day=case, open=case.replace("clock", "end open\nclock", 1).replace(
        '{"k": "b", "s": "2026-03-02 00:00:00", "n": 1, "future": false}\n', "")).run("--batch", "1", counts=(2, 0, 0))


def shuffle(env):
    """Rows change places, but none becomes late, and late ones stay so."""
    rows = [f'{{"k": "a", "v": {i}, "ts": "2026-01-01 00:{i // 60:02}:{i % 60:02}"}}\n' for i in range(100)]
    late = '{"k": "a", "v": 1000, "ts": "2026-01-01 00:00:00"}\n'
    text = "late 1\n" + WINDOWS + "--- input s json\n" + "".join(rows[:50]) + late + "".join(rows[50:]) + "--- output w json\n"
    cases = Cases(env, "shuffle", one=text)
    cases.run("--update", counts=(0, 0, 0), has=["1 updated"])
    if cases.read("one.test").count('"vs"') != 10 or "1000" in cases.read("one.test").split("--- output")[1]:
        raise harness.Failure(cases.read("one.test"))
    cases.run(counts=(1, 0, 0))
    # LISTAGG shows the order of arrival: it must have changed for some seed, and within a window only.
    done = cases.run("--shuffle", "3", code=1, counts=(1, 1, 0))
    for line in re.findall(r'\+ (\{.*\})', done):
        values = sorted(int(v) for v in re.search(r'"vs":"([\d,]+)"', line)[1].split(","))
        if values != list(range(values[0], values[0] + 10)) or values[0] % 10 != 0:
            raise harness.Failure(f"rows have changed windows: {line}\n{done}")
    if "late" in done.split("\n", 2)[2].replace("late_", ""):
        raise harness.Failure("rows became late\n" + done)


def crash(env):
    """Counts and appended rows after crashes are those of a run without; a query that is not deterministic differs."""
    joined = SUMS.replace("INSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM s GROUP BY k;", "CREATE TABLE log (k STRING, v INT) WITH ('connector' = 'print');\n"
                          "EXECUTE STATEMENT SET BEGIN\nINSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM s GROUP BY k;\nINSERT INTO log SELECT k, v FROM s;\n"
                          "INSERT INTO log SELECT k, -v FROM s WHERE v > 1;\nEND;")
    text = joined + ROWS + '--- output sums json\n{"k":"a","n":2,"v":4}\n{"k":"b","n":1,"v":2}\n--- output log csv\na,1\nb,2\na,3\nb,-2\na,-3\n'
    Cases(env, "crash", set=text, windows=WINDOWS + ROWS + '--- output w json\n{"k":"a","e":"2026-01-01 00:00:10","vs":"1,3"}\n'
          '{"k":"b","e":"2026-01-01 00:00:10","vs":"2"}\n', random="no crash\n--- script\nSELECT 1 AS a;\n--- output select json\n{\"a\": 1}\n").run(
              "--crash", counts=(5, 0, 0), has=["set (crash)", "windows (crash)"])


def changes(env):
    """Inputs with kinds: a table of a changelog, an upsert table, a look-up."""
    text = """--- script
CREATE TABLE u (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'x:1',
  'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE s (k STRING, p AS PROCTIME()) WITH (""" + KAFKA + """);
CREATE TABLE d (k STRING, name STRING) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'csv');
SELECT SUM(v) AS v FROM u;
SELECT s.k, d.name FROM s LEFT JOIN d FOR SYSTEM_TIME AS OF s.p AS d ON s.k = d.k;
--- input u json
{"k": "a", "v": 1}
{"k": "b", "v": 2}
+U {"k": "a", "v": 10}
-D {"k": "b"}
--- input s json
{"k": "x"}
{"k": "y"}
--- input d csv
x,Xaver
--- output select json
{"v": 10}
--- output select-2 json
{"k": "x", "name": "Xaver"}
{"k": "y"}
"""
    Cases(env, "changes", one=text).run("--batch", "1", counts=(1, 0, 0))


def update(env):
    text = SUMS + ROWS + "--- output sums json\n{\"k\": \"old\"}\n\n# what stands behind stays\n--- input unused json\n"
    cases = Cases(env, "update", one=text, two="script one.sql\n--- input s json file in.json\n--- output sums csv file want.csv\n")
    cases.write("one.sql", SUMS.split("\n", 1)[1])
    cases.write("in.json", ROWS.split("\n", 1)[1])
    cases.run("--update", code=0, has=["UPDATED one", "UPDATED two", "2 updated"])
    if "old" in cases.read("one.test") or not cases.read("one.test").endswith("--- input unused json\n") or not cases.read("one.test").startswith(SUMS + ROWS):
        raise harness.Failure(cases.read("one.test"))
    if sorted(cases.read("want.csv").split()) != ["a,2,4", "b,1,2"]:
        raise harness.Failure(cases.read("want.csv"))
    cases.run(counts=(2, 0, 0))


def command_line(env):
    folder = env.folder("weir-test-empty")
    for args, words in (([], "needs a folder"), (["/nowhere"], "There is no '/nowhere'"), ([folder], "There is no case"), ([folder, folder], "One folder"),
                        ([folder, "--nope"], "'--nope'"), ([folder, "--batch", "0"], "from 1 to"), ([folder, "--jobs", "x"], "from 1 to"),
                        ([folder, "-v", "x"], "NAME=VALUE"), ([folder, "--junit"], "needs a value"), ([os.path.join(harness.ROOT, "README.md")], "neither")):
        done = env.weir("test", *args, check=2)
        if words not in done.stderr:
            raise harness.Failure(f"{args}: {done.stderr}")


def cases(env):
    for function in (passing, failing, broken, clock, shuffle, crash, changes, update, command_line):
        yield f"weir_test/{function.__name__}", (lambda f=function: f(env))
