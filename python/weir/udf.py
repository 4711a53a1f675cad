# SPDX-License-Identifier: Apache-2.0
"""udf - functions of Python for SQL.

    @weir.udf(result="DOUBLE")                      # for each row; types of arguments by annotations or as they come
    def square(x):
        return x * x

    @weir.udf(result="DOUBLE", vectorized=True)     # for many rows: arrays of pyarrow
    def half(x):
        return pyarrow.compute.divide(x, 2)

    @weir.udtf(result="word STRING, length INT")    # any number of rows for each: LATERAL TABLE(words(text))
    def words(text):
        for word in text.split():
            yield word, len(word)

    @weir.udaf(result="DOUBLE")                     # one value for many rows; its instances are the accumulators
    class Mean:
        def __init__(self):
            self.sum, self.count = 0.0, 0
        def accumulate(self, x):
            self.sum += x; self.count += 1
        def retract(self, x):
            self.sum -= x; self.count -= 1
        def merge(self, other):
            self.sum += other.sum; self.count += other.count
        def result(self):
            return self.sum / self.count if self.count else None

They are made known by Connection.create_function("square", square), or by CREATE FUNCTION square AS 'module.square' LANGUAGE PYTHON.
This module is all that the optional module weir-python needs of the package, with those beside it whose names begin with `_`.
"""
from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
import pickle
import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal

from . import _types

SCALAR, TABLE, AGGREGATE = 0, 1, 2
_NOT_DETERMINISTIC, _NULL_IN_NULL_OUT, _EXPENSIVE = 1, 2, 4

Vectorized = bool | Literal["arrow", "numpy", "pandas"]
_Codec = tuple[Callable[[bytes], Any], Callable[[Any], bytes]]


class Function:
    """A function for SQL. In Python it can still be called as before."""

    def __init__(self, wrapped: Any, kind: int, result: str | None, arguments: str | Sequence[str] | None, vectorized: Vectorized = False,
                 deterministic: bool = True, null_in_null_out: bool = False) -> None:
        functools.update_wrapper(self, wrapped, updated=())
        self.wrapped: Any = wrapped
        self.kind = kind
        self.vectorized = int(bool(vectorized))
        self.how = "arrow" if vectorized is True else vectorized
        self.flags = _EXPENSIVE | (0 if deterministic else _NOT_DETERMINISTIC) | (_NULL_IN_NULL_OUT if null_in_null_out else 0)
        called = self._called()
        names, annotated, returned = _signature(called, inspect.isclass(wrapped))
        self.count_min, self.count_max = _counts(called, inspect.isclass(wrapped))
        self.arguments = _arguments(arguments, names) if arguments is not None else (None if vectorized else annotated)
        if result is None and kind == SCALAR and not vectorized:
            result = returned
        if result is None:
            raise TypeError(f"{self.name}: result= is missing: the type of the result, as in result='DOUBLE'")
        self.result = result
        if kind == AGGREGATE:
            self.load, self.dump = _accumulators(wrapped)  # for native/function.c

    @property
    def name(self) -> str:
        """The name that it has in Python."""
        return getattr(self.wrapped, "__name__", type(self.wrapped).__name__)

    def _called(self) -> Any:
        """What has the arguments that SQL gives."""
        if self.kind == AGGREGATE:
            if not isinstance(self.wrapped, type):
                raise TypeError(f"{self.name}: an aggregate is a class with accumulate() and result()")
            for method in ("accumulate", "result"):
                if not callable(getattr(self.wrapped, method, None)):
                    raise TypeError(f"{self.name}: an aggregate has a method {method}()")
            accumulator: Any = self.wrapped
            return accumulator.accumulate
        if not self._is_class():
            return self.wrapped
        if not self.has("eval"):
            raise TypeError(f"{self.name}: a function that is a class has a method eval()")
        return self.wrapped.eval

    def _is_class(self) -> bool:
        return isinstance(self.wrapped, type)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.wrapped(*arguments, **named)

    # What native/function.c asks for.

    def instance(self) -> Any:
        """What is called in one place of a statement by one worker."""
        if self.kind == AGGREGATE or not self._is_class():
            return _by(self.how, self.wrapped) if self.vectorized else self.wrapped
        made = self.wrapped()
        if hasattr(made, "open"):
            made.open()
        return _by(self.how, made.eval) if self.vectorized else made.eval

    def close(self, called: Any) -> None:
        """The instance is not needed any more."""
        owner = getattr(called, "__self__", None)
        if owner is not None and self._is_class() and hasattr(owner, "close"):
            owner.close()

    def has(self, name: str) -> bool:
        """Whether an aggregate has a method."""
        return callable(getattr(self.wrapped, name, None))


def _plain(accumulator: Any) -> _Codec:
    """Accumulators that are their attributes: `load` of bytes, none for a new one, and `dump`."""
    new, loads, dumps = accumulator.__new__, pickle.loads, pickle.dumps

    def load(data: bytes) -> Any:
        if not data:
            return accumulator()
        made = new(accumulator)
        made.__dict__ = loads(data)
        return made

    return load, lambda made: dumps(made.__dict__, 5)


def _stateful(accumulator: Any) -> _Codec:
    """The same of those that have slots, or say themselves what they consist of."""

    def load(data: bytes) -> Any:
        if not data:
            return accumulator()
        made = accumulator.__new__(accumulator)
        state = pickle.loads(data)
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
            return made
        for part in state if isinstance(state, tuple) else (state,):
            for name, value in (part or {}).items():
                setattr(made, name, value)
        return made

    return load, lambda made: pickle.dumps(made.__getstate__(), 5)


def _accumulators(accumulator: Any) -> _Codec:
    """How accumulators become bytes and come back: what they consist of, without their class, which may change."""
    own = hasattr(accumulator, "__setstate__") or getattr(accumulator, "__getstate__", None) is not object.__getstate__
    slots = any("__slots__" in vars(base) for base in accumulator.__mro__[:-1])
    return _stateful(accumulator) if own or slots else _plain(accumulator)


def _by(how: Any, function: Any) -> Any:
    """A vectorised function as one over arrays of pyarrow."""
    if how == "numpy":
        return lambda *columns: function(*(column.to_numpy(zero_copy_only=False) for column in columns))
    if how == "pandas":
        return lambda *columns: function(*(column.to_pandas() for column in columns))
    return function


def _signature(called: Any, method: bool) -> tuple[list[str], str | None, str | None]:
    """(names of the arguments, their columns by annotations if all have one, type of the result by its annotation)."""
    try:
        found = list(inspect.signature(called).parameters.values())[1 if method else 0:]
        hints = typing.get_type_hints(called)
    except (TypeError, ValueError, NameError):
        return [], None, None
    returned = _types.of_annotation(hints["return"]) if "return" in hints else None
    names = [parameter.name for parameter in found]
    kinds = {parameter.kind for parameter in found}
    if not kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD} or any(
            parameter.default is not inspect.Parameter.empty for parameter in found):
        return names, None, returned
    types = [_types.of_annotation(hints[name]) if name in hints else None for name in names]
    if None in types:
        return names, None, returned
    return names, ", ".join(f"{_types.quoted(name)} {text}" for name, text in zip(names, types, strict=True)), returned


def _counts(called: Any, method: bool) -> tuple[int, int]:
    """(fewest, most) arguments; most is -1 where any number is taken."""
    try:
        found = list(inspect.signature(called).parameters.values())[1 if method else 0:]
    except (TypeError, ValueError):
        return 0, -1
    plain = [parameter for parameter in found if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)]
    least = sum(parameter.default is parameter.empty for parameter in plain)
    return least, -1 if any(parameter.kind == parameter.VAR_POSITIONAL for parameter in found) else len(plain)


def _arguments(given: str | Sequence[str], names: list[str]) -> str:
    """Arguments as the engine wants them: of ["DOUBLE", "INT"] or "x DOUBLE, y INT"."""
    if isinstance(given, str):
        return given
    named = names if len(names) == len(given) else [f"a{i}" for i in range(len(given))]
    return ", ".join(f"{_types.quoted(name)} {text}" for name, text in zip(named, given, strict=True))


def _decorator(kind: int, function: Any, result: str | None, arguments: str | Sequence[str] | None, **more: Any) -> Any:
    if function is not None:
        return Function(function, kind, result, arguments, **more)
    return lambda wrapped: Function(wrapped, kind, result, arguments, **more)


def udf(function: Any = None, *, result: str | None = None, arguments: str | Sequence[str] | None = None, vectorized: Vectorized = False,
        deterministic: bool = True, null_in_null_out: bool = False, result_type: str | None = None,
        input_types: str | Sequence[str] | None = None) -> Any:
    """A scalar function: one value for each row.

    function: a function, or a class with eval(), and open() and close() if need be. result (or result_type): its type; by default what
    the annotation says. arguments (or input_types): "x DOUBLE, y INT" or ["DOUBLE", "INT"], to which SQL casts implicitly; by default what
    annotations say, else values come as they are. vectorized: it is called with columns and returns one: True or "arrow" for
    pyarrow.Array, "numpy", "pandas". deterministic: False for one that must not be computed once for several rows. null_in_null_out: it
    is not called when an argument is NULL.
    """
    return _decorator(SCALAR, function, result or result_type, arguments if arguments is not None else input_types, vectorized=vectorized,
                      deterministic=deterministic, null_in_null_out=null_in_null_out)


def udtf(function: Any = None, *, result: str | None = None, arguments: str | Sequence[str] | None = None, deterministic: bool = True,
         null_in_null_out: bool = False, result_types: str | None = None, input_types: str | Sequence[str] | None = None) -> Any:
    """A table function: it yields any number of rows for each row: LATERAL TABLE(f(x)).

    result (or result_types): the columns, "word STRING, length INT". The rest as for udf.
    """
    return _decorator(TABLE, function, result or result_types, arguments if arguments is not None else input_types,
                      deterministic=deterministic, null_in_null_out=null_in_null_out)


def udaf(function: Any = None, *, result: str | None = None, arguments: str | Sequence[str] | None = None, null_in_null_out: bool = False,
         result_type: str | None = None, input_types: str | Sequence[str] | None = None) -> Any:
    """An aggregate function: a class whose instances are accumulators.

    It has accumulate(*arguments) and result(); retract(*arguments) where rows may be taken back; merge(other) for windows that overlap or
    grow. An instance must consist of what can be pickled. null_in_null_out: rows with a NULL among the arguments do not count.
    """
    return _decorator(AGGREGATE, function, result or result_type, arguments if arguments is not None else input_types,
                      null_in_null_out=null_in_null_out)


def as_function(function: Any, result: str | None = None) -> Function:
    """A Function: what it is given if that is one, else a scalar function by its annotations."""
    if isinstance(function, Function):
        return function
    if not callable(function):
        raise TypeError(f"{function!r} cannot be called")
    return Function(function, SCALAR, result, None)


def find(symbol: str, files: Sequence[str]) -> Function:
    """The function of CREATE FUNCTION f AS 'module.function' LANGUAGE PYTHON USING FILE 'module.py': for libweir-python.so.

    The module is the file of that name, else one of Python's path, or of the working folder.
    """
    module_name, _, name = symbol.rpartition(".")
    if not module_name and files:
        module_name = os.path.splitext(os.path.basename(files[0]))[0]
    if not module_name:
        raise ValueError(f"'{symbol}' names no module: 'module.function' is wanted")
    made = getattr(_module(module_name, files), name, None)
    if made is None:
        raise AttributeError(f"module '{module_name}' has no function '{name}'")
    return as_function(made)


_loaded: dict[str, Any] = {}  # modules by the paths of their files


def _module(name: str, files: Sequence[str]) -> Any:
    for file in files:
        path = os.path.abspath(file)
        if os.path.isdir(path) or path.endswith(".zip"):
            if path not in sys.path:
                sys.path.insert(0, path)
        elif os.path.splitext(os.path.basename(path))[0] == name.rpartition(".")[2]:
            return _of_file(name, path)
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())
    return importlib.import_module(name)


def _of_file(name: str, path: str) -> Any:
    if path not in _loaded:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not os.path.exists(path):
            raise FileNotFoundError(f"there is no file {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, module)
        spec.loader.exec_module(module)
        _loaded[path] = module
    return _loaded[path]


FunctionLike = Function | Callable[..., Any]
