# SPDX-License-Identifier: Apache-2.0
"""Weir, a stateful stream processing engine that runs Flink SQL, inside a Python program.

    import weir

    with weir.connect() as connection:
        for row in connection.execute("SELECT 1 + 1 AS two"):
            print(row.two)
"""
from ._engine import decode, lib
from .connection import Connection, connect
from .errors import Cancelled, Code, Error, JobError, MisuseError, ScriptError, Timeout, WouldBlock
from .result import Result, RowKind
from .udf import Function, udaf, udf, udtf

__version__: str = decode(lib.weir_version())
__all__ = [
    "Cancelled", "Code", "Connection", "Error", "Function", "JobError", "MisuseError", "Result", "RowKind", "ScriptError", "Timeout",
    "WouldBlock", "connect", "udaf", "udf", "udtf",
]
