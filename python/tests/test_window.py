# SPDX-License-Identifier: Apache-2.0
"""Windows of flows: when their triggers show them, what comes late, sessions, joins."""
import pytest

import weir


def windows(connection, steps, assigner, has_late=True, **more):
    """[(key, start of the window, its x), ...] as they are shown; steps: (key, x, second), or a watermark's second."""
    rows = [weir.Watermark(step * 1000) if isinstance(step, int) else (step[0], step[1], step[2] * 1000) for step in steps]
    flow, shown, late = connection.flow("windows"), [], []
    timed = flow.source(lambda: ((row[0], row[1], row[2]) if isinstance(row, tuple) else row for row in rows),
                        "k STRING, x INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS SOURCE_WATERMARK()")
    made = timed.key_by("k").window(assigner, lambda key, window, rows: (key, window.start // 1000, str([row.x for row in rows])),
                                    "k STRING, begins BIGINT, xs STRING", **more)
    made.sink(shown.append)
    if has_late:
        made.side("late").sink(lambda row: late.append(row.x))
    flow.run()
    return [(row.k, row.begins, eval(row.xs)) for row in shown], late


STEPS = [("a", 1, 1), ("a", 2, 2), ("b", 3, 3), ("a", 4, 4), 10, ("a", 5, 5), ("b", 6, 12), 100]


def test_event_time(connection):
    shown, late = windows(connection, STEPS, weir.Tumbling("10 s"))
    assert sorted(shown) == [("a", 0, [1, 2, 4]), ("b", 0, [3]), ("b", 10, [6])] and late == [5]


def test_allowed_lateness(connection):
    shown, late = windows(connection, STEPS, weir.Tumbling("10 s"), allowed_lateness="1 min")
    assert [row for row in shown if row[0] == "a"] == [("a", 0, [1, 2, 4]), ("a", 0, [1, 2, 4, 5])] and late == []


def test_offset_and_sliding(connection):
    shown, _ = windows(connection, STEPS, weir.Tumbling("10 s", offset="2 s"))
    assert sorted(shown) == [("a", -8, [1]), ("a", 2, [2, 4, 5]), ("b", 2, [3]), ("b", 12, [6])]
    shown, _ = windows(connection, STEPS[:4] + [100], weir.Sliding("10 s", "5 s"))
    assert sorted(shown) == [("a", -5, [1, 2, 4]), ("a", 0, [1, 2, 4]), ("b", -5, [3]), ("b", 0, [3])]


@pytest.mark.parametrize(("trigger", "expected"), [
    (weir.Trigger.count(2), [[1, 2]]),
    (weir.Trigger.count(1, purging=True), [[1], [2], [4]]),
    (weir.Trigger.event_time(early_count=2), [[1, 2], [1, 2, 4]]),
    (weir.Trigger.event_time(early_count=2, purging=True), [[1, 2], [4]]),
    (weir.Trigger.every("3 s"), [[1, 2], [1, 2, 4], [1, 2, 4], [1, 2, 4]]),
], ids=["count", "count, purging", "early", "early, purging", "every"])
def test_triggers(connection, trigger, expected):
    steps = [("a", 1, 1), ("a", 2, 2), 3, ("a", 4, 4), 100]
    shown, _ = windows(connection, steps, weir.Tumbling("10 s"), trigger=trigger)
    assert [xs for _, _, xs in shown] == expected


def test_global_window_needs_a_trigger(connection):
    shown, _ = windows(connection, STEPS, weir.Global(), has_late=False, trigger=weir.Trigger.count(2, purging=True))
    assert sorted(xs for _, _, xs in shown) == [[1, 2], [3, 6], [4, 5]]
    with pytest.raises(weir.Error, match="trigger"):
        windows(connection, STEPS, weir.Global())


def test_sessions(connection):
    steps = [("a", 1, 0), ("a", 2, 20), ("a", 3, 10), ("a", 4, 50), 100]
    shown, _ = windows(connection, steps, weir.Session("15 s"))
    assert [(start, sorted(xs)) for _, start, xs in shown] == [(0, [1, 2, 3]), (50, [4])]


def test_interval_join(connection):
    columns = "k INT, x INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts"
    flow, pairs = connection.flow("join"), []
    left = flow.source([(1, i, i * 1000) for i in range(5)], columns, name="left").key_by("k")
    right = flow.source([(1, 10 * i, i * 1000) for i in range(5)], columns, name="right").key_by("k")
    left.interval_join(right, "-1 s", 0, lambda a, b: (a.x, b.x), "a INT, b INT").sink(lambda row: pairs.append(tuple(row)))
    flow.run()
    assert sorted(pairs) == sorted((i, 10 * j) for i in range(5) for j in (i - 1, i) if j >= 0)
