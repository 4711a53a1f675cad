# SPDX-License-Identifier: Apache-2.0
"""job - a script or flow that runs beside the program."""
from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _native
from ._engine import Callbacks, Deadline, address, call, closed, encode, ffi, lib, opened, taken
from ._handle import Handle, outside
from .errors import Code, MisuseError, Timeout
from .result import Columns, RowKind

if TYPE_CHECKING:
    from .connection import Connection
    from .flow import Flow

class JobState(enum.IntEnum):
    """How a job is."""

    RUNNING = 0
    RESTARTING = 1
    FINISHED = 2
    CANCELLED = 3
    FAILED = 4


@dataclasses.dataclass(frozen=True)
class JobMetrics:
    """What a job has done so far. Times are microseconds, watermark_ms milliseconds since 1970 (None: none yet, or the input has ended)."""

    state: JobState
    rows_in: int
    rows_out: int
    rows_late: int
    rows_bad: int
    state_bytes: int
    watermark_ms: int | None
    elapsed_us: int
    restarts: int
    checkpoints: int
    checkpoint_bytes: int
    checkpoint_us: int
    busy_us: int
    blocked_us: int
    idle_us: int


class OnRow(Callbacks):
    """Hands the rows of a job's SELECTs to a function, on the job's threads."""

    def __init__(self, on_row: Callable[[Any], Any] | None, with_kind: bool) -> None:
        self.on_row, self.with_kind = on_row, with_kind
        self.columns: Columns | None = None
        self.closing = False

    def begin(self, result: Any) -> None:
        self.columns = Columns(result)

    def batch(self, batch: Any) -> None:
        if self.on_row is None or self.columns is None:
            return
        rows, kinds = _native.rows(address(batch), self.columns.shape), _native.kinds(address(batch))
        for kind, row in zip(kinds, rows, strict=True):
            if self.closing:  # nobody waits for the others
                return
            self.on_row((RowKind(kind), row) if self.with_kind else row)


class Job:
    """A job. Any thread may use it; close() it, or use it as a context manager, which cancels it if it still runs."""

    _order = 1

    def __init__(self, connection: Connection, handle: Any, callbacks: OnRow | None, kept: Flow | Any) -> None:
        self.connection, self._callbacks, self._kept = connection, callbacks, kept
        self._job = Handle(handle, self._free, "the job")
        opened(self)

    def wait(self, timeout: float | None = None) -> None:
        """Waits for its end, at most so many seconds (then raises Timeout); raises why it failed."""
        until = Deadline(timeout)
        while True:
            try:
                with self._job as job:
                    if call(lib.weir_job_wait, job, until.slice_ms(), fine=(Code.OK, Code.TIMEOUT)) == Code.OK:
                        return
            except Exception as error:
                if self._callbacks is not None and self._callbacks.raised is not None:
                    raise self._callbacks.raised from error
                raise
            if until.passed():
                raise Timeout("the job still runs", Code.TIMEOUT)

    def cancel(self) -> None:
        """Reading stops, what was complete is written. Returns at once; wait() then raises Cancelled."""
        with self._job as job:
            lib.weir_job_cancel(job)

    def drain(self) -> None:
        """The inputs end here: open windows fire, and the job finishes. Returns at once."""
        with self._job as job:
            lib.weir_job_drain(job)

    def savepoint(self, folder: str | None = None, stop: bool = False) -> str:
        """Makes a savepoint, beside the checkpoints or in `folder`, and returns its path. stop: the job ends with it."""
        path = ffi.new("char **")
        with self._job as job:
            call(lib.weir_job_savepoint, job, ffi.NULL if folder is None else encode(folder), stop, path)
        return taken(path[0])

    @property
    def state(self) -> JobState:
        """How it is."""
        return self.metrics().state

    def metrics(self) -> JobMetrics:
        """What it has done so far."""
        raw = ffi.new("struct weir_job_metrics *", {"size": ffi.sizeof("struct weir_job_metrics")})
        with self._job as job:
            lib.weir_job_metrics(job, raw)
        values = {field.name: getattr(raw, field.name) for field in dataclasses.fields(JobMetrics)}
        values["state"] = JobState(values["state"])
        if abs(values["watermark_ms"]) >= 2**63 - 1:
            values["watermark_ms"] = None
        return JobMetrics(**values)

    def all_metrics(self) -> dict[str, Any]:
        """All metrics: of the job, its stages, tables and checkpoints."""
        with self._job as job:
            found: dict[str, Any] = json.loads(taken(lib.weir_job_metrics_json(job)))
        return found

    def close(self) -> None:
        """Cancels it if it still runs, waits for its end, and frees it. In a callback of the job, which cannot wait for that, it cancels."""
        if self._job.freed:
            return
        with contextlib.suppress(MisuseError):  # somebody closes it
            self.cancel()
            if self._callbacks is not None:
                self._callbacks.closing = True
        outside(lambda: self._job.close(lib.weir_job_cancel))

    def _free(self, job: Any) -> None:
        """Ends with its last callback; what these use lives until then."""
        lib.weir_job_free(job)
        closed(self)
        self._kept = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<weir.Job closed>" if self._job.closed else f"<weir.Job {self.state.name.lower()}>"


def submitted(connection: Connection, sql: str, on_row: Callable[[Any], Any] | None, with_kind: bool) -> Job:
    """Starts a script."""
    callbacks = OnRow(on_row, with_kind)
    handler, held = callbacks.handler()
    job = ffi.new("struct weir_job **")
    call(lib.weir_submit, connection._handle(), encode(sql), 0, handler, job)
    return Job(connection, job[0], callbacks, (handler, held))
