# SPDX-License-Identifier: Apache-2.0
"""result - the rows of a SELECT, held in memory, and what its columns are."""
from __future__ import annotations

import bisect
import enum
import html
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from . import _arrow, _frames, _native
from ._engine import address, call, columns_of, ffi, lib
from .errors import Error

if TYPE_CHECKING:
    import pyarrow

Row = Any  # a named tuple, whose fields are known when the query runs


class RowKind(enum.IntEnum):
    """What a row does to the result; its text is Flink's sign."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return ("+I", "-U", "+U", "-D")[self.value]


class Columns:
    """Names and types of columns."""

    def __init__(self, result: Any) -> None:
        found = columns_of(result)
        self.names = [name for name, _ in found]
        self.types = [text for _, text in found]
        self.updating = bool(lib.weir_result_updating(result))
        self.shape = _native.shape(address(result))
        self.schema = held("struct ArrowSchema *")  # of batches of them
        call(lib.weir_result_arrow, result, self.schema)
        self._arrow: pyarrow.Schema | None = None

    def arrow(self) -> pyarrow.Schema:
        """The schema of pyarrow."""
        if self._arrow is None:
            copy = held("struct ArrowSchema *")
            self._arrow = _arrow.module().Schema._import_from_c(address(self.schema))
            self._arrow._export_to_c(address(copy))
            self.schema = copy  # the import has taken the other one
        return self._arrow


def _release(struct: Any) -> None:
    if struct.release != ffi.NULL:
        struct.release(struct)


def held(kind: str) -> Any:
    """A struct of Arrow's C interface, which is released with the last reference unless somebody has taken it over."""
    return ffi.gc(ffi.new(kind), _release)


class Batch:
    """Rows of a result as the engine gave them, copied out of it only where that is needed; as objects of Python when they are asked for."""

    __slots__ = ("_arrow", "_array", "_columns", "_refused", "_rows", "count", "kinds")

    def __init__(self, columns: Columns, batch: Any) -> None:
        self._columns = columns
        self.count = int(lib.weir_batch_rows(batch))
        self.kinds: bytes = _native.kinds(address(batch)) if columns.updating else bytes(self.count)
        self._array: Any = held("struct ArrowArray *")
        self._arrow: pyarrow.RecordBatch | None = None
        self._rows: list[Row] | None = None
        self._refused: Error | None = None
        try:
            call(lib.weir_batch_arrow, batch, self._array)
        except Error as error:  # there is a value that Arrow has no place for
            self._refused = error
            self._rows = _native.rows(address(batch), columns.shape)

    def rows(self) -> list[Row]:
        """As named tuples."""
        if self._rows is None:
            array = self._array
            if self._arrow is not None:
                array = held("struct ArrowArray *")
                self._arrow._export_to_c(address(array))
            self._rows = _native.arrow_rows(address(array), address(self._columns.schema), self._columns.shape)
        return self._rows

    def arrow(self) -> pyarrow.RecordBatch:
        """As a batch of pyarrow, without a copy."""
        if self._refused is not None:
            raise self._refused
        if self._arrow is None:
            self._arrow = _arrow.module().RecordBatch._import_from_c(address(self._array), self._columns.arrow())
        return self._arrow


class Result(_frames.Frames):
    """The rows of a SELECT: an iterable of named tuples.

    columns, types: of each column, its name and its type as SQL writes it. updating: whether rows may have been taken back; then `kinds`
    tells what each row does, and `final()` what is left of them. The rows are held as Arrow arrays; those that are asked for as tuples
    are kept as such, too.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns: list[str] = columns.names
        self.types: list[str] = columns.types
        self.updating: bool = columns.updating
        self._columns = columns
        self._batches: list[Batch] = []
        self._ends: list[int] = []  # rows up to the end of each batch

    def _take(self, batch: Batch) -> None:
        if batch.count > 0:
            self._batches.append(batch)
            self._ends.append(len(self) + batch.count)

    def __iter__(self) -> Iterator[Row]:
        return itertools.chain.from_iterable(batch.rows() for batch in self._batches)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"row {index} of a result with {len(self)}")
        found = bisect.bisect_right(self._ends, at)
        return self._batches[found].rows()[at - self._ends[found] + self._batches[found].count]

    @property
    def kinds(self) -> list[RowKind]:
        """What each row does to the result."""
        return [RowKind(kind) for batch in self._batches for kind in batch.kinds]

    def rows(self, with_kind: bool = False) -> Iterator[Any]:
        """The rows; with_kind: pairs of a kind and a row."""
        return zip(self.kinds, self, strict=True) if with_kind else iter(self)

    def fetchall(self) -> list[Row]:
        """All rows."""
        return list(self)

    def fetchone(self) -> Row | None:
        """The first row, or None."""
        return next(iter(self), None)

    def final(self) -> list[Row]:
        """What is left when all changes have been made, in the order of coming."""
        left: dict[Any, list[Row]] = {}
        for batch in self._batches:
            change(left, batch.kinds, batch.rows())
        return [row for rows in left.values() for row in rows]

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        return (batch.arrow() for batch in self._batches)

    def reader(self) -> pyarrow.RecordBatchReader:
        return _arrow.module().RecordBatchReader.from_batches(self._columns.arrow(), self.batches())

    def __repr__(self) -> str:
        return table_text(*self._shown())

    def _repr_html_(self) -> str:
        return table_html(*self._shown())

    def _shown(self) -> tuple[list[str], list[Row], list[RowKind] | None, int]:
        """What is to be seen of it, and the number of rows."""
        first = list(itertools.islice(self, SHOWN_MAX))
        kinds = itertools.islice((kind for batch in self._batches for kind in batch.kinds), SHOWN_MAX)
        return self.columns, first, [RowKind(kind) for kind in kinds] if self.updating else None, len(self)


def change(left: dict[Any, list[Row]], kinds: bytes, rows: list[Row]) -> None:
    """Makes changes to the rows that are left, by their texts: rows may hold what has no hash."""
    for kind, row in zip(kinds, rows, strict=True):
        key = repr(row)
        if kind in (RowKind.INSERT, RowKind.UPDATE_AFTER):
            left.setdefault(key, []).append(row)
        elif key in left:
            left[key].pop()
            if not left[key]:
                del left[key]


SHOWN_MAX = 20  # rows of a result that is shown


def _cells(columns: list[str], rows: list[Row], kinds: Sequence[int] | None) -> tuple[list[str], list[list[str]]]:
    head = (["op"] if kinds is not None else []) + columns
    body = [([str(RowKind(kinds[i]))] if kinds is not None else []) + ["NULL" if value is None else str(value) for value in row]
            for i, row in enumerate(rows[:SHOWN_MAX])]
    return head, body


def table_text(columns: list[str], rows: list[Row], kinds: Sequence[int] | None = None, count: int | None = None) -> str:
    """The first rows as a table of characters. count: how many there are in all."""
    head, body = _cells(columns, rows, kinds)
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in [head, *body]]
    lines.insert(1, "-+-".join("-" * width for width in widths))
    return "\n".join([*lines, _counted(len(rows) if count is None else count, len(body))])


def table_html(columns: list[str], rows: list[Row], kinds: Sequence[int] | None = None, count: int | None = None) -> str:
    """The first rows as a table for notebooks."""
    head, body = _cells(columns, rows, kinds)
    out = ["<table><thead><tr>", *(f"<th>{html.escape(cell)}</th>" for cell in head), "</tr></thead><tbody>"]
    for line in body:
        out += ["<tr>", *(f"<td>{html.escape(cell)}</td>" for cell in line), "</tr>"]
    return "".join([*out, "</tbody></table><p>", _counted(len(rows) if count is None else count, len(body)), "</p>"])


def _counted(count: int, shown: int) -> str:
    """How many rows there are, below those that are shown."""
    return f"... {count - shown} more" if count > shown else f"({count} row{'' if count == 1 else 's'})"
