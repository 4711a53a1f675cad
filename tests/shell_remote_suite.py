# SPDX-License-Identifier: Apache-2.0
"""shell_remote_suite - weir sql --server: the same as in the shell's own process, against a running server, from scripts and at a terminal."""
import json
import os
import re
import socket
import socketserver
import threading
import time

import harness
import server
import telemetry_suite
import terminal
from servers import certificates

ENDLESS = ("CREATE TABLE e (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '200', 'fields.k.kind' = 'random', 'fields.k.min' = '1', "
           "'fields.k.max' = '40');")
TABLES = """CREATE TABLE n (k INT COMMENT 'a number', v BIGINT) COMMENT 'numbers' WITH ('connector' = 'datagen', 'number-of-rows' = '9',
  'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '9', 'fields.v.kind' = 'sequence', 'fields.v.start' = '11', 'fields.v.end' = '19');
CREATE VIEW evens AS SELECT k, v FROM n WHERE MOD(k, 2) = 0;
"""
# One worker and batches of a row: changes have one order.
STEADY = [("parallelism.default", "1"), ("weir.batch.max-rows", "1")]

# Each is executed by a shell of its own, here and there; what is printed, and the exit code, are to be equal.
SAME = [
    "SELECT 1 AS a, 'x\"y,z' AS b, TRUE AS c, CAST(NULL AS STRING) AS d, CAST('NaN' AS DOUBLE) AS e, 'tab\tand\nline' AS f, '漢字' AS g, 1.50 AS h;",
    "SELECT ARRAY[1, NULL], MAP['k', ROW(1, 'x')], x'00ff', DATE '2024-02-29', TIMESTAMP '2024-02-29 01:02:03.004', INTERVAL '1' DAY;",
    "SELECT k, v FROM n; SELECT COUNT(*) AS n, SUM(v) AS s FROM n;\n\nSELECT * FROM evens",
    "SELECT MOD(k, 3) AS r, MAX(v) AS most FROM n GROUP BY MOD(k, 3);",
    "\\mode changelog\nSELECT MOD(k, 3) AS r, MAX(v) AS most FROM n GROUP BY MOD(k, 3);",
    "\\x\nSELECT k, v FROM n WHERE k < 3;\n\\format json\n\\g\n\\format csv\n\\g\n\\format tsv\n\\g",
    "\\d\n\\d n\n\\dv\n\\d+\n\\d+ evens\n\\ddl n\nSHOW CREATE VIEW evens; DESCRIBE evens; SHOW DATABASES;",
    "EXPLAIN SELECT k FROM n UNION ALL SELECT k + 1 FROM evens; \\e SELECT 1\n\\format csv\nEXPLAIN SELECT 1;",
    "SET 'table.local-time-zone' = 'Asia/Tokyo'; SELECT CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS t; RESET; SELECT CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS t;",
    "CREATE DATABASE d; USE d; SHOW CURRENT DATABASE; CREATE TEMPORARY VIEW w AS SELECT 2 AS two; SELECT * FROM w; DROP DATABASE default_catalog.d CASCADE;",
    "SELECT 1 AS before;\n\nSELECT k,\n       nope\n FROM n; SELECT 2;",
    "SELEC 1",
    "SELECT '漢字', nope FROM n",
    "SELECT k FROM ${T}, ${T} AS other WHERE ${T}.k = wrong",
    "SELECT ${UNKNOWN}",
    "SELECT * FROM nowhere",
    "INSERT INTO nowhere SELECT 1",
    "CREATE TABLE n (a INT) WITH ('connector' = 'blackhole')",
    "CREATE TABLE n WITH ('connector' = 'blackhole') AS SELECT 1 AS a",
    "CREATE TABLE x WITH ('connector' = 'blackhole') AS SELECT wrong FROM n",
    "EXPLAIN CREATE TABLE x WITH ('connector' = 'blackhole') AS SELECT k FROM n",
    "CREATE TABLE bad (a INT) WITH ('connector' = 'datagen', 'number-of-rowz' = '1')",
    "SELECT k / (k - 5) AS broken FROM n",
    "SELECT CAST(CAST(k AS STRING) || 'x' AS INT) AS broken\nFROM n",
    "SET 'parallelism.defualt' = '1'",
    "SELECT 'open",
    "EXPLAIN SELECT nope FROM n",
    "EXPLAIN COLUMN_LINEAGE SELECT MOD(k, 3) AS r, MAX(v) FROM n GROUP BY MOD(k, 3)",
    "EXPLAIN COLUMN_LINEAGE, JSON_EXECUTION_PLAN SELECT k FROM n",
]


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n--- got\n{got}\n--- want\n{want}")


def has(text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"'{word}' is missing in\n{text}")


def sql(env, weir, script, *args, check=0, **environ):
    return env.weir("sql", "--server", weir.url, *args, stdin=script.encode(), check=check, **environ)


def same(env):
    """Whatever is typed, the screen shows what a shell without a server would show."""
    given = [part for pair in STEADY for part in ("--set", "=".join(pair))] + ["-v", "T=n"]
    folder = env.folder("shell-remote-same")
    tables = os.path.join(folder, "tables.sql")
    with open(tables, "w", encoding="utf-8") as file:
        file.write(TABLES)
    with server.Server(env, folder) as weir:
        sql(env, weir, TABLES)
        for script in SAME:
            near = env.weir("sql", *given, "--init", tables, stdin=script.encode())
            far = sql(env, weir, script, *given, check=None)
            for what in ("stdout", "stderr", "returncode"):
                expect(getattr(far, what), getattr(near, what), f"{what} of\n{script}")
        done = env.weir("sql", "--server", weir.url, "--set", "parallelism.defualt=1", "-e", "SELECT 1")
        has(done.stderr, "parallelism.default")
        expect(done.returncode, 2, "an option that is not there")
        expect(weir.get("/v1/sessions"), {"sessions": []}, "sessions end with their shells")


def jobs(env):
    """INSERTs are jobs of the server: they are named, outlive the shell, and are stopped."""
    folder = env.folder("shell-remote-jobs")
    with server.Server(env, folder, settings=STEADY) as weir:
        script = TABLES + ENDLESS + """
CREATE TABLE kept (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '%s/out', 'format' = 'csv');
CREATE TABLE gone (k INT) WITH ('connector' = 'blackhole');
SET 'table.dml-sync' = 'true';
INSERT INTO kept SELECT k, v FROM n;
SELECT COUNT(*) AS rows_there FROM kept;
CREATE TABLE part_of WITH ('connector' = 'filesystem', 'path' = '%s/part_of', 'format' = 'csv') AS SELECT k, v FROM kept WHERE k > 4;
SELECT COUNT(*) + 100 AS rows_there FROM part_of;
SET 'table.dml-sync' = 'false';
SET 'pipeline.name' = 'endless one';
INSERT INTO gone SELECT k FROM e;""" % (folder, folder)
        done = sql(env, weir, script)
        has(done.stdout, "|          9 |")
        has(done.stdout, "|        105 |")
        one, made, two = re.findall(r"Job (\w+) was submitted", done.stderr)
        found = {job["id"]: job for job in weir.get("/v1/jobs")["jobs"]}
        expect((found[one]["state"], found[two]["name"]), ("FINISHED", "endless one"), "jobs")
        limit = time.monotonic() + 60
        while weir.get(f"/v1/jobs/{two}")["state"] != "RUNNING" and time.monotonic() < limit:
            time.sleep(0.05)
        rows = [json.loads(line) for line in sql(env, weir, "\\jobs", "--format", "json").stdout.splitlines()]
        expect({(row["job"], row["state"]) for row in rows}, {(one, "FINISHED"), (made, "FINISHED"), (two, "RUNNING")}, "\\jobs")
        done = sql(env, weir, f"\\stop {two} --savepoint {folder}/saved")
        has(done.stderr, f"Savepoint {folder}/saved")
        expect(os.path.isdir(f"{folder}/saved"), True, "the savepoint")
        has(sql(env, weir, f"\\stop {two}", check=1).stderr, "does not run")
        has(sql(env, weir, "\\stop nobody", check=1).stderr, "nobody")
        has(sql(env, weir, "\\stop nobody --drain --savepoint", check=1).stderr, "drained, or")
        has(sql(env, weir, "STOP JOB 'nobody';", check=1).stderr, "nobody")


def logins(env):
    """Who may: passwords and tokens from the command line, files and the environment; TLS."""
    folder = env.folder("shell-remote-logins")
    made = certificates.Certificates(os.path.join(folder, "certificates"))
    with open(os.path.join(folder, "token"), "w", encoding="utf-8") as file:
        file.write("geheim\n")
    config = """
server:
  users:
    - {name: ann, role: admin, password: "a:b c"}
    - {name: vic, token: geheim}
"""
    settings = [("server.tls.cert", made.server), ("server.tls.key", made.server_key)]
    with server.Server(env, folder, settings, config=config, login=("ann", "a:b c"), trust=made.ca) as weir:
        trusted = ("--ca-file", made.ca)
        one = "SELECT 40 + 2 AS answer"
        for args, environ in (((*trusted, "--user", "ann:a:b c"), {}), (("--insecure", "--user", "ann"), {"WEIR_PASSWORD": "a:b c"}),
                              ((*trusted, "--token", "geheim"), {}), ((*trusted, "--token-file", f"{folder}/token"), {}),
                              (trusted, {"WEIR_USER": "ann", "WEIR_PASSWORD": "a:b c"}), (trusted, {"WEIR_TOKEN": "geheim"}),
                              (trusted, {"WEIR_TOKEN_FILE": f"{folder}/token"})):
            has(sql(env, weir, one, *args, **environ).stdout, "|     42 |")
        done = sql(env, weir, one, *trusted, "--token", "wrong", check=2)
        has(done.stderr, "No user has this name and password, or this token")
        done = env.weir("sql", "--server", weir.url.replace("https:", "http:"), "-e", one, check=2)
        has(done.stderr, "https://")
        for args, words in (((*trusted, "--token", "wrong"), "--user NAME"), (trusted, "--user NAME"), ((*trusted, "--user", "ann:x"), "--user NAME"),
                            (("--token", "geheim"), "--ca-file"), (("--ca-file", made.other_ca, "--token", "geheim"), "--insecure"),
                            (("--user", "ann:x", "--token", "geheim"), "one is enough"), (("--token-file", "/nowhere"), "/nowhere")):
            done = sql(env, weir, one, *args, check=2)
            has(done.stderr, words)
        done = sql(env, weir, "DROP TABLE n", *trusted, "--token", "geheim", check=1)
        has(done.stderr, "role 'admin'")
        with terminal.Terminal([env.weir_path, "sql", "--server", weir.url, *trusted, "--user", "ann"], seconds=60 * env.patience, HOME=folder,
                               XDG_STATE_HOME=folder) as screen:
            screen.until("^Password of ann:")
            screen.line("a:b c")
            screen.until(r"^weir@127.0.0.1:\d+>$")
            say(screen, "SHOW CURRENT CATALOG;")
            screen.until("default_catalog")
            expect("a:b c" in screen.text(), False, "the password is not shown")
            say(screen, "\\q")
            expect(screen.end(), 0, "\\q")
    for args, words in ((["--server", "here:1"], "http://HOST:PORT"), (["--server", "http://ann:b@h"], "--user NAME"), (["--insecure"], "--server URL"),
                        (["--server", "http://127.0.0.1:1"], "weir serve runs there")):
        done = env.weir("sql", *args, "-e", "SELECT 1", check=2)
        has(done.stderr, words)


def shell(env, weir, folder, *args):
    return terminal.Terminal([env.weir_path, "sql", "--server", weir.url, *args], seconds=60 * env.patience, HOME=folder, XDG_STATE_HOME=folder)


PROMPT = r"^weir@\S+>\Z"


def say(screen, text, end="\r"):
    """Types, when the shell waits for it: what is typed into the echo of another line is lost."""
    screen.until(PROMPT)
    screen.type(text)
    limit = time.monotonic() + screen.seconds
    while re.search(PROMPT, screen.text(), re.M) and time.monotonic() < limit:
        time.sleep(0.01)
    screen.type(end)


def typed(env):
    """Completion of what the server and the session have; a live table; Ctrl-C ends a statement on the server, and not the shell."""
    folder = env.folder("shell-remote-typed")
    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir, shell(env, weir, folder) as screen:
        say(screen, ENDLESS)
        say(screen, "CREATE TABLE gone (k INT) WITH ('connector' = 'blackhole');")
        say(screen, "CREATE TEMPORARY VIEW passing_view AS SELECT k AS only_column FROM e;")
        say(screen, "\\d passing_v\t", "")
        screen.until(r"\\d passing_view")
        screen.type("\r")
        screen.until("only_column")
        say(screen, "SELECT CUMU\t", "")
        screen.until("SELECT CUMULATE")
        screen.type("\x03")
        say(screen, "SET 'table.loc\t", "' = 'UTC';\r")
        screen.until("table.local-time-zone'? ?' = 'UTC'")
        say(screen, "INSERT INTO gone SELECT k FROM e;")
        job = screen.until(r"Job (\w+) was submitted")[1]
        say(screen, f"\\stop {job[:8]}\t", "")
        screen.until(rf"\\stop {job}")
        screen.type("\r")
        screen.until(PROMPT)
        expect(weir.get(f"/v1/jobs/{job}")["state"], "CANCELED", "\\stop")
        say(screen, "SELECT only_column AS c, COUNT(*) AS n FROM passing_view GROUP BY only_column;")
        screen.until(r"rows 1 to 18 of 40")
        first = int(screen.until(r"(\d+) changes; q or Ctrl-C")[1])
        limit = time.monotonic() + 60
        while int(screen.until(r"(\d+) changes; q or Ctrl-C")[1]) <= first and time.monotonic() < limit:
            time.sleep(0.05)
        expect(screen.text().count("changes; q or Ctrl-C"), 1, "it is drawn in place")
        screen.type("\x1b[B\x1b[B")
        screen.until(r"rows [23] to")
        screen.type("q")
        say(screen, "SET 'table.dml-sync' = 'true';")
        say(screen, "INSERT INTO gone SELECT k FROM e;")
        limit = time.monotonic() + 60
        while not [job for job in weir.get("/v1/jobs")["jobs"] if job["state"] == "RUNNING"] and time.monotonic() < limit:
            time.sleep(0.05)
        screen.type("\x03")
        screen.until("The job was cancelled")
        expect([job["state"] for job in weir.get("/v1/jobs")["jobs"]], ["CANCELED", "CANCELED"], "the jobs")
        say(screen, "SELECT 7 AS seven;")
        screen.until(r"\| +7 \|\n\+-+\+\nweir@\S+>$")
        say(screen, "\\watch 0.2")
        at = screen.until(r"^(\d\d:\d\d:\d\d), every 0.2 s; Ctrl-C")[1]
        screen.until(rf"^(?!{at})\d\d:\d\d:\d\d, every 0.2 s")
        expect(len(re.findall(r"\| +7 \|", screen.text())), 1, "\\watch paints in place")
        screen.type("\x03")
        say(screen, "SELECT 'row' AS w, k FROM e;")
        screen.until(r"\| row \|")
        screen.type("\x03")
        say(screen, "\\watch")
        screen.until("statements that end")
        screen.until(PROMPT)
        screen.type("\x04")
        expect(screen.end(), 0, "Ctrl-D")
        expect(weir.get("/v1/sessions"), {"sessions": []}, "the session ends with the shell")


def idle(env):
    """A result in which nothing happens asks the server next to nothing, and shows a change when it comes."""
    folder = env.folder("shell-remote-idle")
    os.makedirs(f"{folder}/in")
    with telemetry_suite.Json(env, folder, settings=[("parallelism.default", "1"), ("log.format", "json"), ("log.requests", "true")]) as weir, \
            shell(env, weir, folder) as screen:
        say(screen, f"CREATE TABLE t (k INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '100 ms');")
        began = time.monotonic()
        say(screen, "SELECT COUNT(*) + 40 AS n FROM t;")
        screen.until("q or Ctrl-C")
        time.sleep(4)  # what is asked meanwhile is counted; nothing is waited for
        with open(f"{folder}/in/.row", "w", encoding="utf-8") as file:
            file.write('{"k": 7}\n')
        os.rename(f"{folder}/in/.row", f"{folder}/in/row")
        screen.until(r"\b41\b")
        asked = weir.process.said().count("/rows\"")
        expect(asked <= 2 + (time.monotonic() - began) / 10, True, f"{asked} requests for rows")
        screen.type("q")
        say(screen, "\\mode changelog")
        say(screen, "SELECT 'waits' AS w, k FROM t;")
        screen.until(r"\| waits \|")
        screen.type("\x03")
        screen.until(PROMPT)
        expect("does not answer" in screen.text(), False, "Ctrl-C while rows are waited for is no trouble of the server's")
        say(screen, "\\q")
        expect(screen.end(), 0, "\\q")


def broken(env):
    """Connections that break in the middle of a page, and at its begin, lose no row and give none twice."""
    with server.Server(env, env.folder("shell-remote-broken"), settings=[("parallelism.default", "1")]) as weir:
        cuts = [20000, 100, 50000, 1, 3]  # bytes of an answer that come through

        def carry(source, sink, pass_on):
            try:
                while (data := source.recv(65536)) and pass_on(sink, data):
                    pass
            except OSError:
                pass
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        class Between(socketserver.BaseRequestHandler):
            left = None  # bytes until it breaks; None: it does not

            def ask(self, sink, data):
                if b"/rows?" in data and cuts:
                    self.left = cuts.pop(0)
                sink.sendall(data)
                return True

            def answer(self, sink, data):
                left, self.left = self.left, None if self.left is None else self.left - len(data)
                sink.sendall(data[:left])
                return left is None or left > len(data)

            def handle(self):
                with socket.create_connection(("127.0.0.1", weir.port)) as there:
                    back = threading.Thread(target=carry, args=(there, self.request, self.answer), daemon=True)
                    back.start()
                    carry(self.request, there, self.ask)
                    back.join()

        class Cutter(socketserver.ThreadingTCPServer):
            daemon_threads = True

        sql(env, weir, "CREATE TABLE many (k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '30000', 'fields.k.kind' = 'sequence', "
            "'fields.k.start' = '1', 'fields.k.end' = '30000')")
        with Cutter(("127.0.0.1", 0), Between) as between:
            threading.Thread(target=between.serve_forever, daemon=True).start()
            done = env.weir("sql", "--server", f"http://127.0.0.1:{between.server_address[1]}", "--format", "csv", "-e", "SELECT k FROM many", check=0)
            between.shutdown()
        expect(cuts, [], "cuts that were not made")
        expect(done.stdout.split()[1:], [str(k) for k in range(1, 30001)], "rows")


def away(env):
    """The server goes away and comes back: that is said, and the shell goes on."""
    folder = env.folder("shell-remote-away")
    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir, shell(env, weir, folder) as screen:
        say(screen, ENDLESS)
        say(screen, "SELECT k, COUNT(*) AS n FROM e GROUP BY k;")
        screen.until(r"changes; q")
        weir.process.kill()
        screen.until(r"does not answer; trying again")
        weir.again()
        screen.until("knows the result no more")
        say(screen, "SELECT 'another' || ' session' AS w;")
        screen.until("another session")
        say(screen, "SET 'table.local-time-zone' = 'Asia/Tokyo';")
        screen.until(PROMPT)
        weir.process.kill()
        weir.again()
        say(screen, "SELECT 'lost' || ' options' AS w;")
        screen.until("The session has ended")
        say(screen, "\\g")
        screen.until("lost options")
        weir.process.kill()
        say(screen, "SELECT 1;")
        screen.until("trying again")
        screen.type("\x03")
        screen.until(r"hint: Check the address")
        screen.until(PROMPT)
        screen.type("\x04")
        expect(screen.end(), 0, "Ctrl-D")


def cases(env):
    for function in (same, jobs, logins, typed, idle, broken, away):
        yield f"shell_remote/{function.__name__}", lambda function=function: function(env)
