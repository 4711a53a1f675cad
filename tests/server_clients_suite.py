# SPDX-License-Identifier: Apache-2.0
"""server_clients_suite - programs that people have already, against weir serve: PostgreSQL's JDBC driver (DBeaver asks through it), SQLAlchemy
(Superset), asyncpg, the queries of Grafana's PostgreSQL source, and Flink's own JDBC driver on the gateway's port. Drivers come from Maven
Central and PyPI, and are installed once for a user."""
import asyncio
import glob
import os
import re
import subprocess
import sys

import harness
import server_pg_suite as pg
from servers import certificates, process

PACKAGES = ["sqlalchemy>=2.0", "asyncpg>=0.29"]
HERE = os.path.join(harness.ROOT, "tests", "servers")
POM = os.path.join(HERE, "clients.pom.xml")
TABLES = """
CREATE TABLE pairs (b STRING, a INT, c TIMESTAMP(3), PRIMARY KEY (b, a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE TABLE target (a INT, b STRING) WITH ('connector' = 'blackhole');
CREATE TABLE ticks (id BIGINT, f STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100')
"""
COPIES = "-1|2|1099511627776|0.1|12.50|ü'\\|t|2024-02-29|2024-02-29 12:34:56.123456|2024-02-29 12:00:00+00|12:34:56|null"
JDBC = {
    "product": "PostgreSQL",
    "catalogs": "weir",
    "schemas": "public",
    "tables": "totals|MATERIALIZED VIEW; orders|TABLE; pairs|TABLE; target|TABLE; ticks|TABLE",
    "columns": "id|-5|int8|19|0|0|1; customer|12|text|2147483647|0|1|2; amount|2|numeric|10|2|1|3",
    "comment": "who",
    "primary key": "id|1|totals_pkey",
    "two keys": "b|1|pairs_pkey; a|2|pairs_pkey",
    "index": "pairs_pkey|0|1|b; pairs_pkey|0|2|a",
    "best row": "id",
    "imported": "", "cross": "", "functions": "", "procedures": "",
    "types": "true", "keywords": "true", "names": "63",
    "schema": "public weir true",
    "fetch 0": "500500", "fetch 7": "500500",
    "by key": " ".join(f"{i}|c{i % 10}" for i in range(1, 13)) + " int8 text",
    "any": "3; 7", "of none": "0",
    "arrays": "[1, 2][a, b c]",
    "like": "900",
    "values": COPIES,
    "times": "1",
    "batch": "[1, 1, 1]",
    "several": "true true",
    "savepoint": "kept",
    "no column": "SQLSTATE 42703 ERROR: Column 'nope' not found in any table",
    "syntax": "SQLSTATE 42601 ERROR: Expected an expression, found FROM",
    "cast": "SQLSTATE 22P02 ERROR: 'x' cannot be cast to INT",
    "there already": "SQLSTATE 42P07 ERROR: A table or view 'target' exists already",
    "no table": "SQLSTATE 42P01 ERROR: There is no table or view 'nope'",
    "no function": "SQLSTATE 42883 ERROR: There is no function 'nope'",
    "timeout": "SQLSTATE 57014 ERROR: canceling statement due to user request",
    "copy": "3",
}
FLINK = {
    "catalogs": "default_catalog",
    "schemas": "default_database|default_catalog",
    "catalog": "default_catalog.default_database",
    "create": "false", "create target": "false",
    "values": "1|2.5|1.2500|2020-01-02|01:02:03|2020-01-01 00:00:00.123456|{k=1}|null|true|abc",
    "types": "id BIGINT, d DECIMAL(22, 1)",
    "stream": str(150 * 151 // 2),
    "batch": "c0|2; c1|2",
    "show": "orders; target; ticks; totals",
    "insert": "true",
    "goes on": "1",
}


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def drivers():
    """The folder of the JDBC drivers."""
    def install(folder):
        maven = process.need("mvn", "maven", "installing JDBC drivers")
        process.run([maven, "-q", "-B", "-f", POM, "dependency:copy", f"-Dtarget.folder={folder}"], "mvn")
    process.need("javac", "default-jdk-headless", "a program of Java")
    return process.installed("jdbc", process.read(POM), install)


def packages():
    """Python's clients, in the path."""
    def install(folder):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
        try:
            process.run(command, "pip")
        except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
            raise harness.Skip(f"clients cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure
    folder = process.installed("sql-clients", f"{sys.version_info[:2]} {PACKAGES}", install)
    if folder not in sys.path:
        sys.path.append(folder)
    pg.packages()


def run_java(path, jars, *arguments):
    """Runs a program of one file with the drivers whose names begin so: Flink's takes any URL for its own."""
    found = [jar for pattern in jars for jar in glob.glob(os.path.join(drivers(), pattern + "*.jar"))]
    return subprocess.run(["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx300m", "-cp", ":".join(found), path, *arguments],
                          capture_output=True, text=True, timeout=180, check=False)


def java(program, want, jars, *arguments):
    """Each line that the program prints answers a question."""
    done = run_java(os.path.join(HERE, program), jars, *arguments)
    if done.returncode != 0:
        raise harness.Failure(f"{program}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    found = {}
    for line in done.stdout.splitlines():
        name, _, answer = line.partition(": ")
        expect(found.setdefault(name, answer), answer, f"{program}: '{name}' asked again")
    for name, answer in want.items():
        expect(found.get(name), answer, f"{program}: {name}")
    return found


def tables(weir, **login):
    with weir.two(**login) as connection, connection.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)


def jdbc(env):
    drivers()
    with pg.weir_of(env, "jdbc") as weir:
        weir.totals(comment="who")
        tables(weir)
        java("Postgres.java", JDBC, ["postgresql"], f"jdbc:postgresql://127.0.0.1:{weir.pg}/weir", "ann", "")
    files = certificates.Certificates(env.folder("jdbc-tls-files"))
    with pg.weir_of(env, "jdbc-tls", config=pg.USERS, trust=files.ca,
                    settings=(("server.tls.cert", files.server), ("server.tls.key", files.server_key))) as weir:
        program = process.write(os.path.join(env.folder("jdbc-tls-program"), "Login.java"), LOGIN)
        for password, want in (("ann's password", "1"), ("wrong", "28P01")):
            url = f"jdbc:postgresql://localhost:{weir.pg}/weir?sslmode=verify-full&sslrootcert={files.ca}"
            done = run_java(program, ["postgresql"], url, "ann", password)
            expect(done.stdout.strip(), want, f"a login over TLS: {done.stderr[-2000:]}")


LOGIN = """import java.sql.*;
public class Login {
	public static void main(String[] args) throws Exception {
		try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2])) {
			ResultSet result = connection.createStatement().executeQuery("SELECT 1");
			result.next();
			System.out.println(result.getInt(1));
		} catch (SQLException e) {
			System.out.println(e.getSQLState());
			e.printStackTrace();
		}
	}
}
"""


def sqlalchemy(env):
    packages()
    import sqlalchemy as sa  # pylint: disable=import-outside-toplevel,import-error
    with pg.weir_of(env, "sqlalchemy") as weir:
        weir.totals(comment="who")
        tables(weir)
        engine = sa.create_engine(f"postgresql+psycopg://ann@127.0.0.1:{weir.pg}/weir")
        look = sa.inspect(engine)
        expect(look.get_schema_names(), ["information_schema", "public"], "schemas")
        expect(sorted(look.get_table_names()), ["orders", "pairs", "target", "ticks"], "tables")
        expect((look.get_view_names(), look.get_materialized_view_names()), ([], ["totals"]), "views")
        expect([(c["name"], str(c["type"]), c["nullable"], c["comment"]) for c in look.get_columns("totals")],
               [("id", "BIGINT", False, None), ("customer", "TEXT", True, None), ("amount", "NUMERIC(10, 2)", True, None)], "columns")
        expect(look.get_columns("orders")[1]["comment"], "who", "a comment")
        expect([look.get_pk_constraint(name)["constrained_columns"] for name in ("pairs", "totals", "orders")], [["b", "a"], ["id"], []], "keys")
        for what in ("indexes", "foreign_keys", "unique_constraints", "check_constraints"):
            expect(getattr(look, "get_" + what)("totals"), [], what)
        expect((look.has_table("totals"), look.has_table("nope")), (True, False), "has_table")
        if "MOD(id, 10)" not in look.get_view_definition("totals"):
            raise harness.Failure("the view's query is not told")
        found = sa.MetaData()
        found.reflect(engine, views=True)
        totals = found.tables["totals"]
        with engine.connect() as connection:
            expect(connection.execute(sa.select(totals.c.id, totals.c.customer).where(totals.c.id < 4).order_by(totals.c.id.desc()).limit(2)).fetchall(),
                   [(3, "c3"), (2, "c2")], "a query")
            for condition in (totals.c.customer.in_(["c1", "c2"]), totals.c.customer == sa.any_(["c1", "c2"]), totals.c.customer.ilike("C_") & (totals.c.id <= 200)):
                expect(connection.scalar(sa.select(sa.func.count()).select_from(totals).where(condition)), 200, condition)
        engine.dispose()


def asyncio_client(env):
    packages()
    import asyncpg  # pylint: disable=import-outside-toplevel,import-error

    async def talk(port):
        async with asyncpg.create_pool(host="127.0.0.1", port=port, user="ann", database="weir", min_size=1, max_size=2, ssl=False) as pool:
            for _ in range(2):  # what a connection leaves behind is reset
                async with pool.acquire() as connection:
                    expect(tuple(await connection.fetchrow("SELECT id, customer FROM totals WHERE id = $1", 5)), (5, "c5"), "a row")
                    expect([row[0] for row in await connection.fetch("SELECT id FROM totals WHERE id = ANY($1::bigint[]) ORDER BY id", [1, 2, 1001])], [1, 2], "ANY")
                    expect(await connection.fetchval("SELECT count(*) FROM totals WHERE customer = ANY($1)", ["c1", "it's"]), 100, "ANY of texts")
                    expect(tuple(await connection.fetchrow("SELECT ARRAY[1, 2], ROW(1, 'x')")), ([1, 2], '{"EXPR$0":1,"EXPR$1":"x"}'), "an array and a row")
                    async with connection.transaction():
                        expect(len([row async for row in connection.cursor("SELECT id FROM totals", prefetch=10)]), 1000, "a cursor")

    with pg.weir_of(env, "asyncpg") as weir:
        weir.totals()
        asyncio.run(talk(weir.pg))


SEARCH_PATH = """quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
  FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1),
                       array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
       string_to_array(current_setting('search_path'),',') s)"""
# What Grafana's editor asks, what its macros become, and what other clients ask the system catalog.
QUERIES = [
    ("SELECT current_setting('server_version_num')::int/100 as version", [(1500,)]),
    ("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'", []),
    ("SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name NOT IN ('information_schema', 'pg_catalog')", [("public",)]),
    (f"SELECT CASE WHEN {SEARCH_PATH} THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS \"table\" "
     f"FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('pg_catalog') ORDER BY CASE WHEN {SEARCH_PATH} THEN 0 ELSE 1 END, 1",
     [("orders",), ("pairs",), ("target",), ("ticks",), ("totals",)]),
    ("SELECT quote_ident(column_name) AS \"column\", data_type AS \"type\" FROM information_schema.columns WHERE CASE WHEN "
     "array_length(parse_ident('totals'),1) = 2 THEN quote_ident(table_schema) = (parse_ident('totals'))[1] ELSE quote_ident(table_name) = 'totals' "
     f"AND {SEARCH_PATH} END", [("id", "bigint"), ("customer", "text"), ("amount", "numeric")]),
    ("SELECT count(*) FROM pairs WHERE c BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00.5Z'", None),
    ("SELECT date_trunc('hour', TIMESTAMP '2024-01-02 03:04:05') AS t", [("2024-01-02 03:00:00",)]),
    ("SELECT CAST('2024-01-02 03:04:05' AS TIMESTAMP(0)) - interval '5 minutes' AS t", [("2024-01-02 02:59:05",)]),
    ("SELECT count(*) FROM totals WHERE id = ANY('{1,2,2000}'::bigint[]) AND customer <> ALL (ARRAY['c1'])", [(1,)]),
    ("SELECT relname FROM pg_class WHERE relkind <> ALL ('{r,i}'::\"char\"[]) AND relname NOT ILIKE 'x%'", [("totals",)]),
    ("SELECT a.attname, k.n FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid "
     "AND a.attnum = k.attnum WHERE i.indrelid = 'pairs'::regclass ORDER BY k.n", [("b", 1), ("a", 2)]),
    ("SELECT (k.p).x AS at, (k.p).n AS n FROM (SELECT information_schema._pg_expandarray(i.indkey) AS p FROM pg_index i WHERE i.indrelid = 'pairs'::regclass) k",
     [(1, 1), (2, 2)]),
    ("SELECT unnest(conkey) AS k, generate_subscripts(conkey, 1) AS s, conname FROM pg_constraint WHERE conrelid = 'pairs'::regclass",
     [(1, 1, "pairs_pkey"), (2, 2, "pairs_pkey")]),
    ("SELECT generate_series(1, 3) AS n", [(1,), (2,), (3,)]),
    ("SELECT array_agg(attname ORDER BY attnum DESC) AS names, ARRAY(SELECT attnum FROM pg_attribute WHERE attrelid = 'pairs'::regclass) AS numbers "
     "FROM pg_attribute WHERE attrelid = 'pairs'::regclass", [(["c", "a", "b"], [1, 2, 3])]),
    ("SELECT string_agg(attname, '-' ORDER BY attname) FROM pg_attribute WHERE attrelid = 'totals'::regclass AND attnum > 0", [("amount-customer-id",)]),
    ("SELECT to_regclass('public.totals') IS NOT NULL, to_regclass('nope'), 'pg_class'::regclass::oid, to_regtype('bigint')::oid, 23::regtype::text",
     [(True, None, 1259, 20, "integer")]),
    ("SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'totals'), has_table_privilege('totals', 'SELECT'), 'a' || 'b' FROM pg_am", [(True, True, "ab")]),
    ("SELECT trim(both '\"' from '\"x\"'), substring(relname from 2 for 3), position('t' in relname), CAST(relnatts AS int4) FROM pg_class WHERE relname = 'totals'",
     [("x", "ota", 1, 3)]),
    ("SELECT pg_get_indexdef(indexrelid, 2, true) FROM pg_index WHERE indrelid = 'pairs'::regclass", [("a",)]),
    ("SELECT word FROM pg_get_keywords() WHERE catcode = 'R' AND word IN ('select', 'watermark')", None),
]


def queries(env):
    with pg.weir_of(env, "queries") as weir:
        weir.totals()
        tables(weir)
        with weir.three() as connection:
            for sql, want in QUERIES:
                got = connection.execute(sql).fetchall()
                got = [tuple(value.isoformat(" ") if hasattr(value, "isoformat") else value for value in row) for row in got]
                if want is not None:
                    expect(got, want, sql)
            for sql, state in (("SELECT 'nope'::regclass", "relation"), ("SELECT 1 FROM pg_class, LATERAL (SELECT amname FROM pg_am) AS x WHERE nope = 1", "nope")):
                try:
                    connection.execute(sql)
                    raise harness.Failure(f"{sql} has an answer")
                except connection.ProgrammingError as error:
                    if state not in str(error):
                        raise harness.Failure(f"{sql}: {error}") from error


def flink(env):
    """Flink's JDBC driver speaks the gateway's protocol."""
    drivers()
    gateway = process.free_port()
    with pg.weir_of(env, "flink-jdbc", settings=(("server.gateway.port", gateway),)) as weir:
        weir.totals(comment="who")
        found = java("Flink.java", FLINK, ["flink", "slf4j"], f"jdbc:flink://127.0.0.1:{gateway}")
        if "'nope' not found" not in found["error"]:
            raise harness.Failure(f"an error: {found['error']}")
        if not re.match(r"id\|BIGINT\|true\|null\|.*customer\|STRING\|true\|", found["describe"]):
            raise harness.Failure(f"DESCRIBE: {found['describe']}")


def cases(env):
    yield "server/clients/jdbc", lambda: jdbc(env)
    yield "server/clients/sqlalchemy", lambda: sqlalchemy(env)
    yield "server/clients/asyncpg", lambda: asyncio_client(env)
    yield "server/clients/queries", lambda: queries(env)
    yield "server/clients/flink-jdbc", lambda: flink(env)
