"""Points of metrics as clients read them: a JSON list, made piece by piece while rows are read."""

from collections.abc import Iterable
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

    def add(self, key: str, rows: Iterable[tuple[Any, ...]], run_id: str | None = None) -> None:
        """Adds points of one metric from rows of value, timestamp and step; a value of None is NaN."""
        points = [
            MetricPoint(key, "NaN" if value is None else value, timestamp, step, run_id)
            for value, timestamp, step in rows
        ]
        if not points:
            return
        if not self.count:
            _encode_into(points, self._json)
        else:
            end = len(self._json) - 1  # where the list is closed: it goes on from there
            _encode_into(points, self._json, end)
            self._json[end] = ord(",")
        self.count += len(points)
