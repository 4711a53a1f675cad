# SPDX-License-Identifier: Apache-2.0
"""input - rows of the program for a table of the connector 'input'.

    connection.execute("CREATE TABLE orders (id BIGINT, amount DOUBLE) WITH ('connector' = 'input')")
    with connection.input("orders") as orders:
        orders.push({"id": 1, "amount": 9.5})
        orders.push([(2, 3.0), (3, 4.5)])
"""
from __future__ import annotations

import datetime
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _arrow, _native
from ._engine import SLICE_MS, Deadline, address, call, closed, encode, ffi, lib, opened
from ._handle import Handle
from .errors import Code, Timeout, WouldBlock
from .result import Columns, RowKind, held

if TYPE_CHECKING:
    from .connection import Connection

SLICE_ROWS = 4000  # that are appended before they are handed over; fewer than those that would go by themselves
FRAME_ROWS = 16_384  # of an Arrow table that are handed over at once
_EPOCH = datetime.datetime(1970, 1, 1)


def is_frame(data: Any) -> bool:
    """Whether something is a table of Arrow, pandas, Polars or the like."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__") or type(data).__module__.partition(".")[0] == "pandas"


def frame(data: Any) -> Any:
    """It as a pyarrow.Table."""
    pa = _arrow.module()
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns"):
        return pa.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return pa.Table.from_pylist(data)
    if not isinstance(data, dict) and (not is_frame(data) or type(data).__name__ == "Series"):
        raise TypeError(f"{type(data).__name__} is no table: a DataFrame, a table of Arrow, a list of dicts or a dict of columns is wanted")
    return pa.table(data)


def rows_of(table: Any) -> Iterable[tuple[Any, ...]]:
    """The rows of a pyarrow.Table."""
    for batch in table.to_batches(max_chunksize=4096):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class Input:
    """An open table. One thread at a time uses it; leaving the context manager without an exception ends the table."""

    _order = 2

    def __init__(self, connection: Connection, table: str) -> None:
        self.connection, self.table = connection, table
        made = ffi.new("struct weir_input **")
        call(lib.weir_input_open, connection._handle(), encode(table), made)
        self._input = Handle(made[0], self._free, "the input")
        self._columns = Columns(lib.weir_input_result(made[0]))
        self._appender = address(lib.weir_input_appender(made[0]))
        opened(self)

    @property
    def columns(self) -> list[str]:
        """The columns that are pushed."""
        return self._columns.names

    def push(self, rows: Any, *, kind: RowKind | int = RowKind.INSERT, wait: bool = True) -> None:
        """Hands over rows: a tuple or dict is one; a list or other iterable of these, a DataFrame, an Arrow table or batch are many.

        A dict has the columns' names; those that are not there are NULL. kind: what the rows do, where the table takes changes. wait:
        False raises WouldBlock where there is no room; rows that were taken (WouldBlock.taken) go with the next push, which may be of [].
        A wait hears Ctrl-C: rows that were taken by then go with the next push, too.
        """
        if is_frame(rows):
            self._push_frame(frame(rows), int(kind), wait)
            return
        if not isinstance(rows, (tuple, dict, Iterable)):
            raise TypeError(f"{type(rows).__name__} is no row: a tuple or dict is one; a list or other iterable of these, a DataFrame or an Arrow table are many")
        given = iter((rows,) if isinstance(rows, (tuple, dict)) else rows)
        taken, last = 0, SLICE_ROWS
        while last == SLICE_ROWS:
            with self._input:  # while `given` runs, who may close it
                last = _native.append(self._appender, self._columns.shape, given, int(kind), SLICE_ROWS)
            taken += last
            self._hand_over(wait, taken)

    def _hand_over(self, wait: bool, taken: int, room: int = 0) -> None:
        """What was appended goes; where that is to wait, until `room` rows more find room. taken: rows of this push, so far."""
        code = Code.TIMEOUT
        while wait and code != Code.OK:
            with self._input as handle:
                code = Code(call(lib.weir_input_room, handle, room, SLICE_MS, fine=(Code.OK, Code.TIMEOUT)))
        if wait:
            return
        with self._input as handle:
            if call(lib.weir_input_push, handle, lib.WEIR_INPUT_NO_WAIT, fine=(Code.OK, Code.WOULD_BLOCK)) != Code.OK:
                self._full(taken)

    def _full(self, taken: int) -> None:
        error = WouldBlock(f"the table '{self.table}' has no room at the moment: {taken} of the rows were taken", Code.WOULD_BLOCK)
        error.taken = taken
        raise error

    def _push_frame(self, table: Any, kind: int, wait: bool) -> None:
        if kind != RowKind.INSERT:
            self.push((dict(zip(table.column_names, row, strict=True)) for row in rows_of(table)), kind=kind, wait=wait)
            return
        taken = 0
        for batch in table.to_batches(max_chunksize=FRAME_ROWS):
            array, schema = held("struct ArrowArray *"), held("struct ArrowSchema *")
            batch._export_to_c(address(array), address(schema))
            code = Code.WOULD_BLOCK
            while code != Code.OK:
                self._hand_over(wait, taken, batch.num_rows)
                with self._input as handle:
                    code = Code(call(lib.weir_input_push_arrow, handle, array, schema, lib.WEIR_INPUT_NO_WAIT, fine=(Code.OK, Code.WOULD_BLOCK)))
                if code != Code.OK and not wait:
                    self._full(taken)
            taken += batch.num_rows

    def watermark(self, time: int | datetime.datetime) -> None:
        """No row before this time, in milliseconds since 1970 or as a datetime, will come: for WATERMARK FOR ... AS SOURCE_WATERMARK()."""
        if isinstance(time, datetime.datetime):
            if time.tzinfo is not None:
                time = time.astimezone(datetime.UTC).replace(tzinfo=None)
            time = (time - _EPOCH) // datetime.timedelta(milliseconds=1)
        with self._input as handle:
            call(lib.weir_input_watermark, handle, time)

    def wait_for_reader(self, timeout: float | None = None) -> None:
        """Waits until a job has begun to read the table, at most so many seconds (then raises Timeout)."""
        until = Deadline(timeout)
        while True:
            with self._input as handle:
                if lib.weir_input_wait(handle, until.slice_ms()) == Code.OK:
                    return
            if until.passed():
                raise Timeout(f"no job reads the table '{self.table}'", Code.TIMEOUT)

    @property
    def restored(self) -> int:
        """How many rows are covered by the checkpoint that the reading job began with: a program goes on behind them."""
        with self._input as handle:
            return int(lib.weir_input_restored(handle))

    @property
    def confirmed(self) -> int:
        """How many rows are covered by the last completed checkpoint."""
        with self._input as handle:
            return int(lib.weir_input_confirmed(handle))

    def end(self) -> None:
        """No more rows come: jobs that read the table finish."""
        with self._input as handle:
            lib.weir_input_end(handle)

    def close(self) -> None:
        """Frees it; the table does not end by that. A push that is under way raises MisuseError."""
        self._input.close(wait=False)

    def _free(self, handle: Any) -> None:
        lib.weir_input_free(handle)
        closed(self)

    def __repr__(self) -> str:
        return f"<weir.Input {self.table}{', closed' if self._input.closed else ''}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None and not self._input.closed:
            self.end()
        self.close()
