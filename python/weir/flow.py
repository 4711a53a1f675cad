# SPDX-License-Identifier: Apache-2.0
"""flow - streams through functions of Python, run as one job.

    flow = connection.flow("fraud")
    payments = flow.sql("SELECT account, amount, ts FROM payments")
    payments.key_by("account").process(Detector(), columns="account BIGINT, amount DOUBLE").insert_into("alerts")
    flow.run()
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _native
from ._engine import call, close_all_that, closed, columns_of, encode, error_of, ffi, interruptible, lib, opened, taken
from ._handle import Handle, outside
from ._frames import Frames
from .errors import Code, Error, MisuseError
from .input import frame, is_frame, rows_of
from .process import Duration, Spec, milliseconds

if TYPE_CHECKING:
    from .connection import Connection
    from .job import Job

_CALLBACKS = _native.callbacks()


class Watermark(int):
    """From a source: no row before this time, in milliseconds since 1970, comes behind."""


def _callback(name: str, type: str) -> Any:
    return ffi.cast(type, _CALLBACKS[name])


def _name(function: Any, fallback: str) -> str:
    return getattr(function, "__name__", None) or (fallback if not hasattr(function, "process_element") else type(function).__name__)


class Stream:
    """Rows on their way. Its methods make further streams; nothing runs before Flow.run or submit."""

    def __init__(self, flow: Flow, handle: Any) -> None:
        self._flow, self._pointer = flow, handle

    @property
    def _handle(self) -> Any:
        """The library's; it goes with the flow."""
        self._flow._handle()
        return self._pointer

    def _rows(self, function: Callable[..., Any]) -> Any:
        if not callable(function):
            raise TypeError(f"{function!r} cannot be called: a function of a row is wanted")
        kept = _native.row_function(function)
        self._flow._functions.append(kept)
        return ffi.cast("void *", _native.row_function_pointer(kept))

    def map(self, function: Callable[[Any], Any], columns: str, name: str | None = None) -> Stream:
        """For each row the one that function(row) returns: a tuple, list or dict with `columns`, "account BIGINT, amount DOUBLE"."""
        title = self._flow._unique(name or _name(function, "map"))
        return Stream(self._flow, lib.weir_map(self._handle, encode(title), encode(columns), _callback("map", "weir_row_function *"),
                                               self._rows(function)))

    def flat_map(self, function: Callable[[Any], Any], columns: str, name: str | None = None) -> Stream:
        """For each row those that function(row) returns or yields."""
        title = self._flow._unique(name or _name(function, "flat_map"))
        return Stream(self._flow, lib.weir_flat_map(self._handle, encode(title), encode(columns),
                                                    _callback("flat_map", "weir_row_function *"), self._rows(function)))

    def filter(self, function: Callable[[Any], Any], name: str | None = None) -> Stream:
        """The rows for which function(row) is true."""
        title = self._flow._unique(name or _name(function, "filter"))
        keep = _callback("filter", "int (*)(void *, const struct weir_row *)")
        return Stream(self._flow, lib.weir_filter(self._handle, encode(title), keep, self._rows(function)))

    def union(self, *others: Stream) -> Stream:
        """The rows of all of them, whose columns have the same types."""
        streams = ffi.new("struct weir_stream *[]", [self._handle, *(other._handle for other in others)])
        return Stream(self._flow, lib.weir_union(streams, len(streams)))

    def key_by(self, *columns: str) -> Stream:
        """Cut by the values of columns: what follows has state and order for each key."""
        return Stream(self._flow, lib.weir_key_by(self._handle, encode(", ".join(columns))))

    def broadcast(self) -> Stream:
        """Every row goes to every worker: rules, settings; for connect()."""
        return Stream(self._flow, lib.weir_broadcast(self._handle))

    def connect(self, other: Stream) -> ConnectedStreams:
        """Both for one function: keyed by columns of the same types, or the other one broadcast."""
        return ConnectedStreams(self, other)

    def process(self, function: Any, columns: str | None = None, *, name: str | None = None, sides: dict[str, str] | None = None,
                changes: bool = False) -> Stream:
        """A ProcessFunction, KeyedProcessFunction (behind key_by), a class of these, or f(row, ctx).

        columns: of the output; by default the function's attribute `columns`. name: of the operator and its state in checkpoints. sides:
        columns of side outputs by name, for ctx.output(name, row) and Stream.side(name). changes: the output may take rows back.
        """
        return self._flow._process(self, None, function, columns, name, sides, changes)

    def side(self, name: str) -> Stream:
        """A side output of process(), or "late" of window()."""
        return Stream(self._flow, lib.weir_side_stream(self._handle, encode(name)))

    def window(self, assigner: Assigner, function: Callable[[Any, Any, list[Any]], Any], columns: str, *, name: str | None = None,
               allowed_lateness: Duration = 0, trigger: Trigger | None = None) -> Stream:
        """function(key, window, rows) for each window of each key when it fires; it returns or yields rows.

        window: (start, end) in milliseconds. Late rows go to side("late").
        """
        described: dict[str, Any] = {
            "size": ffi.sizeof("struct weir_window"), "name": self._flow._text(self._flow._unique(name or _name(function, "window"))),
            "columns": self._flow._text(columns), "allowed_lateness_ms": milliseconds(allowed_lateness), "user": self._rows(function),
            "process": ffi.cast("void *", _CALLBACKS["window"]), **assigner.members}
        if trigger is not None:
            described["trigger"] = self._flow._keep(ffi.new("struct weir_trigger *", {"size": ffi.sizeof("struct weir_trigger"),
                                                                                     **trigger.members}))
        return Stream(self._flow, lib.weir_window(self._handle, ffi.new("struct weir_window *", described)))

    def interval_join(self, other: Stream, lower: Duration, upper: Duration, function: Callable[[Any, Any], Any], columns: str,
                      name: str | None = None) -> Stream:
        """function(left, right) for pairs of equal keys with lower <= time of right - time of left <= upper; both are keyed."""
        title = self._flow._unique(name or _name(function, "interval_join"))
        joined = ffi.cast("int (*)(void *, const struct weir_row *, const struct weir_row *, struct weir_appender *)", _CALLBACKS["join"])
        return Stream(self._flow, lib.weir_interval_join(self._handle, other._handle, encode(title), encode(columns), milliseconds(lower),
                                                         milliseconds(upper), joined, self._rows(function)))

    def insert_into(self, table: str) -> None:
        """Into a table, by the position of columns."""
        lib.weir_insert_into(self._handle, encode(table))

    def to_table(self, name: str) -> None:
        """A temporary view of the connection, for SQL in it and in flows; it goes with the flow."""
        call(lib.weir_to_table, self._handle, encode(name))

    def sink(self, function: Callable[..., Any], *, name: str | None = None, changes: bool = False, waits: bool = False) -> None:
        """function(row) for each row; changes: function(kind, row), with rows of all kinds. At least once after a restart.

        waits: it may wait for the outside world: it gets a thread of its own.
        """
        write = "write_kinds" if changes else "write"
        lib.weir_sink_to(self._handle, ffi.new("struct weir_sink *", {
            "size": ffi.sizeof("struct weir_sink"), "name": self._flow._text(self._flow._unique(name or _name(function, "sink"))),
            "user": self._rows(function), "write": ffi.cast("void *", _CALLBACKS[write]), "accepts_changes": changes, "waits": waits}))

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, type) of each column; an Error if the flow has a mistake."""
        result = lib.weir_stream_result(self._handle)
        if result == ffi.NULL:
            self._flow.check()
            raise MisuseError("the stream has no columns")
        return columns_of(result)


    def __repr__(self) -> str:
        result = ffi.NULL if self._flow._flow.closed else lib.weir_stream_result(self._handle)
        return "<weir.Stream of a closed flow or with a mistake>" if result == ffi.NULL else (
            "<weir.Stream " + ", ".join(f"{name} {text}" for name, text in columns_of(result)) + ">")


class ConnectedStreams:
    """Two streams for one function."""

    def __init__(self, first: Stream, second: Stream) -> None:
        self.first, self.second = first, second

    def process(self, function: Any, columns: str | None = None, *, name: str | None = None, sides: dict[str, str] | None = None,
                changes: bool = False) -> Stream:
        """A CoProcessFunction: rows of the second stream come to process_element2. The rest as Stream.process."""
        return self.first._flow._process(self.first, self.second, function, columns, name, sides, changes)


class Assigner:
    """Which windows a row belongs to."""

    def __init__(self, kind: int, time: int = 0, **members: int) -> None:
        self.members: dict[str, int] = {"assigner": kind, "time": time, **members}


class Tumbling(Assigner):
    """Windows of `size`, one behind the other."""

    def __init__(self, size: Duration, offset: Duration = 0, processing_time: bool = False) -> None:
        super().__init__(lib.WEIR_TUMBLING, int(processing_time), size_ms=milliseconds(size), offset_ms=milliseconds(offset))


class Sliding(Assigner):
    """Windows of `size`, one every `slide`."""

    def __init__(self, size: Duration, slide: Duration, offset: Duration = 0, processing_time: bool = False) -> None:
        super().__init__(lib.WEIR_SLIDING, int(processing_time), size_ms=milliseconds(size), slide_ms=milliseconds(slide),
                         offset_ms=milliseconds(offset))


class Session(Assigner):
    """Windows that end when nothing has come for `gap`."""

    def __init__(self, gap: Duration, processing_time: bool = False) -> None:
        super().__init__(lib.WEIR_SESSION, int(processing_time), gap_ms=milliseconds(gap))


class CountWindow(Assigner):
    """`count` rows of a key, or the last `count` after every `slide`."""

    def __init__(self, count: int, slide: int = 0) -> None:
        super().__init__(lib.WEIR_COUNT, count=count, count_slide=slide)


class Global(Assigner):
    """One window that never ends: needs a trigger."""

    def __init__(self) -> None:
        super().__init__(lib.WEIR_GLOBAL)


class Trigger:
    """When the result of a window is shown, and forgotten.

    Trigger.count(10), Trigger.every("1 min"), or Trigger.event_time(early="10 s", late_count=1).
    """

    def __init__(self, kind: int, purging: bool = False, **members: int) -> None:
        self.members: dict[str, Any] = {"kind": kind, "purging": purging, **members}

    @classmethod
    def count(cls, count: int, purging: bool = False) -> Trigger:
        """Every `count` rows."""
        return cls(lib.WEIR_TRIGGER_COUNT, purging, count=count)

    @classmethod
    def every(cls, interval: Duration, processing_time: bool = False, purging: bool = False) -> Trigger:
        """Every so long, aligned to it."""
        return cls(lib.WEIR_TRIGGER_EVERY, purging, every_ms=milliseconds(interval), time=int(processing_time))

    @classmethod
    def event_time(cls, early: Duration = 0, early_count: int = 0, late_count: int = 0, purging: bool = False) -> Trigger:
        """When the watermark passes the end; before it, every `early` or `early_count` rows; after it, every `late_count` late rows."""
        return cls(lib.WEIR_TRIGGER_EVENT_TIME, purging, early_ms=milliseconds(early), early_count=early_count, late_count=late_count)


class Flow:
    """Streams that run as one job. Made by Connection.flow(name)."""

    _order = 5

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name
        self._flow = Handle(lib.weir_flow_new(connection._handle(), encode(name)), self._free, "the flow")
        self._functions: list[Any] = []
        self._kept: list[Any] = []
        self._names: set[str] = set()
        self._cancel: Callable[[], Any] | None = None  # of run(), while it runs
        opened(self)

    def _handle(self) -> Any:
        with self._flow as flow:
            return flow

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def _text(self, text: str) -> Any:
        return self._keep(ffi.new("char[]", encode(text)))

    def _unique(self, name: str) -> str:
        """A name that no other operator has."""
        name = name.strip("<>")
        unique = next(made for made in itertools.chain([name], (f"{name}_{i}" for i in itertools.count(2))) if made not in self._names)
        self._names.add(unique)
        return unique

    def _process(self, first: Stream, second: Stream | None, function: Any, columns: str | None, name: str | None,
                 sides: dict[str, str] | None, changes: bool) -> Stream:
        title = self._unique(name or (function.__name__ if hasattr(function, "__name__") else type(function).__name__))
        made = self._keep(_native.process(Spec(function, title, columns, sides, second is not None, changes)))
        pointer = ffi.cast("const struct weir_process *", _native.process_pointer(made))
        if second is None:
            return Stream(self, lib.weir_process(first._handle, pointer))
        return Stream(self, lib.weir_process2(first._handle, second._handle, pointer))

    def sql(self, query: str) -> Stream:
        """The rows of a query: "SELECT account, amount FROM payments", "TABLE payments"."""
        return Stream(self, lib.weir_from_sql(self._handle(), encode(query)))

    def table(self, name: str) -> Stream:
        """The rows of a table or view."""
        return self.sql(f"TABLE {name}")

    def source(self, rows: Iterable[Any] | Callable[[], Iterable[Any]], columns: str, *, name: str = "source", unbounded: bool = False) -> Stream:
        """Rows of the program: an iterable, a DataFrame or Arrow table, or a function that returns an iterable for each run.

        columns: as within CREATE TABLE (...), with WATERMARK FOR if need be. An item None means that there is nothing at the moment;
        weir.Watermark(ms) is the watermark where that is declared AS SOURCE_WATERMARK(). unbounded: it never ends by itself.
        """
        if is_frame(rows) and not isinstance(rows, Frames):  # those of the engine have their rows as they come
            table = frame(rows)
            rows = lambda: rows_of(table)  # noqa: E731
        kept = _native.row_function(rows if callable(rows) else lambda: rows)
        self._functions.append(kept)
        return Stream(self, lib.weir_from_source(self._handle(), ffi.new("struct weir_source *", {
            "size": ffi.sizeof("struct weir_source"), "name": self._text(self._unique(name)), "columns": self._text(columns),
            "user": ffi.cast("void *", _native.row_function_pointer(kept)), "open": ffi.cast("void *", _CALLBACKS["source_open"]),
            "read": ffi.cast("void *", _CALLBACKS["source_read"]), "close": ffi.cast("void *", _CALLBACKS["source_close"]),
            "unbounded": unbounded})))

    def check(self) -> None:
        """Raises the first mistake of the flow; runs nothing."""
        call(lib.weir_flow_check, self._handle())

    def explain(self) -> str:
        """The plan as EXPLAIN shows it."""
        error = ffi.new("struct weir_error **")
        text = lib.weir_flow_explain(self._handle(), error)
        if text == ffi.NULL:
            raise error_of(Code.SCRIPT, error[0])
        return taken(text)

    def _cause(self, error: Error) -> Error:
        """The error with the exception of a function that led to it."""
        for function in self._functions:
            raised = _native.row_function_raised(function)
            if raised is not None:
                error.__cause__ = raised
                break
        return error

    def run(self) -> None:
        """Runs it and returns when it has ended. Ctrl-C cancels."""
        try:
            with self.connection._session as session, self._flow as flow:
                self._cancel = lambda: lib.weir_cancel(session)
                interruptible(lambda: call(lib.weir_flow_run, flow, ffi.NULL), self._cancel)
        except Error as error:
            raise self._cause(error) from error.__cause__
        finally:
            self._cancel = None

    def submit(self) -> Job:
        """Runs it beside the program."""
        from .job import Job

        job = ffi.new("struct weir_job **")
        call(lib.weir_flow_submit, self._handle(), 0, ffi.NULL, job)
        return Job(self.connection, job[0], None, self)

    def close(self) -> None:
        """Cancels what still runs of it, and frees it with its streams. In a function of its own, which cannot wait for that, it cancels."""
        if not self._flow.freed:
            outside(self._end)

    def _end(self) -> None:
        close_all_that(lambda thing: getattr(thing, "_kept", None) is self)
        self._flow.close(lambda flow: self._cancel and self._cancel())

    def _free(self, flow: Any) -> None:
        lib.weir_flow_free(flow)
        closed(self)
        self._functions.clear()
        self._kept.clear()

    def __repr__(self) -> str:
        return f"<weir.Flow {self.name}{', closed' if self._flow.closed else ''}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
