# SPDX-License-Identifier: Apache-2.0
"""server_readers_suite - clients that ask and do not read: a stream of a query, a stream of a materialized table, a result that nobody asks for, and
the PostgreSQL protocol with a query and SUBSCRIBE. Jobs go on beside them, memory stays bounded, and each is cut with a reason in the log. One in
whose stream nothing happens is not."""
import socket
import struct
import threading
import time

import harness
import server
from drills.flow import Watched
from server_jobs_suite import wait
from server_sql_suite import run

GROWTH_KB = 300 << 10  # that all of them together may cost: their bounds, and what a sanitizer adds

# Every row is a kilobyte and replaces another one, so that the buffers between server and client fill soon.
SOURCE = """CREATE TABLE n (i BIGINT, k AS MOD(i, 500), t AS CONCAT(CAST(i AS STRING), REPEAT('x', 1000))) WITH ('connector' = 'datagen',
  'rows-per-second' = '10000', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000000000')"""
VIEW = "CREATE MATERIALIZED TABLE latest AS SELECT k, MAX(t) AS t, COUNT(*) AS c FROM n GROUP BY k"
COUNTS = """CREATE TEMPORARY TABLE s (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
  INSERT INTO s SELECT k, COUNT(*) FROM n GROUP BY k;"""


def connect(port):
    """A socket with next to no room for what comes."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.connect(("127.0.0.1", port))
    return found


def request(weir, path):
    found = connect(weir.port)
    found.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return found


def query(port, sql):
    """The PostgreSQL protocol by hand: a client that sends a query, and reads nothing behind the login."""
    found = connect(port)
    start = struct.pack("!i", 196608) + b"user\0ann\0\0"
    found.sendall(struct.pack("!i", len(start) + 4) + start)
    seen = b""
    while b"Z\0\0\0\5I" not in seen:
        seen += found.recv(100)
    text = sql.encode() + b"\0"
    found.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
    return found


def stalled(env):
    settings = [("server.results.idle-timeout", "2 s"), ("server.results.max-size", "1 mb"), ("server.pg.port", "0"), ("parallelism.default", "1")]
    with server.Server(env, env.folder("readers-stalled"), settings) as weir:
        weir.process.until_said("weir: postgresql:")
        port = int(weir.process.said().split("weir: postgresql://127.0.0.1:")[1].split()[0])
        run(weir, SOURCE)
        run(weir, VIEW)
        weir.post("/v1/jobs", {"name": "counts", "sql": COUNTS})
        wait(weir, "counts", lambda found: found["rows_out"] > 0, "rows")
        wait(weir, "materialized-table-latest", lambda found: found["rows_out"] > 1000, "rows of the table")
        before = weir.rss()
        session = weir.post("/v1/sessions")["session"]
        streamed, forgotten = (weir.post("/v1/statements", {"sql": "SELECT * FROM n", "session": session})["statement"] for _ in range(2))
        clients = [request(weir, f"/v1/statements/{streamed}/stream"), request(weir, "/v1/views/latest/stream"), query(port, "SELECT * FROM n"),
                   query(port, "COPY (SUBSCRIBE TO latest) TO STDOUT")]
        try:
            for reason in (f"took nothing of the answer to GET /v1/statements/{streamed}/stream", "took nothing of the answer to GET /v1/views/latest/stream",
                           f"Nobody has asked for the rows of statement {forgotten}"):
                weir.process.until_said(reason)
            weir.process.until_said("A client of the PostgreSQL protocol (ann) took no rows", 2)
            for name in ("counts", "materialized-table-latest"):
                rows = weir.get(f"/v1/jobs/{name}")["rows_in"]
                wait(weir, name, lambda found, rows=rows: found["rows_in"] > rows, "a job that goes on")
            weir.process.until(lambda: weir.get("/v1/views/latest")["readers"] == 0, "readers that are gone")
            grown = weir.rss() - before
            if grown > GROWTH_KB:
                raise harness.Failure(f"the memory has grown by {grown} KB")
        finally:
            for client in clients:
                client.close()


def quiet(env):
    """Two streams in which nothing happens for longer than a reader may take nothing; then something does."""
    folder = env.folder("readers-quiet")
    rows = Watched(f"{folder}/in")
    with server.Server(env, folder, [("server.results.idle-timeout", "1 s"), ("parallelism.default", "1")]) as weir:
        run(weir, f"CREATE TABLE n (i INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '50 ms')")
        run(weir, "CREATE MATERIALIZED TABLE sums AS SELECT MOD(i, 2) AS k, SUM(i) AS s FROM n GROUP BY MOD(i, 2)")
        statement = weir.post("/v1/statements", {"sql": "SELECT i FROM n"})["statement"]
        seen = {f"/v1/statements/{statement}/stream": [], "/v1/views/sums/stream": []}

        def follow(path):
            for name, data in weir.events(path, timeout=120):
                seen[path].extend(row["row"] for row in (data["rows"] if name == "rows" else []))
                if seen[path][-1:] in ([[2]], [[0, 2]]):
                    return

        threads = [threading.Thread(target=follow, args=(path,)) for path in seen]
        for thread in threads:
            thread.start()
        rows.put([{"i": 1}])
        weir.process.until(lambda: all(seen.values()), "the first rows")
        time.sleep(3)  # nothing is to come
        rows.put([{"i": 2}])
        for thread in threads:
            thread.join(120)
        if [one[-1:] for one in seen.values()] != [[[2]], [[0, 2]]]:
            raise harness.Failure(f"a stream has ended too soon: {seen}\n{weir.process.said()}")


def cases(env):
    yield "server/readers/stalled", lambda: stalled(env)
    yield "server/readers/quiet", lambda: quiet(env)
