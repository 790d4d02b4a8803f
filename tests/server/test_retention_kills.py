"""A removal that is killed at any of its steps is finished by the next one."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.server.world import World, world

from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.config import Settings
from trackstack.server.store.purges import Purges
from trackstack.server.store.purging import KINDS, RUN

NewDatabase = Callable[[], tuple[str, ...]]


class Killed(BaseException):
    """Ends everything at once, as a kill does: nothing catches it."""


class Steps:
    """Counts the steps that change something outside the process, and kills at one of them."""

    def __init__(self, last: int, *, before: bool) -> None:
        self.done = 0
        self._last = last
        self._before = before

    def guarded(self, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any) -> Any:
            if self._before and self.done == self._last:
                raise Killed
            result = await step(*args)
            self.done += 1
            if not self._before and self.done > self._last:
                raise Killed
            return result

        return run


@pytest.mark.parametrize("before", [True, False], ids=["before the step", "after the step"])
def test_a_removal_killed_at_any_step_is_finished_by_the_next(
    root: str, tmp_path: Path, new_database: NewDatabase, before: bool
) -> None:
    url = "".join(new_database()[-1:])  # the value of the flag --database-url, if there is one
    settings = Settings(data_dir=tmp_path, artifact_root=root, database_url=url)

    async def scenario(number: int) -> int:
        async with world(settings) as w:
            await _fill(w)
        steps = Steps(number, before=before)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Purges, "claim", steps.guarded(Purges.claim))
            patch.setattr(Purges, "finish", steps.guarded(Purges.finish))
            async with world(settings) as w:
                patch.setattr(w.artifacts.store, "delete", steps.guarded(w.artifacts.store.delete))
                try:
                    await w.retention.remove(10)
                except Killed:
                    await _is_consistent(w)
        async with world(settings) as w:
            await w.retention.remove(10)
            await _is_done(w)
            await w.retention.remove(11)
        return steps.done

    number = 0
    while asyncio.run(scenario(number)) >= number:
        number += 1
    assert number > 10


async def _fill(w: World) -> None:
    lost = await w.experiment("lost")
    for _ in range(2):
        await w.run(lost, points=3)
    await w.model(lost, "m-1")
    await w.store.experiments.delete(lost, 10)
    await w.run(0, deleted_at=10)
    await w.run(0, deleted_at=11)


async def _is_consistent(w: World) -> None:
    """Whatever has lost a file is claimed, so that it cannot come back without it."""
    claimed = {claim.name for claim in await w.store.purges.pending()}
    for kind, expired in [(kind, await w.store.purges.expired(kind, 10)) for kind in KINDS]:
        for one in expired:
            place = w.artifacts.place(one.uri).path
            if kind.name != "experiment":
                assert (await w.artifacts.store.usage(place)).files == 1 or one.name in claimed


async def _is_done(w: World) -> None:
    assert await w.store.purges.pending() == []
    assert [entry.name for entry in await w.artifacts.store.list(ArtifactPath())] == ["0"]
    left = {kind.name: len(await w.store.purges.expired(kind, 11)) for kind in KINDS}
    assert left == {kind.name: 1 if kind.name == RUN else 0 for kind in KINDS}
    assert (await w.artifacts.store.usage(ArtifactPath(("0",)))).files == 1


@pytest.mark.slow
def test_gc_killed_by_the_system_is_finished_by_the_next(tmp_path: Path) -> None:
    async def fill() -> None:
        async with world(Settings(data_dir=tmp_path, artifact_root=str(tmp_path / "artifacts"))) as w:
            for _ in range(300):
                await w.run(0, deleted_at=10)

    async def left() -> tuple[int, int, int]:
        async with world(Settings(data_dir=tmp_path, artifact_root=str(tmp_path / "artifacts"))) as w:
            files = (await w.artifacts.store.usage(ArtifactPath(("0",)))).files
            return (
                files,
                len(await w.store.purges.pending()),
                len(await w.store.purges.expired(KINDS[0], 10)),
            )

    asyncio.run(fill())
    command = [sys.executable, "-m", "trackstack.server", "gc", "--data-dir", str(tmp_path)]
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=0.8)
            except subprocess.TimeoutExpired:
                process.kill()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert asyncio.run(left()) == (0, 0, 0)
