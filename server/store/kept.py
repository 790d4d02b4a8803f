"""Histories that were read lately, kept for who asks again: they hold while their run's revision does."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from trackstack.server.store.points import Points

_MOST_BYTES = 16 << 20
_EACH = 500  # bytes that keeping one takes beside its points


class Revision(NamedTuple):
    """A run, and how many commits have changed it."""

    run_id: int
    revision: int


class Kept:
    """Up to `most` bytes of points; those that were asked for longest ago make room. For one thread's use.

    A replica needs no word of another's writes: whoever asks has just read the run's revision, which every
    commit raises that logs to it.
    """

    def __init__(self, most: int = _MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._points: OrderedDict[Hashable, tuple[Revision, Points]] = OrderedDict()

    def get(self, key: Hashable, revision: Revision) -> Points | None:
        """What is kept under `key` of that revision of its run."""
        known, points = self._points.get(key, (None, None))
        if known != revision:
            return None
        self._points.move_to_end(key)
        return points

    def put(self, key: Hashable, revision: Revision, points: Points) -> None:
        """Keeps what was read at that revision. A quarter of all that is kept is the most for one."""
        if key in self._points:
            self._forget(key)
        if points.size > self._most // 4:
            return
        self._points[key] = revision, points
        self._bytes += points.size + _EACH
        while self._bytes > self._most:
            self._forget(next(iter(self._points)))

    def _forget(self, key: Hashable) -> None:
        _, points = self._points.pop(key)
        self._bytes -= points.size + _EACH
