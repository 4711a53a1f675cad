# SPDX-License-Identifier: Apache-2.0
"""functions_suite - functions of C in SQL, from a shared object that is compiled here: examples/functions in every mode, its
functions in windows, OVER and updating queries, restored from checkpoints; and what CREATE FUNCTION refuses.
"""
import json
import math
import os
import shutil
import subprocess

import harness

EXAMPLE = os.path.join(harness.ROOT, "examples", "functions")
CREATE = "".join(f"CREATE FUNCTION {name.upper()} AS '{name}_function' LANGUAGE C USING FILE '{{so}}';\n"
                 for name in ("levenshtein", "split_rows", "geometric_mean")).replace("split_rows_function", "split_function")
PRICES = """CREATE TABLE prices (k STRING, x DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
"""
RESTORED = [(1, 200, 1), (2, 300, 2)]
PLAIN = """#include "weir/weir.h"
static int nothing(void *self, const struct weir_row *args, struct weir_appender *out) { return 0; }
static int add(void *self, struct weir_call *call, void *acc, const struct weir_row *args) { ++*(int64_t *)acc; return 0; }
static int show(void *self, struct weir_call *call, const void *acc, struct weir_appender *out)
{ weir_append_i64(out, *(const int64_t *)acc); return 0; }
const struct weir_function plain = {.size = sizeof plain, .kind = WEIR_AGGREGATE, .arguments = "", .result = "BIGINT",
  .accumulator = "n BIGINT", .accumulator_size = 8, .accumulate = add, .get_result = show};
const struct weir_function small = {.size = 8, .eval = nothing};
const struct weir_function wrong = {.size = sizeof wrong, .arguments = "x NUMBER", .result = "INT", .eval = nothing};
"""


def compile_c(env, source, name):
    """A shared object in a folder of its own."""
    out = os.path.join(env.folder("functions_so"), name)
    done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-I", os.path.join(harness.ROOT, "include"), "-x", "c", "-", "-o",
                           out + ".tmp", "-lm"], input=source.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise harness.Failure(done.stderr.decode())
    os.replace(out + ".tmp", out)
    return out


def library(env):
    sources = ""
    for name in ("text.c", "mean.c"):
        with open(os.path.join(EXAMPLE, name), encoding="utf-8") as file:
            sources += file.read()
    return compile_c(env, sources, f"functions-{os.urandom(4).hex()}.so")


def example(env):
    """The script of the example, against the same computed here."""
    folder = env.folder("example-functions")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    shutil.copy(library(env), os.path.join(folder, "functions.so"))

    def distance(a, b):
        row = list(range(len(b) + 1))
        for i, x in enumerate(a, 1):
            last, row[0] = row[0], i
            for j, y in enumerate(b, 1):
                last, row[j] = row[j], min(last + (x != y), row[j] + 1, row[j - 1] + 1)
        return row[-1]

    want = {}
    with open(os.path.join(folder, "answers.json"), encoding="utf-8") as file:
        for answer in map(json.loads, file):
            for part in (answer["given"] or "").split(",") if answer["given"] is not None else []:
                want.setdefault(answer["correct"], []).append(distance(answer["correct"], part))
    want = {k: (len(v), min(v), round(math.exp(sum(math.log(1 + n) for n in v) / len(v)), 3)) for k, v in want.items()}
    for mode in env.modes + RESTORED:
        done = env.weir("run", "--result", "final", "--format", "json", *harness.options(mode), "-v", f"DIR={folder}",
                        os.path.join(folder, "functions.sql"), check=0)
        got = {r["correct"]: (r["tries"], r["nearest"], r["spread"]) for r in map(json.loads, done.stdout.split("\n")[:-1])}
        if got != want:
            raise harness.Failure(f"{harness.told(mode)}\n  got  {got}\n  want {want}")


QUERIES = {
    "tumble": ("SELECT k, window_end, GEOMETRIC_MEAN(x) AS m FROM TABLE(TUMBLE(TABLE prices, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
               "GROUP BY k, window_start, window_end"),
    "hop": ("SELECT k, window_end, GEOMETRIC_MEAN(x) AS m FROM TABLE(HOP(TABLE prices, DESCRIPTOR(ts), INTERVAL '5' SECOND, "
            "INTERVAL '15' SECOND)) GROUP BY k, window_start, window_end"),
    "session": ("SELECT k, window_end, GEOMETRIC_MEAN(x) AS m FROM TABLE(SESSION(TABLE prices PARTITION BY k, DESCRIPTOR(ts), "
                "INTERVAL '3' SECOND)) GROUP BY k, window_start, window_end"),
    "over": "SELECT k, ts, x, GEOMETRIC_MEAN(x) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM prices",
    "retract": "SELECT n, GEOMETRIC_MEAN(s) AS m FROM (SELECT k, COUNT(*) AS n, SUM(x) AS s FROM prices GROUP BY k) GROUP BY n",
    "distinct": "SELECT k, GEOMETRIC_MEAN(DISTINCT x) AS m, GEOMETRIC_MEAN(x) FILTER (WHERE x > 2) AS f FROM prices GROUP BY k",
}


def as_built_in(sql):
    """The same query by built-in functions: the geometric mean is EXP(AVG(LN(x)))."""
    for over in (" OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)", ""):
        for argument, tail in (("DISTINCT x", ""), ("x", " FILTER (WHERE x > 2)"), ("x", ""), ("s", "")):
            inner = argument.replace("x", "LN(x)").replace("s", "LN(s)") if "DISTINCT" not in argument else "DISTINCT LN(x)"
            sql = sql.replace(f"GEOMETRIC_MEAN({argument}){tail}{over}", f"EXP(AVG({inner}){tail}{over})")
    return sql


def rounded(lines):
    """Doubles with ten digits: the order of a sum is another one."""
    out = []
    for line in lines:
        out.append("\t".join(f"{float(cell):.10g}" if cell.replace(".", "").replace("-", "").replace("E", "").isdigit() else cell
                             for cell in line.split("\t")))
    return sorted(out)


def query(env, name):
    folder = env.folder("functions-" + name)
    data = os.path.join(folder, "prices.json")
    with open(data, "w", encoding="utf-8") as file:
        for i in range(400):
            when = i // 4 + (5 * (i // 40))
            row = {"k": "abc"[i * i % 3], "x": None if i % 23 == 0 else 1 + i * 7919 % 13, "ts": f"2024-01-01 00:{when // 60:02}:{when % 60:02}"}
            file.write(json.dumps(row) + "\n")
    declared = CREATE.format(so=library(env)) + PRICES.format(path=data)
    scripts = {}
    for kind, sql in (("own", QUERIES[name]), ("built_in", as_built_in(QUERIES[name]))):
        scripts[kind] = os.path.join(folder, kind + ".sql")
        with open(scripts[kind], "w", encoding="utf-8") as file:
            file.write(declared + sql + ";\n")
    if "GEOMETRIC" in as_built_in(QUERIES[name]):
        raise harness.Failure(as_built_in(QUERIES[name]))
    want = rounded(env.weir("run", "--result", "final", "--format", "tsv", scripts["built_in"], check=0).stdout.split("\n")[:-1])
    if len(want) < 3:
        raise harness.Failure(f"{want}")
    for mode in env.modes + RESTORED:
        got = rounded(env.weir("run", "--result", "final", "--format", "tsv", *harness.options(mode), scripts["own"],
                               check=0).stdout.split("\n")[:-1])
        if got != want:
            raise harness.Failure(f"{harness.told(mode)}\n  got  {got[:8]}\n  want {want[:8]}")


REFUSED = [
    ("CREATE FUNCTION f AS 'plain' LANGUAGE C", "A function of C is in one shared library"),
    ("CREATE FUNCTION f AS 'plain' LANGUAGE C USING FILE '{dir}/missing.so'", "cannot be loaded: {dir}/missing.so: cannot open"),
    ("CREATE FUNCTION f AS 'absent' LANGUAGE C USING FILE '{so}'", "exports no symbol 'absent'"),
    ("CREATE FUNCTION f AS 'small' LANGUAGE C USING FILE '{so}'", "The descriptor of function 'f' has a size of 8 bytes"),
    ("CREATE FUNCTION f AS 'wrong' LANGUAGE C USING FILE '{so}'", "The arguments of function 'f', 'x NUMBER'"),
    ("CREATE FUNCTION f AS 'a.B' LANGUAGE JAVA USING JAR 'x.jar'", "Functions of JAVA are not supported"),
    ("CREATE FUNCTION f AS 'a.b' LANGUAGE PYTHON", "Function 'f' cannot be loaded"),
    ("CREATE FUNCTION f AS 'a.b' LANGUAGE COBOL", "There is no language 'COBOL'"),
    ("CREATE FUNCTION f AS 'plain' LANGUAGE C USING FILE '{so}'; CREATE FUNCTION F AS 'plain' LANGUAGE C USING FILE '{so}'",
     "There is a function 'F' already"),
    ("DROP FUNCTION f", "There is no function 'f' of the session"),
    ("ALTER FUNCTION f AS 'plain' LANGUAGE C USING FILE '{so}'", "There is no function 'f' of the session"),
    ("CREATE FUNCTION f AS 'plain' LANGUAGE C USING FILE '{so}';" + PRICES.format(path="/dev/null") +
     QUERIES["hop"].replace("GEOMETRIC_MEAN(x)", "f()"), "'f' cannot be merged, which this window needs"),
    ("CREATE FUNCTION f AS 'plain' LANGUAGE C USING FILE '{so}';" + PRICES.format(path="/dev/null") +
     "SELECT f() FROM (SELECT k, COUNT(*) FROM prices GROUP BY k)", "'f' takes no rows back"),
]


def refused(env):
    so = compile_c(env, PLAIN, "plain.so")
    script = os.path.join(env.folder("functions-refused"), "q.sql")
    for sql, words in REFUSED:
        if env.sanitize and "PYTHON" in sql:
            continue  # CPython leaks when it ends
        with open(script, "w", encoding="utf-8") as file:
            file.write(sql.replace("{so}", so).replace("{dir}", os.path.dirname(so)) + ";\n")
        done = env.weir("run", script)
        if done.returncode != 2 or words.replace("{dir}", os.path.dirname(so)) not in done.stderr:
            raise harness.Failure(f"{sql}\n  wanted {words}\n  {done.returncode}: {done.stderr}")


def statements(env):
    """CREATE, SHOW, DESCRIBE, ALTER and DROP."""
    so = compile_c(env, PLAIN, "statements.so")
    script = os.path.join(env.folder("functions-statements"), "q.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"""CREATE FUNCTION counted AS 'plain' LANGUAGE C USING FILE '{so}';
CREATE FUNCTION IF NOT EXISTS Counted AS 'absent' LANGUAGE C USING '{so}';
CREATE TEMPORARY SYSTEM FUNCTION `upper` AS 'plain' LANGUAGE C USING JAR '{so}';
SHOW USER FUNCTIONS;
DESCRIBE FUNCTION counted;
ALTER FUNCTION counted AS 'plain' LANGUAGE c USING FILE '{so}';
SELECT counted() FROM (VALUES (1), (2)) AS t(x);
DROP FUNCTION counted;
DROP FUNCTION IF EXISTS counted;
DROP TEMPORARY SYSTEM FUNCTION `upper`;
SHOW USER FUNCTIONS;
SELECT UPPER('a') AS u;
""")
    done = env.weir("run", "--result", "final", "--format", "tsv", script, check=0)
    want = ("counted\nupper\nis system function: FALSE\nis temporary: FALSE\nkind: AGGREGATE\nlanguage: C\nsignature: counted() -> BIGINT\n"
            "# EXPR$0 BIGINT\n2\n# u CHAR(1) NOT NULL\nA\n")
    if done.stdout != want:
        raise harness.Failure(f"got\n{done.stdout}\nwant\n{want}")


def cases(env):
    yield "functions/example", lambda: example(env)
    for name in QUERIES:
        yield "functions/" + name, lambda name=name: query(env, name)
    yield "functions/refused", lambda: refused(env)
    yield "functions/statements", lambda: statements(env)
