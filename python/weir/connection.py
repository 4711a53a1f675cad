# SPDX-License-Identifier: Apache-2.0
"""connection - a session of the engine."""
from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from . import _arrow, _native, _types
from ._engine import Callbacks, call, close_all_of, connected, encode, ffi, interruptible, lib
from ._handle import Handle, outside
from .errors import Cancelled, Error
from .flow import Flow
from .input import Input, frame, rows_of
from .job import Job, submitted
from .result import Batch, Columns, Result
from .table import Table
from .udf import FunctionLike, as_function


def option_text(value: Any) -> str:
    """A value of an option as SET writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Collect(Callbacks):
    """Takes the rows of all SELECTs of a script."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.lines: list[str] = []
        self.columns: Columns | None = None

    def begin(self, result: Any) -> None:
        self.columns = Columns(result)
        self.results.append(Result(self.columns))

    def batch(self, batch: Any) -> None:
        assert self.columns is not None
        self.results[-1]._take(Batch(self.columns, batch))

    def text(self, text: str) -> None:
        self.lines += text.splitlines()


class Connection:
    """A session: tables, views, functions, options and variables. Made by weir.connect().

    One thread at a time uses it; several connections may be used by several threads.
    """

    def __init__(self, **options: Any) -> None:
        kept: list[Any] = []
        registered: dict[str, Flow] = {}

        def free(session: Any) -> None:  # without `self`: a connection that is forgotten goes at once
            ffi.release(session)
            kept.clear()
            registered.clear()

        self._session = Handle(ffi.gc(lib.weir_session_new(), lib.weir_session_free), free, "the connection")
        self._kept = kept  # what the session points to
        self._registered = registered
        self.output: list[str] = []  # lines of SHOW, DESCRIBE, EXPLAIN of the last script
        connected(self)
        call(lib.weir_register_language, self._handle(), ffi.cast("const struct weir_language *", _native.language()))
        for key, value in options.items():
            self.set(key.replace("__", "-").replace("_", "."), value)

    def _handle(self) -> Any:
        with self._session as session:
            return session

    def set(self, option: str, value: Any) -> None:
        """As SET 'option' = 'value'."""
        call(lib.weir_set_option, self._handle(), encode(option), encode(option_text(value)))

    def execute(self, sql: str, **variables: Any) -> Result | None:
        """Executes the statements of a script and returns when the last job has ended: the rows of its last SELECT, or None without one.

        ${name} in the script stands for the variable of that name, also in later scripts; None: there is none any more. Lines of SHOW,
        DESCRIBE and EXPLAIN are in `output`; sql("SHOW TABLES") has them as rows. Ctrl-C cancels.
        """
        session = self._handle()
        for name, value in variables.items():
            lib.weir_set_variable(session, encode(name), ffi.NULL if value is None else encode(str(value)))
        collect = _Collect()
        handler, held = collect.handler()
        text = encode(sql)
        try:
            with self._session:  # whoever closes the connection meanwhile waits
                interruptible(lambda: call(lib.weir_execute, session, text, handler), lambda: lib.weir_cancel(session))
        except Error as error:
            if collect.raised is not None:
                raise collect.raised from (None if isinstance(error, Cancelled) else error)
            raise
        finally:
            self.output = collect.lines
            del held
        return collect.results[-1] if collect.results else None

    def create_function(self, name: str, function: FunctionLike, result: str | None = None, *, replace: bool = False) -> None:
        """Makes a function known to SQL by this name: one made by weir.udf, udtf or udaf, or any that can be called.

        result: the type of the result of one that is no weir.udf and has no annotations. A name that is there gets a further form, for
        other arguments; replace: what it stood for is forgotten instead, as when a cell of a notebook runs again.
        """
        made = _native.function(as_function(function, result))
        if replace:
            with contextlib.suppress(Error):  # there is none yet
                self.drop_function(name)
        pointer = ffi.cast("const struct weir_function *", _native.function_pointer(made))
        call(lib.weir_register_function, self._handle(), encode(name), pointer)
        self._kept.append(made)

    def drop_function(self, name: str) -> None:
        """Forgets a function; jobs that use it keep it."""
        call(lib.weir_drop_function, self._handle(), encode(name))

    def table(self, name: str) -> Table:
        """The rows of a table or view, taken as they come."""
        return Table(self, f"SELECT * FROM {_types.quoted(name)}")

    def sql(self, query: str) -> Table:
        """A query, whose rows are taken as they come: `for row in connection.sql("SELECT ...")`."""
        return Table(self, query)

    def submit(self, sql: str, on_row: Callable[[Any], Any] | None = None, with_kind: bool = False) -> Job:
        """Runs a script beside the program. on_row: called with each row of its SELECTs, on threads of the job; with_kind: with pairs."""
        return submitted(self, sql, on_row, with_kind)

    def input(self, table: str) -> Input:
        """Opens a table of the connector 'input', to which the program pushes rows."""
        return Input(self, table)

    def register(self, data: Any, name: str) -> Table:
        """A DataFrame, an Arrow table or whatever Arrow can read as a table of that name, which stays in memory and ends with its last row.

        Lists of dicts and dicts of columns will do, too. It can be queried any number of times. The columns have the types of Arrow's. What
        was registered under the name before is replaced.
        """
        view, table = self.table(name), frame(data)
        if not table.schema.names:
            raise ValueError(f"the table '{name}' has no columns")
        columns = _arrow.columns_of_schema(table.schema)
        if name in self._registered:
            self._registered.pop(name).close()
        flow = self.flow(f"table {name}")
        try:
            flow.source(lambda: rows_of(table), columns, name=name).to_table(name)
        except Error:
            flow.close()
            raise
        self._registered[name] = flow
        return view

    def flow(self, name: str) -> Flow:
        """Streams through functions of Python, which run as one job. `name`: of the job and its checkpoints."""
        return Flow(self, name)

    def close(self) -> None:
        """Cancels what still runs, also on other threads, and frees the session, with all that was made of it.

        A function of Python that the engine calls cannot wait for that: it happens behind its back.
        """
        if not self._session.freed:
            outside(self._end)

    def _end(self) -> None:
        close_all_of(self)
        self._session.close(lib.weir_cancel)

    def __repr__(self) -> str:
        return f"<weir.Connection {'closed' if self._session.closed else 'open'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def connect(**options: Any) -> Connection:
    """A new session.

    options: as SET; a point of a name is written as one underscore and a hyphen as two: connect(parallelism_default=2,
    execution_runtime__mode="batch"). Connection.set('table.exec.state.ttl', '1 h') takes names as they are.
    """
    return Connection(**options)
