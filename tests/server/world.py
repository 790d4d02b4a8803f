"""A store and its artifacts without a server around them, with times at will."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.config import Settings
from trackstack.server.retention import Retention
from trackstack.server.store.entities import Point
from trackstack.server.store.logged_models import NewModel
from trackstack.server.store.logging import Batch
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.runs import NewRun
from trackstack.server.store.store import Store
from trackstack.server.store.traces.entities import NewTrace


@dataclass(frozen=True)
class World:
    """Things are made and deleted with one call each; every run and model has one file of five bytes."""

    store: Store
    artifacts: Artifacts
    retention: Retention

    async def experiment(self, name: str, location: str = "") -> int:
        return await self.store.experiments.create(
            name, lambda id_: self.artifacts.location(location, id_), {}, 1
        )

    async def run(self, experiment: int, *, deleted_at: int | None = None, points: int = 0) -> str:
        new = NewRun(experiment, "name", "user", 1, {"tag": "value"})
        document = (await self.store.runs.create(new)).decode()
        run = document.partition('"run_id":"')[2].partition('"')[0]
        await self.write(f"{experiment}/{run}/artifacts/a/f.txt")
        if points:
            batch = [Point("loss", step, step, 0.5, 0) for step in range(points)]
            await self.store.logging.batch(run, Batch(points=batch))
        if deleted_at is not None:
            await self.store.runs.delete(run, deleted_at)
        return run

    async def model(self, experiment: int, model: str, *, deleted_at: int | None = None) -> str:
        new = NewModel(model, experiment, "model", "", "", {"p": "1"}, {"t": "2"})
        await self.store.logged_models.create(new, lambda root: f"{root}/models/{model}/artifacts", 1)
        await self.write(f"{experiment}/models/{model}/artifacts/MLmodel")
        if deleted_at is not None:
            await self.store.logged_models.delete(model, deleted_at)
        return model

    async def trace(self, experiment: int, trace: str) -> None:
        new = NewTrace(trace, experiment, 1, 1, "OK", None, None, None, {"tag": "value"}, {}, ())
        await self.store.traces.start(new)
        await self.write(f"{experiment}/traces/{trace}/artifacts/traces.json")

    async def version(self, model: str, source: str, *, run: str | None = None, location: str = "") -> None:
        await self.store.registered_models.create(model, "", {}, 1)
        new = NewVersion(model, source, location or source, run, "", "", {})
        await self.store.model_versions.create(new, 1)

    async def write(self, path: str) -> None:
        await self.artifacts.store.write(ArtifactPath.parse(path), _five_bytes())

    async def exists(self, path: str) -> bool:
        return (await self.artifacts.store.usage(ArtifactPath.parse(path))).files > 0


Scenario = Callable[[World], Awaitable[None]]


@asynccontextmanager
async def world(settings: Settings) -> AsyncIterator[World]:
    """Opened, and closed in the end."""
    artifacts = open_artifacts(settings.artifact_root)
    store = Store(settings)
    await store.open()
    await store.experiments.ensure_default(artifacts.location("", 0), 1)
    try:
        yield World(store, artifacts, Retention(store, artifacts))
    finally:
        await store.close()
        await artifacts.store.close()


def play(settings: Settings, scenario: Scenario) -> None:
    """A scenario in a new world."""

    async def whole() -> None:
        async with world(settings) as one:
            await scenario(one)

    asyncio.run(whole())


async def _five_bytes() -> AsyncIterator[bytes]:
    yield b"12345"
