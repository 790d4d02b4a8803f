"""Columns of numbers as PostgreSQL's binary arrays, packed at once: psycopg takes them number by number."""

import struct
from collections.abc import Sequence
from typing import Any, ClassVar

from psycopg import pq
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.postgres import types

_HEAD = struct.Struct(">iiIii")  # dimensions, whether there are nulls, type, length, number of the first
_BYTES = 8  # of each number


class Integers(tuple[int, ...]):
    """A column of int8 without nulls."""


class Floats(tuple[float, ...]):
    """A column of float8 without nulls."""


_PACKED = {(int,): Integers, (float,): Floats}


def column(values: Sequence[Any]) -> Sequence[Any]:
    """The values as an array to send, packed where they are all integers or all floats."""
    packed = _PACKED.get(tuple(set(map(type, values))))  # type: ignore[arg-type]
    return list(values) if packed is None else packed(values)


def register(context: AdaptContext) -> None:
    """Lets a connection send packed columns."""
    context.adapters.register_dumper(Integers, _IntegersDumper)
    context.adapters.register_dumper(Floats, _FloatsDumper)


class _ColumnDumper(Dumper):
    format = pq.Format.BINARY
    element: ClassVar[int]
    code: ClassVar[str]

    def dump(self, values: Sequence[float]) -> bytes:
        items: list[float] = [_BYTES] * (2 * len(values))
        items[1::2] = values
        body = struct.pack(f">{('i' + self.code) * len(values)}", *items)
        return _HEAD.pack(1, 0, self.element, len(values), 1) + body


class _IntegersDumper(_ColumnDumper):
    oid = types["int8"].array_oid
    element = types["int8"].oid
    code = "q"


class _FloatsDumper(_ColumnDumper):
    oid = types["float8"].array_oid
    element = types["float8"].oid
    code = "d"
