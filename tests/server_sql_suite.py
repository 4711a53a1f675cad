# SPDX-License-Identifier: Apache-2.0
"""server_sql_suite - SQL over the REST API of weir serve: sessions, statements of each kind, their rows in pages and as streams."""
import calendar
import json
import os
import threading
import time

import harness
import server

NUMBERS = ("CREATE TABLE numbers (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '{0}', 'rows-per-second' = '100000000', "
           "'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '{0}')")
ENDLESS = "CREATE TABLE endless (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50000000')"


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def until(what, condition, seconds=30):
    harness.until(condition, what, seconds)


def pages(weir, statement, most=1000):
    """(columns, rows, state and what else the last page has)."""
    token, rows = 0, []
    while token is not None:
        page = weir.get(f"/v1/statements/{statement}/rows?token={token}&max={most}&wait_ms=5000")
        rows += page["rows"]
        token = page["next"]
    return page["columns"], rows, page


def start(weir, sql, session=None, **more):
    return weir.post("/v1/statements", dict(more, sql=sql, **({"session": session} if session else {})))


def run(weir, sql, session=None, **more):
    """The rows of a statement, or its kind and word."""
    found = start(weir, sql, session, **more)
    if found["kind"] != "rows":
        return found["kind"], found["word"]
    _, rows, last = pages(weir, found["statement"])
    expect(last["state"], "finished", sql)
    return [row["row"] for row in rows]


def statements(env):
    """Each kind of statement: what it gives, with which columns and types."""
    with server.Server(env, env.folder("sql-statements")) as weir:
        session = weir.post("/v1/sessions", {"name": "me", "settings": {"table.local-time-zone": "Asia/Tokyo"}})["session"]

        def shows(sql, columns, rows=None):
            found = start(weir, sql, session)
            names = [f"{column['name']} {column['type']}" for column in found["columns"]]
            expect(", ".join(names), columns, f"columns of {sql}")
            got = [row["row"] for row in pages(weir, found["statement"])[1]]
            if rows is not None:
                expect(got, rows, sql)
            return got

        done = ("done", "CREATE TABLE")
        expect(run(weir, NUMBERS.format(3), session), done, "CREATE TABLE")
        expect(run(weir, "CREATE TABLE sink (a BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'blackhole')", session), done, "a sink")
        expect(run(weir, "CREATE VIEW doubles AS SELECT a * 2 AS b FROM numbers", session), ("done", "CREATE VIEW"), "CREATE VIEW")
        expect(run(weir, "CREATE DATABASE shop", session), ("done", "CREATE DATABASE"), "CREATE DATABASE")
        shows("SHOW TABLES", "table name STRING", [["doubles"], ["numbers"], ["sink"]])
        shows("SHOW VIEWS", "view name STRING", [["doubles"]])
        shows("SHOW DATABASES", "database name STRING", [["default_database"], ["shop"]])
        shows("SHOW CURRENT DATABASE", "current database name STRING", [["default_database"]])
        shows("SHOW CATALOGS", "catalog name STRING", [["default_catalog"]])
        shows("DESCRIBE sink", "name STRING, type STRING, null BOOLEAN, key STRING, extras STRING, watermark STRING",
              [["a", "BIGINT", False, "PRI(a)", None, None]])
        expect("CREATE VIEW" in shows("SHOW CREATE VIEW doubles", "result STRING")[0][0], True, "SHOW CREATE VIEW")
        expect("== Physical Plan ==" in shows("EXPLAIN SELECT a FROM numbers", "result STRING")[0][0], True, "EXPLAIN")
        shows("SELECT b FROM doubles", "b BIGINT", [[2], [4], [6]])
        shows("SET", "key STRING, value STRING")
        shows("SELECT CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS t", "t STRING", [["1970-01-01 09:00:00.000"]])
        shows("""SELECT 1.50 AS d, CAST(1.5 AS DOUBLE) AS f, TRUE AS b, CAST(NULL AS INT) AS n, DATE '2024-02-29' AS dd, X'0aff' AS x,
              ARRAY[1, 2] AS l, MAP['k', 1] AS m, ROW(1, 'a "q" \u00e9') AS r, CAST('NaN' AS DOUBLE) AS nan""",
              "d DECIMAL(3, 2) NOT NULL, f DOUBLE NOT NULL, b BOOLEAN NOT NULL, n INT, dd DATE NOT NULL, x BINARY(2) NOT NULL, "
              "l ARRAY<INT NOT NULL> NOT NULL, m MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL, "
              "r ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(7) NOT NULL> NOT NULL, nan DOUBLE NOT NULL",
              [["1.50", 1.5, True, None, "2024-02-29", "Cv8=", [1, 2], [["k", 1]], {"EXPR$0": 1, "EXPR$1": 'a "q" \u00e9'}, "NaN"]])
        found = start(weir, "SELECT a % 2 AS odd, COUNT(*) AS n FROM numbers GROUP BY a % 2", session)
        expect((found["updating"], found["bounded"]), (True, True), "an updating result")
        expect(start(weir, "SELECT a FROM numbers", session)["updating"], False, "inserts alone")
        found = start(weir, "INSERT INTO sink SELECT a FROM numbers", session)
        expect((found["kind"], found["word"], found["statement"]), ("job", "INSERT", None), "INSERT")
        until("the job ends", lambda: weir.get(f"/v1/jobs/{found['job']}")["state"] == "FINISHED")
        jobs = shows("SHOW JOBS", "job id STRING, job name STRING, status STRING, start time TIMESTAMP_LTZ(6)")
        expect((len(jobs), jobs[0][0], jobs[0][2]), (1, found["job"], "FINISHED"), "SHOW JOBS")
        expect(shows(f"DESCRIBE JOB '{found['job']}'", "job id STRING, job name STRING, status STRING, start time TIMESTAMP_LTZ(6)"), jobs, "DESCRIBE JOB")
        if abs(calendar.timegm(time.strptime(jobs[0][3][:19], "%Y-%m-%d %H:%M:%S")) - 9 * 3600 - time.time()) > 3600:
            raise harness.Failure(f"the job began at {jobs[0][3]}, in Tokyo")
        expect(run(weir, "SET 'table.dml-sync' = 'true'", session), ("done", "SET"), "SET")
        found = start(weir, "EXECUTE STATEMENT SET BEGIN INSERT INTO sink SELECT a FROM numbers; INSERT INTO sink SELECT b FROM doubles; END", session)
        expect((found["kind"], weir.get(f"/v1/jobs/{found['job']}")["state"]), ("job", "FINISHED"), "a statement that waits for its job")
        settings = weir.get(f"/v1/sessions/{session}")["settings"]
        expect((settings["table.dml-sync"], settings["table.local-time-zone"]), ("true", "Asia/Tokyo"), "settings of the session")
        run(weir, "RESET", session)
        expect("table.dml-sync" in weir.get(f"/v1/sessions/{session}")["settings"], False, "RESET")
        for sql, word in (("USE shop", "USE"), ("USE default_database", "USE"), ("DROP VIEW doubles", "DROP VIEW"), ("DROP TABLE sink", "DROP TABLE"),
                          ("DROP DATABASE shop", "DROP DATABASE")):
            expect(run(weir, sql, session), ("done", word), sql)
        found = weir.post("/v1/scripts", {"session": session, "sql": "CREATE VIEW v AS SELECT 7 AS c; -- one;\nSELECT c FROM v;\nSHOW VIEWS;"})["statements"]
        expect([one["word"] for one in found], ["CREATE VIEW", "SELECT", "SHOW"], "a script")
        expect([row["row"] for row in pages(weir, found[1]["statement"])[1]], [[7]], "a result of a script")
        expect(run(weir, "SELECT c FROM v"), [[7]], "a statement without a session")
        expect(run(weir, "SELECT CURRENT_DATE IS NOT NULL AS a", settings={"parallelism.default": "1"}), [[True]], "settings of a statement")
        weir.json("DELETE", f"/v1/sessions/{session}")
        until("no session is left", lambda: weir.get("/v1/sessions") == {"sessions": []})


def jobs(env):
    """STOP JOB in its forms, DESCRIBE JOB, and what they refuse."""
    with server.Server(env, env.folder("sql-jobs"), settings=[("parallelism.default", "1")]) as weir:
        run(weir, "CREATE TABLE ticks (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')")
        run(weir, "CREATE TABLE sink (a BIGINT) WITH ('connector' = 'blackhole')")

        def begin(name):
            return start(weir, "INSERT INTO sink SELECT a FROM ticks", settings={"pipeline.name": name})["job"]

        def state(name):
            return run(weir, f"DESCRIBE JOB '{name}'")[0][1:3]

        begin("one")
        until("it runs", lambda: state("one") == ["one", "RUNNING"])
        path = run(weir, "STOP JOB 'one' WITH SAVEPOINT")[0][0]
        expect((os.path.isdir(path), state("one")[1]), (True, "SUSPENDED"), "STOP JOB WITH SAVEPOINT")
        job = begin("two")
        expect(run(weir, f"STOP JOB '{job}'"), ("done", "STOP JOB"), "STOP JOB")
        expect(state("two")[1], "CANCELED", "a job that was stopped")
        begin("three")
        expect(run(weir, "STOP JOB three WITH DRAIN"), ("done", "STOP JOB"), "STOP JOB WITH DRAIN")
        expect(state("three")[1], "FINISHED", "a job that was drained")
        expect(sorted(row[1] for row in run(weir, "SHOW JOBS")), ["one", "three", "two"], "SHOW JOBS")
        for sql in ("STOP JOB nobody", "DESCRIBE JOB 'nobody'", "STOP JOB 'one' WITH SAVEPOINT WITH DRAIN", "STOP JOB", "STOP JOB 'one' WITH"):
            error = weir.refused(400, "POST", "/v1/statements", {"sql": sql})
            expect(error["line"], 1, sql)


def texts(env):
    """Values as texts, as CAST(... AS STRING) gives them; words of a session."""
    sql = "SELECT 1.50, TRUE, CAST(NULL AS INT), MAP['k', ARRAY[1, 2]], ROW(1, 'x'), x'0aff', 'a\"b', CAST('NaN' AS DOUBLE)"
    want = ["1.50", "TRUE", None, "{k=[1, 2]}", "(1, x)", "x'0aff'", 'a"b', "NaN"]
    with server.Server(env, env.folder("sql-texts"), settings=[("parallelism.default", "1")]) as weir:
        statement = start(weir, sql)["statement"]
        expect(weir.get(f"/v1/statements/{statement}/rows?values=text")["rows"], [{"kind": "+I", "row": want}], "a page")
        found = dict(weir.events(f"/v1/statements/{start(weir, sql)['statement']}/stream?values=text"))
        expect(found["rows"]["rows"], [{"kind": "+I", "row": want}], "a stream")
        session = weir.post("/v1/sessions")["session"]
        run(weir, "CREATE TEMPORARY VIEW mine AS SELECT 1 AS own_column", session)
        words = weir.get(f"/v1/completion?session={session}")
        expect([table for table in words["tables"] if table["name"] == "mine"], [{"name": "mine", "columns": ["own_column"]}], "of the session")
        expect([table["name"] for table in weir.get("/v1/completion")["tables"]], [], "of everybody")
        expect({"TUMBLE", "HOP", "CUMULATE", "SESSION", "SUM", "UPPER"} - {function["name"] for function in words["functions"]}, set(), "functions")


def errors(env):
    """What is wrong is said with its place."""
    with server.Server(env, env.folder("sql-errors"), settings=[("server.request.max-size", "64 kb")]) as weir:
        session = weir.post("/v1/sessions")["session"]

        def place(sql, **more):
            error = weir.refused(400, "POST", "/v1/statements", dict(more, sql=sql))
            return error.get("line"), error.get("column"), error["code"]

        expect(place("SELECT\n  nothing"), (2, 3, "invalid_request"), "an unknown column")
        expect(place("SELEC 1"), (1, 1, "invalid_request"), "a syntax error")
        expect(place("SELECT 1;\nSELECT 2"), (2, 1, "invalid_request"), "two statements")
        expect(place(""), (None, None, "invalid_request"), "no statement")
        expect(place("SET 'no.such.option' = '1'", session=session)[:2], (1, 5), "an unknown option")
        expect(place("INSERT INTO nowhere SELECT 1")[:2], (1, 13), "an unknown sink")
        expect(place("SELECT 1", session=session, settings={"a": "b"})[2], "invalid_request", "settings beside a session")
        error = weir.refused(400, "POST", "/v1/scripts", {"sql": "SELECT 1; -- \u00e9\u00e9\nSELECT '\u00e9\u00e9';  SELECT nothing"})
        expect((error["line"], error["column"], error["length"]), (2, 22, 7), "the place in a script")
        expect(error["offset"], len("SELECT 1; -- \u00e9\u00e9\nSELECT '\u00e9\u00e9';  SELECT ".encode()), "the same in bytes")
        error = weir.refused(400, "POST", "/v1/scripts", {"sql": "SELECT 1;\nSELECT (;"})
        expect(error["line"], 2, "a script that is no SQL")
        for body in (b"", b"{", b"[]", b"1", b"\"sql\"", b'{"sql":1}', b'{"sql":"SELECT 1","extra":1}', b'{"session":"x"}', b'{"sql":"SELECT 1","settings":[]}',
                     b'{"sql":"SELECT \\ud800"}', b'\xff\xfe', b'{"sql":"SELECT 1"' + b"," * 1000):
            code, _, text = weir.ask("POST", "/v1/statements", body)
            expect((code, json.loads(text)["error"]["code"]), (400, "invalid_request"), f"malformed: {body[:40]}")
        code = weir.ask("POST", "/v1/statements", json.dumps({"sql": "SELECT '" + "x" * 100000 + "'"}).encode())[0]
        expect(code, 413, "a request that is too large")
        expect(weir.refused(404, "POST", "/v1/statements", {"sql": "SELECT 1", "session": "none"})["code"], "not_found", "no such session")
        for method, path in (("GET", "/v1/sessions/x"), ("DELETE", "/v1/sessions/x"), ("GET", "/v1/statements/x"), ("GET", "/v1/statements/x/rows"),
                             ("GET", "/v1/statements/x/stream"), ("DELETE", "/v1/statements/x"), ("POST", "/v1/sessions/x/cancel"),
                             ("GET", "/v1/completion?session=x")):
            weir.refused(404, method, path)
        statement = start(weir, "SELECT 1")["statement"]
        for query in ("token=x", "token=-1", "max=10001", "wait_ms=30001", "max=", "token=99999999999999999999", "values=xml"):
            weir.refused(400, "GET", f"/v1/statements/{statement}/rows?{query}")
        weir.refused(410, "GET", f"/v1/statements/{statement}/rows?token=1")
        weir.post("/v1/statements", {"sql": "CREATE TABLE bad (a INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '/nonexistent/x.json')"})
        try:
            statement = start(weir, "SELECT a FROM bad")["statement"]
        except server.Refused as refused:
            expect(refused.code, 400, "a file that is not there")
        else:
            page = pages(weir, statement)[2]
            expect((page["state"], page["error"]["code"]), ("failed", "job_failed"), "a query that fails")
        until("sessions of statements end with them", lambda: len(weir.get("/v1/sessions")["sessions"]) <= 2)


def catalogs(env):
    """Sessions see each other's declarations, not their temporary objects; a restart keeps the catalog."""
    with server.Server(env, env.folder("sql-catalogs")) as weir:
        one, two = (weir.post("/v1/sessions")["session"] for _ in range(2))
        run(weir, NUMBERS.format(2), one)
        run(weir, "CREATE TEMPORARY VIEW mine AS SELECT a + 10 AS a FROM numbers", one)
        expect(run(weir, "SHOW TABLES", one), [["mine"], ["numbers"]], "of the session that made them")
        expect(run(weir, "SHOW TABLES", two), [["numbers"]], "of another session")
        run(weir, "CREATE DATABASE shop", two)
        run(weir, "USE shop", two)
        run(weir, "CREATE TABLE orders (id INT COMMENT 'number') COMMENT 'all' WITH ('connector' = 'datagen', 'number-of-rows' = '1')", two)
        run(weir, "CREATE VIEW latest AS SELECT id FROM orders", two)
        expect(run(weir, "SHOW TABLES FROM shop", one), [["latest"], ["orders"]], "of another database")
        weir.refused(400, "POST", "/v1/statements", {"sql": NUMBERS.format(2), "session": one})
        statement = start(weir, "SELECT COUNT(*) FROM shop.latest", one)["statement"]
        run(weir, "DROP VIEW latest", two)
        expect(pages(weir, statement)[2]["state"], "finished", "a query goes on when its view is dropped")
        weir.refused(400, "POST", "/v1/statements", {"sql": "SELECT * FROM shop.latest", "session": one})
        weir.restart()
        expect(run(weir, "SHOW TABLES"), [["numbers"]], "after a restart")
        expect(run(weir, "SHOW TABLES FROM shop"), [["orders"]], "of a database, after a restart")
        expect(run(weir, "SELECT a FROM numbers"), [[1], [2]], "a table, after a restart")
        weir.refused(404, "GET", f"/v1/sessions/{one}")
        weir.restart(kill=True)
        expect(run(weir, "DROP DATABASE shop CASCADE"), ("done", "DROP DATABASE"), "DROP")
        expect(run(weir, "SHOW DATABASES"), [["default_database"]], "databases")


def altered(env):
    """ALTER TABLE: other sessions see it, a restart keeps it, views that came before as well as after it go on."""
    with server.Server(env, env.folder("sql-altered"), settings=[("parallelism.default", "1")]) as weir:
        one, two = (weir.post("/v1/sessions")["session"] for _ in range(2))
        run(weir, "CREATE DATABASE shop", one)
        run(weir, "CREATE TABLE shop.n (a BIGINT, b INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.a.kind' = 'sequence', "
                  "'fields.a.start' = '1', 'fields.a.end' = '3')", one)
        run(weir, "CREATE VIEW former AS SELECT a FROM shop.n", one)
        run(weir, "USE shop", one)
        expect(run(weir, "ALTER TABLE n ADD (c AS a * 10 FIRST)", one), ("done", "ALTER TABLE"), "ALTER TABLE")
        run(weir, "CREATE VIEW default_database.late AS SELECT c FROM n", one)
        run(weir, "ALTER TABLE n DROP b", one)
        run(weir, "ALTER TABLE n SET ('number-of-rows' = '2')", one)

        def check(what, table="shop.n", session=None):
            expect(run(weir, f"SELECT * FROM {table}", session), [[10, 1], [20, 2]], what)
            expect([row[0] for row in run(weir, f"DESCRIBE {table}", session)], ["c", "a"], what)

        check("of the session", "n", one)
        check("of another session", session=two)
        expect(run(weir, "SELECT COUNT(*) FROM former", two)[-1], [2], "a view that was there before")
        error = weir.refused(400, "POST", "/v1/statements", {"sql": "ALTER TABLE n DROP a", "session": one})
        expect(("computed column 'c'" in error["message"], error["column"]), (True, 20), error)
        weir.restart()
        check("after a restart")
        expect(run(weir, "SELECT c FROM late"), [[10], [20]], "a view of what was added")
        run(weir, "DROP VIEW former")
        run(weir, "ALTER TABLE shop.n RENAME TO shop.m")
        check("under its new name", "shop.m")
        weir.restart(kill=True)
        check("under its new name, after a restart", "shop.m")
        weir.refused(400, "POST", "/v1/statements", {"sql": "SELECT * FROM shop.n"})
        run(weir, "DROP TABLE shop.m")
        run(weir, NUMBERS.format(2))
        run(weir, "ALTER TABLE numbers RENAME a TO b")
        run(weir, "DROP TABLE numbers")
        run(weir, NUMBERS.format(2))
        weir.restart()
        expect(run(weir, "SELECT a FROM numbers"), [[1], [2]], "what altered a table goes with it")


def table_as(env):
    """CREATE TABLE ... AS: a table that stays, and a job that fills it."""
    folder = env.folder("sql-table-as")
    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir:
        one = weir.post("/v1/sessions", {"settings": {"table.dml-sync": "true"}})["session"]
        options = "WITH ('connector' = 'filesystem', 'path' = '%s/{}', 'format' = 'json')" % folder
        run(weir, NUMBERS.format(3), one)
        run(weir, "CREATE TEMPORARY VIEW mine AS SELECT a, a * 2 AS b FROM numbers", one)
        run(weir, "CREATE DATABASE shop", one)
        run(weir, "USE shop", one)
        run(weir, "SET 'pipeline.name' = 'the copy'", one)
        found = start(weir, f"CREATE TABLE copy (c STRING, PRIMARY KEY (a) NOT ENFORCED) {options.format('copy')} "
                            "AS SELECT COALESCE(a, 0) AS a, b FROM default_database.mine", one)
        expect((found["kind"], found["word"]), ("job", "CREATE TABLE"), "a job")
        job = weir.get(f"/v1/jobs/{found['job']}")
        expect((job["state"], job["name"]), ("FINISHED", "the copy"), "its job")
        rows = [[None, 1, 2], [None, 2, 4], [None, 3, 6]]
        expect(sorted(run(weir, "SELECT * FROM copy", one), key=lambda row: row[1]), rows, "of the session")
        weir.restart()
        expect(sorted(run(weir, "SELECT * FROM shop.copy"), key=lambda row: row[1]), rows, "after a restart, without the temporary view")
        expect([row[3] for row in run(weir, "DESCRIBE shop.copy")], [None, "PRI(a)", None], "its key")
        expect(len(weir.get("/v1/jobs")["jobs"]), 1, "a restart runs no query again")
        two = weir.post("/v1/sessions", {"settings": {"table.dml-sync": "true"}})["session"]
        found = start(weir, f"CREATE TABLE IF NOT EXISTS shop.copy {options.format('other')} AS SELECT 'more', CAST(4 AS BIGINT), CAST(8 AS BIGINT)", two)
        expect(found["kind"], "job", "IF NOT EXISTS writes into the table that is there")
        expect(sorted(run(weir, "SELECT * FROM shop.copy", two), key=lambda row: row[1])[-1], ["more", 4, 8], "IF NOT EXISTS")
        for sql, word in (("CREATE TABLE shop.copy {} AS SELECT 1 AS a", "exists already"),
                          ("CREATE TABLE bad {} AS SELECT nope FROM numbers", "nope"),
                          ("CREATE TABLE bad {} AS SELECT a, COUNT(*) AS n FROM numbers GROUP BY a", "takes only new rows")):
            error = weir.refused(400, "POST", "/v1/statements", {"sql": sql.format(options.format("bad")), "session": two})
            expect((word in error["message"], error["line"]), (True, 1), error)
        expect(run(weir, "SHOW TABLES", two), [["numbers"]], "what was refused left no table")
        expect(run(weir, "EXPLAIN CREATE TABLE bad WITH ('connector' = 'blackhole') AS SELECT a FROM numbers", two)[0][0].count("Sink(table=[bad])"), 2, "EXPLAIN")
        expect(run(weir, "SHOW TABLES", two), [["numbers"]], "EXPLAIN leaves no table")
        run(weir, "DROP TABLE shop.copy", two)
        weir.refused(400, "POST", "/v1/statements", {"sql": "SELECT * FROM shop.copy", "session": two})


def altered_views(env):
    """ALTER VIEW: other sessions see it, and a restart keeps it, whatever came before in the catalog."""
    with server.Server(env, env.folder("sql-altered-views"), settings=[("parallelism.default", "1")]) as weir:
        one, two = (weir.post("/v1/sessions")["session"] for _ in range(2))
        run(weir, NUMBERS.format(2), one)
        run(weir, "CREATE DATABASE shop", one)
        run(weir, "USE shop", one)
        run(weir, "CREATE TABLE base (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '1')", one)
        run(weir, "CREATE VIEW v (x) COMMENT 'kept' AS SELECT a FROM base", one)
        run(weir, "CREATE VIEW above AS SELECT x FROM v", one)
        expect(run(weir, "SELECT x FROM shop.v", two) != [], True, "the other session has it")
        run(weir, "CREATE TABLE later (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.a.kind' = 'sequence', "
                  "'fields.a.start' = '5', 'fields.a.end' = '9')", one)
        expect(run(weir, "ALTER VIEW v AS SELECT a * 10 AS x FROM later", one), ("done", "ALTER VIEW"), "ALTER VIEW")
        run(weir, "DROP TABLE base", one)

        def check(what, name="shop.v", session=None):
            expect(run(weir, f"SELECT x FROM {name}", session), [[50], [60]], what)
            expect("COMMENT 'kept'" in run(weir, f"SHOW CREATE VIEW {name}", session)[0][0], True, "its comment")

        check("of the session", "v", one)
        check("of the other one", session=two)
        check("a new one")
        expect(run(weir, "SELECT x FROM shop.above", two), [[50], [60]], "a view above it")
        weir.restart()
        check("after a restart")
        expect(run(weir, "SELECT x FROM shop.above"), [[50], [60]], "a view above it, that came before")
        one, two = (weir.post("/v1/sessions")["session"] for _ in range(2))
        run(weir, "ALTER VIEW shop.v RENAME TO u", one)
        for session in (one, two):
            check("under its new name", "shop.u", session)
            weir.refused(400, "POST", "/v1/statements", {"sql": "SELECT x FROM shop.above", "session": session})
        run(weir, "ALTER VIEW shop.u RENAME TO v", two)
        expect(run(weir, "SELECT x FROM shop.above", one), [[50], [60]], "its old name again")
        weir.restart(kill=True)
        check("after another restart")
        expect(run(weir, "SELECT x FROM shop.above"), [[50], [60]], "a view above it, again")
        error = weir.refused(400, "POST", "/v1/statements", {"sql": "ALTER VIEW shop.v AS SELECT x FROM shop.above"})
        expect(("part of its own query" in error["message"], error["column"]), (True, 22), error)
        run(weir, "ALTER DATABASE shop SET ('k' = 'v')")
        run(weir, "DROP DATABASE shop CASCADE")
        weir.restart()
        expect(run(weir, "SHOW VIEWS"), [], "nothing is left")


def large(env):
    """A million rows, in pages and as a stream; a page may be asked for again."""
    with server.Server(env, env.folder("sql-large"), settings=[("server.results.max-size", "1 mb"), ("parallelism.default", "1")]) as weir:
        run(weir, NUMBERS.format(1000000))
        statement = start(weir, "SELECT a, 'row ' || CAST(a AS STRING) AS text FROM numbers")["statement"]
        connection, token, seen = weir.connect(), 0, 0
        while token is not None:
            for again in range(2 if token == 1 else 1):
                connection.request("GET", f"/v1/statements/{statement}/rows?token={token}&max=10000&wait_ms=10000")
                page = json.loads(connection.getresponse().read())
            for row in page["rows"]:
                seen += 1
                if row["kind"] != "+I" or row["row"] != [seen, f"row {seen}"]:
                    raise harness.Failure(f"row {seen} is {row}")
            token = page["next"]
        connection.close()
        expect((seen, page["state"]), (1000000, "finished"), "pages")
        statement = start(weir, "SELECT a FROM numbers")["statement"]
        seen, names = 0, set()
        for name, data in weir.events(f"/v1/statements/{statement}/stream"):
            names.add(name)
            for row in data.get("rows", ()):
                seen += 1
                if row["row"] != [seen]:
                    raise harness.Failure(f"row {seen} is {row}")
        expect((seen, names, data), (1000000, {"columns", "rows", "end"}, {"state": "finished"}), "a stream")
        expect(weir.get(f"/v1/statements/{statement}")["rows"], 1000000, "the result afterwards")


SMALL = [("server.results.max-size", "1 mb"), ("parallelism.default", "1")]


def slow(env):
    """A reader that does not read: its query waits, others do not, and memory stays."""
    with server.Server(env, env.folder("sql-slow"), settings=SMALL) as weir:
        run(weir, ENDLESS)
        run(weir, NUMBERS.format(100000))
        statement = start(weir, "SELECT a FROM endless")["statement"]
        connection = weir.connect()
        connection.request("GET", f"/v1/statements/{statement}/stream")
        connection.getresponse().read(1000)
        weir.refused(409, "GET", f"/v1/statements/{statement}/rows?token=0")
        expect(len(run(weir, "SELECT a FROM numbers")), 100000, "another query while a reader is slow")
        given, before = weir.get(f"/v1/statements/{statement}")["rows"], weir.rss()
        expect(len(run(weir, "SELECT a FROM numbers")), 100000, "and another one")
        more = weir.get(f"/v1/statements/{statement}")["rows"] - given
        if more > 200000 or weir.rss() > before + 100000:
            raise harness.Failure(f"a reader that does not read got {more} rows, the server grew by {weir.rss() - before} kB")
        connection.close()


def gone(env):
    """Readers that take nothing, that are gone, results that nobody asks for: their queries end."""
    with server.Server(env, env.folder("sql-gone"), settings=SMALL + [("server.results.idle-timeout", "1 s")]) as weir:
        run(weir, ENDLESS)
        idle = start(weir, "SELECT a FROM endless")["statement"]
        connection = weir.connect()
        connection.request("GET", f"/v1/statements/{idle}/stream")
        connection.getresponse().read(1000)
        until("a reader that takes nothing is cut", lambda: not any_running(weir, idle))
        connection.close()
        left = start(weir, "SELECT a FROM endless")["statement"]
        connection = weir.connect()
        connection.request("GET", f"/v1/statements/{left}/stream")
        connection.getresponse().read(100)
        connection.close()
        until("a query ends with its reader", lambda: not any_running(weir, left))
        code = 404
        while code == 404:  # a slow machine asks when it has ended already
            forgotten = start(weir, "SELECT a FROM endless")["statement"]
            code = weir.ask("GET", f"/v1/statements/{forgotten}/rows?token=0&max=10")[0]
        expect(code, 200, "its first page")
        until("a result that nobody asks for ends", lambda: not any_running(weir, forgotten))
        until("no session is left", lambda: weir.get("/v1/sessions") == {"sessions": []})
        until("no query runs", lambda: threads(weir) < 40)


def any_running(weir, statement):
    try:
        return weir.get(f"/v1/statements/{statement}")["state"] == "running"
    except server.Refused as refused:
        expect(refused.code, 404, "a result that was dropped")
        return False


def threads(weir):
    return len(os.listdir(f"/proc/{weir.process.process.pid}/task"))


def endings(env):
    """A result ends when it is deleted, with its session, and with the server."""
    with server.Server(env, env.folder("sql-endings"), settings=[("parallelism.default", "1")]) as weir:
        run(weir, "CREATE TABLE quiet (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')")
        run(weir, ENDLESS)
        states, streamed = {}, set()

        def wait(name, statement):
            for event, data in weir.events(f"/v1/statements/{statement}/stream"):
                streamed.add(name)
                if event == "end":
                    states[name] = data["state"]

        session = weir.post("/v1/sessions")["session"]
        cancelled = start(weir, "SELECT a FROM endless WHERE a IS NULL", session)["statement"]
        weir.post(f"/v1/sessions/{session}/cancel")
        expect(pages(weir, cancelled)[2]["state"], "cancelled", "a result of a session that was told to stop")
        named = {"deleted": start(weir, "SELECT a FROM endless WHERE a IS NULL")["statement"],
                 "session": start(weir, "SELECT a FROM endless WHERE a IS NULL", session)["statement"],
                 "server": start(weir, "SELECT a FROM quiet")["statement"]}
        waiting = [threading.Thread(target=wait, args=item, daemon=True) for item in named.items()]
        for thread in waiting:
            thread.start()
        until("they are streamed", lambda: len(streamed) == 3)
        weir.json("DELETE", f"/v1/statements/{named['deleted']}")
        weir.refused(404, "GET", f"/v1/statements/{named['deleted']}")
        weir.json("DELETE", f"/v1/sessions/{session}")
        until("two have ended", lambda: len(states) == 2)
        expect(states, {"deleted": "cancelled", "session": "cancelled"}, "how they ended")
        error = weir.refused(404, "POST", "/v1/statements", {"sql": "SELECT 1", "session": session})
        expect(error["code"], "not_found", "a session that was closed")
        weir.stop()
        waiting[2].join(60)
        expect(states.get("server"), "cancelled", "a stream ends with the server")


def patient(env):
    """More readers than threads wait for rows that do not come, and keep nobody else waiting; each has its row with its first page, and is told when
    the server ends."""
    folder = env.folder("sql-patient")
    with server.Server(env, folder, settings=[("server.http.threads", "2"), ("parallelism.default", "1")]) as weir:
        os.makedirs(f"{folder}/in")
        run(weir, f"CREATE TABLE t (a BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '100 ms')")
        statements = [start(weir, "SELECT a FROM t")["statement"] for _ in range(6)]

        def wait(statement, token, found):
            code = 409
            while code == 409:  # somebody looked whether it is waited for
                code, _, text = weir.ask("GET", f"/v1/statements/{statement}/rows?token={token}&wait_ms=30000")
            found[statement] = json.loads(text)

        def wait_all(token):
            found = {}
            threads = [threading.Thread(target=wait, args=(statement, token, found), daemon=True) for statement in statements]
            for thread in threads:
                thread.start()
            until("they are waited for", lambda: found or all(weir.ask("GET", f"/v1/statements/{each}/rows?token=9&wait_ms=0")[0] == 409 for each in statements))
            expect(found, {}, "pages that have come without a row")
            return found, threads

        def join(threads):
            for thread in threads:
                thread.join(60)

        found, threads = wait_all(0)
        with open(f"{folder}/in/.row", "w", encoding="utf-8") as file:
            file.write('{"a": 7}\n')
        os.rename(f"{folder}/in/.row", f"{folder}/in/row")
        join(threads)
        expect([[row["row"] for row in page["rows"]] for page in found.values()], [[[7]]] * 6, "the first page")
        found, threads = wait_all(1)
        weir.stop()
        join(threads)
        expect([page["state"] for page in found.values()], ["cancelled"] * 6, "what is said when the server ends")


def stopping(env):
    """The server stops: readers of streams are told how their statements have ended, and a statement that waits for its job that it is not done."""
    folder = env.folder("sql-stopping")
    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir:
        run(weir, "CREATE TABLE ticks (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')")
        run(weir, "CREATE TABLE sink (a BIGINT) WITH ('connector' = 'blackhole')")
        run(weir, "CREATE MATERIALIZED TABLE last AS SELECT MAX(a) AS a FROM ticks")
        seen, looked, refused = [[] for _ in range(6)], [], []

        def read(events):
            events.extend(weir.events(f"/v1/statements/{start(weir, 'SELECT a FROM ticks')['statement']}/stream"))

        def look():
            looked.extend(weir.events("/v1/views/last/stream"))

        def insert():
            refused.append(weir.refused(503, "POST", "/v1/statements", {"sql": "INSERT INTO sink SELECT a FROM ticks",
                                                                        "settings": {"pipeline.name": "waited", "table.dml-sync": "true"}}))

        threads = [threading.Thread(target=read, args=(events,), daemon=True) for events in seen]
        threads += [threading.Thread(target=one, daemon=True) for one in (look, insert)]
        for thread in threads:
            thread.start()
        until("they have rows", lambda: all(len(events) > 1 for events in [*seen, looked]))
        until("its job runs", lambda: [job["state"] for job in weir.get("/v1/jobs")["jobs"] if job["name"] == "waited"] == ["RUNNING"])
        weir.stop()
        for thread in threads:
            thread.join(60)
        expect([events[-1] for events in seen], [("end", {"state": "cancelled"})] * 6, "the last event of each stream")
        expect(looked[-1], ("end", {"error": "The server is stopping"}), "the last event of a materialized table's stream")
        expect([error["code"] for error in refused], ["stopping"], "a statement that waits for its job")
        weir.start()
        until("its job goes on", lambda: weir.get("/v1/jobs/waited")["state"] == "RUNNING")


def roles(env):
    """Who may what; sessions and results are their owner's."""
    config = """
server:
  users:
    - {name: ann, role: admin, token: a}
    - {name: olga, role: operator, token: o}
    - {name: vic, token: v}
"""
    with server.Server(env, env.folder("sql-roles"), config=config, login="a", settings=[("parallelism.default", "1")]) as weir:
        run(weir, NUMBERS.format(3))
        run(weir, "CREATE TABLE sink (a BIGINT) WITH ('connector' = 'blackhole')")
        weir.login = "v"
        expect(run(weir, "SELECT SUM(a) FROM numbers")[-1], [6], "a viewer queries")
        for sql in ("CREATE TABLE x (a INT) WITH ('connector' = 'datagen')", "DROP TABLE numbers", "INSERT INTO sink SELECT a FROM numbers",
                    "CREATE TEMPORARY TABLE x (a STRING) WITH ('connector' = 'filesystem', 'format' = 'raw', 'path' = '/etc/passwd')",
                    "LOAD MODULE x", "SET 'weir.plugins' = '/tmp/x.so'", "SET 'execution.checkpointing.dir' = '/tmp/x'",
                    "SELECT * FROM numbers /*+ OPTIONS('connector' = 'filesystem', 'path' = '/etc/passwd') */"):
            expect(weir.refused(403, "POST", "/v1/statements", {"sql": sql})["code"], "forbidden", sql)
        for sql in ("SELECT '/*+ OPTIONS(' AS a", "SELECT `a` AS `/*+` FROM numbers WHERE a = 1 -- /*+", "SELECT /*+ STATE_TTL('n'='1d') */ a FROM numbers AS n"):
            expect(len(run(weir, sql)) >= 1, True, sql)
        for sql in ("EXPLAIN SELECT a FROM (SELECT a FROM numbers /*+ OPTIONS('number-of-rows' = '1') */)",
                    "CREATE TEMPORARY VIEW v AS SELECT a FROM numbers UNION ALL SELECT a FROM numbers /*+ options('number-of-rows' = '1') */"):
            error = weir.refused(403, "POST", "/v1/statements", {"sql": sql})
            expect(sql[error["offset"]:error["offset"] + error["length"]].upper(), "OPTIONS", sql)
        statement = start(weir, "SELECT a FROM numbers")["statement"]
        session = weir.post("/v1/sessions")["session"]
        weir.login = "o"
        weir.refused(404, "GET", f"/v1/statements/{statement}")
        weir.refused(404, "GET", f"/v1/sessions/{session}")
        expect(weir.get("/v1/sessions"), {"sessions": []}, "sessions of others")
        expect(run(weir, "INSERT INTO sink SELECT a FROM numbers"), ("job", "INSERT"), "an operator's job")
        weir.refused(403, "POST", "/v1/statements", {"sql": "CREATE DATABASE d"})
        weir.login = "a"
        weir.get(f"/v1/statements/{statement}")
        expect(len(weir.get("/v1/sessions")["sessions"]), 2, "an admin sees all")


def limits(env):
    """Sessions: how many, and how long without use."""
    settings = [("server.sessions.max", "3"), ("server.sessions.idle-timeout", "2 s")]
    with server.Server(env, env.folder("sql-limits"), settings=settings) as weir:
        for _ in range(3):
            session = weir.post("/v1/sessions")["session"]
        expect(weir.refused(429, "POST", "/v1/sessions", {})["code"], "too_many_sessions", "a session too many")
        weir.refused(429, "POST", "/v1/statements", {"sql": "SELECT 1"})
        expect(run(weir, "SELECT 1", session), [[1]], "one that is there")
        until("they are closed when nobody uses them", lambda: weir.get("/v1/sessions") == {"sessions": []})
        expect(run(weir, "SELECT 1"), [[1]], "there is room again")


def crowd(env):
    """1,000 streams of the page that stay open, and 50 of queries that give nothing: they hold, others are answered, and end with their readers."""
    with server.Server(env, env.folder("sql-crowd"), settings=[("parallelism.default", "1"), ("server.http.connections", "1100")]) as weir:
        run(weir, "CREATE TABLE quiet (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')")
        before = weir.rss()
        queries = [start(weir, "SELECT a FROM quiet WHERE a IS NULL")["statement"] for _ in range(50)]
        paths = ["/v1/stream"] * 1000 + [f"/v1/statements/{query}/stream" for query in queries]
        connections = []
        for path in paths:
            connection = weir.connect()
            connection.request("GET", path, headers={"Accept": "text/event-stream"})
            connections.append((connection, connection.getresponse()))
        for path, (_, answer) in zip(paths, connections):
            expect((answer.status, answer.readline()[:7]), (200, b"event: "), path)
        expect(run(weir, "SELECT 1"), [[1]], "a statement in the crowd")
        grown = weir.rss() - before
        if grown > 300000:
            raise harness.Failure(f"1,050 streams take {grown} kB")
        print(f"1,050 idle streams: {grown} kB more than {before} kB")
        for connection, _ in connections:
            connection.close()
        for query in queries:
            weir.json("DELETE", f"/v1/statements/{query}")
        until("no query runs", lambda: threads(weir) < 40)
        expect(run(weir, "SELECT 1"), [[1]], "a statement afterwards")


def cases(env):
    for function in (statements, texts, jobs, errors, catalogs, altered, altered_views, table_as, large, slow, gone, endings, patient, stopping, roles, limits, crowd):
        yield f"server/sql/{function.__name__}", lambda function=function: function(env)
