# SPDX-License-Identifier: Apache-2.0
"""_vector - calls a vectorised function: columns of Arrow in, a column of Arrow out (native/vector.c)."""
from __future__ import annotations

from typing import Any

from . import _arrow

_UNSIGNED = 0  # WEIR_LAYOUT_BOOL


def call(function: Any, result: str, layout: int, schema: int, array: int, returned: int, rows: int) -> None:
    """Calls the function with the columns at `array` and exports its result, of `rows` values, to `returned`."""
    pa = _arrow.module()
    columns = pa.RecordBatch._import_from_c(array, schema).columns
    values = function(*columns) if columns else function(rows)
    made = _column(pa, values, _arrow.type_of(result))
    if len(made) != rows:
        raise ValueError(f"a vectorised function was given {rows} rows and returned {len(made)}")
    if layout == _UNSIGNED:
        made = made.cast(pa.uint8())
    elif pa.types.is_timestamp(made.type) and made.type.unit != "ms":
        made = made.cast(pa.timestamp("ns", made.type.tz))
    made._export_to_c(returned)


def _column(pa: Any, values: Any, wanted: Any) -> Any:
    """What a function returned (Arrow, numpy, pandas, a list) as one array of a type."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    elif isinstance(values, pa.Scalar):
        raise TypeError("a vectorised function returns a column, not a single value")
    elif not isinstance(values, pa.Array):
        values = pa.array(values, from_pandas=True) if not isinstance(values, list) else pa.array(values, wanted)
    return values if values.type == wanted else values.cast(wanted)
