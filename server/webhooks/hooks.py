"""Deliveries to everybody who is to be told of an event, after it is stored and beside the request."""

import asyncio
import logging
from typing import Protocol

from trackstack.server.errors import ApiError
from trackstack.server.store.store import Store
from trackstack.server.webhooks.addresses import Unreachable
from trackstack.server.webhooks.delivery import Delivery, deliver

log = logging.getLogger("trackstack.server")

_MOST_AT_ONCE = 64


class Event(Protocol):
    """Something that happened, in the words of one API."""

    async def deliveries(self, store: Store) -> list[Delivery]:
        """Who is told of it, and what."""
        ...


class Hooks:
    """Fires events. Deliveries are tried a few times, and lost if the server ends in between."""

    def __init__(self, store: Store, private: bool) -> None:
        """`private` allows addresses that are not public."""
        self.private = private
        self._store = store
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    def fire(self, event: Event) -> None:
        """Calls whoever is to be told of `event`; returns at once."""
        task = asyncio.create_task(self._fire(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def try_once(self, delivery: Delivery) -> int:
        """One delivery that somebody waits for: the status. Raises as `deliver` does."""
        return await deliver(delivery, self.private, 1)

    async def _fire(self, event: Event) -> None:
        try:
            deliveries = await event.deliveries(self._store)
        except ApiError as error:
            log.warning("Webhooks were not called about an event: %s", error)
            return
        await asyncio.gather(*map(self._deliver, deliveries))

    async def _deliver(self, delivery: Delivery) -> None:
        async with self._slots:
            try:
                status = await deliver(delivery, self.private)
            except (OSError, TimeoutError, Unreachable, ApiError) as error:
                log.warning("The webhook %s was not delivered: %s", delivery.url, error)
                return
        if status >= 300:
            log.warning("The webhook %s was answered with %d", delivery.url, status)
