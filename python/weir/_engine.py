# SPDX-License-Identifier: Apache-2.0
"""_engine - calls of the library: texts, errors, and callbacks that may raise.

A call that takes long runs on a thread of its own when the main thread makes it: so Ctrl-C is heard, which cancels it.
"""
from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from . import _ffi  # type: ignore[attr-defined,unused-ignore]
from ._handle import CALL
from .errors import CLASSES, Code, Error

ffi: Any = _ffi.ffi
lib: Any = _ffi.lib
T = TypeVar("T")


def address(pointer: Any) -> int:
    """A pointer as the number that weir._native wants."""
    return int(ffi.cast("uintptr_t", pointer))


def encode(text: str) -> bytes:
    """A text for the library."""
    if not isinstance(text, str):
        raise TypeError(f"a text (str) is wanted, not {type(text).__name__}")
    if "\0" in text:
        raise ValueError("a text for Weir has no NUL character")
    return text.encode()


def decode(pointer: Any) -> str:
    """A text of the library; NULL: ''."""
    return "" if pointer == ffi.NULL else ffi.string(pointer).decode("utf-8", "replace")


def taken(pointer: Any) -> str:
    """A text that is ours to free."""
    text = decode(pointer)
    lib.weir_free(pointer)
    return text


def columns_of(result: Any) -> list[tuple[str, str]]:
    """(name, type) of each column of a struct weir_result."""
    return [(decode(lib.weir_column_name(result, i)), decode(lib.weir_column_type_text(result, i))) for i in range(lib.weir_column_count(result))]


def error_of(code: int, error: Any) -> Error:
    """The exception for an error of the library, which is freed."""
    kind = Code(code)
    cls = CLASSES.get(kind, Error)
    if error == ffi.NULL:
        return cls(kind.name.lower().replace("_", " "), kind)
    made = cls(decode(lib.weir_error_text(error)), kind, decode(lib.weir_error_hint(error)) or None, lib.weir_error_line(error) or None,
               lib.weir_error_column(error) or None, decode(lib.weir_error_report(error)))
    lib.weir_error_free(error)
    return made


def call(function: Callable[..., int], *arguments: Any, fine: tuple[int, ...] = (0,)) -> int:
    """Calls with an `error` behind the arguments; raises unless the code is one of `fine`."""
    error = ffi.new("struct weir_error **")
    code = function(*arguments, error)
    if code in fine:
        lib.weir_error_free(error[0])
        return code
    raise error_of(code, error[0])


SLICE_MS = 100  # a wait is made of these, so that Ctrl-C is heard


class Deadline:
    """So many seconds from now; None: never."""

    def __init__(self, seconds: float | None) -> None:
        self.at = None if seconds is None else time.monotonic() + seconds

    def slice_ms(self) -> int:
        """How long the next slice of a wait is."""
        return SLICE_MS if self.at is None else max(0, min(SLICE_MS, int((self.at - time.monotonic()) * 1000)))

    def passed(self) -> bool:
        """Whether it is over."""
        return self.at is not None and time.monotonic() >= self.at


def interruptible(work: Callable[[], T], cancel: Callable[[], None]) -> T:
    """Does `work`, which waits within the library. KeyboardInterrupt cancels it, waits for its end, and is raised."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    done: list[T] = []
    failed: list[BaseException] = []
    ended = threading.Event()  # join() takes a thread that it was interrupted in for ended

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # handed to the caller below
            failed.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name=CALL, daemon=True)
    thread.start()
    try:
        while not ended.wait(0.1):  # a signal that another thread was given is heard when this returns
            pass
    except BaseException:
        cancel()
        ended.wait()
        raise
    if failed:
        raise failed[0]
    return done[0]


class Callbacks:
    """What a handler's callbacks are handed to. The first exception of one ends the script and is kept in `raised`."""

    raised: BaseException | None = None

    def begin(self, result: Any) -> None:
        """A SELECT begins."""

    def batch(self, batch: Any) -> None:
        """Rows of it."""

    def end(self, result: Any) -> None:
        """It has ended."""

    def text(self, text: str) -> None:
        """A line of SHOW and the like."""

    def notice(self, text: str) -> None:
        """Something worth a line."""

    def handler(self) -> tuple[Any, Any]:
        """(struct weir_handler, what must live as long)."""
        handle = ffi.new_handle(self)
        handler = ffi.new("struct weir_handler *", {
            "size": ffi.sizeof("struct weir_handler"), "begin": lib.weir_py_begin, "end": lib.weir_py_end, "text": lib.weir_py_text,
            "batch": lib.weir_py_batch, "notice": lib.weir_py_notice, "user": handle})
        return handler, handle


def _callback(name: str, convert: Callable[[Any], Any] | None = None) -> None:
    """Defines weir_py_NAME: calls the method of that name."""

    def function(user: Any, argument: Any) -> int:
        target: Callbacks = ffi.from_handle(user)
        try:
            getattr(target, name)(convert(argument) if convert else argument)
            return 0
        except BaseException as error:
            target.raised = target.raised or error
            return 1

    def notice(user: Any, argument: Any) -> None:
        function(user, argument)

    ffi.def_extern("weir_py_" + name)(notice if name == "notice" else function)


for _name in ("begin", "batch", "end"):
    _callback(_name)
for _name in ("text", "notice"):
    _callback(_name, decode)

_open: set[Any] = set()  # jobs, flows, inputs and cursors that have not been closed
_connections: weakref.WeakSet[Any] = weakref.WeakSet()


def opened(thing: Any) -> None:
    """Something that was made of a connection, and uses it until its close(): kept until then, whoever forgets it."""
    _open.add(thing)


def closed(thing: Any) -> None:
    """It does not use its connection any more."""
    _open.discard(thing)


def connected(connection: Any) -> None:
    """A connection, which is closed when the interpreter ends, before threads of the library could find that gone."""
    _connections.add(connection)


def close_all_of(connection: Any) -> None:
    """Closes what was made of a connection: jobs and cursors, then inputs, then flows."""
    close_all_that(lambda thing: thing.connection is connection)


def close_all_that(wanted: Callable[[Any], bool]) -> None:
    """Closes some of what is open, in the same order."""
    for thing in sorted((thing for thing in list(_open) if wanted(thing)), key=lambda thing: int(thing._order)):
        thing.close()


@atexit.register
def _close_all() -> None:
    for connection in {thing.connection for thing in _open} | set(_connections):
        try:
            connection.close()
        except Exception:  # nobody is left to be told
            pass
