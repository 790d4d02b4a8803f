"""Deliveries to everybody who subscribed to an event, after it is stored and beside the request."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from trackstack.server.errors import ApiError
from trackstack.server.store.store import Store
from trackstack.server.webhooks.addresses import Unreachable
from trackstack.server.webhooks.delivery import Endpoint, deliver

log = logging.getLogger("trackstack.server")

_MOST_AT_ONCE = 64


class Hooks:
    """Fires events. Deliveries are tried a few times, and lost if the server ends in between."""

    def __init__(self, store: Store, private: bool) -> None:
        """`private` allows addresses that are not public."""
        self.private = private
        self._store = store
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    def fire(self, event: str, data: dict[str, Any]) -> None:
        """Calls whoever subscribed to `event`, such as `model_version.created`; returns at once."""
        task = asyncio.create_task(self._fire(event, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def try_once(self, endpoint: Endpoint, event: str, data: dict[str, Any]) -> int:
        """One delivery that somebody waits for: the status. Raises as `deliver` does."""
        return await deliver(endpoint, _payload(event, data), int(time.time()), self.private, 1)

    async def _fire(self, event: str, data: dict[str, Any]) -> None:
        endpoints = [Endpoint(*row) for row in await self._store.webhooks.subscribed(event)]
        payload = _payload(event, data)
        await asyncio.gather(*(self._deliver(endpoint, payload) for endpoint in endpoints))

    async def _deliver(self, endpoint: Endpoint, payload: str) -> None:
        async with self._slots:
            try:
                status = await deliver(endpoint, payload, int(time.time()), self.private)
            except (OSError, TimeoutError, Unreachable, ApiError) as error:
                log.warning("The webhook %s was not delivered: %s", endpoint.url, error)
                return
        if status >= 300:
            log.warning("The webhook %s was answered with %d", endpoint.url, status)


def _payload(event: str, data: dict[str, Any]) -> str:
    entity, _, action = event.partition(".")
    now = datetime.now(UTC).isoformat()
    return json.dumps({"entity": entity, "action": action, "timestamp": now, "data": data})
