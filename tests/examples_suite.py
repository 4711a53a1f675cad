# SPDX-License-Identifier: Apache-2.0
"""examples_suite - every example under examples/ does what its README says, checked for meaning: each result is computed once more
from the data, in another way than by SQL, and must come out with any batch size and any number of workers.
"""
import collections
import datetime
import glob
import hashlib
import json
import math
import os
import re
import shutil

import harness

SECOND, MINUTE = 1000, 60000


def ms(text):
    """Milliseconds of a timestamp."""
    moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return round(moment.timestamp() * 1000)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got}\n  want {want}")


def floor(time, size):
    return time // size * size


def timed(rows, name, delay):
    """(row, time, watermark before the row) in the order of arrival."""
    high = 0
    for row in rows:
        time = ms(row[name])
        yield row, time, high
        high = max(high, time - delay)


class Example:
    """One example, run in a copy of its folder."""

    def __init__(self, env, name):
        self.env, self.name = env, name
        self.folder = env.folder("example-" + name)
        shutil.copytree(os.path.join(harness.ROOT, "examples", name), self.folder, dirs_exist_ok=True)

    def data(self, name):
        return lines(os.path.join(self.folder, name))

    def run(self, script, mode):
        """The rows of the script's SELECT at the end, and the progress text."""
        done = self.env.weir("run", "--result", "final", "--format", "json", "--set", f"weir.batch.max-rows={mode[0]}", "--parallelism",
                             str(mode[1]), "-v", f"DIR={self.folder}", os.path.join(self.folder, script), check=0)
        return [json.loads(line) for line in done.stdout.split("\n")[:-1]], done.stderr


def sensors(env):
    example = Example(env, "sensors")
    want, late = collections.defaultdict(list), []
    for row, time, watermark in timed(example.data("readings.json"), "at", MINUTE):
        start = floor(time, 5 * MINUTE)
        if watermark >= start + 5 * MINUTE - 1:
            late.append((row["sensor"], row["at"]))
        else:
            want[row["sensor"], start].append(row["temperature"])
    for mode in env.modes:
        rows, text = example.run("sensors.sql", mode)
        expect({(r["sensor"], ms(r["window_start"])): r["readings"] for r in rows}, {k: len(v) for k, v in want.items()}, f"readings, {mode}")
        for r in rows:
            values = want[r["sensor"], ms(r["window_start"])]
            if not math.isclose(r["average"], sum(values) / len(values), rel_tol=1e-12):
                raise harness.Failure(f"{mode}: {r}, wanted {sum(values) / len(values)}")
        out = lines(os.path.join(example.folder, "out", "too_late.json"))
        expect(sorted((r["sensor"], ms(r["at"])) for r in out), sorted((s, ms(t)) for s, t in late), f"too late, {mode}")
        expect((len(late), "late 3," in text), (3, True), "three late readings, as the README says")


def clicks(env):
    example = Example(env, "clicks")
    data = example.data("clicks.json")
    order = [row["clicked_at"][11:] for row in data]
    expect(order.index("10:01:45") > order.index("10:02:30"), True, "the click of 10:01:45 comes late")
    want = collections.Counter(row["clicked_at"][:16] for row in data)
    for mode in env.modes:
        rows, text = example.run("clicks.sql", mode)
        expect({r["window_start"][:16]: r["clicks"] for r in rows}, dict(want), f"clicks, {mode}")
        expect((want["2024-03-01 10:01"], "late 0," in text), (4, True), "four clicks in 10:01, as the README says")
    path = os.path.join(example.folder, "clicks.sql")
    with open(path, encoding="utf-8") as file:
        hasty = file.read().replace(" - INTERVAL '1' MINUTE", "")
    with open(path, "w", encoding="utf-8") as file:
        file.write(hasty)
    rows, text = example.run("clicks.sql", (4096, 1))
    expect(([r["clicks"] for r in rows if "10:01" in r["window_start"]], "late 1," in text), ([3], True), "without the minute")


def outliers(env):
    example = Example(env, "outliers")
    want, history = set(), collections.defaultdict(list)
    for row in sorted(example.data("transactions.json"), key=lambda r: ms(r["at"])):
        before = history[row["account"]][-100:]
        if len(before) >= 10:
            average = sum(before) / len(before)
            deviation = math.sqrt(sum((x - average) ** 2 for x in before) / len(before))
            if row["amount"] > average + 3 * deviation:
                want.add(row["transaction_id"])
        history[row["account"]].append(row["amount"])
    expect(want >= {150, 310, 466, 560}, True, "those that were put in")
    for mode in env.modes:
        rows, _ = example.run("outliers.sql", mode)
        expect({r["transaction_id"] for r in rows}, want, f"outliers, {mode}")


def late_trades(env):
    example = Example(env, "late_trades")
    first, all_rows, late = collections.Counter(), collections.Counter(), []
    for row, time, watermark in timed(example.data("trades.json"), "traded_at", 5 * SECOND):
        key = (row["symbol"], floor(time, MINUTE))
        all_rows[key] += 1
        if watermark >= key[1] + MINUTE - 1:
            late.append(row["trade_id"])
        else:
            first[key] += 1
    for mode in env.modes:
        out = os.path.join(example.folder, "out")
        example.run("first.sql", mode)
        _, text = example.run("second.sql", mode)
        expect("late 0," in text, True, f"no trade is late in the second run, {mode}: {text}")
        for name, counts in (("first.json", first), ("second.json", all_rows)):
            got = {(r["symbol"], ms(r["window_start"])): r["trades"] for r in lines(os.path.join(out, name))}
            expect(got, dict(counts), f"{name}, {mode}")
        expect(sorted(r["trade_id"] for r in lines(os.path.join(out, "late_trades.json"))), sorted(late), f"late trades, {mode}")
        rows, _ = example.run("difference.sql", mode)
        expect({(r["symbol"], ms(r["window_start"])): r["more_trades"] for r in rows}, dict(all_rows - first), f"difference, {mode}")
        expect(sum(r["more_trades"] for r in rows), len(late), f"the difference is the late trades, {mode}")


def sessions(env):
    example = Example(env, "sessions")
    views = collections.defaultdict(list)
    for row in example.data("pageviews.json"):
        views[row["visitor"]].append((ms(row["at"]), row["page"]))
    want = []
    for visitor, seen in views.items():
        session = []
        for time, page in sorted(seen):
            if session and time - session[-1][0] >= 30 * MINUTE:
                want.append((visitor, session))
                session = []
            session.append((time, page))
        want.append((visitor, session))
    want = sorted((v, s[0][0], s[-1][0], len(s), len({p for _, p in s}), any(p == "/pay" for _, p in s)) for v, s in want)
    for mode in env.modes:
        rows, _ = example.run("sessions.sql", mode)
        got = sorted((r["visitor"], ms(r["began"]), ms(r["ended"]), r["page_views"], r["pages"], r["paid"]) for r in rows)
        expect(got, want, f"sessions, {mode}")


def top_products(env):
    example = Example(env, "top_products")
    turnover = collections.defaultdict(collections.Counter)
    for row in example.data("sales.json"):
        turnover[floor(ms(row["sold_at"]), 10 * MINUTE)][row["product"]] += round(float(row["price"]) * 100) * row["quantity"]
    want = []
    for start, products in turnover.items():
        best = sorted(products.items(), key=lambda item: (-item[1], item[0]))[:3]
        want += [(start, place, product, cents) for place, (product, cents) in enumerate(best, 1)]
    for mode in env.modes:
        rows, _ = example.run("top_products.sql", mode)
        got = sorted((ms(r["window_start"]), r["place"], r["product"], round(float(r["turnover"]) * 100)) for r in rows)
        expect(got, sorted(want), f"top products, {mode}")
    plan = env.weir("explain", "-v", f"DIR={example.folder}", os.path.join(example.folder, "top_products.sql"), check=0).stdout
    expect("WindowRank(" in plan and "fetch=3" in plan, True, f"the plan that the README names\n{plan}")


def rate_limits(env):
    example = Example(env, "rate_limits")
    seconds, customers = collections.Counter(), collections.Counter()
    for row in example.data("requests.json"):
        second = ms(row["at"]) // SECOND
        customers[row["customer"]] += 1
        for end in range(second + 1, second + 11):
            seconds[row["customer"], end * SECOND] += 1
    expect(customers["crawler"] * 2 > sum(customers.values()) * 0.9, True, "one customer has half of all")
    want = {key: count for key, count in seconds.items() if count > 40}
    for mode in env.modes:
        rows, _ = example.run("rate_limits.sql", mode)
        expect({(r["customer"], ms(r["window_end"])): r["requests"] for r in rows}, want, f"rate limits, {mode}")


def deduplication(env):
    example = Example(env, "deduplication")
    data = example.data("events.json")
    once = {row["event_id"]: (floor(ms(row["at"]), 5 * MINUTE), row["kind"]) for row in data}
    expect(len(once) < len(data), True, "there is something to deduplicate")
    want = collections.Counter(once.values())
    for mode in env.modes:
        rows, _ = example.run("deduplication.sql", mode)
        expect({(ms(r["window_start"]), r["kind"]): r["events"] for r in rows}, dict(want), f"events, {mode}")
    plan = env.weir("explain", "-v", f"DIR={example.folder}", os.path.join(example.folder, "deduplication.sql"), check=0).stdout
    expect("Deduplicate(" in plan, True, f"the plan that the README names\n{plan}")


def cdc_orders(env):
    example = Example(env, "cdc_orders")
    changes, want = example.data("customers.json"), {}
    for order in example.data("orders.json"):
        valid = None
        for change in changes:
            image = change["after"] or change["before"]
            if image["customer_id"] == order["customer_id"] and image["changed_at"] <= order["ordered_at"]:
                valid = change["after"]
        want[order["order_id"]] = (valid["name"], valid["city"]) if valid else (None, None)
    cities = {city for name, city in want.values() if name == "Ada"}
    expect((cities, (None, None) in want.values()), ({"Oslo", "Paris", "Kyoto"}, True), "what the README says")
    for mode in env.modes:
        rows, _ = example.run("cdc_orders.sql", mode)
        expect({r["order_id"]: (r.get("name"), r.get("city")) for r in rows}, want, f"orders, {mode}")


def fraud(env):
    example = Example(env, "fraud")
    accounts, late = collections.defaultdict(list), []
    for row, time, watermark in timed(example.data("payments.json"), "paid_at", 5 * SECOND):
        if time <= watermark:
            late.append(row["payment_id"])
        else:
            accounts[row["account"]].append((time, row["amount"]))
    want = set()
    for account, payments in accounts.items():
        payments.sort()
        want |= {(account, small, big) for (small, low), (big, high) in zip(payments, payments[1:])
                 if low < 1 and high > 500 and big - small < MINUTE}
    expect(len(want), 4, "alerts that the README speaks of")
    for mode in env.modes:
        rows, _ = example.run("fraud.sql", mode)
        expect({(r["account"], ms(r["tried_at"]), ms(r["used_at"])) for r in rows}, want, f"alerts, {mode}")
        out = lines(os.path.join(example.folder, "out", "late_payments.json"))
        expect(sorted(r["payment_id"] for r in out), sorted(late), f"late payments, {mode}")


def dead_letters(env):
    example = Example(env, "dead_letters")
    with open(os.path.join(example.folder, "payments.json"), encoding="utf-8") as file:
        texts = file.read().split("\n")[:-1]
    cut = [text for text in texts if not text.endswith("}")]
    amounts = {row["payment"]: row["amount"] for row in map(json.loads, (text for text in texts if text not in cut))}
    commas = {payment for payment, amount in amounts.items() if "," in amount}
    expect((len(texts), len(commas), len(cut)), (120, 12, 1), "payments, as the README says")

    def read(name):
        return [row for path in sorted(glob.glob(os.path.join(example.folder, "out", name, "*"))) for row in lines(path)]

    def booked():
        return sorted((row["payment"], f"{row['amount']:.2f}") for row in read("booked"))

    def dlq(*args):
        return env.weir("dlq", *args, "-v", f"DIR={example.folder}", check=0)

    _, text = example.run("payments.sql", (4096, 2))
    expect(booked(), sorted((p, a) for p, a in amounts.items() if p not in commas), "booked at first")
    shown = dlq("show", "--format", "json", os.path.join(example.folder, "payments.sql")).stdout
    expect({row["kind"]: row["letters"] for row in map(json.loads, shown.split("\n")[:-1])}, {"type": 12, "syntax": 1}, "dead letters")
    for round in (2, 3):
        dlq("replay", "--table", "payments", os.path.join(example.folder, "mended.sql"))
        expect(booked(), sorted((p, a.replace(",", ".")) for p, a in amounts.items()), f"booked behind replay {round - 1}")
        last = [row for row in read("dead_letters") if row["attempts"] == round]
        expect([(row["raw"], row["table"]) for row in last], [(cut[0], "payments")], "what failed again")


def autoscaling(env):
    example = Example(env, "autoscaling")
    windows = collections.defaultdict(list)
    for row, time, watermark in timed(example.data("metrics.json"), "measured_at", 5 * SECOND):
        end = floor(time, 10 * SECOND) + 10 * SECOND
        if watermark < end - 1:
            windows[row["service"], end].append(row)
    want = set()
    for service in {service for service, _ in windows}:
        calm, run, kind = 0, 0, 0
        for _, end in sorted(key for key in windows if key[0] == service):
            rows = windows[service, end]
            cpu, waiting = sum(row["cpu"] for row in rows) / len(rows), max(row["waiting"] for row in rows)
            pressure = 1 if cpu > 0.8 or waiting > 5000 else -1 if cpu < 0.3 and waiting < 500 else 0
            calm += 1
            run = run + 1 if pressure == kind != 0 else 1
            kind = pressure
            if kind != 0 and run >= 3 and calm >= 6:
                want.add((service, "scale up" if kind > 0 else "scale down", end))
                calm, run, kind = 0, 0, 0
    expect((len(want), min(end for service, _, end in want if service == "checkout")), (21, ms("2026-03-02 09:12:10")), "what the README says")
    for mode in env.modes:
        shutil.rmtree(os.path.join(example.folder, "out"), ignore_errors=True)
        example.run("autoscaling.sql", mode)
        rows = parts(example, "decisions")
        expect(sorted((row["service"], row["action"], ms(row["decided_at"])) for row in rows), sorted(want), f"decisions, {mode}")


def log_pipeline(env):
    example = Example(env, "log_pipeline")
    teams = {row["service"]: row["team"] for row in example.data("services.json")}
    kept = [row for row in example.data("logs.json") if row["level"] != "DEBUG" and "/healthz" not in row["message"]]
    errors = sorted((row["trace_id"], row["service"], teams.get(row["service"], "nobody")) for row in kept if row["level"] == "ERROR")
    sample = sorted((row["trace_id"], row["service"], ms(row["at"])) for row in kept if hashlib.md5(row["trace_id"].encode()).hexdigest()[0] in "01")
    minutes = collections.defaultdict(list)
    for row in kept:
        minutes[row["service"], floor(ms(row["at"]), MINUTE)].append(row)
    figures = {key: (len(rows), sum(row["level"] == "ERROR" for row in rows), max(row["took_ms"] for row in rows)) for key, rows in minutes.items()}
    expect({"beta"} - set(teams), {"beta"}, "the service that the README speaks of")
    for mode in env.modes:
        shutil.rmtree(os.path.join(example.folder, "out"), ignore_errors=True)
        example.run("pipeline.sql", mode)
        found = parts(example, "errors", "service")
        expect(sorted((row["trace_id"], row["service"], row["team"]) for row in found), errors, f"errors, {mode}")
        sampled = parts(example, "sampled")
        expect(sorted((row["trace_id"], row["service"], ms(row["at"])) for row in sampled), sample, f"sample, {mode}")
        expect({(row["service"], ms(row["minute"])): (row["lines"], row["errors"], row["took_ms_max"]) for row in parts(example, "metrics", "service")},
               figures, f"figures, {mode}")
        shown = " ".join(row["message"] for row in found + sampled)
        expect(re.findall(r"\S+@\S+|\d+\.\d+\.\d+\.\d+|\d{4}[ -]?\d{4}", shown), [], "personal data that is left")
        expect(set(re.findall(r"<\w+>", shown)), {"<mail>", "<ip>", "<card>"}, "what was masked")


def parts(example, name, partition=None):
    """Rows of a folder of part files, with the value of the folder that they are in."""
    rows = []
    for path in glob.glob(os.path.join(example.folder, "out", name, "**", "part-*"), recursive=True):
        value = {partition: os.path.basename(os.path.dirname(path)).split("=")[1]} if partition else {}
        rows += [dict(row, **value) for row in lines(path)]
    return rows


EXAMPLES = [autoscaling, log_pipeline, cdc_orders, dead_letters, sensors, clicks, outliers, late_trades, sessions, top_products, rate_limits, deduplication, fraud]


def complete():
    """Every folder has a README, and every one with a script is checked here (others have tests of their own)."""
    base = os.path.join(harness.ROOT, "examples")
    names = {os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(base, "*", "*.sql"))}
    servers = set(re.findall(r'"examples_servers/(\w+)"', "".join(harness.read_lines(os.path.join(harness.ROOT, "tests", "examples_servers_suite.py")))))
    own = {"orders", "functions", "plugin", "dashboard", "kpi_board"}  # tested by suites of their own
    expect(names - own, {function.__name__ for function in EXAMPLES} | servers, "examples and their tests")
    for name in names - {"orders"}:
        if not os.path.exists(os.path.join(base, name, "README.md")):
            raise harness.Failure(f"examples/{name} has no README.md")


def own_tests(env):
    """The examples' own tests (*.test), also shuffled and with crashes."""
    done = env.weir("test", os.path.join(harness.ROOT, "examples"), "--shuffle", "1", "--crash", "--jobs", "2", check=0)
    if " 0 failed, 0 broken" not in done.stdout:
        raise harness.Failure(done.stdout + done.stderr)


def cases(env):
    yield "examples/complete", complete
    yield "examples/tests", lambda: own_tests(env)
    for function in EXAMPLES:
        yield f"examples/{function.__name__}", (lambda f=function: f(env))
