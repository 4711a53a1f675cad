# SPDX-License-Identifier: Apache-2.0
"""_handle - a handle of the library that one thread may close while another one is in a call with it, or a callback of its own job.

    with handle as pointer:            # MisuseError once it is closed
        lib.weir_job_wait(pointer, ...)

Invariants
  H1  The handle is freed once, and while nobody is in a call with it.
  H2  Whoever closes it finds it freed afterwards, also when somebody else had begun to; but for a thread that is in a call with it itself.
  H3  It is not freed by a thread of the engine, which would be a callback of what is freed: that cannot wait for its own end.
"""
from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .errors import MisuseError


CALL = "weir-call"  # a thread that is in a call of the library for the main thread


def inside() -> bool:
    """Whether this is a thread of the engine, or lent to it: it is in a function of SQL, a sink, on_row."""
    thread = threading.current_thread()
    return isinstance(thread, threading._DummyThread) or thread.name == CALL


def outside(work: Callable[[], None]) -> None:
    """Does something that waits for callbacks; called by one of these, on a thread that does not hold it up."""
    if inside():
        threading.Thread(target=work, name="weir-close").start()
    else:
        work()


class Handle:
    """A pointer of the library and how it is freed, with what must live until then."""

    def __init__(self, pointer: Any, free: Callable[[Any], Any], what: str) -> None:
        self._pointer, self._free, self._what = pointer, free, what
        self._changed = threading.Condition()  # guards what follows
        self._users: list[int] = []  # threads that are in a call with it
        self._late = False  # the last user is to free it
        self.closed = False  # nobody may use it any more
        self.freed = False

    def __enter__(self) -> Any:
        with self._changed:
            if self.closed:
                raise MisuseError(f"{self._what} is closed")
            self._users.append(threading.get_ident())
        return self._pointer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._changed:
            self._users.remove(threading.get_ident())
            last = self._late and not self._users
            self._changed.notify_all()
        if last:
            self._end()

    def _end(self) -> None:
        self._free(self._pointer)
        with self._changed:
            self.freed = True
            self._changed.notify_all()

    def close(self, stop: Callable[[Any], Any] | None = None, wait: bool = True) -> None:
        """Nobody may use it from now on. Freed when those who do have returned; waits for that, unless this thread is one of them.

        stop: makes calls that take long return, if there are any. wait: False leaves it to the last user to free it.
        """
        with self._changed:
            waits = wait and threading.get_ident() not in self._users
            if self.closed:
                while waits and not self.freed:
                    self._changed.wait()
                return
            self.closed = True
            if self._users and stop is not None:
                stop(self._pointer)
            self._late = bool(self._users) and not waits
            if self._late:
                return
            while self._users:
                self._changed.wait()
        self._end()
