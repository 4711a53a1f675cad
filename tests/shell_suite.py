# SPDX-License-Identifier: Apache-2.0
"""shell_suite - weir sql: scripts and pipes, and a person at a terminal."""
import json
import os
import time

import harness
import terminal

NUMBERS = """CREATE TABLE n (k INT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '9', 'fields.k.kind' = 'sequence',
  'fields.k.start' = '1', 'fields.k.end' = '9', 'fields.v.kind' = 'sequence', 'fields.v.start' = '11', 'fields.v.end' = '19');
"""
ENDLESS = ("CREATE TABLE e (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '200', 'fields.k.kind' = 'random', 'fields.k.min' = '1', "
           "'fields.k.max' = '40');")


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n--- got\n{got}\n--- want\n{want}")


def sql(env, script, *args, check=0):
    return env.weir("sql", *args, stdin=script.encode(), check=check)


def formats(env):
    row = "SELECT 1 AS a, 'x\"y,z' AS b, TRUE AS c, CAST(NULL AS STRING) AS d, CAST('NaN' AS DOUBLE) AS e, 'tab\tand\nline' AS f, '漢字' AS g;"
    want = {
        "table": "+---+-------+------+------+-----+--------------+------+\n"
                 "| a | b     | c    | d    |   e | f            | g    |\n"
                 "+---+-------+------+------+-----+--------------+------+\n"
                 "| 1 | x\"y,z | TRUE | NULL | NaN | tab and line | 漢字 |\n"
                 "+---+-------+------+------+-----+--------------+------+\n",
        "expanded": "a | 1\nb | x\"y,z\nc | TRUE\nd | NULL\ne | NaN\nf | tab\tand\nline\ng | 漢字\n\n",
        "csv": 'a,b,c,d,e,f,g\n1,"x""y,z",TRUE,,NaN,"tab\tand\nline",漢字\n',
        "tsv": 'a\tb\tc\td\te\tf\tg\n1\tx"y,z\tTRUE\tNULL\tNaN\ttab\\tand\\nline\t漢字\n',
    }
    for name, text in want.items():
        expect(sql(env, row, "--format", name).stdout, text, name)
    found = json.loads(sql(env, row, "--format", "json").stdout)
    expect(found, {"a": 1, "b": 'x"y,z', "c": True, "d": None, "e": "NaN", "f": "tab\tand\nline", "g": "漢字"}, "json")


def scripts(env):
    """Statements in one text: comments, semicolons that end nothing, statement sets, a last one without a semicolon."""
    folder = env.folder("shell-scripts")
    script = NUMBERS + f"""
-- a comment; with a semicolon
SELECT ';' AS s, `a;b` FROM (VALUES (1)) AS t (`a;b`); /* ; */ ;;
CREATE TABLE low (k INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/low', 'format' = 'csv');
CREATE TABLE high (w STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/high', 'format' = 'csv');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO low SELECT k FROM n WHERE k < 3;
  INSERT INTO high SELECT CASE WHEN k > 8 THEN 'nine' ELSE 'eight' END FROM n WHERE k > 7;
END;
\\format csv
SELECT COUNT(*) AS n FROM low;
SELECT * FROM high"""
    path = os.path.join(folder, "script.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    want = "+---+-----+\n| s | a;b |\n+---+-----+\n| ; |   1 |\n+---+-----+\nn\n2\nw\neight\nnine\n"
    expect(env.weir("sql", path, check=0).stdout, want, "a file")
    expect(sql(env, script.replace("/low", "/low2").replace("/high", "/high2")).stdout, want, "standard input")
    expect(env.weir("sql", "-v", "N=7", "--set", "table.local-time-zone=Asia/Tokyo", "--format", "csv", "-e",
                    "SELECT ${N} AS n, CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS t", check=0).stdout, "n,t\n7,1970-01-01 09:00:00.000\n", "-e, -v, --set")


def updating(env):
    """A result that takes rows back is the table at the end, or every change."""
    query = NUMBERS + "SELECT MOD(k, 2) AS odd, MAX(v) AS v FROM n GROUP BY MOD(k, 2);"
    found = sql(env, query, "--format", "csv").stdout.split()
    expect((found[0], sorted(found[1:])), ("odd,v", ["0,18", "1,19"]), "the table")
    changes = [json.loads(line) for line in sql(env, query, "--format", "json", "--mode", "changelog", "--set", "weir.batch.max-rows=1",
                                                "--set", "parallelism.default=1").stdout.splitlines()]
    table = {}
    for change in changes:
        if change["op"] in ("-U", "-D"):
            expect(table.pop(change["odd"]), change["v"], "what is taken back was there")
        else:
            table[change["odd"]] = change["v"]
    expect(table, {0: 18, 1: 19}, "changes")
    rows = sql(env, NUMBERS + "SELECT k FROM n;", "--mode", "changelog", "--format", "tsv").stdout.splitlines()
    expect(sorted(rows), sorted(["op\tk"] + [f"+I\t{k}" for k in range(1, 10)]), "changes of a result that only grows")


def errors(env):
    done = sql(env, "SELECT 1;\n\nSELECT nope\n FROM (VALUES (1)) AS t (a); SELECT 2;", "--format", "csv", check=1)
    expect(done.stdout, "EXPR$0\n1\n", "what comes behind an error does not run")
    for words in ("Column 'nope'", "^^^^"):
        if words not in done.stderr:
            raise harness.Failure(done.stderr)
    for script, words in (("\\nope", "\\? lists them"), ("\\mode fast", "auto, changelog or table"), ("\\i /nowhere/x.sql", "/nowhere/x.sql"),
                          ("\\watch", "there is none"), ("\\ddl", "needs the name"), ("SELECT 'open", "'"), ("\\stop 4", "no such job"),
                          ("\\o /nowhere/x", "cannot be written")):
        done = sql(env, script + "\nSELECT 1", check=1)
        if words not in done.stderr or done.stdout != "":
            raise harness.Failure(f"{script}\n{done.stdout}\n{done.stderr}")
    for args, words in ((["--nope", "1"], "--nope"), (["--mode", "fast"], "auto, changelog or table"), (["--set", "x"], "KEY=VALUE"),
                        (["--set", "parallelism.defualt=1"], "parallelism.default"), (["a.sql", "b.sql"], "One file"), (["-e"], "needs a value"),
                        (["-e", "SELECT 1", "a.sql"], "one is enough")):
        done = env.weir("sql", *args, stdin=b"", check=2)
        if words not in done.stderr:
            raise harness.Failure(f"{args}: {done.stderr}")
    expect(env.weir("sql", "/nowhere.sql").returncode, 1, "a file that is not there")


def commands(env):
    folder = env.folder("shell-commands")
    with open(os.path.join(folder, "inner.sql"), "w", encoding="utf-8") as file:
        file.write(NUMBERS + "CREATE VIEW v AS SELECT k FROM n;\n")
    done = sql(env, f"\\i {folder}/inner.sql\n\\timing\n\\dt\n\\dv\n\\o {folder}/out\nSELECT COUNT(*) AS n FROM v;\n\\o\n\\g\n\\x\n\\g\n\\ddl n\n\\help\n\\q\nSELECT 2;")
    for words in ("| n ", "| v ", "n | 9", "CREATE TABLE `default_catalog`.`default_database`.`n`", "\\watch"):
        if words not in done.stdout:
            raise harness.Failure(f"{words} is missing:\n{done.stdout}")
    if "Time: " not in done.stderr or "EXPR$0" in done.stdout:
        raise harness.Failure(done.stderr + done.stdout)
    with open(os.path.join(folder, "out"), encoding="utf-8") as file:
        expect(file.read(), "+---+\n| n |\n+---+\n| 9 |\n+---+\n", "\\o")
    tree = sql(env, NUMBERS + "EXPLAIN SELECT k FROM n UNION ALL SELECT k + 1 FROM n;").stdout
    for words in ("├─ ", "└─ ", "│"):
        if words not in tree:
            raise harness.Failure(tree)


def shell(env, folder, *args, **more):
    return terminal.Terminal([env.weir_path, "sql", *args], seconds=120, HOME=folder, XDG_STATE_HOME=folder, **more)


def typed(env):
    """History, completion, statements of several lines, Ctrl-C and Ctrl-D."""
    folder = env.folder("shell-typed")
    with shell(env, folder) as screen:
        screen.until("^weir>")
        screen.line("SELECT 40 +")
        screen.until(r"^    -$")
        screen.line("2 AS answer;")
        screen.until(r"\| +42 \|")
        screen.type("sel\t")
        screen.until("weir> select")
        screen.line("'it''s")
        screen.until(r"^    '")
        screen.type("\x03")
        screen.until("^weir>$")
        screen.line("CREATE TABLE wide_table (column_one INT) WITH ('connector' = 'blackhole');")
        screen.until("^weir>$")
        screen.line("\\d wide_t\t")
        screen.until(r"\\d wide_table")
        screen.until(r"column_one \|")
        screen.until("^weir>$")
        screen.line("SELECT nope;")
        screen.until("Column 'nope'")
        screen.until("^weir>$")
        screen.line("SET 'table.loc\t' = 'UTC';")
        screen.until("Did you mean 'table.local-time-zone'")
        screen.until("^weir>$")
        screen.type("\x04")
        expect(screen.end(), 0, "Ctrl-D")
    with shell(env, folder) as screen:
        screen.until("^weir>")
        screen.type("\x1b[A\x1b[A")
        screen.until("weir> SELECT nope;")
        screen.type("\x1b[A\x1b[A\x1b[A")
        screen.type("\x03")
        screen.until("^weir>$")
        screen.line("\\q")
        expect(screen.end(), 0, "\\q")


def live(env):
    """A table that changes in place: each key once, keys scroll, q ends it with all rows."""
    with shell(env, env.folder("shell-live")) as screen:
        screen.until("^weir>")
        screen.line(ENDLESS)
        screen.line("SELECT k, COUNT(*) AS n FROM e GROUP BY k;")
        screen.until(r"rows 1 to 18 of 40")
        first = int(screen.until(r"(\d+) changes; q or Ctrl-C")[1])
        limit = time.monotonic() + 60
        while int(screen.until(r"(\d+) changes; q or Ctrl-C")[1]) <= first and time.monotonic() < limit:
            time.sleep(0.05)
        if screen.text().count("changes; q or Ctrl-C") != 1:
            raise harness.Failure("it is not drawn in place:\n" + screen.text())
        screen.type("\x1b[B\x1b[B")
        screen.until(r"rows [23] to")
        screen.type("\x1b[6~\x1b[6~\x1b[6~")
        screen.until(r"to 40 of 40|to 39 of 40")
        screen.type("q")
        screen.until("^weir>$")
        screen.line("SELECT k, COUNT(*) AS n FROM e GROUP BY k;")
        screen.until(r"rows 1 to 18 of \d+$")
        screen.type("\x1b[B\x1bOBx\x1b[1;5Cq")  # all at once: each key counts
        screen.until(r"^weir>$")
        screen.line("SELECT COUNT(*) AS all_of_them FROM e;")
        screen.until("changes; q")
        screen.type("\x03")
        screen.until(r"^weir>$")
        screen.until(r"\| all_of_them \|")
        screen.line("SELECT 'row' AS w, k FROM e;")
        screen.until(r"\| row \|")
        screen.type("\x03")
        screen.until(r"^\+-+\+-+\+\nweir>$")
        screen.line("\\q")
        expect(screen.end(), 0, "the end")


def jobs(env):
    """INSERTs go on beside the shell, and end with it."""
    folder = env.folder("shell-jobs")
    with shell(env, folder) as screen:
        screen.until("^weir>")
        screen.line(ENDLESS)
        screen.line(f"CREATE TABLE kept (k INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'csv');")
        screen.line("INSERT INTO kept SELECT k FROM e;")
        screen.until("Job 1 runs")
        screen.line("INSERT INTO kept SELECT k FROM nowhere;")
        screen.until("There is no table or view 'nowhere'")
        limit = time.monotonic() + 60
        while True:
            screen.line("\\jobs")
            if int(screen.until(r"\| +1 \| RUNNING \| +(\d+) \|")[1]) > 0 or time.monotonic() > limit:
                break
        screen.line("\\stop 1")
        screen.line("\\jobs")
        screen.line("SELECT 'still here' AS words;")
        screen.until(r"\| still here \|")
        screen.line("INSERT INTO kept SELECT k FROM e;")
        screen.until("Job 2 runs")
        screen.type("\x04")
        expect(screen.end(), 0, "Ctrl-D")
    if not [name for name in os.listdir(os.path.join(folder, "out")) if not name.startswith((".", "_"))]:
        raise harness.Failure("what was complete is not there")


def cases(env):
    for function in (formats, scripts, updating, errors, commands, typed, live, jobs):
        yield f"shell/{function.__name__}", lambda function=function: function(env)
