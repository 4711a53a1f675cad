# SPDX-License-Identifier: Apache-2.0
"""_frames - what has rows that Arrow can hold can give them to pandas, Polars and whatever reads Arrow."""
from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _arrow

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Frames(abc.ABC):
    """Gives its rows as frames; they go through Arrow, and never through objects of Python."""

    @abc.abstractmethod
    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The rows as record batches of pyarrow. Results that may take rows back have the column `$kind` (weir.RowKind) behind the others."""

    @abc.abstractmethod
    def reader(self) -> pyarrow.RecordBatchReader:
        """The batches as a reader, for all that takes one: pyarrow.dataset.write_dataset, DuckDB."""

    def arrow(self) -> pyarrow.Table:
        """All rows as a pyarrow.Table."""
        return self.reader().read_all()

    def pandas(self) -> pandas.DataFrame:
        """All rows as a pandas.DataFrame."""
        _arrow.module("pandas")
        made: pandas.DataFrame = self.arrow().to_pandas()
        return made

    def polars(self) -> polars.DataFrame:
        """All rows as a polars.DataFrame."""
        made: polars.DataFrame = _arrow.module("polars").DataFrame(self.arrow())
        return made

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's PyCapsule protocol: DuckDB, Polars and pyarrow read the rows by it."""
        return self.reader().__arrow_c_stream__(requested_schema)
