"""Whether requests are welcome: the database answers, and the server is not about to end."""

import asyncio
import time

from trackstack.server.errors import TEMPORARILY_UNAVAILABLE, ApiError
from trackstack.server.store.store import Store

_PATIENCE_S = 3.0  # probes wait for five seconds or so
_HOLDS_S = 1.0  # however many ask, the database is asked once in this time


class Readiness:
    """What load balancers go by."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._draining = False
        self._problem: str | None = None
        self._until = 0.0
        self._asking = asyncio.Lock()

    def drain(self) -> None:
        """From now on the server is not ready; it goes on serving who comes all the same."""
        self._draining = True

    async def check(self) -> None:
        """Raises ApiError TEMPORARILY_UNAVAILABLE with the reason where the server is not ready."""
        async with self._asking:
            if time.monotonic() > self._until:
                self._problem = await self._ask()
                self._until = time.monotonic() + _HOLDS_S
        problem = "The server is stopping." if self._draining else self._problem
        if problem:
            raise ApiError(TEMPORARILY_UNAVAILABLE, problem)

    async def _ask(self) -> str | None:
        try:
            await asyncio.wait_for(self._store.ping(), _PATIENCE_S)
        except (ApiError, TimeoutError):
            return "The database does not answer."
        return None
