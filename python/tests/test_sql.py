# SPDX-License-Identifier: Apache-2.0
"""Scripts, results, types and errors."""
import datetime as dt
from decimal import Decimal

import pytest

import weir


def value(connection, expression):
    return connection.execute(f"SELECT {expression} AS v").fetchone().v


@pytest.mark.parametrize(("expression", "wanted"), [
    ("TRUE", True), ("CAST(NULL AS INT)", None), ("CAST(-7 AS TINYINT)", -7), ("CAST(9007199254740993 AS BIGINT)", 9007199254740993),
    ("CAST(1.5 AS FLOAT)", 1.5), ("CAST(0.1 AS DOUBLE)", 0.1), ("CAST(-1.50 AS DECIMAL(10, 2))", Decimal("-1.50")), ("'gr' || 'ün'", "grün"),
    ("X'00FF'", b"\x00\xff"), ("DATE '1969-12-31'", dt.date(1969, 12, 31)), ("DATE '0001-01-01'", dt.date(1, 1, 1)),
    ("DATE '9999-12-31'", dt.date(9999, 12, 31)), ("DATE '2000-02-29'", dt.date(2000, 2, 29)), ("TIME '12:34:56'", dt.time(12, 34, 56)),
    ("TIMESTAMP '1969-12-31 23:59:59.999'", dt.datetime(1969, 12, 31, 23, 59, 59, 999000)),
    ("TIMESTAMP '2020-01-01 00:00:00.123456789'", dt.datetime(2020, 1, 1, 0, 0, 0, 123456)),
    ("TO_TIMESTAMP_LTZ(1, 3)", dt.datetime(1970, 1, 1, 0, 0, 0, 1000, dt.UTC)), ("INTERVAL '1 02:03' DAY TO MINUTE", dt.timedelta(1, 7380)),
    ("INTERVAL '1-2' YEAR TO MONTH", 14), ("ARRAY['a', NULL]", ["a", None]), ("MAP['a', 1, 'b', 2]", {"a": 1, "b": 2}),
    ("ARRAY[MAP[1, ARRAY[2]]]", [{1: [2]}]), ("ROW(1, 'x')", (1, "x")),
])
def test_types(connection, expression, wanted):
    found = value(connection, expression)
    assert found == wanted
    assert type(found) is type(wanted) or isinstance(found, tuple)


def test_rows_have_names(connection):
    result = connection.execute("SELECT 1 AS id, CAST(ROW(2, 'x') AS ROW<n INT, s STRING>) AS nested")
    assert result.columns == ["id", "nested"]
    assert result.types == ["INT NOT NULL", "ROW<`n` INT, `s` STRING> NOT NULL"]
    assert result[0].id == 1 and result[0].nested.s == "x" and len(result) == 1


def test_multiset_is_counts(connection):
    assert connection.execute("SELECT COLLECT(x) AS v FROM (VALUES 'a', 'b', 'a') AS t(x)").final()[0].v == {"a": 2, "b": 1}


def test_variables_and_options(connection):
    assert connection.execute("SELECT '${name}' AS v", name="weir").fetchone().v == "weir"
    connection.set("table.local-time-zone", "Asia/Tokyo")
    assert value(connection, "CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING)").startswith("1970-01-01 09:00")
    with weir.connect(parallelism_default=2) as other:
        assert other.execute("SELECT 1") is not None
    with pytest.raises(weir.Error, match="no.such"):
        weir.connect(no_such_option=1)


def test_statements_without_rows(connection):
    assert connection.execute("CREATE VIEW v AS SELECT 1 AS x") is None
    connection.execute("SHOW VIEWS; SHOW VIEWS")
    assert connection.output == ["v", "v"] and connection.sql("SHOW VIEWS").fetchall() == [("v",)]
    assert "\n" not in "".join((connection.execute("DESCRIBE v"), connection.output)[1])


def test_errors(connection):
    with pytest.raises(weir.ScriptError) as caught:
        connection.execute("SELECT\n  foo FROM bar")
    error = caught.value
    assert (error.code, error.line, error.column) == (weir.Code.SCRIPT, 2, 12)
    assert "bar" in error.text and error.hint and "foo FROM bar" in error.report
    with pytest.raises(weir.JobError, match="zero"):
        connection.execute("SELECT 1 / x FROM (VALUES 1, 0) AS t(x)")
    assert value(connection, "1") == 1


def test_closed_connection():
    connection = weir.connect()
    connection.close()
    connection.close()
    with pytest.raises(weir.MisuseError, match="closed"):
        connection.execute("SELECT 1")


def test_updating_result(numbers):
    result = numbers.execute("SELECT x - x / 2 * 2 AS odd, COUNT(*) AS n FROM numbers GROUP BY x - x / 2 * 2")
    assert result.updating and sorted(result.final()) == [(0, 2), (1, 3)]
    assert {str(kind) for kind in result.kinds} <= {"+I", "-U", "+U", "-D"}
    assert [row for _, row in result.rows(with_kind=True)] == result.fetchall()
    assert "op" in repr(result)


def test_shown(connection):
    result = connection.execute("SELECT '<b>' AS tag, CAST(NULL AS INT) AS n")
    assert "NULL" in repr(result) and "(1 row)" in repr(result)
    assert "&lt;b&gt;" in result._repr_html_()


def test_arrow_and_frames(connection):
    result = connection.execute("SELECT * FROM (VALUES (1, 'a', ARRAY[1]), (2, NULL, ARRAY[2, 3])) AS t(id, s, l)")
    table = result.arrow()
    assert table.column_names == ["id", "s", "l"]
    assert table.to_pylist()[1] == {"id": 2, "s": None, "l": [2, 3]}
    assert list(result.pandas()["id"]) == [1, 2]
    assert result.polars()["id"].to_list() == [1, 2]
    import pyarrow
    assert pyarrow.table(result).num_rows == 2


EVERY_TYPE = """SELECT CAST(1 AS TINYINT) a, CAST(-1.50 AS DECIMAL(10, 2)) b, TIMESTAMP '2020-01-01 00:00:00.123' c, TO_TIMESTAMP_LTZ(0, 3) d,
    MAP['a', CAST(ROW(1, 'x') AS ROW<n INT, s STRING>)] e, X'00' f, DATE '2020-01-01' g, TIME '01:02:03' h, CAST(NULL AS DOUBLE) i, x = 2 j,
    CAST('0.00000000000000000000000000000000000001' AS DECIMAL(38, 38)) k, TIMESTAMP '2020-01-01 00:00:00.123456789' l,
    ARRAY[ARRAY[x, NULL], CAST(NULL AS ARRAY<INT>), ARRAY[x]] m, CAST(x AS FLOAT) n, INTERVAL '1 02:03' DAY TO MINUTE o,
    CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) p, TO_TIMESTAMP_LTZ(-1, 3) q, REPEAT('ä', x) r FROM (VALUES 1, 2, 3) AS t(x)"""


def test_arrow_types(connection):
    """The types of SQL are those of the columns, also where a pyarrow array of Python's values would be another one."""
    result = connection.execute(EVERY_TYPE)
    table = result.arrow()
    assert [str(field.type) for field in table.schema] == [
        "int8", "decimal128(10, 2)", "timestamp[ms]", "timestamp[ms, tz=UTC]", "map<string, struct<n: int32, s: string>>", "binary", "date32[day]",
        "time32[ms]", "double", "bool", "decimal128(38, 38)", "timestamp[ns]", "list<item: list<item: int32>>", "float", "duration[ms]",
        "decimal128(38, 0)", "timestamp[ms, tz=UTC]", "string"]
    assert table.column("l").cast("int64").to_pylist()[0] % 1000 == 789  # nanoseconds, which Python's datetime has not
    assert table.column("b").to_pylist()[0] == Decimal("-1.50") and table.column("m").to_pylist()[1] == [[2, None], None, [2]]
    assert table.equals(connection.sql(EVERY_TYPE).arrow())
    result.arrow().validate(full=True)


def test_rows_before_and_behind_arrow(connection):
    """Rows are the same whether they are made before the Arrow table is, behind it, or by the cursor."""
    first, second = connection.execute(EVERY_TYPE), connection.execute(EVERY_TYPE)
    second.arrow()
    rows = first.fetchall()
    assert rows == second.fetchall() == connection.sql(EVERY_TYPE).fetchall() and first.arrow().equals(second.arrow())
    assert [row.r for row in rows] == ["ä", "ää", "äää"] and rows[2].m == [[3, None], None, [3]] and rows[0].e == {"a": (1, "x")}
    assert (rows[0].b, rows[0].k, rows[0].p) == (Decimal("-1.50"), Decimal("1E-38"), Decimal("9" * 38))
    assert str(rows[0].b) == "-1.50" and rows[0].q.microsecond == 999000 and rows[0].h == dt.time(1, 2, 3)


def test_result_is_a_sequence(connection):
    connection.execute("""CREATE TABLE many (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'number-of-rows' = '10000',
        'fields.x.kind' = 'sequence', 'fields.x.start' = '0', 'fields.x.end' = '9999')""")
    result = connection.execute("SELECT x FROM many")
    assert len(result) == 10_000 and sorted(row.x for row in result) == list(range(10_000))
    assert result[-1] == result[9_999] and result[4_000:4_003] == result.fetchall()[4_000:4_003] and result[5_000] == result.fetchall()[5_000]
    with pytest.raises(IndexError):
        result[10_000]
    assert repr(result).count("\n") == 22 and "... 9980 more" in repr(result)
    assert sum(batch.num_rows for batch in result.batches()) == 10_000 == result.reader().read_all().num_rows


def test_what_arrow_has_no_place_for(connection):
    result = connection.execute("SELECT TIMESTAMP '0099-01-01 00:00:00.123456789' AS t")
    assert result[0].t == dt.datetime(99, 1, 1, 0, 0, 0, 123456)
    with pytest.raises(weir.JobError, match="nanoseconds"):
        result.arrow()
    with pytest.raises(weir.JobError, match="nanoseconds"):
        connection.sql("SELECT TIMESTAMP '0099-01-01 00:00:00.123456789' AS t").arrow()


def test_arrow_of_an_updating_result(numbers):
    query = "SELECT MOD(x, 2) AS k, COUNT(*) AS n FROM numbers GROUP BY MOD(x, 2)"
    result = numbers.execute(query)
    assert result.arrow().column_names == ["k", "n", "$kind"]
    assert result.arrow().column("$kind").to_pylist() == result.kinds
    assert numbers.sql(query).arrow().column_names == ["k", "n", "$kind"]
    assert numbers.execute("SELECT 1 AS x FROM numbers WHERE x > 9").arrow().schema.names == ["x"]


def test_interrupt_cancels(connection):
    import _thread
    import threading
    connection.execute("CREATE TABLE endless (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')")
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        connection.execute("SELECT * FROM endless")
    assert value(connection, "1") == 1


def test_many_connections():
    for _ in range(200):
        with weir.connect() as connection:
            connection.execute("SELECT 1")
