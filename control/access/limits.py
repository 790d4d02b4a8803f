"""How many requests one caller may make: so many a second, and a burst of some more."""

import time
from collections import OrderedDict
from collections.abc import Callable

from trackstack.control.errors import too_many

_MOST_CALLERS = 10_000


class Limiter:
    """Lets `burst` requests of a caller pass at once, and `per_s` a second (GCRA)."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / per_s
        self._tolerance = (burst - 1) * self._interval
        self._clock = clock
        self._due: OrderedDict[str, float] = OrderedDict()

    def check(self, caller: str) -> None:
        """Count a request. Raises ApiError 429 with the time to wait."""
        now = self._clock()
        due = max(self._due.pop(caller, now), now)
        wait = due - self._tolerance - now
        self._due[caller] = due if wait > 0 else due + self._interval
        if len(self._due) > _MOST_CALLERS:
            self._due.popitem(last=False)
        if wait > 0:
            raise too_many("Too many requests; wait as Retry-After says.", wait)
