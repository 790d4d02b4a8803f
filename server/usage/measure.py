"""The measure of an instance, taken seldom: it looks at everything."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import ArtifactStore
from trackstack.server.store.store import Store

_FRESH_MS = 60_000
_REST = 20
"""Measuring takes a twentieth of the time at most, however much there is."""


class Usage(Struct, kw_only=True):
    """What was there at `measured_at`; times in milliseconds.

    Counts include what is soft-deleted, `metrics` are points; null is what took too long to count.
    `last_activity_at` is null while nobody did anything.
    """

    experiments: int | None
    runs: int | None
    metrics: int | None
    database_bytes: int | None
    artifact_files: int
    artifact_bytes: int
    last_activity_at: int | None
    measured_at: int


class Measure:
    """The newest usage, taken anew when it is old; who asks meanwhile waits for the same one."""

    def __init__(
        self, store: Store, artifacts: ArtifactStore, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock
        self._usage: Usage | None = None
        self._fresh_until = 0
        self._measuring = asyncio.Lock()

    async def usage(self) -> Usage:
        """What there is, or was a minute ago."""
        async with self._measuring:
            if self._usage is None or self._now() >= self._fresh_until:
                began = self._now()
                self._usage = await self._take()
                self._fresh_until = self._now() + max(_FRESH_MS, _REST * (self._now() - began))
            return self._usage

    async def _take(self) -> Usage:
        held = await self._store.usage.get()
        files = await self._artifacts.usage(ArtifactPath.parse_folder(""))
        now = self._now()
        return Usage(
            experiments=held.experiments,
            runs=held.runs,
            metrics=held.metrics,
            database_bytes=held.bytes,
            artifact_files=files.files,
            artifact_bytes=files.bytes,
            last_activity_at=None if held.last_activity is None else min(held.last_activity, now),
            measured_at=now,
        )

    def _now(self) -> int:
        return int(self._clock() * 1000)
