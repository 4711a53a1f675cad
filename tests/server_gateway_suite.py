# SPDX-License-Identifier: Apache-2.0
"""server_gateway_suite - Flink's SQL Gateway protocol: request by request as Flink 2.1 answers, and with Flink's own sql-client."""
import base64
import http.client
import json
import re
import ssl
import time

import harness
import server
from servers import certificates, process
from servers.sql_client import SqlClient

# Columns and values of VALUES_SQL as Flink 2.1.3's own gateway gives them.
VALUES_SQL = ("SELECT CAST(1 AS TINYINT) a, CAST(2.5 AS FLOAT) f, CAST(1.25 AS DECIMAL(10,4)) d, X'0aff' bin, DATE '2020-01-02' dt, "
              "TIME '01:02:03' tm, TIMESTAMP '2020-01-01 00:00:00.123456' ts, CAST(TIMESTAMP '2020-01-01 00:00:00.123' AS TIMESTAMP_LTZ(3)) ltz, "
              "ARRAY[1,2] ar, MAP['k',1] m, ROW(1,'x') r, CAST(NULL AS INT) n, TRUE bo, CAST('NaN' AS DOUBLE) nan, INTERVAL '1' DAY iv")
INT = {"type": "INTEGER", "nullable": False}
CHAR = {"type": "CHAR", "nullable": False, "length": 1}
TYPES = [
    {"type": "TINYINT", "nullable": False}, {"type": "FLOAT", "nullable": False}, {"type": "DECIMAL", "nullable": False, "precision": 10, "scale": 4},
    {"type": "BINARY", "nullable": False, "length": 2}, {"type": "DATE", "nullable": False},
    {"type": "TIME_WITHOUT_TIME_ZONE", "nullable": False, "precision": 0},
    {"type": "TIMESTAMP_WITHOUT_TIME_ZONE", "nullable": False, "precision": 6},
    {"type": "TIMESTAMP_WITH_LOCAL_TIME_ZONE", "nullable": False, "precision": 3},
    {"type": "ARRAY", "nullable": False, "elementType": INT}, {"type": "MAP", "nullable": False, "keyType": CHAR, "valueType": INT},
    {"type": "ROW", "nullable": False, "fields": [{"name": "EXPR$0", "fieldType": INT}, {"name": "EXPR$1", "fieldType": CHAR}]},
    {"type": "INTEGER", "nullable": True}, {"type": "BOOLEAN", "nullable": False}, {"type": "DOUBLE", "nullable": False},
    {"type": "INTERVAL_DAY_TIME", "nullable": False, "precision": 2, "fractionalPrecision": 3, "resolution": "SECOND"}]
AS_JSON = [1, 2.5, 1.25, "Cv8=", "2020-01-02", "01:02:03", "2020-01-01T00:00:00.123456", "2020-01-01T00:00:00.123Z", [1, 2], {"k": 1},
           {"EXPR$0": 1, "EXPR$1": "x"}, None, True, "NaN", 86400000]
AS_TEXT = ["1", "2.5", "1.2500", "x'0aff'", "2020-01-02", "01:02:03", "2020-01-01 00:00:00.123456", "2020-01-01 00:00:00.123", "[1, 2]", "{k=1}",
           "(1, x)", None, "TRUE", "NaN", "+1 00:00:00.000"]
ENDLESS = "CREATE TABLE t (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.a.kind' = 'sequence', " \
          "'fields.a.start' = '1', 'fields.a.end' = '100000000')"


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:3000]}\n  want {str(want)[:3000]}")


def has(text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"'{word}' is not in\n{text[-6000:]}")


class Gateway:
    """A server that speaks the protocol, and a session."""

    def __init__(self, env, name, **more):
        self.folder = env.folder(name)
        self.port = process.free_port()
        settings = [("server.gateway.port", self.port), *more.pop("settings", ())]
        self.weir = server.Server(env, self.folder, settings=settings, **more)
        self.headers, self.tls = {}, None
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.weir.stop()

    def ask(self, method, path, body=None, version="/v4"):
        connection = (http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) if self.tls is None
                      else http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.tls))
        connection.request(method, version + path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **self.headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text)

    def open(self, **properties):
        code, got = self.ask("POST", "/sessions", {"properties": properties, "sessionName": "a test"})
        expect(code, 200, got)
        self.session = got["sessionHandle"]
        return f"/sessions/{self.session}"

    def begin(self, sql):
        code, got = self.ask("POST", f"/sessions/{self.session}/statements", {"statement": sql})
        expect(code, 200, got)
        return f"/sessions/{self.session}/operations/{got['operationHandle']}"

    def fetch(self, path, version=""):
        """A page when it is there."""
        while True:
            code, got = self.ask("GET", path, version=version)
            if got.get("resultType") != "NOT_READY":
                return code, got
            time.sleep(0.01)

    def rows(self, sql, form="JSON", version="/v4"):
        """All pages of a result: the last one, and the rows."""
        path = f"{version}{self.begin(sql)}/result/0" + ("" if version == "/v1" else f"?rowFormat={form}")
        rows = []
        while True:
            code, page = self.fetch(path)
            expect(code, 200, f"{sql}: {page}")
            rows += page["results"]["data"]
            if page["resultType"] == "EOS":
                expect("nextResultUri" in page, False, "a page behind the last")
                return page, rows
            path = page["nextResultUri"]

    def fails(self, sql, *words):
        operation = self.begin(sql)
        code, got = self.fetch(f"/v4{operation}/result/0")
        expect(code, 500, got)
        has(got["errors"][1], "Caused by: ", *words)
        expect(self.ask("GET", f"{operation}/status")[1], {"status": "ERROR"}, sql)


def info(env):
    with Gateway(env, "gateway-info") as gateway:
        for version in ("", "/v1", "/v2", "/v3", "/v4"):
            expect(gateway.ask("GET", "/api_versions", version=version), (200, {"versions": ["V1", "V2", "V3", "V4"]}), version)
            expect(gateway.ask("GET", "/info", version=version)[1]["productName"], "Weir", version)
        for path in ("/v5/info", "/v9/info", "/nothing", "/v4/sessions/x/nothing"):
            code, got = gateway.ask("GET", path, version="")
            expect((code, list(got)), (404, ["errors"]), path)


def sessions(env):
    with Gateway(env, "gateway-sessions") as gateway:
        session = gateway.open(**{"table.local-time-zone": "Europe/Berlin", "execution.target": "remote", "my.own": "1"})
        properties = gateway.ask("GET", session)[1]["properties"]
        expect([properties[key] for key in ("table.local-time-zone", "my.own")], ["Europe/Berlin", "1"], "properties")
        expect(gateway.ask("POST", session + "/heartbeat"), (200, {}), "heartbeat")
        expect(gateway.ask("POST", session + "/configure-session", {"statement": "SET 'table.local-time-zone' = 'UTC'"}), (200, {}), "configure")
        expect(gateway.ask("GET", session)[1]["properties"]["table.local-time-zone"], "UTC", "configured")
        expect(gateway.ask("POST", session + "/configure-session", {"statement": "SELECT 1"})[0], 500, "a query does not configure")
        code, got = gateway.ask("POST", "/sessions", {"properties": {"parallelism.default": "many"}})
        expect(code, 500, "a wrong value")
        has(got["errors"][1], "parallelism.default", "many")
        expect(gateway.ask("DELETE", session), (200, {"status": "CLOSED"}), "close")
        expect(gateway.ask("GET", session)[0], 500, "a session that was closed")
        has(gateway.ask("DELETE", session)[1]["errors"][1], "does not exist")


def values(env):
    with Gateway(env, "gateway-values") as gateway:
        gateway.open(**{"table.local-time-zone": "UTC"})
        for form, want in (("JSON", AS_JSON), ("PLAIN_TEXT", AS_TEXT)):
            page, rows = gateway.rows(VALUES_SQL, form)
            expect([column["logicalType"] for column in page["results"]["columns"]], TYPES, form)
            expect(rows, [{"kind": "INSERT", "fields": want}], form)
            expect((page["isQueryResult"], page["resultKind"], page["results"]["rowFormat"]), (True, "SUCCESS_WITH_CONTENT", form), form)
        expect(gateway.rows("SELECT 1", version="/v1")[1], [{"kind": "INSERT", "fields": [1]}], "version 1")


def statements(env):
    with Gateway(env, "gateway-statements") as gateway:
        gateway.open()
        page, rows = gateway.rows("CREATE TABLE b (a BIGINT) WITH ('connector' = 'blackhole')")
        expect((page["resultKind"], page["isQueryResult"], rows), ("SUCCESS", False, [{"kind": "INSERT", "fields": ["OK"]}]), "CREATE")
        expect([row["fields"] for row in gateway.rows("SHOW TABLES")[1]], [["b"]], "SHOW")
        expect([row["fields"][:3] for row in gateway.rows("DESCRIBE b")[1]], [["a", "BIGINT", True]], "DESCRIBE")
        page, rows = gateway.rows("INSERT INTO b VALUES (1), (2)")
        expect(rows, [{"kind": "INSERT", "fields": [page["jobID"]]}], "INSERT gives its job")
        expect(page["results"]["columns"][0]["name"], "job id", "INSERT")
        gateway.rows("SET 'table.dml-sync' = 'true'")
        page, _ = gateway.rows("EXECUTE STATEMENT SET BEGIN INSERT INTO b VALUES (1); INSERT INTO b VALUES (2); END")
        expect(gateway.weir.get(f"/v1/jobs/{page['jobID']}")["state"], "FINISHED", "table.dml-sync waits")
        page, rows = gateway.rows("CREATE TABLE made WITH ('connector' = 'blackhole') AS SELECT 1 AS a")
        expect(rows, [{"kind": "INSERT", "fields": [page["jobID"]]}], "CREATE TABLE ... AS gives its job")
        expect(gateway.weir.get(f"/v1/jobs/{page['jobID']}")["state"], "FINISHED", "CREATE TABLE ... AS, table.dml-sync waits")
        rows = gateway.rows("SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS t(k) GROUP BY k")[1]
        table = {}
        for row in rows:
            if row["kind"] in ("INSERT", "UPDATE_AFTER"):
                table[row["fields"][0]] = row["fields"][1]
        expect(table, {"a": 2, "b": 1}, "changes")
        gateway.fails("SELECT nope FROM (VALUES (1)) AS t(a)", "Line 1, column 8", "nope")
        gateway.fails("SELEC 1", "Line 1, column 1", "SELECT?")
        gateway.fails("SELECT 1; SELECT 2", "2 statements")
        page, _ = gateway.rows("SELECT 1")
        gateway.fails(f"STOP JOB '{page['jobID']}'", page["jobID"])


def completion(env):
    with Gateway(env, "gateway-completion") as gateway:
        session = gateway.open()
        gateway.rows("CREATE TABLE frogs (a BIGINT) WITH ('connector' = 'blackhole')")

        def complete(statement, position):
            code, got = gateway.ask("GET", session + "/complete-statement", {"statement": statement, "position": position})
            expect(code, 200, got)
            return got["candidates"]

        found = complete("SELECT * FRO WHERE", 12)
        expect(("FROM" in found, "frogs" in found, "WHERE" in found), (True, True, False), found)
        expect(complete("SELECT ", 7), [], "behind a space")
        expect(complete("show TABL", 9)[:1], ["TABLE"], "keywords")
        for path in ("/scripts", "/materialized-tables/t/refresh"):
            expect(gateway.ask("POST", session + path, {})[0], 500, path)


def pages(env):
    """Tokens, cancelling and closing."""
    with Gateway(env, "gateway-pages") as gateway:
        gateway.open()
        gateway.rows(ENDLESS)
        operation = gateway.begin("SELECT a FROM t")
        path, seen = f"/v4{operation}/result/0?rowFormat=JSON", []
        while len(seen) < 5:
            page = gateway.fetch(path)[1]
            seen += [row["fields"][0] for row in page["results"]["data"]]
            expect(gateway.fetch(path)[1], page, "the last page again")
            path = page["nextResultUri"]
        expect(seen, list(range(1, len(seen) + 1)), "each row once")
        for token in ("999", "x", "-1"):
            expect(gateway.ask("GET", f"{operation}/result/{token}")[0], 500, f"token {token}")
        expect(gateway.ask("GET", f"{operation}/status")[1], {"status": "FINISHED"}, "executed, as Flink says it")
        expect(gateway.ask("POST", f"{operation}/cancel"), (200, {"status": "CANCELED"}), "cancel")
        expect(gateway.ask("GET", f"{operation}/status")[1], {"status": "CANCELED"}, "cancelled")
        has(gateway.fetch(path)[1]["errors"][1], "cancelled")
        expect(gateway.ask("DELETE", f"{operation}/close"), (200, {"status": "CLOSED"}), "close")
        expect(gateway.ask("GET", f"{operation}/status")[0], 500, "closed")
        gateway.begin("SELECT a FROM t")  # ends with the session
        expect(gateway.ask("DELETE", f"/sessions/{gateway.session}")[0], 200, "a session with a query")


def sync_cancel(env):
    """An INSERT that is waited for ends with its operation."""
    with Gateway(env, "gateway-sync") as gateway:
        gateway.open(**{"table.dml-sync": "true"})
        gateway.rows(ENDLESS)
        gateway.rows("CREATE TABLE b (a BIGINT) WITH ('connector' = 'blackhole')")
        operation = gateway.begin("INSERT INTO b SELECT a FROM t")
        while not any(job["state"] == "RUNNING" for job in gateway.weir.get("/v1/jobs")["jobs"]):
            time.sleep(0.02)
        expect(gateway.ask("GET", f"{operation}/status")[1], {"status": "RUNNING"}, "waits for its job")
        expect(gateway.ask("GET", f"{operation}/result/0")[1]["resultType"], "NOT_READY", "waits for its job")
        expect(gateway.ask("POST", f"{operation}/cancel")[1], {"status": "CANCELED"}, "cancel")
        while any(job["state"] != "CANCELED" for job in gateway.weir.get("/v1/jobs")["jobs"]):
            time.sleep(0.02)


def client(env):
    """Flink's sql-client."""
    with Gateway(env, "gateway-client") as gateway:
        flink = SqlClient(gateway.folder)
        said = flink.run(gateway.url, f"""
SET 'sql-client.execution.result-mode' = 'tableau';
{ENDLESS.replace("'100000000'", "'3'")};
CREATE TABLE b (a BIGINT, c BIGINT) WITH ('connector' = 'blackhole');
SELECT SUM(a) AS s FROM t;
SHOW TABLES;
DESCRIBE b;
{VALUES_SQL};
SET 'pipeline.name' = 'totals';
INSERT INTO b SELECT a, COUNT(*) FROM t GROUP BY a;
SHOW JOBS;
SELECT nope FROM t;
""")
        has(said, "| op |", "Received a total of", "| name |   type | null | key |", "|    a | BIGINT | TRUE |", "| table name |",
            "+1 00:00:00.000 |", "2020-01-01 00:00:00.123456 |", "SQL update statement has been successfully submitted to the cluster:", "job name |",
            "|   totals |", "Could not execute SQL statement. Reason:\norg.apache.flink.table.api.ValidationException: Line 1, column 8: ")
        sums = re.findall(r"\| (\+I|\+U) \| +(\d+) \|\n", said)
        expect(sums[-1][1] if sums else None, "6", "the last sum\n" + said)
        job = re.search(r"Job ID: (\w{32})", said)
        expect(gateway.weir.get(f"/v1/jobs/{job[1]}")["name"], "totals", "the job of the client")


USERS = """
server:
  users:
    - {name: ann, role: admin, password: "ann's password"}
    - {name: vic, role: viewer, token: "a token"}
"""


def access(env):
    """Logins, roles and TLS are those of the server; Flink's client logs in with FLINK_REST_CLIENT_HEADERS."""
    files = certificates.Certificates(env.folder("gateway-access-files"))
    ann = "Basic " + base64.b64encode(b"ann:ann's password").decode()
    with Gateway(env, "gateway-access", config=USERS, login=("ann", "ann's password")) as gateway:
        for wrong in (None, "Basic " + base64.b64encode(b"ann:wrong").decode(), "Bearer another", "Bearer"):
            gateway.headers = {} if wrong is None else {"Authorization": wrong}
            expect(gateway.ask("POST", "/sessions", {})[0], 401, f"a login with {wrong}")
        gateway.headers = {"Authorization": "Bearer a token"}
        gateway.open()
        expect(gateway.rows("SELECT 1")[1], [{"kind": "INSERT", "fields": [1]}], "a viewer reads")
        gateway.fails("CREATE TABLE b (a BIGINT) WITH ('connector' = 'blackhole')", "needs the role", "'vic' is 'viewer'")
        mine = f"/sessions/{gateway.session}"
        gateway.headers = {"Authorization": ann}
        gateway.open()
        expect(gateway.rows("CREATE TABLE b (a BIGINT) WITH ('connector' = 'blackhole')")[0]["resultKind"], "SUCCESS", "an admin")
        gateway.headers = {"Authorization": "Bearer a token"}
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/heartbeat")):
            code, got = gateway.ask(method, f"/sessions/{gateway.session}{path}")
            expect(code in (403, 404, 500), True, f"another's session: {method} {path} {code} {got}")
        expect(gateway.ask("GET", mine)[0], 200, "one's own session")
        said = SqlClient(gateway.folder).run(gateway.url, "SHOW TABLES;\nDROP TABLE b;\n", FLINK_REST_CLIENT_HEADERS="Authorization:Bearer a token")
        has(said, "|          b |", "needs the role")
    with Gateway(env, "gateway-tls", config=USERS, login=("ann", "ann's password"), trust=files.ca,
                 settings=(("server.tls.cert", files.server), ("server.tls.key", files.server_key))) as gateway:
        gateway.tls = ssl.create_default_context(cafile=files.ca)
        gateway.headers = {"Authorization": ann}
        gateway.open()
        expect(gateway.rows("SELECT 1")[1], [{"kind": "INSERT", "fields": [1]}], "over TLS")
        gateway.tls = ssl.create_default_context(cafile=files.other_ca)
        try:
            gateway.ask("GET", "/info")
            raise harness.Failure("another's certificate is taken")
        except ssl.SSLError:
            pass


def cases(env):
    for function in (info, sessions, values, statements, completion, pages, sync_cancel, client, access):
        yield f"server/gateway/{function.__name__}", lambda function=function: function(env)
