# SPDX-License-Identifier: Apache-2.0
"""process - process functions with state and timers.

    class Detector(weir.KeyedProcessFunction):
        flag = weir.ValueState("BOOLEAN", ttl="1 h")

        def process_element(self, value, ctx):
            if value.amount > 500 and self.flag.value():
                yield value.account, value.amount
            if value.amount < 1:
                self.flag.update(True)
                ctx.register_event_time_timer(ctx.timestamp() + 60_000)

        def on_timer(self, timestamp, ctx):
            self.flag.clear()

What process_element and on_timer return or yield are rows of the output: None is none, a tuple or dict is one, a list or generator are
many. Each worker has an object of its own, a copy of the one given, for its share of the keys.
"""
from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, overload

from . import _types

if TYPE_CHECKING:
    from ._native import Context, List, Map, Value

VALUE, LIST, MAP = 0, 1, 2
_UNITS = {"ms": 1, "millisecond": 1, "milliseconds": 1, "s": 1000, "sec": 1000, "second": 1000, "seconds": 1000, "min": 60_000, "m": 60_000,
          "minute": 60_000, "minutes": 60_000, "h": 3_600_000, "hour": 3_600_000, "hours": 3_600_000, "d": 86_400_000, "day": 86_400_000,
          "days": 86_400_000}
_MEMBERS = {"BOOLEAN": "?", "TINYINT": "1", "SMALLINT": "2", "INT": "4", "INTEGER": "4", "BIGINT": "8", "FLOAT": "f", "DOUBLE": "e", "DATE": "D",
            "TIME": "T", "TIMESTAMP": "P", "TIMESTAMP_LTZ": "L", "STRING": "s", "VARCHAR": "s", "CHAR": "s", "BYTES": "y", "VARBINARY": "y",
            "BINARY": "y"}

Duration = str | int | datetime.timedelta


class Window(NamedTuple):
    """A window, [start, end) in milliseconds since 1970."""

    start: int
    end: int


def milliseconds(duration: Duration) -> int:
    """"5 min", "-1 s", a timedelta, or a number of milliseconds."""
    if isinstance(duration, datetime.timedelta):
        return round(duration.total_seconds() * 1000)
    if isinstance(duration, int):
        return duration
    found = re.fullmatch(r"\s*([+-]?\d+)\s*([a-z]+)\s*", duration)
    if found is None or found.group(2) not in _UNITS:
        raise ValueError(f"{duration!r} is no duration: a number and a unit are wanted, as in '5 min'")
    return int(found.group(1)) * _UNITS[found.group(2)]


class _Layout:
    """The columns of a state's values, and what native/layout.c knows of them."""

    def __init__(self, type: str | None, what: str) -> None:
        self.pickled = type is None
        members = [("value", "BYTES")] if type is None else self._members(type.strip())
        self.single = type is None or self._is_type(type.strip())
        self.names = tuple(name for name, _ in members)
        self.columns = ", ".join(f"{_types.quoted(name)} {text}" for name, text in members)
        self.letters = "".join(self._letter(text, what) for _, text in members)
        self.row_class = None if self.single else _types.row_class(self.names)

    @staticmethod
    def _is_type(text: str) -> bool:
        return re.fullmatch(r"\w+\s*(\([\d\s,]*\))?(\s+NOT\s+NULL)?", text) is not None

    def _members(self, text: str) -> list[tuple[str, str]]:
        return [("value", text)] if self._is_type(text) else _types.columns_of(text)

    @staticmethod
    def _letter(text: str, what: str) -> str:
        word = text.split("(")[0].split(" ")[0].upper()
        if word not in _MEMBERS:
            raise TypeError(f"{what} cannot have the type {text}: {', '.join(sorted(_MEMBERS))} can be; without a type it holds any object")
        return _MEMBERS[word]


class State:
    """What a state is: declared in the class of a process function. `name` is the attribute's unless it is given."""

    kind: ClassVar[int] = VALUE

    def __init__(self, type: str | None = None, *, ttl: Duration | None = None, ttl_on_read: bool = False, name: str | None = None) -> None:
        self.type, self.name = type, name
        self.ttl_ms = 0 if ttl is None else milliseconds(ttl)
        self.ttl_on_read = ttl_on_read
        self.key: str | None = None
        self.broadcast = False

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name

    def description(self) -> tuple[Any, ...]:
        """As native/process.c reads it."""
        value = _Layout(self.type, f"the state '{self.name}'")
        key = _Layout(self.key, f"the key of the state '{self.name}'") if self.key is not None else None
        return (self.name, self.kind, value.columns, value.letters, value.row_class, value.names, value.pickled, key.columns if key else None,
                key.letters if key else "", key.row_class if key else None, key.names if key else None, self.ttl_ms, self.ttl_on_read,
                self.broadcast)

    def wrap(self, native: Any) -> Any:
        """What the function sees."""
        return native


class ValueState(State):
    """One value for each key: value(), update(v), clear().

    type: "BOOLEAN"; several members, "since BIGINT, name STRING", which are a named tuple; None: any object that can be pickled. A state
    with a type is read by `weir state` and by other languages, and takes less room. ttl: how long a value lives after its last update (with
    ttl_on_read after it was last read, too).
    """

    @overload
    def __get__(self, instance: None, owner: type) -> ValueState: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object | None, owner: type) -> ValueState | Value:
        return self if instance is None else _missing(self)


class ListState(State):
    """Values in the order of adding: add(v), add_all(vs), get(), update(vs), remove(i), clear(), len(), iteration."""

    kind = LIST

    @overload
    def __get__(self, instance: None, owner: type) -> ListState: ...
    @overload
    def __get__(self, instance: object, owner: type) -> List: ...

    def __get__(self, instance: object | None, owner: type) -> ListState | List:
        return self if instance is None else _missing(self)


class MapState(State):
    """A map: get(k), put(k, v), remove(k), contains(k), keys(), values(), items(), and as a dict: m[k], k in m, len(m), del m[k].

    key: the type of the keys, "STRING" or several columns; type: of the values, as in ValueState. broadcast: it belongs to the broadcast
    input of connect().process(), which alone writes it.
    """

    kind = MAP

    def __init__(self, key: str = "STRING", type: str | None = None, *, broadcast: bool = False, ttl: Duration | None = None,
                 ttl_on_read: bool = False, name: str | None = None) -> None:
        super().__init__(type, ttl=ttl, ttl_on_read=ttl_on_read, name=name)
        self.key, self.broadcast = key, broadcast

    @overload
    def __get__(self, instance: None, owner: type) -> MapState: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Map: ...

    def __get__(self, instance: object | None, owner: type) -> MapState | Map:
        return self if instance is None else _missing(self)


class Folded:
    """A value made of all that were added."""

    def __init__(self, native: Value, add: Callable[[Any, Any], Any], result: Callable[[Any], Any]) -> None:
        self._native, self._add, self._result = native, add, result

    def add(self, value: Any) -> None:
        """Takes a value in."""
        self._native.update(self._add(self._native.value(), value))

    def get(self) -> Any:
        """What all of them make; None: there is nothing."""
        held = self._native.value()
        return None if held is None else self._result(held)

    def clear(self) -> None:
        """Forgets all."""
        self._native.clear()


class ReducingState(State):
    """One value, made of all that were added by reduce(a, b): add(v), get(), clear()."""

    def __init__(self, reduce: Callable[[Any, Any], Any], type: str | None = None, *, ttl: Duration | None = None, ttl_on_read: bool = False,
                 name: str | None = None) -> None:
        super().__init__(type, ttl=ttl, ttl_on_read=ttl_on_read, name=name)
        self.reduce = reduce

    def wrap(self, native: Any) -> Any:
        return Folded(native, lambda held, value: value if held is None else self.reduce(held, value), lambda held: held)

    @overload
    def __get__(self, instance: None, owner: type) -> ReducingState: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Folded: ...

    def __get__(self, instance: object | None, owner: type) -> ReducingState | Folded:
        return self if instance is None else _missing(self)


class AggregatingState(State):
    """An accumulator of another type than what is added: create() makes one, add(accumulator, value) returns the next, result(accumulator)."""

    def __init__(self, create: Callable[[], Any], add: Callable[[Any, Any], Any], result: Callable[[Any], Any], type: str | None = None, *,
                 ttl: Duration | None = None, ttl_on_read: bool = False, name: str | None = None) -> None:
        super().__init__(type, ttl=ttl, ttl_on_read=ttl_on_read, name=name)
        self.create, self.add, self.result = create, add, result

    def wrap(self, native: Any) -> Any:
        return Folded(native, lambda held, value: self.add(self.create() if held is None else held, value), self.result)

    @overload
    def __get__(self, instance: None, owner: type) -> AggregatingState: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Folded: ...

    def __get__(self, instance: object | None, owner: type) -> AggregatingState | Folded:
        return self if instance is None else _missing(self)


def _missing(state: State) -> Any:
    raise RuntimeError(f"the state '{state.name}' is there when a flow runs the function")


class ProcessFunction:
    """A function over a stream: each row comes to process_element."""

    columns: str | None = None  # of the output, "account BIGINT, amount DOUBLE"
    sides: dict[str, str] = {}  # columns of further outputs, by their names

    def open(self, ctx: Context) -> None:
        """Before the first row, on each worker; state is not there yet."""

    def process_element(self, value: Any, ctx: Context) -> Any:
        """A row."""
        raise NotImplementedError

    def close(self) -> None:
        """At the end, also after a failure."""


class KeyedProcessFunction(ProcessFunction):
    """A function over a keyed stream, with state for each key and timers; states are declared in the class."""

    def on_timer(self, timestamp: int, ctx: Context) -> Any:
        """A timer of a key fires."""


class CoProcessFunction(KeyedProcessFunction):
    """A function over two streams: rows of the second come to process_element2."""

    def process_element2(self, value: Any, ctx: Context) -> Any:
        """A row of the second stream."""
        raise NotImplementedError


class Spec:
    """A process function as native/process.c reads it."""

    def __init__(self, function: Any, name: str, columns: str | None, sides: dict[str, str] | None, second: bool, changes: bool) -> None:
        self.function = function() if isinstance(function, type) else function
        if not isinstance(self.function, ProcessFunction):
            self.function = _Plain(function)
        columns = columns or self.function.columns
        if columns is None:
            raise TypeError(f"{name}: columns= is missing: the columns of the output, as in 'account BIGINT, amount DOUBLE'")
        self.name, self.columns, self.second, self.changes = name, columns, second, changes
        self.sides = list((sides if sides is not None else self.function.sides).items())
        self.side_names = tuple(side for side, _ in self.sides)
        self.declared: dict[str, State] = {}
        for cls in reversed(type(self.function).__mro__):
            self.declared.update((attribute, state) for attribute, state in vars(cls).items() if isinstance(state, State))
        self.states = [state.description() for state in self.declared.values()]
        self.timers = type(self.function).on_timer is not KeyedProcessFunction.on_timer if isinstance(
            self.function, KeyedProcessFunction) else False

    def start(self, states: tuple[Any, ...], context: Context) -> ProcessFunction:
        """The function for a worker, with its states."""
        try:
            made: ProcessFunction = copy.deepcopy(self.function)
        except TypeError:  # it has what cannot be copied: a connection, a lock
            made = copy.copy(self.function)
        for (attribute, state), native in zip(self.declared.items(), states, strict=True):
            made.__dict__[attribute] = state.wrap(native)
        made.open(context)
        return made


class _Plain(ProcessFunction):
    """A callable as a function: f(value, ctx)."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self.__dict__["process_element"] = function
