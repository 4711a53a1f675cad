# SPDX-License-Identifier: Apache-2.0
"""Flows: functions by row, process functions, windows, sources and sinks."""
import pytest

import weir

PAYMENTS = """CREATE VIEW payments AS SELECT * FROM (VALUES (1, 0.5, 1), (1, 600.0, 2), (2, 700.0, 3), (2, 0.1, 4), (3, 0.2, 5), (3, 900.0, 6))
    AS t(account, amount, n)"""


@pytest.fixture
def payments(connection):
    connection.execute(PAYMENTS)
    return connection


def collected(stream, **more):
    """Runs the flow of a stream and returns its rows."""
    rows = []
    stream.sink(lambda *row: rows.append(row if len(row) > 1 else row[0]), **more)
    stream._flow.run()
    return rows


def test_by_row(payments):
    flow = payments.flow("rows")
    stream = flow.table("payments").filter(lambda row: row.n > 2).map(lambda row: {"id": row.account, "half": float(row.amount) / 2},
                                                                      "id INT, half DOUBLE")
    assert stream.columns == [("id", "INT"), ("half", "DOUBLE")]
    twice = stream.flat_map(lambda row: [row, row] if row.id == 3 else None, "id INT, half DOUBLE")
    assert collected(twice.union(stream.filter(lambda row: row.id == 2))) and "Process" not in flow.explain()


def test_rows_come_out(payments):
    flow = payments.flow("rows")
    twice = flow.table("payments").flat_map(lambda row: [(row.n,), (row.n,)] if row.n > 5 else None, "n INT")
    assert collected(twice) == [(6,), (6,)]


class Detector(weir.KeyedProcessFunction):
    columns = "account INT, amount DOUBLE, names STRING"
    sides = {"small": "account INT"}
    flag = weir.ValueState("BOOLEAN")

    def process_element(self, value, ctx):
        assert ctx.get_current_key() == value.account
        if value.amount > 500 and self.flag.value():
            yield value.account, float(value.amount), "alert"
        if value.amount < 1:
            self.flag.update(True)
            ctx.output("small", value.account)
            ctx.register_event_time_timer(100)

    def on_timer(self, timestamp, ctx):
        assert self.flag.value() is True
        self.flag.clear()
        yield {"account": ctx.get_current_key(), "amount": timestamp, "names": ctx.time_domain()}


@pytest.mark.parametrize("workers", [1, 3])
def test_process(payments, workers):
    payments.set("parallelism.default", workers)
    flow = payments.flow("fraud")
    alerts = flow.table("payments").key_by("account").process(Detector())
    small, rows = [], []
    alerts.side("small").sink(lambda row: small.append(row.account))
    alerts.sink(rows.append)
    flow.run()
    assert sorted(small) == [1, 2, 3]
    assert sorted(row for row in rows if row.names == "alert") == [(1, 600.0, "alert"), (3, 900.0, "alert")]
    assert sorted(row.account for row in rows if row.names == "EVENT_TIME") == [1, 2, 3]


class AllStates(weir.KeyedProcessFunction):
    columns = "told STRING"
    anything = weir.ValueState()
    profile = weir.ValueState("name STRING, mean DOUBLE, n TINYINT")
    seen = weir.ListState("DOUBLE")
    counts = weir.MapState("STRING", "BIGINT")
    pairs = weir.MapState("a INT, b STRING")
    total = weir.ReducingState(lambda a, b: a + b, "DOUBLE", ttl="1 h")
    mean = weir.AggregatingState(lambda: (0, 0), lambda held, x: (held[0] + x, held[1] + 1), lambda held: held[0] / held[1])

    def process_element(self, value, ctx):
        if self.anything.value() is None:
            assert self.profile.value() is None and self.seen.get() == [] and self.counts.is_empty() and self.total.get() is None
        self.anything.update({"n": [value.n], "o": None})
        self.profile.update(("long enough a name %d" % value.n, 1.5, value.n))
        self.seen.add(float(value.amount))
        self.counts["all"] = self.counts.get("all", 0) + 1
        self.counts.put(f"n{value.n}", value.n)
        self.pairs[value.n, "x"] = [value.n]
        self.total.add(float(value.amount))
        self.mean.add(value.n)
        if value.n % 2:
            return None
        assert "all" in self.counts and len(self.counts) == 3 and not self.counts.contains("nope")
        with pytest.raises(KeyError):
            self.counts["nope"]
        del self.counts["all"]
        assert self.counts.remove("nope") is False
        with pytest.raises(OverflowError):
            self.profile.update(("x", 1.0, 1000))
        return (repr([self.anything.value(), tuple(self.profile.value()), list(self.seen), self.counts.items(), self.pairs.keys(), self.total.get(),
                      self.mean.get()]),)


def test_states(payments):
    rows = collected(payments.flow("states").table("payments").key_by("account").process(AllStates))
    assert len(rows) == 3
    told = eval(rows[0].told, {"Row": lambda a, b: (a, b)})
    assert told == [{"n": [2], "o": None}, ("long enough a name 2", 1.5, 2), [0.5, 600.0], [("n1", 1), ("n2", 2)], [(1, "x"), (2, "x")], 600.5, 1.5]


def test_state_outside_of_callbacks(payments):
    kept = []

    class Keeps(weir.KeyedProcessFunction):
        columns = "n INT"
        flag = weir.ValueState("INT")

        def process_element(self, value, ctx):
            kept.extend([self.flag, ctx])

    assert collected(payments.flow("keeps").table("payments").key_by("account").process(Keeps)) == []
    with pytest.raises(RuntimeError, match="process_element"):
        kept[0].value()
    with pytest.raises(RuntimeError, match="process_element"):
        kept[1].timestamp()
    with pytest.raises(RuntimeError, match="when a flow runs"):
        Keeps().flag.value()


def test_two_inputs(payments):
    class Limits(weir.CoProcessFunction):
        columns = "account INT, amount DOUBLE"
        limits = weir.MapState("INT", "DOUBLE", broadcast=True)

        def process_element(self, value, ctx):
            return None

        def process_element2(self, value, ctx):
            self.limits[value.account] = float(value.amount)
            ctx.emit((value.account, value.amount)) if ctx.worker()[0] == 0 else None

    flow = payments.flow("two")
    first = flow.table("payments")
    made = first.key_by("account").connect(first.filter(lambda row: row.n < 3).broadcast()).process(Limits)
    assert sorted(collected(made)) == [(1, 0.5), (1, 600.0)]


def test_count_window(payments):
    flow = payments.flow("windows")
    made = flow.table("payments").key_by("account").window(weir.CountWindow(2), lambda key, window, rows: (key, sum(row.n for row in rows)),
                                                           "account INT, n BIGINT")
    assert sorted(collected(made)) == [(1, 3), (2, 7), (3, 11)]


def test_event_time_window(connection):
    flow = connection.flow("windows")
    made = flow.source([("a", 1000, 1), ("a", 5000, 2), ("b", 7000, 3), ("a", 61_000, 4)], "k STRING, ms BIGINT, n INT").map(
        lambda row: row, "k STRING, ms BIGINT, n INT")
    made.to_table("source_rows")
    timed = connection.flow("timed")
    stream = timed.source(((k, f"1970-01-01 00:0{ms // 60000}:{ms % 60000 / 1000:06.3f}", n) for k, ms, n in
                           [("a", 1000, 1), ("a", 5000, 2), ("b", 7000, 3), ("a", 61_000, 4)]),
                          "k STRING, ts TIMESTAMP(3), n INT, WATERMARK FOR ts AS ts")
    sums = stream.key_by("k").window(weir.Tumbling("1 min"), lambda key, window, rows: [(key, window.start, sum(row.n for row in rows))],
                                     "k STRING, begins BIGINT, n INT")
    assert sorted(collected(sums)) == [("a", 0, 3), ("a", 60_000, 4), ("b", 0, 3)]
    timed.close()
    assert len(connection.table("source_rows").fetchall()) == 4
    flow.close()


def test_to_table_and_back(payments):
    flow = payments.flow("tables")
    flow.table("payments").map(lambda row: (row.account, row.n * 10), "account INT, n INT").to_table("tens")
    assert sorted(payments.execute("SELECT account, SUM(n) AS s FROM tens GROUP BY account").final()) == [(1, 30), (2, 70), (3, 110)]
    flow.close()


def test_sink_of_changes(payments):
    flow = payments.flow("changes")
    rows = []
    flow.sql("SELECT account, COUNT(*) AS n FROM payments GROUP BY account").sink(lambda kind, row: rows.append((weir.RowKind(kind), row)), changes=True)
    flow.run()
    assert rows[-1][1].n == 2


def test_mistakes(payments):
    flow = payments.flow("mistakes")
    flow.table("payments").key_by("nope").process(Detector).sink(print)
    with pytest.raises(weir.Error, match="nope"):
        flow.check()
    with pytest.raises(TypeError, match="columns="):
        flow.table("payments").process(lambda row, ctx: None)
    with pytest.raises(TypeError, match="DECIMAL"):
        weir.ValueState("DECIMAL(10, 2)").description()


@pytest.mark.parametrize("make", [
    lambda stream: stream.map(lambda row: 1 / 0, "x INT"),
    lambda stream: stream.flat_map(lambda row: 1 / 0, "x INT"),
    lambda stream: stream.filter(lambda row: 1 / 0),
    lambda stream: stream.key_by("account").process(lambda row, ctx: 1 / 0, "x INT"),
    lambda stream: stream.key_by("account").window(weir.CountWindow(1), lambda key, window, rows: 1 / 0, "x INT"),
])
def test_exceptions(payments, make):
    flow = payments.flow("exceptions")
    make(flow.table("payments")).sink(lambda row: None)
    with pytest.raises(weir.Error) as caught:
        flow.run()
    assert "ZeroDivisionError" in str(caught.value) or isinstance(caught.value.__cause__, ZeroDivisionError)


def test_sink_and_source_fail(payments):
    flow = payments.flow("exceptions")
    flow.table("payments").sink(lambda row: 1 / 0)
    with pytest.raises(weir.Error) as caught:
        flow.run()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)

    def rows():
        yield (1,)
        raise RuntimeError("the source is dry")
    flow = payments.flow("source")
    flow.source(rows, "x INT").sink(lambda row: None)
    with pytest.raises(weir.Error) as caught:
        flow.run()
    assert "the source is dry" in str(caught.value) or "the source is dry" in str(caught.value.__cause__)


def test_submit(payments):
    flow = payments.flow("beside")
    rows = []
    flow.table("payments").sink(rows.append)
    with flow.submit() as job:
        job.wait(30)
    assert len(rows) == 6
