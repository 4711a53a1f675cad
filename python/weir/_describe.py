# SPDX-License-Identifier: Apache-2.0
"""_describe - an exception of a function, in the one line that the engine tells of it."""
import importlib
import os
import traceback
from types import TracebackType


def describe(error: BaseException, trace: TracebackType | None) -> str:
    """The traceback's last line, and where it was raised: "ValueError: too small (fraud.py, line 12)"."""
    lines = traceback.format_exception_only(error)
    text = lines[-1].strip() if lines else type(error).__name__
    own = os.path.dirname(os.path.abspath(__file__))
    outside = {own, os.path.dirname(importlib.__file__)}
    frames = [frame for frame in traceback.extract_tb(trace) if not frame.filename.startswith("<") and os.path.dirname(frame.filename) not in outside]
    if frames:
        text += f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})"
    return text
