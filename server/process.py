"""The server process: uvicorn, which on SIGTERM goes on for a while so that load balancers notice."""

import time
from types import FrameType

import uvicorn

from trackstack.server.readiness import Readiness


class DrainingServer(uvicorn.Server):
    """Not ready from the first signal on, ended `drain_s` later; a second signal ends it at once."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness, drain_s: int) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._drain_s = drain_s
        self._end = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._readiness.drain()
        if self._drain_s and self._end == float("inf"):
            self._end = time.monotonic() + self._drain_s
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or time.monotonic() > self._end
