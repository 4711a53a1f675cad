# SPDX-License-Identifier: Apache-2.0
"""server_views_suite - materialized tables of a server: made, read by SQL, by key and as streams while they change, replaced,
suspended, dropped, and whole again after the server was stopped or killed."""
import os
import threading
import time

import harness
import server
from server_sql_suite import expect, run, until

ORDERS = """CREATE TABLE orders (id BIGINT, customer INT, amount BIGINT) WITH ('connector' = 'filesystem', 'path' = '{0}/orders', 'format' = 'csv',
  'source.monitor-interval' = '100 ms')"""
TOTALS = "CREATE MATERIALIZED TABLE totals AS SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer"
FAST = [("execution.checkpointing.interval", "100 ms")]
JOB = "materialized-table-totals"


def orders(folder, first, count):
    """A file of orders, there at once; the totals of its customers."""
    os.makedirs(f"{folder}/orders", exist_ok=True)
    totals = {}
    with open(f"{folder}/.orders", "w", encoding="utf-8") as file:
        for i in range(first, first + count):
            customer, amount = i * 7 % 100, i % 13
            n, total = totals.get(customer, (0, 0))
            totals[customer] = (n + 1, total + amount)
            file.write(f"{i},{customer},{amount}\n")
    os.rename(f"{folder}/.orders", f"{folder}/orders/{first}.csv")
    return totals


def add(a, b):
    return {key: tuple(map(sum, zip(a.get(key, (0, 0)), b.get(key, (0, 0))))) for key in {*a, *b}}


def content(weir, view="totals"):
    return {row[0]: tuple(row[1:]) for row in weir.get(f"/v1/views/{view}/rows?limit=10000")["rows"]}


def shows(weir, totals, what):
    """The table comes to these totals."""
    def there():
        try:
            return content(weir) == totals
        except server.Refused as refused:
            if refused.code in (404, 503):
                return False
            raise
    until(what, there)


def checkpoints(weir):
    return weir.get(f"/v1/jobs/{JOB}")["checkpoint"]["done"]


def reading(env):
    """By SQL of any session, by key, with filters, order and limit; what EXPLAIN says of it; who may not write."""
    folder = env.folder("views-reading")
    totals = orders(folder, 0, 5000)
    with server.Server(env, folder, FAST) as weir:
        run(weir, ORDERS.format(folder))
        expect(run(weir, TOTALS), ("done", "CREATE MATERIALIZED TABLE"), "CREATE")
        shows(weir, totals, "the totals")
        expect(dict((row[0], tuple(row[1:])) for row in run(weir, "SELECT * FROM totals")), totals, "SELECT *")
        expect(run(weir, "SELECT n, total FROM totals WHERE customer = 7"), [list(totals[7])], "by key")
        expect(run(weir, "SELECT customer FROM totals WHERE customer IN (5, 500)"), [[5]], "by keys")
        expect(run(weir, "SELECT COUNT(*) AS c FROM totals")[-1], [100], "COUNT")
        plan = run(weir, "EXPLAIN SELECT * FROM totals WHERE customer = 7")[0][0]
        expect("access=[look-up of 1 key]" in plan, True, plan)
        plan = run(weir, "EXPLAIN SELECT * FROM totals WHERE total = 7")[0][0]
        expect("access=[scan]" in plan, True, plan)
        expect([row for row in run(weir, "SHOW TABLES")], [["orders"], ["totals"]], "SHOW TABLES")
        error = weir.refused(400, "POST", "/v1/statements", {"sql": "INSERT INTO totals SELECT 1, CAST(1 AS BIGINT), CAST(1 AS BIGINT)"})
        expect("which its own query alone writes" in error["message"], True, error)
        error = weir.refused(400, "POST", "/v1/statements", {"sql": "DROP TABLE totals"})
        expect(error.get("hint"), "Write DROP MATERIALIZED TABLE totals", error)
        error = weir.refused(400, "POST", "/v1/statements", {"sql": TOTALS})
        expect("exists already" in error["message"], True, error)

        found = weir.get("/v1/views/totals/row?customer=7")
        expect([(c["name"], c["type"]) for c in found["columns"]], [("customer", "INT"), ("n", "BIGINT NOT NULL"), ("total", "BIGINT")], "columns")
        expect(found["rows"], [[7, *totals[7]]], "a row")
        expect(weir.get("/v1/views/totals/row?customer=700")["rows"], [], "no row")
        expect(weir.get("/v1/views/totals/rows?customer=7&n=1")["rows"], [], "a row with another value")
        best = sorted(((total, -n, c) for c, (n, total) in totals.items()), reverse=True)
        rows = weir.get("/v1/views/totals/rows?order=total&desc=1&limit=10")["rows"]
        expect([row[2] for row in rows], [total for total, _, _ in best[:10]], "the first ten")
        rows = weir.get("/v1/views/totals/rows?n=50&order=customer&limit=3")["rows"]
        expect(rows, [[c, *totals[c]] for c in sorted(totals) if totals[c][0] == 50][:3], "a filter")
        weir.refused(404, "GET", "/v1/views/none/row?customer=1")
        for path in ("row", "row?total=1", "row?customer=x", "rows?limit=0", "rows?limit=99999", "rows?order=none"):
            weir.refused(400, "GET", "/v1/views/totals/" + path)
        # A condition on what is no column is none to be passed over: all rows would come.
        for path, hint in (("rows?country=DE", "There are customer, n, total; beside them order, desc and limit"), ("row?customer=7&limit=1", "There are customer, n, total")):
            error = weir.refused(400, "GET", "/v1/views/totals/" + path)
            expect((error["message"].endswith("is no column of materialized table 'totals'"), error["hint"]), (True, hint), path)
        view = weir.get("/v1/views")["views"][0]
        expect((view["name"], view["rows"], view["key"], view["job"], view["ready"]), ("totals", 100, ["customer"], JOB, True), "the list")


def restarts(env):
    """Stopped and killed: the same rows, without anything new to read; then it goes on."""
    folder = env.folder("views-restarts")
    totals = orders(folder, 0, 3000)
    with server.Server(env, folder, FAST) as weir:
        run(weir, ORDERS.format(folder))
        run(weir, TOTALS)
        run(weir, "CREATE MATERIALIZED TABLE bag AS SELECT customer FROM orders WHERE amount = 1")
        shows(weir, totals, "the totals")
        for number, kill in enumerate((False, True, True)):
            done = checkpoints(weir)
            until("two checkpoints", lambda: checkpoints(weir) > done + 1)
            weir.restart(kill)
            shows(weir, totals, f"the totals after restart {number}")
            expect(run(weir, "SELECT COUNT(*) AS c, SUM(n) AS n FROM totals")[-1], [100, 3000 * (number + 1)], "by SQL")
            expect(run(weir, "SELECT COUNT(*) AS n FROM bag")[-1], [len(range(1, 3000 * (number + 1), 13))], "the bag")
            totals = add(totals, orders(folder, 3000 * (number + 1), 3000))
            shows(weir, totals, f"what came after restart {number}")


def changes(env):
    """REPLACE, SUSPEND, RESUME, DROP; a table of a bounded query begins again with the server."""
    folder = env.folder("views-changes")
    totals = orders(folder, 0, 1000)
    with server.Server(env, folder, FAST) as weir:
        run(weir, ORDERS.format(folder))
        run(weir, TOTALS)
        shows(weir, totals, "the totals")
        expect(run(weir, "ALTER MATERIALIZED TABLE totals SUSPEND"), ("done", "ALTER MATERIALIZED TABLE"), "SUSPEND")
        more = add(totals, orders(folder, 1000, 1000))
        time.sleep(0.5)
        expect(content(weir), totals, "the totals while it is suspended")
        expect(weir.get("/v1/views/totals")["written"], False, "nobody writes it")
        run(weir, "ALTER MATERIALIZED TABLE totals RESUME")
        shows(weir, more, "the totals when it goes on")
        weir.post(f"/v1/jobs/{JOB}/rescale", {"parallelism": 3})
        shows(weir, more, "the totals of three workers")
        run(weir, "CREATE OR REPLACE MATERIALIZED TABLE totals AS SELECT customer, MAX(id) AS last_ FROM orders GROUP BY customer")
        until("the new rows", lambda: run(weir, "SELECT MAX(last_) AS m FROM totals")[-1] == [1999])
        expect(len(weir.get("/v1/jobs")["jobs"]), 1, "jobs")
        run(weir, "CREATE TABLE two (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '2')")
        run(weir, "CREATE MATERIALIZED TABLE bounded AS SELECT a FROM two")
        until("the end", lambda: weir.get("/v1/jobs/materialized-table-bounded")["state"] == "FINISHED")
        weir.restart()
        until("the bounded rows", lambda: weir.get("/v1/views/bounded")["ready"])
        expect(sorted(run(weir, "SELECT a FROM bounded")), [[1], [2]], "a bounded query")
        run(weir, "DROP MATERIALIZED TABLE totals")
        weir.refused(404, "GET", "/v1/views/totals")
        weir.refused(404, "GET", f"/v1/jobs/{JOB}")
        expect(run(weir, "SHOW TABLES"), [["bounded"], ["orders"], ["two"]], "SHOW TABLES")
        weir.refused(400, "POST", "/v1/statements", {"sql": "DROP MATERIALIZED TABLE totals"})
        expect(run(weir, "DROP MATERIALIZED TABLE IF EXISTS totals"), ("done", "DROP MATERIALIZED TABLE"), "DROP IF EXISTS")


def money(env):
    """Money moves between accounts: whoever looks, however, sees the same sum, while it moves and the server is killed."""
    folder = env.folder("views-money")
    stop, seen, wrong = threading.Event(), {"sql": 0, "rows": 0, "stream": 0}, []
    with server.Server(env, folder, FAST) as weir:
        run(weir, "CREATE TABLE transfers (a INT, b INT, m INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000', "
            "'fields.a.min' = '0', 'fields.a.max' = '99', 'fields.b.min' = '0', 'fields.b.max' = '99', 'fields.m.min' = '1', 'fields.m.max' = '50')")
        run(weir, "CREATE MATERIALIZED TABLE balances AS SELECT account, SUM(change) AS balance FROM "
            "(SELECT a AS account, -m AS change FROM transfers UNION ALL SELECT b, m FROM transfers) GROUP BY account")
        # A first version may be shown before there is a row, and the SUM of none is no row.
        until("the first rows", lambda: weir.get("/v1/views/balances")["ready"] and weir.get("/v1/views/balances/rows?limit=1")["rows"])

        def look(kind, once):
            while not stop.is_set() and not wrong:
                try:
                    found = once()
                except Exception as failure:  # pylint: disable=broad-except
                    found = repr(failure)
                if found != 0:
                    wrong.append(f"{kind}: {found}")
                seen[kind] += 1

        def follow():
            balances, total = {}, 0
            for name, data in weir.events("/v1/views/balances/stream"):
                if name == "rows":
                    for change in data["rows"]:
                        account, balance = change["row"]
                        if change["kind"] in ("+I", "+U"):
                            balances[account] = balance
                        elif change["kind"] == "-D":
                            del balances[account]
                        total += balance if change["kind"] in ("+I", "+U") else -balance
                elif name == "shown":
                    seen["stream"] += 1
                    if total != 0 or sum(balances.values()) != 0:
                        wrong.append(f"stream: {total}")
                if stop.is_set() or wrong or name == "end":
                    return

        threads = [threading.Thread(target=look, args=("sql", lambda: run(weir, "SELECT SUM(balance) AS s FROM balances")[-1][0])),
                   threading.Thread(target=look, args=("rows", lambda: sum(row[1] for row in weir.get("/v1/views/balances/rows?limit=1000")["rows"]))),
                   threading.Thread(target=follow)]
        for thread in threads:
            thread.start()
        version = weir.get("/v1/views/balances")["version"]
        try:
            until("many looks", lambda: wrong or (min(seen.values()) > 20 and weir.get("/v1/views/balances")["version"] > version + 20), 180)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        expect(wrong, [], "sums")
        weir.restart(kill=True)
        until("the rows again", lambda: weir.get("/v1/views")["views"] and weir.get("/v1/views/balances")["ready"])
        expect(run(weir, "SELECT SUM(balance) AS s FROM balances")[-1], [0], "after a crash")


def cases(env):
    for function in (reading, restarts, changes, money):
        yield f"server/views/{function.__name__}", lambda function=function: function(env)
