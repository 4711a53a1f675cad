# SPDX-License-Identifier: Apache-2.0
"""server_pg_cursor_suite - cursors of the PostgreSQL protocol (DECLARE, FETCH, MOVE, CLOSE) with psycopg 2's and psycopg 3's server-side cursors,
psql's FETCH_COUNT and messages by hand."""
import struct
import subprocess

import harness
import server_pg_suite as pg

ROWS = "SELECT id FROM totals ORDER BY id"


def expect(got, want, what):
    pg.expect(got, want, what)


def sql(env):
    """The statements themselves, in a transaction and out of it."""
    with pg.weir_of(env, "cursor-sql") as weir:
        weir.totals()
        with weir.three() as connection:
            def ids(statement):
                return [row[0] for row in connection.execute(statement).fetchall()]

            def tag(statement):
                return connection.execute(statement).statusmessage
            connection.execute("BEGIN")
            expect(tag(f"DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR {ROWS}"), "DECLARE CURSOR", "the tag of DECLARE")
            expect(ids("FETCH c"), [1], "FETCH")
            expect(ids("FETCH NEXT FROM c"), [2], "FETCH NEXT")
            expect(ids('FETCH FORWARD 3 IN "c"'), [3, 4, 5], "FETCH FORWARD n")
            expect(ids("FETCH 2 c"), [6, 7], "FETCH n")
            expect(tag("MOVE 3 IN c"), "MOVE 3", "MOVE")
            expect(ids("FETCH RELATIVE 5 FROM c"), [15], "FETCH RELATIVE")
            expect(ids("FETCH ABSOLUTE 990 FROM c"), [990], "FETCH ABSOLUTE")
            # Two cursors, and other statements, beside each other.
            connection.execute("DECLARE \"D d\" CURSOR FOR SELECT customer FROM totals WHERE id = %s", (7,))
            expect(ids("SELECT count(*) FROM totals WHERE id <= 4"), [4], "a statement between")
            expect(ids('FETCH ALL FROM "D d"'), ["c7"], "a second cursor, with a parameter")
            expect(tag("FETCH ALL IN c"), "FETCH 10", "the rest")
            expect(ids("FETCH c"), [], "behind the end")
            expect(connection.execute("SELECT name, is_holdable FROM pg_cursors ORDER BY name").fetchall(), [("D d", False), ("c", False)], "pg_cursors")
            expect(tag('CLOSE "D d"'), "CLOSE CURSOR", "CLOSE")
            expect(tag("CLOSE ALL"), "CLOSE CURSOR ALL", "CLOSE ALL")
            connection.execute("DECLARE c CURSOR FOR VALUES (1), (2)")
            expect(ids("FETCH 5 FROM c"), [1, 2], "VALUES")
            connection.execute("COMMIT")
            expect(pg.state_of(connection.execute, "FETCH c"), "34000", "COMMIT closes cursors")
            connection.execute(f"DECLARE h CURSOR WITH HOLD FOR {ROWS}")
            expect(ids("FETCH 2 FROM h"), [1, 2], "WITH HOLD, without a transaction")
            connection.execute("BEGIN; COMMIT")
            expect(ids("FETCH 2 FROM h"), [3, 4], "WITH HOLD goes on behind a COMMIT")
            connection.execute("CLOSE h")
            connection.execute("BEGIN")
            connection.execute(f"DECLARE h CURSOR WITH HOLD FOR {ROWS}")
            connection.execute("ROLLBACK")
            expect(pg.state_of(connection.execute, "FETCH h"), "34000", "ROLLBACK closes what its transaction has declared")
            connection.execute(f"DECLARE h CURSOR WITH HOLD FOR {ROWS}")
            connection.execute("DISCARD ALL")
            expect(pg.state_of(connection.execute, "CLOSE h"), "34000", "DISCARD ALL closes all")
            refused(connection)
        expect(weir.psql(f"DECLARE c CURSOR FOR {ROWS}; FETCH 2 FROM c; CLOSE c"), "DECLARE CURSOR\n1\n2\nCLOSE CURSOR", "statements of one query are a transaction")
        changes(weir)


def refused(connection):
    expect(pg.state_of(connection.execute, f"DECLARE c CURSOR FOR {ROWS}"), "25P01", "a cursor without a transaction")
    for first, statement, state in (
            (None, f"DECLARE c SCROLL CURSOR FOR {ROWS}", "0A000"), (None, "DECLARE c CURSOR FOR INSERT INTO t VALUES (1)", "42601"),
            (None, "DECLARE c CURSOR SELECT 1", "42601"), (None, "DECLARE c CURSOR FOR SELECT nope FROM totals", "42703"), (None, "FETCH missing", "34000"),
            (None, "CLOSE missing", "34000"), (None, "MOVE ALL IN missing", "34000"), (None, "FETCH", "42601"), ("FETCH c", "FETCH PRIOR FROM c", "55000"),
            ("FETCH c", "FETCH -1 FROM c", "55000"), ("FETCH c", "FETCH BACKWARD 2 FROM c", "55000"), ("FETCH c", "FETCH ABSOLUTE 1 FROM c", "55000"),
            ("FETCH c", "MOVE LAST IN c", "55000"), ("FETCH c", "FETCH 99999999999 FROM c", "42601"), ("FETCH c", "FETCH 1 2 FROM c", "42601"),
            ("FETCH c", f"DECLARE c CURSOR FOR {ROWS}", "42P03")):
        connection.execute("BEGIN")
        if first is not None:
            connection.execute(f"DECLARE c CURSOR FOR {ROWS}")
            connection.execute(first)
        expect(pg.state_of(connection.execute, statement), state, statement)
        expect(pg.state_of(connection.execute, "FETCH c"), "25P02", f"after {statement}")
        connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    connection.execute("DECLARE c CURSOR FOR SELECT 10 / (id - 3) FROM totals")
    expect(pg.state_of(connection.execute, "FETCH ALL FROM c"), "22012", "a row that fails")
    connection.execute("ROLLBACK")


def changes(weir):
    """Portions of what does not end."""
    with weir.three() as connection:
        connection.execute("BEGIN")
        connection.execute("DECLARE c CURSOR FOR SUBSCRIBE TO totals")
        seen = {row[2] for _ in range(10) for row in connection.execute("FETCH 100 FROM c").fetchall()}
        expect(seen, set(range(1, 1001)), "a subscription in portions")
        connection.execute("COMMIT")
        expect(connection.execute("SELECT 1").fetchone(), (1,), "the connection goes on")


def clients(env):
    """Named cursors of psycopg 2 and 3, psql's FETCH_COUNT."""
    with pg.weir_of(env, "cursor-clients") as weir:
        weir.totals()
        with weir.two() as connection:
            connection.autocommit = False
            with connection.cursor("a name") as cursor:
                cursor.itersize = 7
                cursor.execute("SELECT id FROM totals WHERE id <= %s ORDER BY id", (100,))
                expect([row[0] for row in cursor], list(range(1, 101)), "psycopg 2")
            with connection.cursor("again") as cursor:
                cursor.execute(ROWS)
                cursor.scroll(10)
                expect(cursor.fetchmany(2), [(11,), (12,)], "psycopg 2: scroll")
            connection.commit()
            with connection.cursor("held", withhold=True) as cursor:
                cursor.execute(ROWS)
                connection.commit()
                expect(cursor.fetchone(), (1,), "psycopg 2: WITH HOLD")
        for binary in (False, True):
            with weir.three() as connection, connection.transaction(), connection.cursor("a name", binary=binary) as cursor:
                cursor.itersize = 7
                cursor.execute("SELECT id, customer FROM totals WHERE id <= %s ORDER BY id", (100,), binary=binary)
                expect([column.name for column in cursor.description], ["id", "customer"], "psycopg 3: columns")
                expect(cursor.fetchmany(3), [(i, f"c{i}") for i in (1, 2, 3)], "psycopg 3: fetchmany")
                cursor.scroll(2)
                expect([row[0] for row in cursor], list(range(6, 101)), f"psycopg 3, binary {binary}")
        with weir.three() as connection, connection.cursor("held", withhold=True) as cursor:
            cursor.execute(ROWS)
            expect(len(cursor.fetchall()), 1000, "psycopg 3: WITH HOLD")
        command = ["psql", "-X", "-A", "-t", "-v", "FETCH_COUNT=7", weir.dsn(), "-c", ROWS]
        if pg.shutil.which("psql") is not None:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            expect(done.stdout.split(), [str(i) for i in range(1, 1001)], f"psql's FETCH_COUNT: {done.stderr}")


def portals(env):
    """Cursors and portals are one kind of thing: Describe, Close and row limits take both; none frees itself."""
    with pg.weir_of(env, "cursor-portals") as weir:
        weir.totals()
        with pg.raw(weir) as wire:
            def simple(text):
                wire.send(b"Q", text.encode() + b"\0")
                return b"".join(kind for kind, _ in wire.until(b"Z"))

            def bound(portal, text):
                wire.send(b"P", b"\0" + text + b"\0" + struct.pack(">H", 0))
                wire.send(b"B", portal + b"\0\0" + struct.pack(">HHH", 0, 0, 0))

            def synced():
                wire.send(b"S", b"")
                return b"".join(kind for kind, _ in wire.until(b"Z"))
            expect(simple(f"BEGIN; DECLARE c CURSOR FOR {ROWS}"), b"CCZ", "DECLARE")
            wire.send(b"D", b"Pc\0")
            expect(synced(), b"TZ", "Describe of a cursor")
            bound(b"f", b"FETCH 5 FROM c")
            wire.send(b"D", b"Pf\0")
            wire.send(b"E", b"f\0" + struct.pack(">I", 2))
            wire.send(b"E", b"f\0" + struct.pack(">I", 2))
            wire.send(b"E", b"f\0" + struct.pack(">I", 2))
            expect(synced(), b"12TDDsDDsDCZ", "FETCH with row limits")
            bound(b"x", b"CLOSE x")
            wire.send(b"E", b"x\0" + struct.pack(">I", 0))
            expect(synced(), b"12EZ", "a portal does not close itself")
            expect(simple("ROLLBACK"), b"CZ", "ROLLBACK")
            expect(simple(f"BEGIN; DECLARE c CURSOR FOR {ROWS}"), b"CCZ", "DECLARE")
            bound(b"y", b"CLOSE ALL")
            wire.send(b"E", b"y\0" + struct.pack(">I", 0))
            bound(b"z", b"COMMIT")
            wire.send(b"E", b"z\0" + struct.pack(">I", 0))
            wire.send(b"E", b"y\0" + struct.pack(">I", 0))
            expect(synced(), b"12C12CEZ", "COMMIT ends portals but its own")
            expect(simple(f"BEGIN; DECLARE c CURSOR FOR {ROWS}"), b"CCZ", "DECLARE")
            bound(b"f", b"FETCH 5 FROM f")
            wire.send(b"E", b"f\0" + struct.pack(">I", 0))
            expect(synced(), b"12EZ", "FETCH from itself")
            expect(simple("ROLLBACK"), b"CZ", "ROLLBACK")
            expect(simple("BEGIN"), b"CZ", "BEGIN")
            bound(b"p", ROWS.encode())
            wire.send(b"E", b"p\0" + struct.pack(">I", 3))
            wire.send(b"C", b"Pp\0")
            wire.send(b"E", b"p\0" + struct.pack(">I", 3))
            wire.send(b"E", b"p\0" + struct.pack(">I", 3))
            expect(synced(), b"12DDDs3EZ", "an error in a pipeline, up to Sync")
            wire.send(b"B", b"q\0\0" + struct.pack(">HHH", 0, 0, 0))
            wire.send(b"E", b"q\0" + struct.pack(">I", 3))
            expect(synced(), b"2EZ", "no portal runs in a transaction that has failed")
            expect(simple("ROLLBACK"), b"CZ", "ROLLBACK")
            # As many rows as asked for are not held back for the next one.
            bound(b"", b"SUBSCRIBE TO totals")
            wire.send(b"E", b"\0" + struct.pack(">I", 1000))
            expect(synced(), b"12" + b"D" * 1000 + b"sZ", "as many rows as there are")


def cases(env):
    for function in (sql, clients, portals):
        yield f"server/pg/cursor/{function.__name__}", lambda function=function: function(env)
