# SPDX-License-Identifier: Apache-2.0
"""server_pg_suite - the PostgreSQL protocol of weir serve, with psql, psycopg 2 and psycopg 3, and with messages by hand. The packages are
installed once for a user, as the servers are."""
import contextlib
import datetime
import decimal
import errno
import os
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import harness
import server
from servers import certificates, process

ENVIRONMENT = threading.Lock()  # of this process, which libpq reads: cases run beside each other
PACKAGES = ["psycopg[binary]>=3.1", "psycopg2-binary>=2.9"]
USERS = """
server:
  users:
    - {name: ann, role: admin, password: "ann's password"}
    - {name: vic, role: viewer, password: "p:w ü"}
    - {name: tom, role: viewer, token: "a token"}
"""
ORDERS = """
CREATE TABLE orders (id BIGINT, customer STRING, amount DECIMAL(10, 2)) WITH ('connector' = 'datagen', 'number-of-rows' = '1000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');
CREATE MATERIALIZED TABLE totals (PRIMARY KEY (id) NOT ENFORCED) AS SELECT id, CONCAT('c', CAST(MOD(id, 10) AS STRING)) AS customer, amount FROM orders
"""


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def install(folder):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
    try:
        process.run(command, "pip")
    except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise harness.Skip(f"clients of PostgreSQL cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure


def packages():
    folder = process.installed("pg-clients", f"{sys.version_info[:2]} {PACKAGES}", install)
    if folder not in sys.path:
        sys.path.append(folder)


class Weir(server.Server):
    def start(self):
        super().start()
        self.process.until_said("weir: postgresql")
        self.pg = int(re.search(r"weir: postgresql://\S+:(\d+)", self.process.said())[1])

    def dsn(self, **more):
        pairs = {"host": "127.0.0.1", "port": self.pg, "user": "ann", "dbname": "weir", "connect_timeout": 20, **more}
        return " ".join(f"{key}='" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'" for key, value in pairs.items())

    def three(self, **more):
        packages()
        import psycopg  # pylint: disable=import-outside-toplevel
        with ENVIRONMENT:
            return psycopg.connect(self.dsn(**more), autocommit=True)

    def two(self, **more):
        packages()
        import psycopg2  # pylint: disable=import-outside-toplevel
        with ENVIRONMENT:
            connection = psycopg2.connect(self.dsn(**more))
        connection.autocommit = True
        return connection

    def psql(self, *commands, code=0, rows=True, **more):
        if shutil.which("psql") is None:
            raise harness.Skip("psql is not installed: apt-get install postgresql-client")
        args = [arg for command in commands for arg in ("-c", command)]
        done = subprocess.run(["psql", "-X", "-A", *(["-t"] if rows else []), self.dsn(**more), *args], capture_output=True, text=True, timeout=60, check=False,
                              env={name: value for name, value in os.environ.items() if name != "PGTZ"})
        expect(done.returncode, code, f"psql {commands}: {done.stderr}")
        return done.stdout.strip() if code == 0 else done.stderr

    def sessions(self):
        found = self.get("/v1/sessions")
        return found["sessions"] if isinstance(found, dict) else found

    def totals(self, comment=None):
        orders = ORDERS if comment is None else ORDERS.replace("customer STRING,", f"customer STRING COMMENT '{comment}',")
        with self.two() as connection, connection.cursor() as cursor:
            for statement in orders.split(";"):
                cursor.execute(statement)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                cursor.execute("SELECT count(*) FROM totals")
                if cursor.fetchone()[0] == 1000:
                    return
                time.sleep(0.1)
        raise harness.Failure("the materialized table has not got its rows")


def weir_of(env, name, settings=(), **more):
    return Weir(env, env.folder("pg-" + name), settings=[("server.pg.port", "0"), *settings], **more)


def psql(env):
    with weir_of(env, "psql") as weir:
        weir.totals()
        expect(weir.psql("SELECT 1 AS a, 'x' AS b"), "1|x", "a first query")
        expect(weir.psql("SELECT id, customer FROM totals WHERE id = 42", "SELECT count(*) FROM \"public\".totals WHERE id <= 10"), "42|c2\n10", "rows of a view")
        expect(weir.psql("select id from totals where id < 100 order by id desc limit 3"), "99\n98\n97", "filter, order and limit")
        expect(weir.psql("BEGIN; SELECT 2; COMMIT; show timezone"), "BEGIN\n2\nCOMMIT\nUTC", "several statements")
        expect(weir.psql("SELECT '5'::int + 1, 'it''s'::text, $$a'b$$, E'x\\ty'"), "6|it's|a'b|x\ty", "PostgreSQL's literals and casts")
        expect(weir.psql("COPY (SELECT id, customer FROM totals WHERE id = 7) TO STDOUT"), "7\tc7", "COPY of a query")
        error = weir.psql("SELECT 1 +\n nope", code=1)
        if "nope" not in error or "LINE 2:  nope\n         ^" not in error:
            raise harness.Failure(f"the place of an error: {error}")
        for refused in ("COPY totals FROM STDIN", "LISTEN x", "SELECT * FROM missing", "SELECT 'open"):
            weir.psql(refused, code=1)
        expect(weir.psql("\\dt"), "public|orders|table|ann", "\\dt")
        expect(sorted(weir.psql("\\d").splitlines()), ["public|orders|table|ann", "public|totals|materialized view|ann"], "\\d")
        found = weir.psql("\\d totals", rows=False)
        for part in ("id|bigint||not null|", "amount|numeric(10,2)|||", '"totals_pkey" PRIMARY KEY, btree (id)'):
            if part not in found:
                raise harness.Failure(f"\\d totals without {part}:\n{found}")
        expect(weir.psql("\\dn"), "public|ann", "\\dn")
        if "id|bigint||not null||plain|" not in weir.psql("\\d+ totals", rows=False):
            raise harness.Failure("\\d+ does not tell how columns are stored")
        if "42704" not in weir.psql("\\set VERBOSITY verbose", "RESET nope", code=1):
            raise harness.Failure("RESET of what there is not")
        for command in ("\\l", "\\l+", "\\df", "\\dv", "\\dm", "\\di", "\\du", "\\dT", "\\dt+", "\\dn+", "\\dp", "\\ds", "\\dx", "\\db", "\\dC", "\\dy", "\\det", "\\des",
                        "\\dew", "\\drds", "\\dO", "\\do", "\\dconfig"):
            weir.psql(command)


TYPES = """SELECT TRUE AS a, CAST(-5 AS SMALLINT) AS b, 7 AS c, CAST(1 AS BIGINT) AS d, CAST(1.5 AS FLOAT) AS e, CAST(0.1 AS DOUBLE) AS f,
 CAST(-12.340 AS DECIMAL(20, 3)) AS g, 'ünï' AS h, x'00ff' AS i, DATE '2024-02-29' AS j, TIME '12:34:56' AS k,
 TIMESTAMP '2024-02-29 12:34:56.123456' AS l, CAST('2024-02-29 12:00:00' AS TIMESTAMP_LTZ(3)) AS m, ARRAY[1, 2] AS n, ARRAY['a', 'b "c'] AS o,
 ROW(1, 'x') AS p, MAP['k', 1] AS q, CAST(NULL AS INT) AS r, CAST(3 AS TINYINT) AS s"""


def types(env):
    """All types, in text and in binary, over both protocols."""
    utc = datetime.timezone.utc
    want = (True, -5, 7, 1, 1.5, 0.1, decimal.Decimal("-12.340"), "ünï", b"\x00\xff", datetime.date(2024, 2, 29), datetime.time(12, 34, 56),
            datetime.datetime(2024, 2, 29, 12, 34, 56, 123456), datetime.datetime(2024, 2, 29, 12, 0, tzinfo=utc), [1, 2], ["a", 'b "c'],
            {"EXPR$0": 1, "EXPR$1": "x"}, {"k": 1}, None, 3)
    with weir_of(env, "types") as weir:
        with weir.two() as connection, connection.cursor() as cursor:
            cursor.execute(TYPES)
            row = cursor.fetchone()
            expect(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row), want, "psycopg 2, text")
        with weir.three() as connection:
            for binary in (False, True):
                expect(connection.execute(TYPES, binary=binary).fetchone(), want, f"psycopg 3, binary {binary}")
                for value in (True, 5, -70000, 2**40, 1.25, decimal.Decimal("1.5"), "a'b\\", b"\x00\x01", datetime.date(2020, 1, 2),
                              datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=utc), None):
                    placeholder = "%b" if binary else "%t"
                    cast = "::bytea" if isinstance(value, bytes) else ""
                    expect(connection.execute(f"SELECT {placeholder}{cast}", (value,), binary=binary).fetchone()[0], value, f"a parameter {value!r}")
            connection.execute("SET TimeZone TO 'Europe/Berlin'")
            expect(connection.execute("SELECT CAST('2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3))").fetchone()[0],
                   datetime.datetime(2024, 7, 1, 10, 0, tzinfo=utc), "an instant of another zone")


def prepared(env):
    """Look-ups by key, portals with row limits, parameters, Describe, DEALLOCATE."""
    with weir_of(env, "prepared") as weir:
        weir.totals()
        with weir.three() as connection:
            connection.prepare_threshold = 0
            for key in (1, 500, 1000, 1001, None):
                want = None if key in (1001, None) else (key, f"c{key % 10}")
                for sql in ("SELECT id, customer FROM totals WHERE id = %s", "SELECT id, customer FROM totals WHERE id = %s AND customer LIKE 'c%%'",
                            "SELECT t.id, t.customer AS c FROM public.totals AS t WHERE t.id = %b LIMIT 1"):
                    expect(connection.execute(sql, (key,)).fetchone(), want, f"{sql} {key}")
            expect(connection.execute("SELECT id FROM totals WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s", (5, 50, 2)).fetchall(), [(5,), (6,)], "more")
            with connection.transaction():
                connection.execute("SELECT 1")
            try:
                connection.execute("SELECT id FROM totals WHERE id = %s", ("x",))
                raise harness.Failure("'x' is no BIGINT")
            except connection.DataError as error:
                expect(error.sqlstate, "22P02", str(error))
            # Another table under the name: what was prepared is not the old one's.
            connection.execute("CREATE TEMPORARY VIEW w AS SELECT 1 AS id")
            expect(connection.execute("SELECT id FROM w WHERE id = %s", (1,)).fetchone(), (1,), "a view of this session")
        with raw(weir) as wire:
            wire.send(b"P", b"s\0SELECT id FROM totals WHERE id > $1\0" + struct.pack(">H", 0))
            wire.send(b"D", b"Ss\0")
            wire.send(b"B", b"\0s\0" + struct.pack(">HHI", 0, 1, 1) + b"0" + struct.pack(">HH", 1, 1))
            wire.send(b"E", b"\0" + struct.pack(">I", 10))
            wire.send(b"E", b"\0" + struct.pack(">I", 5))
            wire.send(b"S", b"")
            got = wire.until(b"Z")
            expect(b"".join(kind for kind, _ in got), b"1tT2" + b"D" * 10 + b"s" + b"D" * 5 + b"sZ", "a portal with limits")
            expect(dict(got[1:2])[b"t"], struct.pack(">HI", 1, 20), "the parameter is of its column's type")
            wire.send(b"Q", b"DEALLOCATE s\0")
            expect([kind for kind, _ in wire.until(b"Z")], [b"C", b"Z"], "DEALLOCATE")


class Wire:
    def __init__(self, weir, startup=True):
        self.socket = socket.create_connection(("127.0.0.1", weir.pg), timeout=30)
        self.bytes = b""
        if startup:
            self.log_in()

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack(">I", len(body) + 4) + body)

    def message(self):
        while len(self.bytes) < 5 or len(self.bytes) < struct.unpack(">I", self.bytes[1:5])[0] + 1:
            got = self.socket.recv(65536)
            if not got:
                return None
            self.bytes += got
        end = struct.unpack(">I", self.bytes[1:5])[0] + 1
        kind, body, self.bytes = self.bytes[:1], self.bytes[5:end], self.bytes[end:]
        return kind, body

    def until(self, kind):
        got = []
        while not got or got[-1][0] != kind:
            message = self.message()
            if message is None:
                raise harness.Failure(f"the connection ended after {got[-3:]}")
            got.append(message)
        return got

    def rest(self):
        """All messages until the server has ended the connection."""
        got = []
        while (message := self.message()) is not None:
            got.append(message)
        return got

    def secure(self):
        """TLS, whoever it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket.sendall(struct.pack(">II", 8, 80877103))
        expect(self.socket.recv(1), b"S", "SSLRequest")
        self.socket = context.wrap_socket(self.socket)

    def hello(self):
        body = struct.pack(">I", 196608) + b"user\0ann\0database\0x\0\0"
        self.socket.sendall(struct.pack(">I", len(body) + 4) + body)

    def log_in(self):
        self.hello()
        self.key = dict(self.until(b"Z"))[b"K"]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()


def raw(weir, startup=True):
    return Wire(weir, startup)


def try_send(wire, kind, body):
    try:
        wire.send(kind, body)
    except ConnectionError:
        pass  # the server has ended it


def drain(wire):
    """Nothing more is sent; the server ends the connection."""
    try:
        wire.socket.shutdown(socket.SHUT_WR)
        while wire.socket.recv(65536):
            pass
    except ConnectionError:
        pass
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise


def subscribe(env):
    with weir_of(env, "subscribe") as weir:
        weir.totals()
        with weir.three() as connection, connection.cursor() as cursor:
            rows = []
            for row in cursor.stream("SUBSCRIBE TO totals"):
                rows.append(row)
                if len(rows) == 1000:
                    connection.cancel()
                    break
            expect({row[1] for row in rows}, {"+I"}, "the rows that are there")
            expect(sorted(row[2] for row in rows), list(range(1, 1001)), "all of them")
        with weir.two() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE ticks (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.id.kind' = 'sequence', "
                           "'fields.id.start' = '1', 'fields.id.end' = '10000000')")
            cursor.execute("SET 'execution.checkpointing.interval' = '200ms'")
            cursor.execute("CREATE MATERIALIZED TABLE counts (PRIMARY KEY (k) NOT ENFORCED) AS SELECT MOD(id, 3) AS k, COUNT(*) AS n FROM ticks GROUP BY MOD(id, 3)")
        later(weir)
        for refused in ("SUBSCRIBE TO orders", "SUBSCRIBE TO missing", "SUBSCRIBE", "SUBSCRIBE TO totals WITH (x)"):
            weir.psql(refused, code=1)


def later(weir):
    """Changes after the rows that are there: a cursor's stream, and psql's COPY that is read until it is ended."""
    with weir.three() as connection, connection.cursor() as cursor:
        seen = {}
        for row in cursor.stream("SUBSCRIBE TO counts WITH (SNAPSHOT = false)"):
            version, kind, key, count = row
            if kind in ("+I", "+U"):
                if key in seen and not seen[key][1] < count:
                    raise harness.Failure(f"{key}: {count} after {seen[key]}")
                if key in seen and version < seen[key][0]:
                    raise harness.Failure(f"{key}: version {version} after {seen[key]}")
                seen[key] = (version, count, seen.get(key, (0, 0, 0))[2] + 1)
            if len(seen) == 3 and min(times for _, _, times in seen.values()) >= 3:
                connection.cancel()
                break
        expect(connection.execute("SELECT 1").fetchone(), (1,), "the connection goes on")
    before = len(weir.sessions())
    command = ["psql", "-X", weir.dsn(), "-c", "COPY (SUBSCRIBE TO counts) TO STDOUT"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
        rows = [client.stdout.readline().rstrip("\n").split("\t") for _ in range(20)]
        client.kill()
    expect({len(row) for row in rows}, {4}, f"rows of COPY {rows[:3]}")
    if not {"+I", "+U"} <= {row[1] for row in rows}:
        raise harness.Failure(f"COPY has shown no change: {rows}")
    deadline = time.monotonic() + 60
    while len(weir.sessions()) > before:
        if time.monotonic() > deadline:
            raise harness.Failure(f"sessions of clients that are gone stay: {weir.sessions()}")
        time.sleep(0.1)


def settings(env):
    """RESET and DISCARD go back to what the startup message said."""
    with weir_of(env, "settings") as weir:
        packages()
        import psycopg  # pylint: disable=import-outside-toplevel
        with ENVIRONMENT:
            os.environ["PGTZ"] = "Asia/Tokyo"
            try:
                connection = psycopg.connect(weir.dsn(application_name="first"), autocommit=True)
            finally:
                del os.environ["PGTZ"]
        with connection:
            def told():
                return [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("TimeZone", "application_name")]
            expect(told(), ["Asia/Tokyo", "first"], "the startup message")
            for again in ("RESET TimeZone", "SET TimeZone TO DEFAULT", "RESET ALL", "DISCARD ALL"):
                connection.execute("SET TimeZone TO 'Europe/Berlin'")
                expect(told(), ["Europe/Berlin", "first"], "SET")
                connection.execute("SET application_name TO 'second'")
                connection.execute(again)
                expect(told(), ["Asia/Tokyo", "first" if "ALL" in again else "second"], again)
                expect(connection.info.timezone.key, "Asia/Tokyo", f"what the client is told: {again}")
                connection.execute("RESET application_name")
        wire = raw(weir, startup=False)
        body = struct.pack(">I", 196608) + b"user\0ann\0TimeZone\0Nowhere/At all\0\0"
        wire.socket.sendall(struct.pack(">I", len(body) + 4) + body)
        expect(b"22023" in wire.message()[1], True, "a zone that is none")
        wire.socket.close()


def cancel(env):
    """A query is cancelled and the connection goes on; clients that are killed leave nothing behind."""
    endless = "SELECT id, f FROM (SELECT * FROM ticks) AS t"
    with weir_of(env, "cancel") as weir:
        with weir.three() as connection:
            connection.execute("CREATE TABLE ticks (id BIGINT, f STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100')")
            rows = connection.cursor().stream(endless)
            next(rows)  # it is under way: what comes before is no query to cancel
            connection.cancel()
            try:
                for _ in rows:
                    pass
                raise harness.Failure("an endless query has ended")
            except connection.OperationalError as error:
                expect(error.sqlstate, "57014", str(error))
            expect(connection.execute("SELECT 1").fetchone(), (1,), "the connection goes on")
            for _ in range(5):
                wire = raw(weir)
                wire.send(b"Q", endless.encode() + b"\0")
                wire.until(b"D")
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                wire.socket.close()
            deadline = time.monotonic() + 30
            while len(weir.sessions()) > 1:
                if time.monotonic() > deadline:
                    raise harness.Failure("sessions of killed clients stay")
                time.sleep(0.1)


TICKS = "CREATE TABLE ticks (id BIGINT, f STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000')"
WAITED = (  # what connections are at when the server stops: what they have sent, and the message that shows that it is under way
    ("a query", b"SELECT id, f FROM ticks", b"D"), ("COPY", b"COPY (SELECT id, f FROM ticks) TO STDOUT", b"d"),
    ("SUBSCRIBE", b"SUBSCRIBE TO totals WITH (SNAPSHOT = false)", b"T"), ("nothing", b"SELECT 1", b"Z"))


def stopping(env):
    """When the server stops, each connection is told so, whatever it waits for: it is not broken off."""
    folder = env.folder("pg-stopping-files")
    files = certificates.Certificates(folder)
    with weir_of(env, "stopping", trust=files.ca, settings=(("server.tls.cert", files.server), ("server.tls.key", files.server_key), ("server.tls.required", "false"))) as weir:
        weir.totals()
        with weir.two() as connection, connection.cursor() as cursor:
            cursor.execute(TICKS)
            cursor.execute(TICKS.replace("ticks", "flood").replace("1000", "50000000"))
            cursor.execute("CREATE TABLE sink (id BIGINT) WITH ('connector' = 'blackhole')")
        wires = []
        for tls in (False, True):
            for what, sql, shows in WAITED:
                wire = raw(weir, startup=False)
                if tls:
                    wire.secure()
                wire.log_in()
                wire.send(b"Q", sql + b"\0")
                wire.until(shows)
                wires.append((f"{what}{', TLS' if tls else ''}", wire))
        inserting = raw(weir)
        inserting.send(b"Q", b"SET 'table.dml-sync' = 'true'; INSERT INTO sink SELECT id FROM ticks\0")
        weir.process.until(lambda: any(job["state"] == "RUNNING" and job["name"].endswith("sink") for job in weir.get("/v1/jobs")["jobs"]), "the INSERT's job")
        begun, deaf = raw(weir, startup=False), raw(weir)
        deaf.send(b"Q", b"SELECT id, f FROM flood\0")  # whoever takes nothing holds up nobody for long
        deaf.until(b"D")
        weir.process.process.send_signal(signal.SIGINT)
        for what, wire in [*wires, ("a login", begun)]:
            got = wire.rest()
            expect(got[-1][0] if got else None, b"E", f"{what}: the last message")
            expect((b"SFATAL\0" in got[-1][1], b"C57P01\0" in got[-1][1]), (True, True), f"{what}: {got[-1][1]}")
            expect({kind for kind, _ in got[:-1]} - {b"D", b"d"}, set(), f"{what}: before it")
            wire.socket.close()
        errors = [body for kind, body in inserting.rest() if kind in b"EC"]
        expect([b"C57P01\0" in body for body in errors[1:]], [True, True], f"an INSERT whose job goes on with the next start is not done: {errors}")
        weir.process.end(0)


def large(env):
    """A million rows to a client that takes its time, others beside it."""
    with weir_of(env, "large") as weir:
        with weir.two() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE many (id BIGINT, t STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '300000', 'fields.id.kind' = 'sequence', "
                           "'fields.id.start' = '1', 'fields.id.end' = '300000', 'fields.t.length' = '20')")
        with raw(weir) as slow:
            slow.send(b"Q", b"SELECT * FROM many\0")
            with weir.two() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT count(*), sum(id) FROM many")
                expect(cursor.fetchone(), (300000, 300000 * 300001 // 2), "another client is not held up")
            expect(sum(kind == b"D" for kind, _ in slow.until(b"Z")), 300000, "rows of the slow one")


def logins(env):
    with weir_of(env, "logins", config=USERS, login=("ann", "ann's password")) as weir:
        packages()
        import psycopg  # pylint: disable=import-outside-toplevel
        expect(weir.psql("SELECT 1", password="ann's password"), "1", "SCRAM")
        for user, password in (("vic", "p:w ü"), ("tom", "a token")):
            with weir.three(user=user, password=password) as connection:
                expect(connection.execute("SELECT 1").fetchone(), (1,), user)
                try:
                    connection.execute("CREATE TABLE t (a INT) WITH ('connector' = 'blackhole')")
                    raise harness.Failure(f"{user} may create a table")
                except psycopg.Error as error:
                    expect(error.sqlstate, "42501", str(error))
        for user, password in (("ann", "wrong"), ("ann", ""), ("nobody", "ann's password"), ("vic", "ann's password"), ("ann", "ann's passwor")):
            try:
                weir.three(user=user, password=password)
                raise harness.Failure(f"{user} has logged in with '{password}'")
            except psycopg.OperationalError as error:
                if "password" not in str(error):
                    raise harness.Failure(f"{user} '{password}': {error}") from error


def tls(env):
    folder = env.folder("pg-tls-files")
    files = certificates.Certificates(folder)
    with weir_of(env, "tls", config=USERS, trust=files.ca,
                 settings=(("server.tls.cert", files.server), ("server.tls.key", files.server_key))) as weir:
        for more in ({"sslmode": "require"}, {"sslmode": "verify-full", "sslrootcert": files.ca, "host": "localhost"}, {"channel_binding": "require"}):
            expect(weir.psql("SELECT 1", password="ann's password", **more), "1", more)
        weir.psql("SELECT 1", password="ann's password", sslmode="disable", code=2)
        weir.psql("SELECT 1", password="ann's password", sslmode="verify-full", sslrootcert=files.other_ca, host="localhost", code=2)
        weir.psql("SELECT 1", password="wrong", sslmode="require", code=2)


def malformed(env):
    """Messages that are none: an error or the end of that connection, never of the server."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    with weir_of(env, "malformed") as weir:
        for body in (b"", b"\0", b"\0\0\0\4", b"\0\0\0\3", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", struct.pack(">II", 8, 196608),
                     struct.pack(">II", 9, 196608) + b"u", struct.pack(">II", 8, 80877104), struct.pack(">II", 8, 99)):
            with raw(weir, startup=False) as wire:
                wire.socket.sendall(body)
                drain(wire)
        for _ in range(200):
            with raw(weir) as wire:
                for _ in range(chance.randrange(1, 6)):
                    body = chance.choice([b"", b"\0", b"SELECT 1\0", b"s\0SELECT $1\0\0\1\0\0\0\x17", b"\0s\0\0\0\0\1\0\0\0\1x\0\0", b"Ss\0",
                                          b"\0\0\0\0\0", chance.randbytes(chance.randrange(40))])
                    kind = chance.choice(b"QPBDECSHFdcfp?\0\xff".replace(b"?", b"z"))
                    try_send(wire, bytes([kind]), body[:chance.randrange(len(body) + 1)] if chance.random() < 0.5 else body)
                drain(wire)
        with raw(weir) as wire:
            wire.send(b"Q", b"SELECT 1\0")
            expect([kind for kind, _ in wire.until(b"Z")], [b"T", b"D", b"C", b"Z"], f"the server goes on (seed {seed})")
            wire.socket.sendall(b"Q\x7f\xff\xff\xff")
            expect(wire.message()[0], b"E", "a message beyond server.request.max-size")


def hold(weir):
    """A connection, as soon as those whose clients have just gone make room."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return raw(weir)
        except harness.Failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def many(env):
    """Clients at the same time, and more of them than there may be."""
    with weir_of(env, "many", settings=(("server.sessions.max", "10"),)) as weir:
        weir.totals()
        wrong = []

        def work(number):
            try:
                with weir.two() as connection, connection.cursor() as cursor:
                    for i in range(50):
                        cursor.execute("SELECT id FROM totals WHERE id = %s", (number * 50 + i + 1,))
                        expect(cursor.fetchone(), (number * 50 + i + 1,), "a row")
            except Exception as failure:  # pylint: disable=broad-except
                wrong.append(failure)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect(wrong, [], "clients beside each other")
        held = [hold(weir) for _ in range(10)]
        error = weir.psql("SELECT 1", code=2)
        if "10" not in error or "server.sessions.max" not in error:
            raise harness.Failure(f"too many: {error}")
        for wire in held:
            wire.socket.close()
        opened = []
        with contextlib.suppress(server.Refused):
            while True:
                opened.append(weir.post("/v1/sessions")["session"])
        wire = Wire(weir, startup=False)
        wire.hello()
        (_, body), = wire.rest()[-1:]
        expect((b"SFATAL\0" in body, b"C53300\0" in body), (True, True), f"no session is left: {body}")
        for session in opened:
            weir.json("DELETE", f"/v1/sessions/{session}")


def state_of(run, *arguments):
    """The SQLSTATE that the call fails with."""
    packages()
    import psycopg  # pylint: disable=import-outside-toplevel
    try:
        run(*arguments)
    except psycopg.Error as error:
        return error.sqlstate
    raise harness.Failure(f"{arguments} has not failed")


STATES = (
    ("SELECT FROM totals WHERE", "42601"), ("SELEC 1", "42601"), ("SELECT 1 ~~~ 2", "42601"), ("SELECT * FROM missing", "42P01"),
    ("INSERT INTO missing VALUES (1)", "42P01"), ("DROP TABLE missing", "42P01"), ("SELECT nope FROM totals", "42703"),
    ("SELECT t.nope FROM totals AS t", "42703"), ("SELECT x.id FROM totals AS t", "42703"), ("SELECT nope(1)", "42883"), ("SELECT UPPER(1, 2, 3)", "42883"),
    ("SELECT ABS('x', DATE '2020-01-01')", "42883"), ("SELECT id FROM totals WHERE id", "42804"), ("SELECT CASE WHEN 1 THEN 2 END", "42804"),
    ("SELECT CAST(DATE '2020-01-01' AS INT)", "42846"), ("SELECT CAST(t.a AS INT) FROM (VALUES ('x')) AS t(a)", "22P02"),
    ("SELECT CAST(t.a AS INT) FROM (VALUES ('99999999999')) AS t(a)", "22003"), ("SELECT 1 / (id - 5) FROM totals", "22012"),
    ("CREATE TABLE orders (a INT) WITH ('connector' = 'blackhole')", "42P07"), ("CREATE TEMPORARY VIEW orders AS SELECT 1 AS a", "42P07"),
    ("SELECT id FROM totals AS a, totals AS b", "42702"), ("SELECT id, COUNT(*) FROM totals GROUP BY customer", "42803"),
    ("USE CATALOG missing", "3D000"), ("SELECT * FROM missing.t", "3F000"), ("CREATE MODEL m", "0A000"), ("SELECT 'There is no function', nope FROM totals", "42703"),
    ("SELECT CAST('There is no table or view' AS INT)", "22P02"),
)


def states(env):
    """SQLSTATE follows from what is wrong, and not from words that a statement may hold."""
    with weir_of(env, "states") as weir:
        weir.totals()
        with weir.three() as connection:
            got = [(statement, state_of(connection.execute, statement)) for statement, _ in STATES]
            expect(got, list(STATES), "SQLSTATEs")
            connection.prepare_threshold = 0
            expect(state_of(connection.execute, "SELECT nope FROM totals WHERE id = %s", (1,)), "42703", "a prepared statement")


def cases(env):
    for function in (psql, types, prepared, subscribe, settings, cancel, stopping, large, logins, tls, malformed, many, states):
        yield f"server/pg/{function.__name__}", lambda function=function: function(env)
