# SPDX-License-Identifier: Apache-2.0
"""Jobs, inputs, tables that are taken as they come, and frames."""
import datetime as dt
import threading

import pyarrow as pa
import pytest

import weir

ORDERS = "CREATE TABLE orders (id BIGINT, amount DOUBLE, note STRING) WITH ('connector' = 'input')"


@pytest.fixture
def orders(connection):
    connection.execute(ORDERS)
    return connection


def test_push_all_ways(orders):
    with orders.input("orders") as rows:
        assert rows.columns == ["id", "amount", "note"]
        rows.push((1, 1.5, "a"))
        rows.push({"id": 2, "amount": 2})
        rows.push([(3, 3.5, None), {"id": 4, "amount": 4.5, "note": "d"}])
        rows.push((i, 0.5, "g") for i in (5, 6))
        rows.push(pa.table({"id": [7, 8], "amount": [7.5, None], "note": ["x", "y"]}))
        import pandas
        rows.push(pandas.DataFrame({"note": ["p"], "id": [9], "amount": [9.0]}))
        import polars
        rows.push(polars.DataFrame({"id": [10], "amount": [1.0], "note": ["q"]}))
    found = orders.execute("SELECT * FROM orders").fetchall()
    assert [row.id for row in found] == list(range(1, 11))
    assert found[1] == (2, 2.0, None) and found[7] == (8, None, "y") and found[8] == (9, 9.0, "p")


def test_push_mistakes(orders):
    with orders.input("orders") as rows:
        with pytest.raises(ValueError, match="3 columns, and 2 values"):
            rows.push((1, 2))
        with pytest.raises(ValueError, match="nope"):
            rows.push({"id": 1, "nope": 2})
        with pytest.raises(TypeError, match="object"):
            rows.push((1, object(), None))
        with pytest.raises(weir.Error, match="amount"):
            rows.push((1, "no number", None))
        rows.push((1, 1.0, None))
    assert orders.execute("SELECT id FROM orders").fetchall() == [(1,)]


def test_job_beside_the_program(orders):
    seen = []
    rows = orders.input("orders")
    with orders.submit("SELECT id, amount * 2 AS twice FROM orders", on_row=seen.append) as job:
        rows.wait_for_reader(20)
        rows.push([(i, float(i), None) for i in range(1000)])
        assert job.state == weir.JobState.RUNNING
        with pytest.raises(weir.Timeout):
            job.wait(0.01)
        rows.end()
        job.wait(30)
        metrics = job.metrics()
        assert metrics.state == weir.JobState.FINISHED and metrics.rows_in == 1000 and metrics.watermark_ms is None
        assert isinstance(job.all_metrics(), dict)
    rows.close()
    assert len(seen) == 1000 and seen[10] == (10, 20.0)
    with pytest.raises(weir.MisuseError):
        job.wait()


def test_cancel_and_drain(orders):
    with orders.submit("SELECT id FROM orders") as job:
        job.cancel()
        with pytest.raises(weir.Cancelled):
            job.wait(30)
    with orders.submit("SELECT COUNT(*) FROM orders") as job:
        job.drain()
        job.wait(30)


def test_on_row_may_fail(orders):
    def fail(row):
        raise RuntimeError("no")
    with orders.input("orders") as rows:
        rows.push((1, 1.0, None))
        with orders.submit("SELECT id FROM orders", on_row=fail) as job:
            with pytest.raises(RuntimeError, match="no"):
                job.wait(30)


def test_backpressure(connection):
    connection.execute("CREATE TABLE narrow (id BIGINT) WITH ('connector' = 'input', 'input.capacity' = '10')")
    rows = connection.input("narrow")
    with pytest.raises(weir.WouldBlock):
        for i in range(10_000):
            rows.push((i,), wait=False)
    for many in ([(i,) for i in range(20_000)], pa.table({"id": range(20_000)})):
        with pytest.raises(weir.WouldBlock) as caught:
            rows.push(many, wait=False)
        assert 0 <= caught.value.taken < 20_000 and caught.value.code == weir.Code.WOULD_BLOCK
    rows.close()


def test_all_that_is_taken_arrives(connection):
    """A push that finds no room says what it has taken; what is given again is all the rest."""
    connection.execute("CREATE TABLE narrow (id BIGINT) WITH ('connector' = 'input', 'input.capacity' = '100')")
    rows, seen = connection.input("narrow"), []
    with connection.submit("SELECT id FROM narrow", on_row=lambda row: seen.append(row.id)) as job:
        rows.wait_for_reader(20)
        left = list(range(20_000))
        while left:
            try:
                rows.push([(i,) for i in left], wait=False)
                left = []
            except weir.WouldBlock as full:
                left = left[full.taken:]
        rows.push((i,) for i in range(20_000, 30_000))
        rows.push(pa.table({"id": range(30_000, 40_000)}))
        rows.end()
        job.wait(60)
    rows.close()
    assert seen == list(range(40_000))


def test_producer_thread(orders):
    def produce():
        with orders.input("orders") as rows:
            for i in range(200):
                rows.push([(i, 1.0, "x")] * 1000)
    table = orders.sql("SELECT COUNT(*) AS n, SUM(amount) AS s FROM orders")
    thread = threading.Thread(target=produce)
    opened = orders.input("orders")  # so that the job waits for the thread
    thread.start()
    last = None
    for kind, row in table.rows(with_kind=True):
        last = row if kind in (weir.RowKind.INSERT, weir.RowKind.UPDATE_AFTER) else last
    thread.join()
    opened.close()
    assert last == (200_000, 200_000.0)


def test_streaming_iteration(connection):
    connection.execute("CREATE TABLE endless (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000')")
    taken = []
    for row in connection.table("endless"):
        taken.append(row.x)
        if len(taken) == 50:
            break
    assert len(taken) == 50


def test_table(numbers):
    table = numbers.sql("SELECT x, x * 2 AS y FROM numbers;")
    assert table.columns == [("x", "INT NOT NULL"), ("y", "INT NOT NULL")]
    assert table.fetchall()[0] == (1, 2)
    assert table.arrow().column("y").to_pylist() == [2, 4, 6, 8, 10]
    assert list(table.pandas()["x"]) == [1, 2, 3, 4, 5]
    assert table.polars().shape == (5, 2)
    assert pa.table(table).num_rows == 5
    assert [row.y for row in table.to_view("doubled")] == [2, 4, 6, 8, 10]
    assert numbers.execute("SELECT MAX(y) FROM doubled").final() == [(10,)]
    assert "numbers" in repr(table) and table.explain()


def test_insert_into(numbers, tmp_path):
    numbers.execute(f"CREATE TABLE o (x INT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}', 'format' = 'json')")
    numbers.sql("SELECT x FROM numbers WHERE x > 3").insert_into("o")
    assert sorted(numbers.table("o").fetchall()) == [(4,), (5,)]


def test_register(connection):
    import pandas
    frame = pandas.DataFrame({"name": ["a", "b", None], "score": [1.5, 2.5, None], "at": pandas.to_datetime(["2020-01-01", "2020-01-02", None])})
    assert len(connection.register(frame, "scores").fetchall()) == 3
    for _ in range(2):
        assert connection.execute("SELECT SUM(score) AS s FROM scores").final() == [(4.0,)]
    connection.register(pa.table({"k": ["a"], "l": [[1, 2]], "t": [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)]}), "more")
    joined = connection.execute("SELECT s.name, m.l, m.t FROM scores s JOIN more m ON s.name = m.k").final()
    assert joined == [("a", [1, 2], dt.datetime(2020, 1, 1, tzinfo=dt.UTC))]


def test_register_what_is_no_frame(connection):
    connection.register([{"a": 1, "b": "x"}, {"a": 2}], "rows")
    assert connection.table("rows").fetchall() == [(1, "x"), (2, None)]
    for i in range(3):
        connection.register({"a": [i]}, "again")
        assert connection.table("again").fetchall() == [(i,)]
    with pytest.raises(TypeError, match="list of dicts"):
        connection.register([1, 2], "no")
    connection.execute("CREATE VIEW taken AS SELECT 1 AS x")
    with pytest.raises(weir.Error, match="exists"):
        connection.register({"a": [1]}, "taken")


def test_batches(connection):
    connection.execute("CREATE TABLE endless (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000')")
    table = connection.table("endless")
    for batch in table.batches():
        assert batch.schema.names == ["x"] and batch.num_rows > 0
        break
    reader = table.reader()
    assert reader.read_next_batch().num_rows > 0
    reader.close()
    reader = table.reader()
    connection.close()
    with pytest.raises(weir.MisuseError, match="closed"):
        while True:
            reader.read_next_batch()


def test_watermarks(connection):
    connection.execute("""CREATE TABLE events (x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector' = 'input')""")
    seen = []
    rows = connection.input("events")
    with connection.submit("""SELECT window_start, SUM(x) AS s FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
            GROUP BY window_start, window_end""", on_row=seen.append) as job:
        at = dt.datetime(2020, 1, 1)
        rows.push([(1, at), (2, at + dt.timedelta(seconds=30)), (4, at + dt.timedelta(seconds=70))])
        rows.watermark(at + dt.timedelta(seconds=60))
        rows.end()
        job.wait(30)
    rows.close()
    assert seen == [(at, 3), (at + dt.timedelta(minutes=1), 4)]


def test_savepoint(orders, tmp_path):
    orders.set("execution.checkpointing.interval", "1 h")
    orders.set("execution.checkpointing.dir", str(tmp_path / "checkpoints"))
    orders.execute(f"CREATE TABLE o (n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/out', 'format' = 'json')")
    rows = orders.input("orders")
    with orders.submit("INSERT INTO o SELECT id FROM orders") as job:
        rows.wait_for_reader(20)
        rows.push((1, 1.0, None))
        path = job.savepoint(str(tmp_path / "savepoints"), stop=True)
        job.wait(30)
    rows.close()
    assert str(tmp_path) in path


def test_live(numbers, capsys):
    numbers.sql("SELECT COUNT(*) AS n FROM numbers").live()
    assert "5" in capsys.readouterr().out
    numbers.sql("SELECT x FROM numbers").live(rows=2)
    shown = capsys.readouterr().out
    assert "4" in shown and "5" in shown and "1\n" not in shown
