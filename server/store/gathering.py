"""Lookups that gather while they wait: many requests, one question to the database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MOST = 64  # keys a lookup: more would keep the first ones waiting for the last


class Gathering(Generic[K, V]):
    """One lookup at a time: what is asked for while one is under way goes together in the next.

    A lookup begins after all that it answers was asked, so it sees all that was committed before. Where
    lookups do not wait for anything, each is made at once.
    """

    def __init__(self, look_up: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._look_up = look_up
        self._busy = False
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """What is found under `key`, or None; raises what the lookup raises."""
        if not self._busy:
            self._busy = True
            try:
                return (await self._look_up([key])).get(key)
            finally:
                self._go_on()
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, future))
        return await future

    def _go_on(self) -> None:
        self._busy = bool(self._waiting)
        if self._waiting:
            self._task = asyncio.create_task(self._together())

    async def _together(self) -> None:
        asked, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            found = await self._look_up([key for key, _ in asked])
        except Exception as error:
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
        else:
            for key, future in asked:
                if not future.done():  # its request was cancelled
                    future.set_result(found.get(key))
        finally:
            self._go_on()
