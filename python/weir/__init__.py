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
from .flow import CountWindow, Flow, Global, Session, Sliding, Stream, Trigger, Tumbling, Watermark
from .input import Input
from .job import Job, JobMetrics, JobState
from .process import (
    AggregatingState, CoProcessFunction, KeyedProcessFunction, ListState, MapState, ProcessFunction, ReducingState, ValueState, Window,
)
from .result import Result, RowKind
from .table import Table
from .udf import Function, udaf, udf, udtf

__version__: str = decode(lib.weir_version())
__all__ = [
    "AggregatingState", "Cancelled", "CoProcessFunction", "Code", "Connection", "CountWindow", "Error", "Flow", "Function", "Global", "Input", "Job", "JobError",
    "JobMetrics", "JobState", "KeyedProcessFunction", "ListState", "MapState", "MisuseError", "ProcessFunction", "ReducingState", "Result", "RowKind", "ScriptError",
    "Session", "Sliding", "Stream", "Table", "Timeout", "Trigger", "Tumbling", "ValueState", "Watermark", "Window", "WouldBlock", "connect", "udaf",
    "udf", "udtf",
]
