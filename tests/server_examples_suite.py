# SPDX-License-Identifier: Apache-2.0
"""server_examples_suite - the examples that run on a server: what they show is computed once more from the same files, in order and out of
order, and the server is killed on the way."""
import collections
import decimal
import glob
import json
import os
import random
import time

import harness
import server
from examples_suite import MINUTE, expect, floor, lines, ms
from server_jobs_suite import submit, wait
from server_pg_suite import Weir

EXAMPLES = os.path.join(harness.ROOT, "examples")
FAST = "SET 'execution.checkpointing.interval' = '200 ms';\n"


def text_of(name, script):
    with open(os.path.join(EXAMPLES, name, script), encoding="utf-8") as file:
        return file.read()


class Feed:
    """A file of an example, told in parts into a folder that is watched."""

    def __init__(self, path, folder, size, seed=None):
        rows = harness.read_lines(path)
        self.parts, self.folder, self.told = [rows[i:i + size] for i in range(0, len(rows), size)], folder, 0
        if seed is not None:
            random.Random(seed).shuffle(self.parts)
        os.makedirs(folder)

    def tell(self):
        """One more part; False: all have been told."""
        if self.told == len(self.parts):
            return False
        hidden = os.path.join(self.folder, f".{self.told:03}")
        with open(hidden, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in self.parts[self.told]))
        os.rename(hidden, os.path.join(self.folder, f"{self.told:03}.json"))
        self.told += 1
        return True


def parts(folder):
    return [row for path in sorted(glob.glob(os.path.join(folder, "part-*"))) for row in lines(path)]


def until(test, what, seconds=60):
    """Until the test gives no difference."""
    end = time.monotonic() + seconds
    while True:
        got, want = test()
        if got == want:
            return
        if time.monotonic() > end:
            expect(got, want, what)
        time.sleep(0.05)


def money(value):
    return decimal.Decimal(str(value)).quantize(decimal.Decimal("0.01"))


def rows_of(weir, view):
    """The rows of a view; none as long as its job has not taken them up."""
    try:
        found = weir.get(f"/v1/views/{view}/rows")
    except server.Refused as refused:
        if refused.code != 503:
            raise
        return []
    names = [column["name"] for column in found["columns"]]
    return [dict(zip(names, row)) for row in found["rows"]]


class Board:
    """What the board must show."""

    def __init__(self):
        self.orders = {row["order_id"]: row for row in lines(os.path.join(EXAMPLES, "kpi_board", "orders.json"))}
        self.payments = lines(os.path.join(EXAMPLES, "kpi_board", "payments.json"))
        sums = {kind: collections.defaultdict(lambda: money(0)) for kind in ("payment", "refund")}
        for row in self.payments:
            sums[row["kind"]][row["order_id"]] += money(row["amount"])
        self.paid, self.refunded = sums["payment"], sums["refund"]

    def revenue(self, late):
        """By minute, without payments that were late for theirs."""
        left, found = {(row["order_id"], row["kind"]) for row in late}, collections.defaultdict(lambda: money(0))
        for row in self.payments:
            if row["kind"] == "payment" and (row["order_id"], row["kind"]) not in left:
                found[floor(ms(row["paid_at"]), MINUTE)] += money(row["amount"])
        return dict(found)

    def funnel(self):
        found = collections.defaultdict(list)
        for order in self.orders.values():
            found[floor(ms(order["ordered_at"]), MINUTE)].append(order["order_id"] in self.paid)
        return {minute: (len(paid), sum(paid)) for minute, paid in found.items()}

    def top(self):
        brought = collections.defaultdict(lambda: money(0))
        for number, amount in self.paid.items():
            brought[self.orders[number]["product"]] += amount - self.refunded[number]
        return sorted(((-amount, name) for name, amount in brought.items()))[:5]


def kpi_board(env, seed):
    """Parts in order: two payments come too late for their minute. Parts out of order: more do, and each is counted or put aside."""
    board, folder = Board(), env.folder(f"server-examples-kpi-{seed}")
    feeds = [Feed(os.path.join(EXAMPLES, "kpi_board", f"{name}.json"), os.path.join(folder, name), size, seed)
             for name, size in (("orders", 60), ("payments", 46))]
    sql = text_of("kpi_board", "kpi.sql").replace("${DATA}", folder).replace("SET 'execution.checkpointing.interval' = '2 s';\n", FAST)
    with Weir(env, folder, settings=[("server.pg.port", "0")]) as weir:
        weir.post("/v1/scripts", {"sql": sql})
        while any([feed.tell() for feed in feeds]):
            if feeds[0].told == 5:
                number = weir.get("/v1/jobs/materialized-table-revenue_per_minute")["checkpoint"]["number"]
                wait(weir, "materialized-table-revenue_per_minute", lambda found: found["checkpoint"]["number"] > number, "a checkpoint")
                weir.restart(kill=True)

        def kpis():
            rate = round(len([number for number in board.paid if board.refunded[number]]) / len(board.paid), 3)
            return ([(row["orders"], money(row["revenue"]), float(row["refund_rate"])) for row in rows_of(weir, "kpis")],
                    [(len(board.orders), sum(board.paid.values()), rate)])

        def revenue():
            shown = {ms(row["minute"]): money(row["revenue"]) for row in rows_of(weir, "revenue_per_minute") if money(row["revenue"])}
            return shown, board.revenue(parts(os.path.join(folder, "late_payments")))

        until(kpis, "kpis")
        until(revenue, "revenue of each minute, and late payments")
        until(lambda: ({ms(row["minute"]): (row["orders"], row["paid_orders"]) for row in rows_of(weir, "funnel_per_minute")}, board.funnel()), "funnel")
        until(lambda: ([(row["product"], money(row["revenue"])) for row in sorted(rows_of(weir, "top_products"), key=lambda row: row["place"])],
                       [(name, -amount) for amount, name in board.top()]), "top products")
        late = parts(os.path.join(folder, "late_payments"))
        if seed is None:
            expect(sorted(row["order_id"] for row in late), [542, 551], "late payments, as the README says")
        if min(row["late_ms"] for row in late) <= 10 * MINUTE:
            raise harness.Failure(f"put aside within the time for corrections: {late}")
        expect({table["name"]: table["kind"] for table in weir.get("/v1/catalog")["tables"]}["kpis"], "materialized table", "what the page's catalog has")
        expect(weir.psql("SELECT orders, revenue FROM kpis"), f"{len(board.orders)}|{sum(board.paid.values())}", "by psql")


def autoscaling(env):
    """The server is killed again and again while metrics come: each decision is made once, as in a run in one go."""
    folder, name = env.folder("server-examples-scaling"), os.path.join(EXAMPLES, "autoscaling", "metrics.json")
    env.weir("run", "--quiet", "-v", f"DIR={folder}/one", "-e", text_of("autoscaling", "autoscaling.sql").replace("${DIR}/metrics.json", name), check=0)
    want = sorted(map(json.dumps, parts(os.path.join(folder, "one", "out", "decisions"))))
    feed = Feed(name, os.path.join(folder, "metrics"), 90)
    sql = text_of("autoscaling", "autoscaling.sql").replace("${DIR}/metrics.json'", "${DIR}/metrics',\n  'source.monitor-interval' = '50 ms'")
    with server.Server(env, folder) as weir:
        job = submit(weir, FAST + sql.replace("${DIR}", folder), "scaling", {})
        while feed.tell():
            if feed.told in (4, 9, 13):
                number = weir.get(f"/v1/jobs/{job}")["checkpoint"]["number"]
                wait(weir, job, lambda found: found["checkpoint"]["number"] > number, "a checkpoint")
                weir.restart(kill=True)
        until(lambda: (sorted(map(json.dumps, parts(os.path.join(folder, "out", "decisions")))), want), "decisions")
        weir.post(f"/v1/jobs/{job}/stop", {"mode": "drain"})
        wait(weir, job, lambda found: found["state"] == "FINISHED", "the end")
    expect(sorted(map(json.dumps, parts(os.path.join(folder, "out", "decisions")))), want, "decisions behind the end")


def cases(env):
    if not os.path.exists(os.path.join(EXAMPLES, "kpi_board")):
        return
    yield "server_examples/kpi_board", lambda: kpi_board(env, None)
    yield "server_examples/kpi_board/shuffled", lambda: kpi_board(env, 4)
    yield "server_examples/autoscaling", lambda: autoscaling(env)
