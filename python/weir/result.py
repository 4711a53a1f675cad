# SPDX-License-Identifier: Apache-2.0
"""result - the rows of a SELECT, held in memory, and what its columns are."""
from __future__ import annotations

import enum
import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _arrow, _native
from ._engine import address, decode, ffi, lib

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Row = tuple[Any, ...]


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
        count = lib.weir_column_count(result)
        self.names = [decode(lib.weir_column_name(result, i)) for i in range(count)]
        self.types = [decode(lib.weir_column_type_text(result, i)) for i in range(count)]
        self.updating = bool(lib.weir_result_updating(result))
        self.shape = _native.shape(address(result))


class Result:
    """The rows of a SELECT: an iterable of named tuples.

    columns, types: of each column, its name and its type as SQL writes it. updating: whether rows may have been taken back; then `kinds`
    tells what each row does, and `final()` what is left of them.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns: list[str] = columns.names
        self.types: list[str] = columns.types
        self.updating: bool = columns.updating
        self._rows: list[Row] = []
        self._kinds = bytearray()

    def _take(self, rows: list[Row], kinds: bytes) -> None:
        self._rows += rows
        self._kinds += kinds

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return self._rows[index]

    @property
    def kinds(self) -> list[RowKind]:
        """What each row does to the result."""
        return [RowKind(kind) for kind in self._kinds]

    def rows(self, with_kind: bool = False) -> Iterator[Any]:
        """The rows; with_kind: pairs of a kind and a row."""
        return zip(self.kinds, self._rows, strict=True) if with_kind else iter(self._rows)

    def fetchall(self) -> list[Row]:
        """All rows."""
        return list(self._rows)

    def fetchone(self) -> Row | None:
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    def final(self) -> list[Row]:
        """What is left when all changes have been made, in the order of coming."""
        left: dict[Any, list[Row]] = {}
        for kind, row in zip(self._kinds, self._rows, strict=True):
            key = repr(row)
            if kind in (RowKind.INSERT, RowKind.UPDATE_AFTER):
                left.setdefault(key, []).append(row)
            elif left.get(key):
                left[key].pop()
        return [row for rows in left.values() for row in rows]

    def arrow(self) -> pyarrow.Table:
        """As a pyarrow.Table; an updating result has the column `$kind` behind the others."""
        return _arrow.table_of_rows(self.columns, self.types, self._rows, bytes(self._kinds) if self.updating else None)

    def pandas(self) -> pandas.DataFrame:
        """As a pandas.DataFrame (through Arrow)."""
        made: pandas.DataFrame = self.arrow().to_pandas()
        return made

    def polars(self) -> polars.DataFrame:
        """As a polars.DataFrame (through Arrow)."""
        import polars

        made: polars.DataFrame = polars.DataFrame(self.arrow())
        return made

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's PyCapsule protocol: DuckDB, Polars and pyarrow read the result by it."""
        return self.arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return table_text(self.columns, self._rows, self._kinds if self.updating else None)

    def _repr_html_(self) -> str:
        return table_html(self.columns, self._rows, self._kinds if self.updating else None)


SHOWN_MAX = 20  # rows of a result that is shown


def _cells(columns: list[str], rows: list[Row], kinds: bytearray | bytes | None) -> tuple[list[str], list[list[str]]]:
    head = (["op"] if kinds is not None else []) + columns
    body = [([str(RowKind(kinds[i]))] if kinds is not None else []) + ["NULL" if value is None else str(value) for value in row]
            for i, row in enumerate(rows[:SHOWN_MAX])]
    return head, body


def table_text(columns: list[str], rows: list[Row], kinds: bytearray | bytes | None = None) -> str:
    """The first rows as a table of characters."""
    head, body = _cells(columns, rows, kinds)
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in [head, *body]]
    lines.insert(1, "-+-".join("-" * width for width in widths))
    more = len(rows) - SHOWN_MAX
    return "\n".join(lines) + (f"\n... {more} more" if more > 0 else f"\n({len(rows)} row{'' if len(rows) == 1 else 's'})")


def table_html(columns: list[str], rows: list[Row], kinds: bytearray | bytes | None = None) -> str:
    """The first rows as a table for notebooks."""
    head, body = _cells(columns, rows, kinds)
    more = len(rows) - SHOWN_MAX
    out = ["<table><thead><tr>", *(f"<th>{html.escape(cell)}</th>" for cell in head), "</tr></thead><tbody>"]
    for line in body:
        out += ["<tr>", *(f"<td>{html.escape(cell)}</td>" for cell in line), "</tr>"]
    out.append("</tbody></table>")
    out.append(f"<p>... {more} more</p>" if more > 0 else f"<p>{len(rows)} row{'' if len(rows) == 1 else 's'}</p>")
    return "".join(out)
