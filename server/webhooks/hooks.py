"""Deliveries to everybody who is to be told of a change, at least once, whatever ends in between.

Who is told what is written in the transaction of the change and goes out beside the request; what fails for
now is tried again, ever more slowly, for a day.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from trackstack.server.errors import ApiError
from trackstack.server.secrets import Secrets
from trackstack.server.store import outbox
from trackstack.server.store.outbox import Message, Waiting
from trackstack.server.store.store import Store
from trackstack.server.store.transaction import Transaction
from trackstack.server.webhooks.addresses import Unreachable
from trackstack.server.webhooks.delivery import TIMEOUT_S, Delivery, deliver

MOST_AT_ONCE = 64
LEASE_S = TIMEOUT_S + 5
"""How long one server has an attempt for itself: longer than the attempt takes."""
IDLE_S = 5.0
"""How soon a server sees what another one has left."""
CLAIMING_S = 0.1
LONGEST_WAIT_S = 600
GIVEN_UP_AFTER_S = 24 * 60 * 60
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})

log = logging.getLogger("trackstack.server")

Prepare = Callable[[Store, Secrets, Waiting], Awaitable[Delivery | None]]
"""Addresses and signs what waits; None where nobody is to be told any more."""


class Event(Protocol):
    """Something that happened, in the words of one API."""

    def messages(self, tx: Transaction) -> Iterable[Message]:
        """Who is told of it, and what; in the transaction in which it happens."""
        ...


class Hooks:
    """Tells webhooks; `run` delivers until it is cancelled."""

    def __init__(
        self, store: Store, secrets: Secrets, prepare: Mapping[str, Prepare], *, private: bool
    ) -> None:
        """`prepare` by the kind of message; `private` allows addresses that are not public."""
        self.private = private
        self._store = store
        self._secrets = secrets
        self._prepare = prepare
        self._wake = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], int] = {}

    def telling(self, store: Store, events: Callable[[Any], Iterable[Event]]) -> Store:
        """The same store, whose changes are told: `events` gets what a change has returned."""

        def tell(tx: Transaction, result: Any) -> None:
            outbox.add(tx, [one for event in events(result) for one in event.messages(tx)], _now())

        return store.telling(tell, self._wake.set)

    async def try_once(self, delivery: Delivery) -> int:
        """One delivery that somebody waits for: the status. Raises as `deliver` does."""
        return await deliver(delivery, self.private)

    async def run(self) -> None:
        """Delivers what waits, also what an earlier server has left."""
        try:
            while True:
                self._wake.clear()
                try:
                    pause = await self._start()
                except ApiError as error:
                    log.warning("Webhooks cannot be called now: %s", error)
                    pause = IDLE_S
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
        finally:
            await self._stop()

    async def _start(self) -> float:
        """Starts what is due, as far as there is room; the seconds until there may be more."""
        while (room := MOST_AT_ONCE - len(self._tasks)) > 0:
            due, now = await self._store.outbox.next_due(), _now()
            if due is None or due > now:
                return IDLE_S if due is None else min(IDLE_S, (due - now) / 1000)
            claimed = await self._store.outbox.claim(now, now + LEASE_S * 1000, room)
            if not claimed:  # another server is just claiming it
                return CLAIMING_S
            for waiting in claimed:
                task = asyncio.create_task(self._attempt(waiting))
                self._tasks[task] = waiting.id
                task.add_done_callback(self._done)
        return IDLE_S

    async def _stop(self) -> None:
        """What was under way is due at once for whoever comes next."""
        tasks = dict(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            with suppress(ApiError):
                await self._store.outbox.postpone(list(tasks.values()), _now())

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("A webhook was not called", exc_info=error)
        self._wake.set()

    async def _attempt(self, waiting: Waiting) -> None:
        try:
            why = await self._delivered(waiting)
        except (OSError, Unreachable) as error:  # TimeoutError is an OSError
            why = str(error) or "no answer in time"
        except ApiError as error:
            log.warning("The webhook %s was not called: %s", waiting.webhook, error)
            why = None
        wait = min(2**waiting.attempts, LONGEST_WAIT_S)
        due = _now() + wait * 1000
        if why is None:
            await self._store.outbox.remove(waiting.id)
        elif due > waiting.created_at + GIVEN_UP_AFTER_S * 1000:
            log.warning("The webhook %s was not delivered and is given up: %s", waiting.webhook, why)
            await self._store.outbox.remove(waiting.id)
        else:
            if not waiting.attempts:
                log.warning("The webhook %s is called again, after: %s", waiting.webhook, why)
            await self._store.outbox.postpone([waiting.id], due)

    async def _delivered(self, waiting: Waiting) -> str | None:
        """Why it is to be tried again; None if it is done with. Raises as `deliver` does."""
        delivery = await self._prepare[waiting.kind](self._store, self._secrets, waiting)
        if delivery is None:
            return None
        status = await deliver(delivery, self.private)
        if status in _RETRIED:
            return f"status {status}"
        if status >= 300:
            log.warning("The webhook %s was answered with %d", waiting.webhook, status)
        return None


def _now() -> int:
    return int(time.time() * 1000)
