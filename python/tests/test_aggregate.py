# SPDX-License-Identifier: Apache-2.0
"""Aggregates of Python where the engine takes them apart: sessions, slices, halves, rows taken back, checkpoints."""
import dataclasses
import math

import pytest

import weir


@weir.udaf(result="STRING")
class Listed:
    """All values, as a text: it shows every row that is missing, twice there, or of another group."""

    def __init__(self):
        self.values = []

    def accumulate(self, x):
        self.values.append(x)

    def retract(self, x):
        self.values.remove(x)

    def merge(self, other):
        self.values += other.values
        other.values.append("changed")  # it is ours: nobody may see that

    def result(self):
        return ",".join(map(str, sorted(self.values)))


def text(values):
    return ",".join(map(str, sorted(values)))


@pytest.fixture
def events(connection, tmp_path):
    """k = i % 3, x = i for i < 300; with a gap of a minute behind every fifty rows."""
    (tmp_path / "events.csv").write_text("".join(f"{i % 3},{i},{(i + i // 50 * 60) * 1000}\n" for i in range(300)))
    connection.set("weir.source.block-size", "200 b")
    connection.execute(f"""CREATE TABLE events (k INT, x INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/events.csv', 'format' = 'csv')""")
    connection.create_function("listed", Listed)
    return connection


WAYS = pytest.mark.parametrize(("workers", "restore_every"), [(1, 0), (3, 0), (2, 1)])


def choose(connection, tmp_path, workers, restore_every):
    connection.set("parallelism.default", workers)
    connection.set("weir.test.restore-every", restore_every)
    connection.set("execution.checkpointing.dir", str(tmp_path / "checkpoints"))


def final(connection, query):
    return sorted(tuple(row) for row in connection.execute(query).final())


@WAYS
def test_groups(events, tmp_path, workers, restore_every):
    choose(events, tmp_path, workers, restore_every)
    assert final(events, "SELECT k, listed(x) FROM events GROUP BY k") == [(k, text(range(k, 300, 3))) for k in range(3)]
    assert final(events, "SELECT listed(DISTINCT k) FROM events") == [("0,1,2",)]
    assert final(events, "SELECT listed(x) FILTER (WHERE x < 4) FROM events") == [("0,1,2,3",)]


@WAYS
def test_sessions_merge(events, tmp_path, workers, restore_every):
    choose(events, tmp_path, workers, restore_every)
    found = final(events, """SELECT k, listed(x) FROM TABLE(SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND))
        GROUP BY k, window_start, window_end""")
    assert found == sorted((k, text(i for i in range(50 * part, 50 * part + 50) if i % 3 == k)) for k in range(3) for part in range(6))


@WAYS
def test_sessions_that_grow_together(connection, tmp_path, workers, restore_every):
    """A late row joins two sessions into one."""
    choose(connection, tmp_path, workers, restore_every)
    connection.set("weir.source.block-size", "20 b")
    seconds = [0, 30, 14, 31, 100, 120, 110, 90, 80]
    (tmp_path / "rows.csv").write_text("".join(f"1,{second},{second * 1000}\n" for second in seconds))
    connection.execute(f"""CREATE TABLE jumps (k INT, x INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
        WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/rows.csv', 'format' = 'csv')""")
    connection.create_function("listed", Listed)
    assert final(connection, """SELECT listed(x) FROM TABLE(SESSION(TABLE jumps PARTITION BY k, DESCRIPTOR(ts), INTERVAL '17' SECOND))
        GROUP BY k, window_start, window_end""") == [("0,14,30,31",), ("80,90,100,110,120",)]


@WAYS
def test_slices_merge(events, tmp_path, workers, restore_every):
    choose(events, tmp_path, workers, restore_every)
    rows = [(i % 3, i, i + i // 50 * 60) for i in range(300)]
    found = final(events, """SELECT k, CAST(UNIX_TIMESTAMP(CAST(window_end AS STRING)) AS INT), listed(x)
        FROM TABLE(HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '60' SECOND)) GROUP BY k, window_start, window_end""")
    expected = [(k, end, text(x for key, x, at in rows if key == k and end - 60 <= at < end)) for k in range(3) for end in range(20, 700, 20)]
    assert [row for row in found if row[2]] == [row for row in sorted(expected) if row[2]]
    assert len(final(events, """SELECT listed(x) FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '60' SECOND))
        GROUP BY window_start, window_end""")) > 10


@WAYS
@pytest.mark.parametrize("phases", ["ONE_PHASE", "TWO_PHASE"])
def test_two_phases(events, tmp_path, workers, restore_every, phases):
    choose(events, tmp_path, workers, restore_every)
    events.set("table.optimizer.agg-phase-strategy", phases)
    assert final(events, "SELECT MOD(x, 7), listed(k) FROM events GROUP BY MOD(x, 7)") == [
        (m, text(i % 3 for i in range(m, 300, 7))) for m in range(7)]


@WAYS
def test_rows_are_taken_back(events, tmp_path, workers, restore_every):
    """Counts change all the time: what was said before is retracted."""
    choose(events, tmp_path, workers, restore_every)
    assert final(events, "SELECT MOD(m, 2), listed(n) FROM (SELECT MOD(x, 7) AS m, COUNT(*) AS n FROM events GROUP BY MOD(x, 7)) GROUP BY MOD(m, 2)") == [
        (0, "42,43,43,43"), (1, "43,43,43")]
    found = final(events, "SELECT x, listed(x) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM events WHERE x > 2")
    assert found == [(x, text(y for y in (x - 6, x - 3, x) if y > 2)) for x in range(3, 300)]


def test_what_cannot_be_asked_of_it(events):
    @weir.udaf(result="INT")
    class Last:
        def __init__(self):
            self.value = None

        def accumulate(self, x):
            self.value = x

        def result(self):
            return self.value

    events.create_function("last_one", Last)
    assert final(events, "SELECT last_one(x) FROM events") == [(299,)]
    with pytest.raises(weir.ScriptError, match="retract"):
        events.execute("SELECT last_one(n) FROM (SELECT k, COUNT(*) AS n FROM events GROUP BY k)")
    with pytest.raises(weir.ScriptError, match="merge"):
        events.execute("""SELECT last_one(x) FROM TABLE(SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND))
            GROUP BY k, window_start, window_end""")


@weir.udaf(result="DOUBLE")
@dataclasses.dataclass(slots=True)
class Slots:
    sum: float = 0.0

    def accumulate(self, x):
        self.sum += x

    def result(self):
        return self.sum


@weir.udaf(result="DOUBLE")
class Own:
    """Says itself what it consists of."""

    def __init__(self):
        self.parts = [0.0]

    def __getstate__(self):
        return math.fsum(self.parts)

    def __setstate__(self, state):
        self.parts = [state]

    def accumulate(self, x):
        self.parts.append(x)

    def result(self):
        return math.fsum(self.parts)


@pytest.mark.parametrize("aggregate", [Slots, Own])
def test_kinds_of_accumulators(events, aggregate):
    events.create_function("total", aggregate)
    assert final(events, "SELECT k, total(x) FROM events GROUP BY k") == [(k, float(sum(range(k, 300, 3)))) for k in range(3)]


def failing(where):
    class Fails:
        def __init__(self):
            self.values = []

        def accumulate(self, x):
            self.values.append((lambda: x) if where == "pickle" and x == 7 else x)
            if where == "accumulate" and x == 7:
                raise ValueError("seven")

        def result(self):
            if where == "result":
                raise ValueError("seven")
            return len(self.values)
    return weir.udaf(result="INT")(Fails)


@pytest.mark.parametrize(("where", "message"), [("accumulate", "ValueError: seven"), ("result", "ValueError: seven"), ("pickle", "pickle")])
def test_failures(events, where, message):
    events.create_function("fails", failing(where))
    with pytest.raises(weir.JobError, match=message):
        events.execute("SELECT k, fails(x) FROM events GROUP BY k")
    with pytest.raises(weir.JobError, match=message):
        events.execute("SELECT fails(x) FROM events")


def test_a_batch_pickles_a_group_once(connection):
    """Of many rows of a group that come together an accumulator is made once."""
    made = []

    @weir.udaf(result="BIGINT")
    class Count:
        def __init__(self):
            self.n = 0

        def __setstate__(self, state):
            made.append(state)
            self.__dict__.update(state)

        def accumulate(self, x):
            self.n += 1

        def result(self):
            return self.n

    connection.create_function("n", Count)
    connection.set("parallelism.default", 1)
    connection.execute("""CREATE TABLE many (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'number-of-rows' = '100000',
        'fields.x.kind' = 'sequence', 'fields.x.start' = '1', 'fields.x.end' = '100000')""")
    assert final(connection, "SELECT n(x) FROM many") == [(100_000,)]
    assert len(made) < 10_000  # a few for each batch of 4,096
