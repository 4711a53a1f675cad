# SPDX-License-Identifier: Apache-2.0
"""_arrow - types and tables of pyarrow, which is only imported when it is asked for."""
from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from . import _types

if TYPE_CHECKING:
    import pyarrow

_PLAIN = {"BOOLEAN": "bool_", "TINYINT": "int8", "SMALLINT": "int16", "INT": "int32", "INTEGER": "int32", "BIGINT": "int64", "FLOAT": "float32",
          "DOUBLE": "float64", "DATE": "date32", "NULL": "null"}


def module(name: str = "pyarrow") -> Any:
    """pyarrow, pandas or polars, or an error that says what to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(f"this needs {name}: pip install 'weir[{'arrow' if name == 'pyarrow' else name}]'") from None


def _inner(text: str) -> str:
    return text[text.index("<") + 1:text.rindex(">")]


def type_of(text: str) -> pyarrow.DataType:
    """The Arrow type of a type of SQL."""
    pa = module()
    text = re.sub(r"\s+NOT NULL\s*$", "", text.strip())
    word = re.match(r"[A-Z_]+", text)
    name = word.group() if word else ""
    digits = [int(found) for found in re.findall(r"\d+", text)]
    if name in _PLAIN:
        return getattr(pa, _PLAIN[name])()
    if name in ("CHAR", "VARCHAR", "STRING"):
        return pa.string()
    if name in ("BINARY", "VARBINARY", "BYTES"):
        return pa.binary()
    if name == "DECIMAL":
        return pa.decimal128(*(digits + [10, 0][len(digits):]))
    if name == "TIME":
        return pa.time32("ms")
    if name in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        precision = digits[0] if digits else 6
        unit = "ms" if precision <= 3 else "us" if precision <= 6 else "ns"
        return pa.timestamp(unit, "UTC" if name == "TIMESTAMP_LTZ" else None)
    if name == "INTERVAL":
        return pa.int32() if "MONTH" in text or "YEAR" in text else pa.duration("ms")
    if name == "ARRAY":
        return pa.list_(type_of(_inner(text)))
    if name == "MULTISET":
        return pa.map_(type_of(_inner(text)), pa.int32())
    if name == "MAP":
        key, value = _key_value(text)
        return pa.map_(type_of(key), type_of(value))
    if name == "ROW":
        return pa.struct([pa.field(field, type_of(part)) for field, part in _types.columns_of(_inner(text))])
    raise ValueError(f"{text} has no type in Arrow")


def _key_value(text: str) -> tuple[str, str]:
    """The two types of a MAP."""
    inner, depth = _inner(text), 0
    for i, c in enumerate(inner):
        if c == "," and depth == 0:
            return inner[:i], inner[i + 1:].strip()
        depth += (c in "<(") - (c in ">)")
    raise ValueError(f"{text} is no MAP")


def columns_of_schema(schema: pyarrow.Schema) -> str:
    """The columns of a table of Arrow as within CREATE TABLE (...)."""
    return ", ".join(f"{_types.quoted(field.name)} {sql_of(field.type)}" for field in schema)


def sql_of(kind: pyarrow.DataType) -> str:
    """The type of SQL for one of Arrow."""
    types = module().types
    for test, text in ((types.is_boolean, "BOOLEAN"), (types.is_int8, "TINYINT"), (types.is_int16, "SMALLINT"), (types.is_uint8, "SMALLINT"),
                       (types.is_int32, "INT"), (types.is_uint16, "INT"), (types.is_int64, "BIGINT"), (types.is_uint32, "BIGINT"),
                       (types.is_uint64, "DECIMAL(20, 0)"), (types.is_float16, "FLOAT"), (types.is_float32, "FLOAT"),
                       (types.is_float64, "DOUBLE"), (types.is_date, "DATE"), (types.is_time, "TIME(3)"), (types.is_null, "STRING"),
                       (types.is_duration, "INTERVAL DAY TO SECOND(3)"), (types.is_string, "STRING"), (types.is_large_string, "STRING"),
                       (types.is_binary, "BYTES"), (types.is_large_binary, "BYTES"), (types.is_fixed_size_binary, "BYTES")):
        if test(kind):
            return text
    if types.is_timestamp(kind):
        precision = {"s": 0, "ms": 3, "us": 6, "ns": 9}[kind.unit]
        return f"TIMESTAMP_LTZ({precision})" if kind.tz else f"TIMESTAMP({precision})"
    if types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if types.is_dictionary(kind):
        return sql_of(kind.value_type)
    if types.is_map(kind):
        return f"MAP<{sql_of(kind.key_type)}, {sql_of(kind.item_type)}>"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or "list_view" in str(kind).partition("<")[0]:
        return f"ARRAY<{sql_of(kind.value_type)}>"
    if types.is_struct(kind):
        return "ROW<" + ", ".join(f"{_types.quoted(kind.field(i).name)} {sql_of(kind.field(i).type)}" for i in range(kind.num_fields)) + ">"
    if str(kind) in ("string_view", "binary_view"):
        return "STRING" if str(kind) == "string_view" else "BYTES"
    raise TypeError(f"Weir has no type for Arrow's {kind}")
