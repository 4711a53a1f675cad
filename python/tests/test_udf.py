# SPDX-License-Identifier: Apache-2.0
"""Functions of Python in SQL."""
import datetime as dt
from decimal import Decimal

import pyarrow.compute as pc
import pytest

import weir


@weir.udf(result="DOUBLE")
def square(x):
    return x * x


@weir.udtf(result="word STRING, length INT")
def words(text):
    for word in text.split():
        yield word, len(word)


@weir.udaf(result="DOUBLE")
class Mean:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def accumulate(self, x):
        self.sum += float(x)
        self.count += 1

    def retract(self, x):
        self.sum -= float(x)
        self.count -= 1

    def merge(self, other):
        self.sum += other.sum
        self.count += other.count

    def result(self):
        return self.sum / self.count if self.count else None


def test_scalar(numbers):
    numbers.create_function("square", square)
    assert [row[0] for row in numbers.execute("SELECT square(x) FROM numbers")] == [1, 4, 9, 16, 25]
    assert square(3) == 9


def test_annotations(connection):
    def greet(name: str, times: int) -> str:
        return f"hello {name} " * times
    connection.create_function("greet", greet)
    assert connection.execute("SELECT greet('x', 2)")[0][0] == "hello x hello x "
    with pytest.raises(weir.ScriptError, match="STRING"):
        connection.execute("SELECT greet('x')")


def test_count_of_arguments(connection):
    connection.create_function("square", square)
    with pytest.raises(weir.ScriptError, match="takes 1 argument"):
        connection.execute("SELECT square(1, 2)")


TYPES = {
    "BOOLEAN": ("x > 2", None), "TINYINT": ("CAST(x AS TINYINT)", None), "SMALLINT": ("CAST(x AS SMALLINT)", None), "INT": ("x", None),
    "BIGINT": ("CAST(x AS BIGINT)", None), "FLOAT": ("CAST(x AS FLOAT)", None), "DOUBLE": ("CAST(x AS DOUBLE)", None),
    "DECIMAL(30, 3)": ("CAST(-x AS DECIMAL(30, 3))", None), "STRING": ("REPEAT('äbc', x * 2)", None), "BYTES": ("CAST('abc' AS BYTES)", None),
    "DATE": ("DATE '1960-02-02'", None), "TIME(3)": ("TIME '01:02:03'", None), "TIMESTAMP(3)": ("TIMESTAMP '1960-01-01 01:02:03.123'", None),
    "TIMESTAMP(9)": ("TIMESTAMP '1960-01-01 01:02:03.123456000'", None), "TIMESTAMP_LTZ(6)": ("TO_TIMESTAMP_LTZ(x, 3)", None),
}


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize("sql", TYPES)
def test_types_go_through(numbers, sql, vectorized):
    numbers.create_function("same", weir.udf(lambda x: x, result=sql, vectorized=vectorized))
    expression = TYPES[sql][0]
    rows = numbers.execute(f"SELECT {expression} AS a, same(CASE WHEN x <> 2 THEN {expression} END) AS b, x FROM numbers").fetchall()
    assert len(rows) == 5
    for row in rows:
        assert row.b == (None if row.x == 2 else row.a)


@pytest.mark.parametrize("sql", ["ARRAY<INT>", "MAP<STRING, INT>", "ROW<a INT, b ARRAY<STRING>>"])
def test_nested_types(numbers, sql):
    made = {"A": [1, None, 3], "M": {"a": 1, "b": None}, "R": (1, ["x", "y"])}[sql[0]]
    numbers.create_function("made", weir.udf(lambda x: made, result=sql))
    numbers.create_function("same", weir.udf(lambda x: x, result=sql))
    assert numbers.execute("SELECT same(made(x)) FROM numbers WHERE x = 1")[0][0] == made


def test_results_are_converted(connection):
    for sql, result, wanted in [("DOUBLE", 1, 1.0), ("DECIMAL(5, 2)", "1.5", Decimal("1.50")), ("STRING", 12, "12"), ("DATE", "2020-01-02", dt.date(2020, 1, 2)),
                                ("TIMESTAMP(3)", dt.datetime(2020, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))), dt.datetime(2020, 1, 1))]:
        with weir.connect() as other:
            other.create_function("made", weir.udf(lambda result=result: result, result=sql, arguments=""))
            assert other.execute("SELECT made()")[0][0] == wanted


def test_vectorized_ways(numbers):
    numbers.create_function("half", weir.udf(lambda x: pc.divide(x, 2.0), result="DOUBLE", vectorized=True))
    numbers.create_function("double_np", weir.udf(lambda x: x * 2, result="BIGINT", vectorized="numpy"))
    numbers.create_function("double_pd", weir.udf(lambda x: x * 2, result="BIGINT", vectorized="pandas"))
    assert numbers.execute("SELECT half(x), double_np(x), double_pd(x) FROM numbers").fetchall()[2] == (1.5, 6, 6)
    numbers.create_function("short", weir.udf(lambda x: x[:1], result="INT", vectorized=True))
    with pytest.raises(weir.JobError, match="given 5 rows and returned 1"):
        numbers.execute("SELECT short(x) FROM numbers")


def test_exception_fails_the_row(numbers):
    def bad(x: int) -> int:
        if x == 2:
            raise ValueError("two is bad")
        return x
    numbers.create_function("bad", bad)
    with pytest.raises(weir.JobError, match=r"ValueError: two is bad \(test_udf.py, line \d+\)"):
        numbers.execute("SELECT bad(x) FROM numbers")
    numbers.set("error-handling.mode", "ignore")
    assert len(numbers.execute("SELECT bad(x) FROM numbers")) == 4


def test_wrong_result_type(numbers):
    numbers.create_function("wrong", weir.udf(lambda x: "no number", result="INT"))
    with pytest.raises(weir.JobError):
        numbers.execute("SELECT wrong(x) FROM numbers")


def test_class_with_state(numbers):
    events = []

    @weir.udf(result="INT")
    class Counter:
        def open(self):
            events.append("open")
            self.count = 0

        def eval(self, x):
            self.count += 1
            return self.count

        def close(self):
            events.append("close")
    numbers.create_function("counter", Counter)
    assert [row[0] for row in numbers.execute("SELECT counter(x) FROM numbers")] == [1, 2, 3, 4, 5]
    assert events.count("open") == events.count("close") > 0


def test_table_function(connection):
    connection.create_function("words", words)
    rows = connection.execute("SELECT word, length FROM (VALUES 'a bc', '', 'd') AS t(t), LATERAL TABLE(words(t))").fetchall()
    assert rows == [("a", 1), ("bc", 2), ("d", 1)]


def test_aggregate(numbers):
    numbers.create_function("mean", Mean)
    result = numbers.execute("SELECT mean(x) AS m FROM numbers")
    assert result.final() == [(3.0,)]
    result = numbers.execute("SELECT x - x / 2 * 2 AS odd, mean(x) AS m FROM numbers GROUP BY x - x / 2 * 2")
    assert sorted(result.final()) == [(0, 3.0), (1, 3.0)]


def test_aggregate_retracts(numbers):
    numbers.create_function("mean", Mean)
    result = numbers.execute("SELECT mean(n) FROM (SELECT x - x / 2 * 2 AS odd, COUNT(*) AS n FROM numbers GROUP BY x - x / 2 * 2)")
    assert result.final() == [(2.5,)]


def test_aggregate_merges(connection):
    connection.create_function("mean", Mean)
    connection.execute("""CREATE VIEW seen AS SELECT * FROM (VALUES (TIMESTAMP '2020-01-01 00:00:01', 1), (TIMESTAMP '2020-01-01 00:00:07', 3)) AS t(ts, x)""")
    result = connection.execute("SELECT mean(x) AS m FROM seen")
    assert result.final() == [(2.0,)]


@pytest.mark.parametrize("workers", [1, 3])
def test_many_workers(connection, workers):
    connection.set("parallelism.default", workers)
    connection.execute("""CREATE TABLE many (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'number-of-rows' = '20000',
        'fields.x.kind' = 'sequence', 'fields.x.start' = '1', 'fields.x.end' = '20000')""")
    connection.create_function("square", square)
    connection.create_function("mean", Mean)
    result = connection.execute("SELECT MOD(x, 7) AS k, MAX(square(x)), mean(x) FROM many GROUP BY MOD(x, 7)")
    assert sum(1 for _ in result.final()) == 7
    assert max(row[1] for row in result.final()) == 20000.0 ** 2


def test_declarations():
    with pytest.raises(TypeError, match="result="):
        weir.udf(lambda x: x)
    with pytest.raises(TypeError, match="accumulate"):
        weir.udaf(result="INT")(type("Nothing", (), {}))
    assert weir.udf(lambda x, y: x, result="INT", arguments=["INT", "STRING"]).arguments == "`x` INT, `y` STRING"


def test_replace(numbers):
    for factor in (2, 3):
        numbers.create_function("times", weir.udf(lambda x: factor * x, result="INT"), replace=True)
        assert numbers.execute("SELECT MAX(times(x)) FROM numbers").final() == [(5 * factor,)]
    with pytest.raises(weir.Error, match="already"):
        numbers.create_function("times", weir.udf(lambda x: x, result="INT"))


def test_drop(numbers):
    numbers.create_function("square", square)
    numbers.drop_function("square")
    with pytest.raises(weir.ScriptError):
        numbers.execute("SELECT square(x) FROM numbers")


def test_language_python(numbers, tmp_path):
    (tmp_path / "functions.py").write_text("import weir\n\n@weir.udf\ndef triple(x: int) -> int:\n    return 3 * x\n")
    numbers.execute(f"CREATE FUNCTION triple AS 'functions.triple' LANGUAGE PYTHON USING FILE '{tmp_path}/functions.py'")
    assert numbers.execute("SELECT MAX(triple(x)) FROM numbers").final() == [(15,)]
