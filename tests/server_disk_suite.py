# SPDX-License-Identifier: Apache-2.0
"""server_disk_suite - the disk below a server's catalog is full: what would change the catalog is refused, by REST and by the PostgreSQL protocol,
nothing of it is there, and all goes on as soon as there is room."""
import os

import disk
import harness
import server
from server_pg_suite import Weir
from server_sql_suite import expect, run

TABLE = "CREATE TABLE {} (a INT COMMENT '" + "x" * 400 + "') WITH ('connector' = 'blackhole')"
JOB = """CREATE TEMPORARY TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
    CREATE TEMPORARY TABLE s (i BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT i FROM n;"""


def names(weir):
    return {table["name"] for table in weir.get("/v1/catalog")["tables"]}


def refused(weir, path, body):
    found = weir.refused(507, "POST", path, body)
    expect((found["code"], found["hint"]), ("disk_full", "Make room, and try again: nothing of this is there"), path)
    if "catalog.db': database or disk is full" not in found["message"]:
        raise harness.Failure(f"the error does not say what is full: {found}")


def full(env):
    folder = env.folder("server-disk")
    with disk.small_disk(folder, 2 << 20):
        with Weir(env, folder, settings=[("server.pg.port", "0")]) as weir:
            run(weir, TABLE.format("first"))
            ballast = os.path.join(folder, "ballast")
            with open(ballast, "wb", buffering=0) as file:
                try:
                    while file.write(bytes(4096)) > 0:
                        pass
                except OSError:
                    pass  # it is full
            made = []
            while len(made) < 2000:  # until there is no room in what the file has already
                try:
                    run(weir, TABLE.format(f"t{len(made)}"))
                except server.Refused:  # the next one says why
                    break
                made.append(f"t{len(made)}")
            refused(weir, "/v1/statements", {"sql": TABLE.format("more")})
            refused(weir, "/v1/statements", {"sql": "DROP TABLE first"})
            refused(weir, "/v1/jobs", {"name": "j", "sql": JOB})
            said = weir.psql("\\set VERBOSITY verbose", TABLE.format("more"), code=1)
            expect("53100" in said and "Make room" in said, True, f"SQLSTATE: {said}")
            expect((names(weir), weir.get("/v1/jobs")["jobs"]), ({"first", *made}, []), "what is there")
            expect(run(weir, "SELECT 1 + 1 AS two"), [[2]], "who changes nothing")
            os.remove(ballast)
            run(weir, TABLE.format("more"))
            weir.restart(kill=True)
            expect(names(weir), {"first", "more", *made}, "after a crash")


def cases(env):
    yield "server/disk/full", lambda: full(env)
