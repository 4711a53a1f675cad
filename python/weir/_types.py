# SPDX-License-Identifier: Apache-2.0
"""_types - what SQL's types are in Python.

A type's text ("ROW<`a` INT, `b` ARRAY<STRING>> NOT NULL") becomes a shape, which native/value.c reads: a tuple of a letter (below),
the shapes of what is in it, and, of a ROW, the class of its values.

    b BOOLEAN: bool       D DATE: datetime.date              m INTERVAL of months: int
    i integers: int       T TIME: datetime.time              t INTERVAL of days: datetime.timedelta
    f FLOAT, DOUBLE       P TIMESTAMP: datetime, naive       A ARRAY: list
    d DECIMAL: Decimal    L TIMESTAMP_LTZ: datetime in UTC   M MAP: dict         U MULTISET: dict of counts
    s texts: str          y BYTES: bytes                     R ROW: named tuple  n NULL
"""
from __future__ import annotations

import collections
import datetime
import decimal
import functools
import re
import types
import typing
from typing import Any

Shape = tuple[Any, ...]

_LETTERS = {
    "BOOLEAN": "b", "TINYINT": "i", "SMALLINT": "i", "INT": "i", "INTEGER": "i", "BIGINT": "i", "FLOAT": "f", "DOUBLE": "f", "REAL": "f",
    "DECIMAL": "d", "NUMERIC": "d", "DEC": "d", "CHAR": "s", "VARCHAR": "s", "STRING": "s", "CHARACTER": "s", "BINARY": "y", "VARBINARY": "y",
    "BYTES": "y", "DATE": "D", "TIME": "T", "TIMESTAMP": "P", "TIMESTAMP_LTZ": "L", "NULL": "n",
}
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|'(?:[^']|'')*'|[A-Za-z_$][\w$]*|\d+|[<>(),])")

# Annotations of functions, as types of SQL.
_ANNOTATIONS: dict[Any, str] = {
    bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "STRING", bytes: "BYTES", decimal.Decimal: "DECIMAL(38, 18)",
    datetime.date: "DATE", datetime.time: "TIME(3)", datetime.datetime: "TIMESTAMP(6)", datetime.timedelta: "INTERVAL DAY TO SECOND(3)",
}


class _Reader:
    """Reads the text of a type from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def accept(self, word: str) -> bool:
        if self.peek().upper() != word:
            return False
        self.at += 1
        return True

    def skip_parameters(self) -> None:
        if self.accept("("):
            while self.next() not in (")", ""):
                pass

    def fields(self, end: str) -> Shape:
        """Fields of a ROW, up to and with `end`."""
        names, shapes = [], []
        while not self.accept(end):
            names.append(unquoted(self.next()))
            shapes.append(self.type())
            if self.peek().startswith("'"):
                self.next()
            self.accept(",")
        return ("R", tuple(shapes), row_class(tuple(names)), tuple(names))

    def interval(self) -> Shape:
        months = self.peek().upper() in ("YEAR", "MONTH")
        while self.peek().upper() in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO", "("):
            if self.peek() == "(":
                self.skip_parameters()
            else:
                self.next()
        return ("m" if months else "t",)

    def plain(self, word: str) -> Shape:
        letter = _LETTERS.get(word)
        if letter is None:
            raise ValueError(f"Weir has no type {word!r} (in {self.text!r})")
        if word == "DOUBLE":
            self.accept("PRECISION")
        self.skip_parameters()
        if word == "TIMESTAMP" and self.accept("WITH"):
            letter = "L" if self.accept("LOCAL") else letter
        elif word == "TIMESTAMP":
            self.accept("WITHOUT")
        while self.peek().upper() in ("TIME", "ZONE"):
            self.next()
        return (letter,)

    def type(self) -> Shape:
        word = self.next().upper()
        if word in ("ARRAY", "MULTISET") and self.accept("<"):
            shape: Shape = ("A" if word == "ARRAY" else "U", (self.type(),))
            self.accept(">")
        elif word == "MAP" and self.accept("<"):
            key = self.type()
            self.accept(",")
            shape = ("M", (key, self.type()))
            self.accept(">")
        elif word == "ROW" and self.peek() in ("<", "("):
            shape = self.fields(">" if self.next() == "<" else ")")
        else:
            shape = self.interval() if word == "INTERVAL" else self.plain(word)
        if self.accept("NOT"):
            self.accept("NULL")
        elif self.peek().upper() == "NULL":
            self.next()
        return shape


def unquoted(name: str) -> str:
    """A name without its backquotes."""
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


@functools.lru_cache(1024)
def row_class(names: tuple[str, ...]) -> type:
    """The class of rows with such columns: a named tuple; names that Python cannot write are _0, _1 ..."""
    return collections.namedtuple("Row", names, rename=True)


@functools.lru_cache(1024)
def shape_of(text: str) -> Shape:
    """The shape of a type."""
    return _Reader(text).type()


@functools.lru_cache(1024)
def shape_of_columns(text: str) -> Shape:
    """The shape of a row of columns: "a INT, b STRING"."""
    reader = _Reader(text)
    return reader.fields("")


@functools.lru_cache(1024)
def shape_of_result(names: tuple[str, ...], texts: tuple[str, ...]) -> Shape:
    """The shape of a row whose columns have these names and types."""
    return ("R", tuple(shape_of(text) for text in texts), row_class(names), names)


def columns_of(text: str) -> list[tuple[str, str]]:
    """(name, type) of each of some columns."""
    found: list[tuple[str, str]] = []
    depth, start, quote = 0, 0, ""
    for i, c in enumerate(text + ","):
        if quote:
            quote = "" if c == quote else quote
        elif c in "`'":
            quote = c
        elif c == "," and depth == 0:
            piece = text[start:i].strip()
            start = i + 1
            if piece:
                name = _TOKEN.match(piece)
                if name is None:
                    raise ValueError(f"{piece!r} is no column: a name and a type are wanted, as in 'amount DOUBLE'")
                found.append((unquoted(name.group(1)), piece[name.end():].strip()))
        else:
            depth += (c in "<(") - (c in ">)")
    return found


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    if not isinstance(name, str):
        raise TypeError(f"a name is a text (str), not {type(name).__name__}")
    return "`" + name.replace("`", "``") + "`"


def of_annotation(annotation: Any) -> str | None:
    """The type of an annotation: float is DOUBLE; None: it says nothing."""
    if isinstance(annotation, str):
        raise TypeError(f"The annotation {annotation!r} is a text whose meaning is not known here")
    plain = _ANNOTATIONS.get(annotation)
    if plain is not None:
        return plain
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        kept = [part for part in inner if part is not type(None)]
        return of_annotation(kept[0]) if len(kept) == 1 else None
    parts = [of_annotation(part) for part in inner]
    if None in parts or not parts:
        return None
    if origin is list:
        return f"ARRAY<{parts[0]}>"
    if origin is dict:
        return f"MAP<{parts[0]}, {parts[1]}>"
    if origin is tuple:
        return "ROW<" + ", ".join(f"f{i} {part}" for i, part in enumerate(parts)) + ">"
    return None
