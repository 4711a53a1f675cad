# SPDX-License-Identifier: Apache-2.0
"""errors - what a call that fails raises."""
from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """What a call came to, as enum weir_code."""

    OK = 0
    JOB = 1
    SCRIPT = 2
    STOPPED = 3
    CANCELLED = 4
    MISUSE = 5
    WOULD_BLOCK = 6
    TIMEOUT = 7
    END = 8


class Error(Exception):
    """Why a call failed.

    code: its class. text: the cause in one sentence. hint: what to do next, or None. line, column: the place in the script, from 1, or
    None. report: all of it as the command weir shows it, with the line of the script and a mark below it.
    """

    code: Code
    text: str
    hint: str | None
    line: int | None
    column: int | None
    report: str

    def __init__(self, text: str, code: Code = Code.MISUSE, hint: str | None = None, line: int | None = None, column: int | None = None,
                 report: str | None = None) -> None:
        super().__init__(text)
        self.text, self.code, self.hint, self.line, self.column = text, code, hint, line, column
        self.report = report if report is not None else text + (f"\nhint: {hint}" if hint else "")

    def __str__(self) -> str:
        return self.report.rstrip("\n")


class ScriptError(Error):
    """The script, an option or a variable is wrong; nothing has run."""


class JobError(Error):
    """A job failed while it ran: its sinks show nothing of it."""


class Cancelled(Error):
    """The job was cancelled."""


class MisuseError(Error):
    """The call does not fit the state of its object, or an argument is wrong."""


class WouldBlock(Error):
    """There is no room at the moment, and the call was not to wait.

    taken: how many of the rows given were taken; some of them wait, and go with the next push. The others are to be given again.
    """

    taken: int = 0


class Timeout(Error, TimeoutError):
    """The time given has passed."""


CLASSES: dict[Code, type[Error]] = {
    Code.JOB: JobError, Code.SCRIPT: ScriptError, Code.STOPPED: JobError, Code.CANCELLED: Cancelled, Code.MISUSE: MisuseError,
    Code.WOULD_BLOCK: WouldBlock, Code.TIMEOUT: Timeout,
}
