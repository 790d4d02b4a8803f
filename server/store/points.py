"""Points of metrics as clients read them: a JSON list, made piece by piece while rows are read."""

from collections.abc import Iterable
from sys import getsizeof
from typing import Any

import msgspec

from trackstack.server.store.entities import MetricPoint

_encode_into = msgspec.json.Encoder().encode_into


class Points:
    """A JSON list of points that grows; what is added to it is not kept otherwise."""

    __slots__ = ("_json", "count")

    def __init__(self) -> None:
        self._json = bytearray()
        self.count = 0

    @property
    def json(self) -> msgspec.Raw:
        """The list, to be encoded as part of an answer; no more may be added."""
        return msgspec.Raw(self._json or b"[]")

    @property
    def size(self) -> int:
        """Bytes of memory that the list takes."""
        return getsizeof(self._json)

    def add(self, key: str, rows: Iterable[tuple[Any, ...]], run_id: str | None = None) -> None:
        """Adds points of one metric from rows of value, timestamp and step; a value of None is NaN."""
        points = [
            MetricPoint(key, "NaN" if value is None else value, timestamp, step, run_id)
            for value, timestamp, step in rows
        ]
        if points:
            end = self._open()
            _encode_into(points, self._json, end)
            self._close(end, len(points))

    def extend(self, others: "Points") -> None:
        """Adds the points of another list."""
        if others.count:
            end = self._open()
            self._json[end:] = others._json
            self._close(end, others.count)

    def _open(self) -> int:
        """Where a list is to be written for this one to go on with it: over its closing bracket."""
        return max(0, len(self._json) - 1)

    def _close(self, end: int, more: int) -> None:
        if end:
            self._json[end] = ord(",")  # in place of the opening bracket
        self.count += more
