# SPDX-License-Identifier: Apache-2.0
"""Arguments of the wrong kind are refused in words that say what is wanted; what pandas and numpy mean by "nothing" is NULL."""
import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import weir


@pytest.mark.parametrize(("use", "said"), [
    (lambda c: c.execute(None), r"a text \(str\) is wanted, not NoneType"),
    (lambda c: c.execute(b"SELECT 1"), r"a text \(str\) is wanted, not bytes"),
    (lambda c: c.sql(5), r"a text \(str\) is wanted, not int"),
    (lambda c: c.table(None), r"a name is a text \(str\), not NoneType"),
    (lambda c: c.flow(None), r"a text \(str\) is wanted, not NoneType"),
    (lambda c: c.register({"a": [1]}, None), r"a name is a text \(str\), not NoneType"),
    (lambda c: c.register(pd.Series([1]), "s"), "Series is no table"),
    (lambda c: c.flow("f").sql("SELECT 1 AS x").map(5, "x INT"), "5 cannot be called"),
    (lambda c: c.flow("f").sql("SELECT 1 AS x").sink(None), "None cannot be called"),
])
def test_wrong_types(connection, use, said):
    with pytest.raises(TypeError, match=said):
        use(connection)


def test_pushed_by_mistake(connection):
    connection.execute("CREATE TABLE t (x BIGINT, y STRING) WITH ('connector' = 'input')")
    rows = connection.input("t")
    assert repr(rows) == "<weir.Input t>"
    for wrong in (None, 5):
        with pytest.raises(TypeError, match=f"{type(wrong).__name__} is no row"):
            rows.push(wrong)
    with pytest.raises(TypeError, match="Series is no table"):
        rows.push(pd.Series([1, 2]))


@pytest.mark.parametrize("nothing", [[], {}, pd.DataFrame()])
def test_registered_without_columns(connection, nothing):
    with pytest.raises(ValueError, match="the table 'e' has no columns"):
        connection.register(nothing, "e")


def test_variables_are_forgotten(connection):
    assert connection.execute("SELECT ${x} AS y", x=5)[0].y == 5
    assert connection.execute("SELECT ${x} AS y")[0].y == 5
    with pytest.raises(weir.ScriptError, match="x"):
        connection.execute("SELECT ${x} AS y", x=None)


def test_missing_values(connection):
    """pandas' NA and NaT, in rows, in what functions return and among the elements of a list."""
    connection.execute("CREATE TABLE t (x BIGINT, s STRING, `at` TIMESTAMP(9), `day` DATE, d DECIMAL(5, 2)) WITH ('connector' = 'input')")
    with connection.input("t") as rows:
        rows.push((pd.NA, pd.NA, pd.NaT, pd.NaT, pd.NA))
        rows.push((np.int64(1), np.str_("a"), np.datetime64("NaT"), None, None))
    assert connection.table("t").fetchall() == [(None,) * 5, (1, "a", None, None, None)]
    for value, result, want in [(pd.NA, "DOUBLE", None), (pd.NaT, "TIMESTAMP(3)", None), ([1, pd.NA], "ARRAY<INT>", [1, None])]:
        connection.create_function("f", weir.udf(lambda x, value=value: value, result=result), replace=True)
        assert connection.execute("SELECT f(x) AS y FROM (VALUES 1) AS t(x)")[0].y == want


def test_nanoseconds_of_pandas(connection):
    """A Timestamp has all nine digits, also when it comes as a row; with a zone, too."""
    at = pd.Timestamp("2024-05-01 10:00:00.123456789")
    connection.execute("CREATE TABLE t (a TIMESTAMP(9), z TIMESTAMP_LTZ(9)) WITH ('connector' = 'input')")
    with connection.input("t") as rows:
        rows.push((at, at.tz_localize("Asia/Tokyo")))
    found = connection.table("t").arrow()
    assert found["a"].cast(pa.int64()).to_pylist() == [at.value]
    assert found["z"].cast(pa.int64()).to_pylist() == [at.value - 9 * 3600 * 10**9]
    kept = connection.register(pa.table({"a": pa.array([at.value], pa.timestamp("ns"))}), "kept")
    assert kept.arrow()["a"].cast(pa.int64()).to_pylist() == [at.value]
    assert kept.fetchall() == [(dt.datetime(2024, 5, 1, 10, 0, 0, 123456),)]


def test_a_text_is_no_list(connection):
    connection.create_function("f", weir.udf(lambda x: "ab", result="ARRAY<STRING>"))
    with pytest.raises(weir.JobError, match="a text is no ARRAY: a list is wanted"):
        connection.execute("SELECT f(x) AS y FROM (VALUES 1) AS t(x)")


@pytest.mark.parametrize("rows", [[5, 6], lambda: iter([5, 6]), pd.DataFrame({"x": [5, 6]}), pa.table({"x": [5, 6]}), [(5,), {"x": 6}]])
def test_rows_of_a_source(connection, rows):
    """A number is a row of one column, and no watermark; frames have rows, too."""
    found = []
    flow = connection.flow("f")
    flow.source(rows, "x BIGINT").sink(found.append)
    flow.run()
    assert found == [(5,), (6,)]


def test_a_query_as_a_source(connection):
    found = []
    flow = connection.flow("f")
    flow.source(connection.sql("SELECT x FROM (VALUES 5, 6) AS t(x)"), "x BIGINT").sink(found.append)
    flow.run()
    assert found == [(5,), (6,)]


@pytest.mark.parametrize("kind", [pa.list_view(pa.int32()), pa.large_list_view(pa.int32()), pa.large_list(pa.int32()), pa.list_(pa.int32(), 2)])
def test_lists_of_all_kinds(connection, kind):
    assert connection.register({"a": pa.array([[1, 2]], kind)}, "t").fetchall() == [([1, 2],)]
