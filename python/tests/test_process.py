# SPDX-License-Identifier: Apache-2.0
"""State and timers of process functions: in restores, with a time to live, by both times, of two streams."""
import threading
import time

import pytest

import weir

VISITS = "CREATE TABLE visits (who STRING, page INT) WITH ('connector' = 'input')"


class Visits(weir.KeyedProcessFunction):
    """How often somebody came, which pages, and, a minute of event time behind the last one, the end."""

    columns = "who STRING, n BIGINT, pages STRING, total INT, seen STRING"
    count = weir.ValueState("BIGINT")
    pages = weir.ListState("INT")
    by_page = weir.MapState("INT")
    total = weir.ReducingState(lambda a, b: a + b, "INT")

    def process_element(self, visit, ctx):
        self.count.update((self.count.value() or 0) + 1)
        self.pages.add(visit.page)
        self.by_page[visit.page] = {"times": self.by_page.get(visit.page, {"times": 0})["times"] + 1}
        self.total.add(visit.page)
        seen = sorted((page, told["times"]) for page, told in self.by_page.items())
        yield visit.who, self.count.value(), str(self.pages.get()), self.total.get(), str(seen)


def visits(connection, folder, recover=None):
    """(the job, its input, what it has written): restored when a path is given."""
    connection.set("execution.checkpointing.interval", "1 h")
    connection.set("execution.checkpointing.dir", str(folder / "checkpoints"))
    if recover is not None:
        connection.set("execution.state-recovery.path", recover)
    connection.execute(VISITS)
    written = []
    flow = connection.flow("visits")
    flow.table("visits").key_by("who").process(Visits()).sink(written.append)
    rows = connection.input("visits")
    job = flow.submit()
    rows.wait_for_reader(30)
    return job, rows, written


@pytest.mark.parametrize("workers", [(1, 1), (1, 3), (3, 2)])
def test_savepoint_and_restore(tmp_path, workers):
    """State of all kinds goes on in another process's place, with other workers."""
    with weir.connect(parallelism_default=workers[0]) as connection:
        job, rows, written = visits(connection, tmp_path)
        rows.push([("ann", 1), ("bob", 2), ("ann", 3), ("ann", 1)])
        path = job.savepoint(str(tmp_path / "savepoints"), stop=True)
        job.wait(30)
    assert sorted(written)[-2:] == [("ann", 3, "[1, 3, 1]", 5, "[(1, 2), (3, 1)]"), ("bob", 1, "[2]", 2, "[(2, 1)]")]
    with weir.connect(parallelism_default=workers[1]) as connection:
        job, rows, written = visits(connection, tmp_path, path)
        assert rows.restored == 4
        rows.push([("bob", 2), ("ann", 9), ("cid", 7)])
        rows.end()
        job.wait(30)
    assert sorted(written) == [("ann", 4, "[1, 3, 1, 9]", 14, "[(1, 2), (3, 1), (9, 1)]"), ("bob", 2, "[2, 2]", 4, "[(2, 2)]"),
                               ("cid", 1, "[7]", 7, "[(7, 1)]")]


class Alarm(weir.KeyedProcessFunction):
    """Sets a timer per key with its first row, moves it with each, and tells of it."""

    columns = "k INT, n INT, due BIGINT"
    due = weir.ValueState("BIGINT")
    count = weir.ValueState("INT")

    def process_element(self, row, ctx):
        if self.due.value() is not None:
            ctx.delete_event_time_timer(self.due.value())
        self.due.update(ctx.timestamp() + 10_000)
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(self.due.value())

    def on_timer(self, timestamp, ctx):
        assert timestamp == self.due.value() and ctx.time_domain() == "EVENT_TIME" and ctx.timestamp() == timestamp
        yield ctx.get_current_key(), self.count.value(), timestamp
        self.due.clear()
        self.count.clear()


@pytest.mark.parametrize("restore_every", [0, 1, 3])
def test_event_time_timers(connection, tmp_path, restore_every):
    """A timer fires once, at its time, with the state of its key: also when the job was restored in between."""
    connection.set("weir.test.restore-every", restore_every)
    if restore_every:
        connection.set("execution.checkpointing.dir", str(tmp_path / "checkpoints"))
    connection.set("weir.source.block-size", "1 b")
    ticks = [(i % 5, i * 1000 + (20_000 if i >= 63 else 0)) for i in range(100)]
    (tmp_path / "rows.csv").write_text("".join(f"{k},{ms}\n" for k, ms in ticks))
    connection.execute(f"""CREATE TABLE ticks (k INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/rows.csv', 'format' = 'csv')""")
    connection.execute(f"CREATE TABLE fired (k INT, n INT, due BIGINT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/out', 'format' = 'csv')")
    flow = connection.flow("alarms")
    flow.table("ticks").key_by("k").process(Alarm()).insert_into("fired")
    flow.run()
    connection.set("weir.test.restore-every", 0)
    assert sorted(connection.table("fired").fetchall()) == sorted(alarms(ticks)) and len(alarms(ticks)) == 9


def alarms(ticks):
    """What Alarm tells, row by row: each comes before the watermark that is its own time."""
    found, held, watermark = [], {}, 0
    for k, ms in [*ticks, (None, 10**9)]:
        for key, (n, due) in list(held.items()):
            if due <= watermark or k is None:
                found.append((key, n, due))
                del held[key]
        held[k] = (held.get(k, (0,))[0] + 1, ms + 10_000)
        watermark = ms
    return found


def test_processing_time_timer(connection):
    class Later(weir.KeyedProcessFunction):
        columns = "who STRING, waited BOOLEAN, domain STRING"
        began = weir.ValueState("BIGINT")

        def process_element(self, visit, ctx):
            self.began.update(ctx.current_processing_time())
            ctx.register_processing_time_timer(self.began.value() + 30)
            ctx.register_processing_time_timer(self.began.value() + 3_600_000)
            ctx.delete_processing_time_timer(self.began.value() + 3_600_000)

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), ctx.current_processing_time() >= self.began.value() + 30, ctx.time_domain()

    connection.execute(VISITS)
    fired, there = [], threading.Event()
    flow = connection.flow("later")
    flow.table("visits").key_by("who").process(Later).sink(lambda row: (fired.append(row), there.set()) and None)
    rows = connection.input("visits")
    with flow.submit() as job:
        rows.push(("ann", 1))
        assert there.wait(30)  # before the input ends
        rows.end()
        job.wait(30)
    assert fired == [("ann", True, "PROCESSING_TIME")]


def test_time_to_live(connection):
    """What has outlived its time is gone at the next look, what has not is there."""
    class Seen(weir.KeyedProcessFunction):
        columns = "page INT, short INT, long INT, items INT, listed INT"
        short = weir.ValueState("INT", ttl="50 ms")
        long = weir.ValueState("INT", ttl="1 h")
        items = weir.MapState("INT", "INT", ttl=50)
        any = weir.ListState(ttl="50 ms")

        def process_element(self, visit, ctx):
            yield visit.page, self.short.value(), self.long.value(), len(self.items), len(self.any)
            self.short.update(visit.page)
            self.long.update(visit.page)
            self.items[visit.page] = 1
            self.any.add(visit.page)

    connection.execute(VISITS)
    seen = []
    flow = connection.flow("seen")
    flow.table("visits").key_by("who").process(Seen).sink(seen.append)
    rows = connection.input("visits")
    with flow.submit() as job:
        for page in (1, 2):
            rows.push(("ann", page))
            while len(seen) < page:
                time.sleep(0.005)
            time.sleep(0.1)
        rows.end()
        job.wait(30)
    rows.close()
    assert seen == [(1, None, None, 0, 0), (2, None, 1, 0, 0)]


class Enrich(weir.CoProcessFunction):
    """Orders wait for their customer; a timer gives up."""

    columns = "customer INT, amount INT, name STRING"
    name = weir.ValueState("STRING")
    waiting = weir.ListState("INT")

    def process_element(self, order, ctx):
        if self.name.value() is not None:
            return [(order.customer, order.amount, self.name.value())]
        self.waiting.add(order.amount)
        ctx.register_event_time_timer(1_000_000)
        return None

    def process_element2(self, customer, ctx):
        self.name.update(customer.name)
        for amount in self.waiting:
            yield customer.customer, amount, customer.name
        self.waiting.clear()

    def on_timer(self, timestamp, ctx):
        for amount in self.waiting.get():
            yield ctx.get_current_key(), amount, None


@pytest.mark.parametrize(("workers", "restore_every"), [(1, 0), (3, 0), (2, 1)])
def test_two_keyed_streams(connection, tmp_path, workers, restore_every):
    connection.set("parallelism.default", workers)
    connection.set("weir.test.restore-every", restore_every)
    (tmp_path / "orders.csv").write_text("".join(f"{i % 4},{i}\n" for i in range(40)))
    (tmp_path / "customers.csv").write_text("".join(f"{i},name {i}\n" for i in range(3)))
    for name, columns in (("orders", "customer INT, amount INT"), ("customers", "customer INT, name STRING")):
        connection.execute(f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/{name}.csv', 'format' = 'csv')")
    connection.execute(f"""CREATE TABLE enriched (customer INT, amount INT, name STRING)
        WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/out', 'format' = 'json')""")
    flow = connection.flow("enrich")
    both = flow.table("orders").key_by("customer").connect(flow.table("customers").key_by("customer"))
    both.process(Enrich()).insert_into("enriched")
    flow.run()
    connection.set("weir.test.restore-every", 0)
    assert sorted(connection.table("enriched").fetchall(), key=str) == sorted(
        [(i % 4, i, f"name {i % 4}" if i % 4 < 3 else None) for i in range(40)], key=str)


def test_mistakes_of_states(connection):
    connection.execute(VISITS)
    with connection.input("visits") as rows:
        rows.push(("ann", 1))

    class NoPickle(weir.KeyedProcessFunction):
        columns = "n INT"
        any = weir.ValueState()

        def process_element(self, visit, ctx):
            self.any.update(threading.Lock())

    flow = connection.flow("lock")
    flow.table("visits").key_by("who").process(NoPickle).sink(print)
    with pytest.raises(weir.JobError, match="cannot pickle.*test_process.py, line"):
        flow.run()
