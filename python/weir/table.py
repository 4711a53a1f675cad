# SPDX-License-Identifier: Apache-2.0
"""table - a query whose rows are taken as they come."""
from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from . import _arrow, _frames, _native, _types
from ._engine import SLICE_MS, address, call, closed, columns_of, encode, ffi, lib, opened
from ._handle import Handle, outside
from .errors import Code
from .result import Batch, Columns, Result, Row, RowKind, change, table_html, table_text

if TYPE_CHECKING:
    import pyarrow

    from .connection import Connection

T = TypeVar("T")


class _Cursor:
    """A running query."""

    _order = 1

    def __init__(self, connection: Connection, sql: str) -> None:
        self.connection = connection
        made = ffi.new("struct weir_cursor **")
        call(lib.weir_query, connection._handle(), encode(sql), made)
        self.handle = Handle(made[0], self._free, "the connection of the query")
        self.columns = Columns(lib.weir_cursor_result(made[0]))
        opened(self)

    def next(self, take: Callable[[Any], T], nothing: T) -> T | None:
        """What is taken of the next batch, waiting for it at most SLICE_MS: `nothing` when these have passed, None at the end."""
        batch = ffi.new("const struct weir_batch **")
        with self.handle as handle:
            code = call(lib.weir_cursor_batch, handle, SLICE_MS, batch, fine=(Code.OK, Code.TIMEOUT, Code.END))
            if code == Code.END:
                return None
            return take(batch[0]) if batch[0] else nothing

    def rows(self) -> tuple[list[Row], bytes] | None:
        """Rows and their kinds; none when the time has passed; None at the end."""
        nothing: tuple[list[Row], bytes] = ([], b"")
        return self.next(lambda batch: (_native.rows(address(batch), self.columns.shape), _native.kinds(address(batch))), nothing)

    def batches(self) -> list[Batch] | None:
        """A batch; none when the time has passed; None at the end."""
        nothing: list[Batch] = []
        return self.next(lambda batch: [Batch(self.columns, batch)], nothing)

    def close(self) -> None:
        """Cancels the query if it still runs. A function that the query calls cannot wait for that."""
        if not self.handle.freed:
            outside(self.handle.close)

    def _free(self, cursor: Any) -> None:
        lib.weir_cursor_free(cursor)
        closed(self)


class _Batches:
    """The record batches of a running query, which is cancelled when nobody wants further ones."""

    def __init__(self, cursor: _Cursor) -> None:
        self.cursor = cursor

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        return self

    def __next__(self) -> pyarrow.RecordBatch:
        while (batches := self.cursor.batches()) is not None:
            for batch in batches:
                return batch.arrow()
        self.cursor.close()
        raise StopIteration

    def __del__(self) -> None:
        self.cursor.close()


class Table(_frames.Frames):
    """A query of a connection: nothing runs before its rows are asked for, and each time they are, it runs anew.

        for row in connection.sql("SELECT ... FROM clicks"):
            print(row.user, row.url)
    """

    def __init__(self, connection: Connection, sql: str) -> None:
        encode(sql)  # says it if that is no text
        self.connection, self.sql = connection, sql.strip().rstrip(";")

    def __iter__(self) -> Iterator[Row]:
        """The rows as they come; a query over an unbounded table does not end by itself."""
        return self.rows()

    def rows(self, with_kind: bool = False) -> Iterator[Any]:
        """The rows; with_kind: pairs of a RowKind and a row. Leaving the loop cancels the query."""
        cursor = _Cursor(self.connection, self.sql)
        try:
            while (taken_now := cursor.rows()) is not None:
                rows, kinds = taken_now
                if with_kind:
                    yield from zip(map(RowKind, kinds), rows, strict=True)
                else:
                    yield from rows
        finally:
            cursor.close()

    def fetchall(self) -> list[Row]:
        """All rows."""
        return self.result().fetchall()

    def result(self) -> Result:
        """Runs it to its end and holds all of its rows."""
        cursor = _Cursor(self.connection, self.sql)
        try:
            result = Result(cursor.columns)
            while (batches := cursor.batches()) is not None:
                for batch in batches:
                    result._take(batch)
            return result
        finally:
            cursor.close()

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, type) of each column; plans the query, and runs nothing."""
        statement = ffi.new("struct weir_statement **")
        call(lib.weir_prepare, self.connection._handle(), encode(self.sql), statement)
        try:
            result = lib.weir_statement_result(statement[0])
            return columns_of(result)
        finally:
            lib.weir_statement_free(statement[0])

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        return _Batches(_Cursor(self.connection, self.sql))

    def reader(self) -> pyarrow.RecordBatchReader:
        batches = _Batches(_Cursor(self.connection, self.sql))
        return _arrow.module().RecordBatchReader.from_batches(batches.cursor.columns.arrow(), batches)

    def explain(self) -> str:
        """Its plan."""
        self.connection.execute("EXPLAIN " + self.sql)
        return "\n".join(self.connection.output)

    def to_view(self, name: str) -> Table:
        """A temporary view of the query, for SQL; returns a Table of it."""
        self.connection.execute(f"CREATE TEMPORARY VIEW {_types.quoted(name)} AS {self.sql}")
        return self.connection.table(name)

    def insert_into(self, table: str) -> None:
        """Runs INSERT INTO table with the query, and returns when it has ended."""
        self.connection.execute(f"INSERT INTO {table} {self.sql}")

    def live(self, rows: int = 20, every: float = 0.5, seconds: float | None = None) -> None:
        """Shows the result as it changes, until it ends, Ctrl-C (in a notebook: interrupt), or so many seconds.

        Of an updating result, what holds at the moment; of another one, the last rows. rows: how many; every: seconds between two pictures.
        """
        shown = Live(rows)
        cursor = _Cursor(self.connection, self.sql)
        picture = Picture(cursor.columns.names)
        until = None if seconds is None else time.monotonic() + seconds
        due = 0.0
        try:
            while until is None or time.monotonic() < until:
                taken_now = cursor.rows()
                if taken_now is None:
                    break
                shown.take(*taken_now, cursor.columns.updating)
                if time.monotonic() >= due:
                    picture.show(shown.rows(), shown.seen)
                    due = time.monotonic() + every
        except KeyboardInterrupt:
            pass
        finally:
            cursor.close()
        picture.show(shown.rows(), shown.seen, last=True)

    def __repr__(self) -> str:
        return f"<weir.Table {self.sql}>"


class Live:
    """The rows that a live table shows."""

    HELD_MAX = 100_000  # rows of an updating result; the oldest go

    def __init__(self, shown: int) -> None:
        self.shown, self.seen = shown, 0
        self.held: collections.OrderedDict[str, list[Row]] = collections.OrderedDict()
        self.last: collections.deque[Row] = collections.deque(maxlen=shown)
        self.updating = False

    def take(self, rows: list[Row], kinds: bytes, updating: bool) -> None:
        """Makes changes."""
        self.seen += len(rows)
        self.updating = updating
        if not updating:
            self.last.extend(rows)
            return
        change(self.held, kinds, rows)
        while len(self.held) > self.HELD_MAX:
            self.held.popitem(last=False)

    def rows(self) -> list[Row]:
        """What is to be shown."""
        if not self.updating:
            return list(self.last)
        every = [row for rows in self.held.values() for row in rows]
        return every[-self.shown:]


class Picture:
    """Where a live table is shown: a cell of a notebook, a terminal, or, elsewhere, only its last state is printed."""

    def __init__(self, columns: list[str]) -> None:
        self.columns, self.lines = columns, 0
        self.display: Any = None
        self.notebook = False
        try:
            from IPython import get_ipython  # type: ignore[attr-defined,unused-ignore]

            self.notebook = get_ipython() is not None and type(get_ipython()).__name__ == "ZMQInteractiveShell"
        except ImportError:
            pass

    def show(self, rows: list[Row], seen: int, last: bool = False) -> None:
        """Shows the rows in place of those before."""
        if self.notebook:
            from IPython import display as shown

            display: Any = shown
            page = display.HTML(table_html(self.columns, rows) + f"<p>{seen} changes{'' if last else ' ...'}</p>")
            if self.display is None:
                self.display = display.display(page, display_id=True)
            else:
                self.display.update(page)
            return
        import sys

        if not sys.stdout.isatty() and not last:
            return
        text = table_text(self.columns, rows) + f"\n{seen} changes{'' if last else ' ...'}"
        back = f"\x1b[{self.lines}F\x1b[J" if self.lines and sys.stdout.isatty() else ""
        print(back + text, flush=True)
        self.lines = text.count("\n") + 1
