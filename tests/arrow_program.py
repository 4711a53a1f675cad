#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""arrow_program - a program in Python that uses libweir by ctypes and hands results to pyarrow, DuckDB and Polars, and record batches back.

  tests/arrow_program.py LIBRARY PACKAGES FOLDER CASE    runs one of the functions at the end; it ends with code 0 when all was as it should be

It is a process of its own (arrow_suite.py starts it): what is wrong in the library's memory ends it and not the tests.
"""
import ctypes
import datetime
import decimal
import gc
import os
import sys
import threading

BIG = 300_000  # rows of the larger results


class Error(Exception):
    pass


class Stream(ctypes.Structure):
    """ArrowArrayStream."""
    _fields_ = [(name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")]


class Array(ctypes.Structure):
    """ArrowArray."""
    _fields_ = [(name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")] + [
        (name, ctypes.c_void_p) for name in ("buffers", "children", "dictionary", "release", "private_data")]


class Schema(ctypes.Structure):
    """ArrowSchema."""
    _fields_ = [(name, ctypes.c_void_p) for name in ("format", "name", "metadata")] + [
        (name, ctypes.c_int64) for name in ("flags", "n_children")] + [
        (name, ctypes.c_void_p) for name in ("children", "dictionary", "release", "private_data")]


class Session:
    """A session of libweir; every call raises Error with the library's own words."""

    def __init__(self, library):
        self.lib = ctypes.CDLL(library)
        pointer = ctypes.c_void_p
        for name in ("weir_session_new", "weir_error_report"):
            getattr(self.lib, name).restype = pointer
        self.lib.weir_input_end.argtypes = self.lib.weir_input_free.argtypes = self.lib.weir_session_free.argtypes = [pointer]
        self.lib.weir_error_report.argtypes = self.lib.weir_error_free.argtypes = [pointer]
        self.session = pointer(self.lib.weir_session_new())

    def close(self):
        self.lib.weir_session_free(self.session)
        self.session = None

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        code = getattr(self.lib, name)(*arguments, ctypes.byref(error))
        if code == 0:
            return
        text = ctypes.string_at(self.lib.weir_error_report(error)).decode() if error else f"code {code} without an error"
        self.lib.weir_error_free(error)
        raise Error(text)

    def execute(self, sql):
        self.call("weir_execute", self.session, sql.encode(), None)

    def query(self, sql):
        """A SELECT as a pyarrow.RecordBatchReader."""
        cursor, stream = ctypes.c_void_p(), Stream()
        self.call("weir_query", self.session, sql.encode(), ctypes.byref(cursor))
        self.call("weir_cursor_arrow", cursor, ctypes.byref(stream))
        return pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))

    def table(self, sql):
        table = self.query(sql).read_all()
        table.validate(full=True)
        return table

    def open(self, name):
        out = ctypes.c_void_p()
        self.call("weir_input_open", self.session, name.encode(), ctypes.byref(out))
        return out

    def push(self, to, batch):
        """Hands over a pyarrow.RecordBatch; the library has taken it, or it is still ours and goes."""
        array, schema = Array(), Schema()
        batch._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
        release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        try:
            self.call("weir_input_push_arrow", to, ctypes.byref(array), ctypes.byref(schema), ctypes.c_uint32(0))
            expect(array.release, None, "the array after it was pushed")
        finally:
            for struct in (array, schema):
                if struct.release:
                    release(struct.release)(ctypes.addressof(struct))

    def end(self, to):
        self.lib.weir_input_end(to)
        self.lib.weir_input_free(to)


def expect(got, want, what):
    if got != want:
        raise AssertionError(f"{what}\n  got  {got!r}\n  want {want!r}")


def refused(function, *words):
    """What a call fails with has the words."""
    try:
        function()
    except (Error, OSError, pyarrow.ArrowException) as error:
        for word in words:
            if word not in str(error):
                raise AssertionError(f"does not say '{word}': {error}") from None
        return
    raise AssertionError("no error: " + " ".join(words))


def numbers(session, folder, count=BIG):
    """A table of numbers in a file: n, its text, a value that is NULL for every seventh."""
    path = os.path.join(folder, "numbers.csv")
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as file:
            for n in range(count):
                file.write(f"{n},number {n},{'' if n % 7 == 0 else n / 4}\n")
    session.execute(f"CREATE TABLE numbers (n BIGINT, t STRING, v DOUBLE) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv', "
                    "'csv.null-literal' = '')")


TYPES = [  # (SQL, Arrow's type, value in Python)
    ("TRUE", "bool", True),
    ("CAST(1 AS TINYINT)", "int8", 1),
    ("CAST(-2 AS SMALLINT)", "int16", -2),
    ("3", "int32", 3),
    ("CAST(4 AS BIGINT)", "int64", 4),
    ("CAST(1.5 AS FLOAT)", "float", 1.5),
    ("CAST(-2.5 AS DOUBLE)", "double", -2.5),
    ("CAST(12.34 AS DECIMAL(10, 2))", "decimal128(10, 2)", decimal.Decimal("12.34")),
    ("'a'", "string", "a"),
    ("CAST('a text that is longer' AS STRING)", "string", "a text that is longer"),
    ("X'0102'", "binary", b"\x01\x02"),
    ("DATE '2024-02-29'", "date32[day]", datetime.date(2024, 2, 29)),
    ("TIME '10:20:30'", "time32[ms]", datetime.time(10, 20, 30)),
    ("TIMESTAMP '2024-01-02 03:04:05'", "timestamp[s]", datetime.datetime(2024, 1, 2, 3, 4, 5)),
    ("CAST(TIMESTAMP '2024-01-02 03:04:05.678' AS TIMESTAMP(3))", "timestamp[ms]", datetime.datetime(2024, 1, 2, 3, 4, 5, 678000)),
    ("CAST(TIMESTAMP '1969-01-02 03:04:05.678901' AS TIMESTAMP(6))", "timestamp[us]", datetime.datetime(1969, 1, 2, 3, 4, 5, 678901)),
    ("TO_TIMESTAMP_LTZ(1700000000123, 3)", "timestamp[ms, tz=UTC]", datetime.datetime(2023, 11, 14, 22, 13, 20, 123000, datetime.timezone.utc)),
    ("INTERVAL '1' DAY", "duration[ms]", datetime.timedelta(days=1)),
    ("INTERVAL '14' MONTH", "month_day_nano_interval", (14, 0, 0)),
    ("ARRAY[1, 2]", "list<item: int32 not null>", [1, 2]),
    ("MAP['k', 1]", "map<string, int32>", [("k", 1)]),
    ("ROW(1, 'x')", "struct<EXPR$0: int32 not null, EXPR$1: string not null>", {"EXPR$0": 1, "EXPR$1": "x"}),
    ("CAST(NULL AS STRING)", "string", None),
    ("CAST(NULL AS DECIMAL(20, 5))", "decimal128(20, 5)", None),
    ("CAST(NULL AS ARRAY<INT>)", "list<item: int32>", None),
]


def types(session, folder):
    """Every type as Arrow has it, and its value."""
    table = session.table("SELECT " + ", ".join(f"{sql} AS c{i}" for i, (sql, _, _) in enumerate(TYPES)))
    for i, (sql, name, value) in enumerate(TYPES):
        field, got = table.schema.field(i), table.column(i).to_pylist()
        expect(field.name, f"c{i}", sql)
        expect(str(field.type), name, f"type of {sql}")
        expect([tuple(one) if isinstance(one, pyarrow.MonthDayNano) else one for one in got], [value], f"value of {sql}")
    expect(table.schema.field(3).nullable, False, "nullability of a literal")
    expect(table.schema.field(len(TYPES) - 1).nullable, True, "nullability of a NULL")


def readers(session, folder):
    """Sums of a larger result by pyarrow, DuckDB and Polars; a filter leaves rows out of batches."""
    import duckdb
    import polars
    numbers(session, folder)
    sql = "SELECT n, t, v FROM numbers WHERE n % 3 <> 1"
    kept = [n for n in range(BIG) if n % 3 != 1]
    values = [n / 4 for n in kept if n % 7 != 0]
    length = sum(len(f"number {n}") for n in kept)
    table = session.table(sql)
    expect((table.num_rows, table.column("v").null_count), (len(kept), len(kept) - len(values)), "pyarrow")
    expect(sorted(table.column("n").to_pylist()), kept, "column n")
    expect(all(t == f"number {n}" for n, t in zip(table.column("n").to_pylist(), table.column("t").to_pylist())), True, "column t")
    stream = session.query(sql)
    got = duckdb.sql("SELECT count(*), sum(n), sum(v), count(v), sum(length(t)) FROM stream").fetchall()[0]
    expect(got, (len(kept), sum(kept), sum(values), len(values), length), "DuckDB")
    frame = polars.from_arrow(session.table(sql))
    got = frame.select(polars.len(), polars.col("n").sum(), s=polars.col("v").sum(), b=polars.col("t").str.len_bytes().sum()).row(0)
    expect(got, (len(kept), sum(kept), sum(values), length), "Polars")


def nested(session, folder):
    """Lists, maps and rows of many rows, with NULLs, through DuckDB and back to Python."""
    import duckdb
    numbers(session, folder, 5000)
    table = session.table("SELECT n, ARRAY[t, CAST(NULL AS STRING)] AS a, MAP[t, v] AS m, ROW(n, ARRAY[v]) AS r, "
                          "CASE WHEN n % 2 = 0 THEN ARRAY[n] END AS o FROM numbers WHERE n < 5000")
    rows = sorted(table.to_pylist(), key=lambda row: row["n"])
    expect(len(rows), 5000, "rows")
    for n, row in enumerate(rows):
        v = None if n % 7 == 0 else n / 4
        expect((row["a"], row["m"], list(row["r"].values()), row["o"]),
               ([f"number {n}", None], [(f"number {n}", v)], [n, [v]], [n] if n % 2 == 0 else None), f"row {n}")
    got = duckdb.sql("SELECT sum(len(a)), sum(o[1]), sum(map_values(m)[1]) FROM \"table\"").fetchall()[0]
    expect(got, (10000, sum(range(0, 5000, 2)), sum(n / 4 for n in range(5000) if n % 7)), "DuckDB")


def updating(session, folder):
    """A result that takes rows back says so in $kind."""
    numbers(session, folder)
    table = session.table("SELECT n % 2 AS k, COUNT(*) AS c FROM numbers GROUP BY n % 2")
    expect((table.schema.names, str(table.schema.field("$kind").type)), (["k", "c", "$kind"], "int8"), "columns")
    state = {}
    for row in table.to_pylist():
        if row["$kind"] in (0, 2):
            state[row["k"]] = row["c"]
        else:
            expect(state.pop(row["k"]), row["c"], "the row that is taken back")
    expect(state, {0: BIG // 2, 1: BIG // 2}, "the result")


def failing(session, folder):
    """A job that fails is an error of the stream, with its text, every time."""
    numbers(session, folder)
    stream = session.query("SELECT CAST(CASE WHEN n = 200000 THEN 'oops' ELSE '1' END AS INT) AS x FROM numbers")
    expect(stream.schema.names, ["x"], "columns")
    refused(stream.read_all, "oops")
    refused(stream.read_next_batch, "oops")
    refused(lambda: session.query("SELECT nothing FROM numbers"), "nothing")
    refused(lambda: session.table("SELECT CAST('9999-01-01 00:00:00' AS TIMESTAMP(9)) AS far"), "'far'", "64 bits")
    expect(session.table("SELECT 1 AS x").to_pylist(), [{"x": 1}], "the session afterwards")


def early(session, folder):
    """A reader that stops early ends the job; what it has outlives stream and session."""
    numbers(session, folder)
    batches = []
    for _ in range(20):
        stream = session.query("SELECT n, t, v FROM numbers")
        batches.append(stream.read_next_batch())
        del stream
        gc.collect()
    session.query("SELECT n FROM numbers")  # nothing is read
    gc.collect()
    session.close()
    for batch in batches:
        batch.validate(full=True)
        for row in batch.slice(0, 50).to_pylist():
            expect(row["t"], f"number {row['n']}", "a row after the session has gone")
    done = threading.Thread(target=batches.clear)  # released by another thread
    done.start()
    done.join()


def pushed(session, folder):
    """Record batches of pyarrow, DuckDB and Polars as rows of a table."""
    import duckdb
    import polars
    session.execute("CREATE TABLE orders (id BIGINT NOT NULL, name STRING, amount DECIMAL(10, 2), `at` TIMESTAMP(3), tags ARRAY<STRING>) "
                    "WITH ('connector' = 'input')")
    to = session.open("orders")
    stream = session.query("SELECT id, name, amount, `at`, tags FROM orders")
    at = datetime.datetime(2024, 1, 2, 3, 4, 5)
    names = pyarrow.array(["a name of more than twelve", None, "b"])
    session.push(to, pyarrow.record_batch({"name": names.dictionary_encode(), "id": pyarrow.array([1, 2, 3], pyarrow.int32()), "at": [at, at, None],
                                           "amount": pyarrow.array([1, None, 3], pyarrow.decimal128(38, 5)),
                                           "tags": [["x", "y"], [], None]}))
    session.push(to, pyarrow.record_batch({"id": [9, 4, 9], "name": pyarrow.array(["no", "a view of some length", "no"], pyarrow.string_view())}).slice(1, 1))
    for batch in duckdb.sql("SELECT 5::UTINYINT AS id, 'enum'::ENUM('enum', 'x') AS name, 2.5::DECIMAL(4, 1) AS amount").to_arrow_table().to_batches():
        session.push(to, batch)
    for batch in polars.DataFrame({"id": [6], "name": ["polars"], "tags": [["p"]], "at": [at]}).to_arrow().to_batches():
        session.push(to, batch)
    refused(lambda: session.push(to, pyarrow.record_batch({"id": ["x"]})), "Column 'id' is of type BIGINT NOT NULL, Arrow's utf8 is not taken for it")
    refused(lambda: session.push(to, pyarrow.record_batch({"name": ["x"]})), "Column 'id' is NOT NULL")
    refused(lambda: session.push(to, pyarrow.record_batch({"id": [1], "nam": ["x"]})), "'nam'", "Did you mean 'name'?")
    refused(lambda: session.push(to, pyarrow.record_batch({"id": [1, None]})), "value 1", "NULL")
    session.end(to)
    table = stream.read_all()
    table.validate(full=True)
    rows = {row.pop("id"): row for row in table.to_pylist()}
    money = decimal.Decimal
    expect(rows, {
        1: {"name": "a name of more than twelve", "amount": money("1.00"), "at": at, "tags": ["x", "y"]},
        2: {"name": None, "amount": None, "at": at, "tags": []},
        3: {"name": "b", "amount": money("3.00"), "at": None, "tags": None},
        4: {"name": "a view of some length", "amount": None, "at": None, "tags": None},
        5: {"name": "enum", "amount": money("2.50"), "at": None, "tags": None},
        6: {"name": "polars", "amount": None, "at": at, "tags": ["p"]}}, "rows")


def pushed_many(session, folder):
    """A record batch of more rows than a batch of the engine has."""
    session.execute("CREATE TABLE big (n BIGINT, t STRING) WITH ('connector' = 'input')")
    to = session.open("big")
    stream = session.query("SELECT SUM(n) AS s, COUNT(*) AS c, SUM(CHAR_LENGTH(t)) AS l FROM big")
    batch = pyarrow.record_batch({"n": range(BIG), "t": [f"number {n}" for n in range(BIG)]})
    seen = []
    reader = threading.Thread(target=lambda: seen.append(stream.read_all()), daemon=True)
    reader.start()
    session.push(to, batch)
    del batch
    gc.collect()
    session.end(to)
    reader.join()
    last = seen[0].to_pylist()[-1]
    expect((last["s"], last["c"], last["l"]), (sum(range(BIG)), BIG, sum(len(f"number {n}") for n in range(BIG))), "sums")


def changes(session, folder):
    """What takes rows back in one result takes them back in the table that its record batches are pushed into."""
    numbers(session, folder)
    session.execute("CREATE TABLE counts (k BIGINT, c BIGINT NOT NULL) WITH ('connector' = 'input', 'input.changelog' = 'changes')")
    session.execute("CREATE TABLE inserts (k BIGINT, c BIGINT NOT NULL) WITH ('connector' = 'input')")
    to = session.open("counts")
    stream = session.query("SELECT SUM(c) AS s, COUNT(*) AS n FROM counts")
    for batch in session.query("SELECT n % 3 AS k, COUNT(*) AS c FROM numbers GROUP BY n % 3"):
        session.push(to, batch)
    session.end(to)
    last = stream.read_all().to_pylist()[-1]
    expect((last["s"], last["n"], last["$kind"]), (BIG, 3, 2), "the counts of the counts")
    to = session.open("inserts")
    refused(lambda: session.push(to, pyarrow.record_batch({"k": [1], "c": [1], "$kind": pyarrow.array([3], pyarrow.int8())})), "is of kind -D",
            "'input.changelog' = 'changes'")
    session.end(to)


CASES = {function.__name__: function for function in (types, readers, nested, updating, failing, early, pushed, pushed_many, changes)}

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])
    import pyarrow
    CASES[sys.argv[4]](Session(sys.argv[1]), sys.argv[3])
