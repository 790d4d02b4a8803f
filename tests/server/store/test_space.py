"""The file of SQLite shrinks after large removals, and not after small ones."""

import asyncio
from pathlib import Path

import pytest

from trackstack.server.config import Settings
from trackstack.server.store import space
from trackstack.server.store.entities import Point
from trackstack.server.store.logging import Batch
from trackstack.server.store.purging import KINDS
from trackstack.server.store.runs import NewRun
from trackstack.server.store.store import Store

POINTS = 60_000
_RUNS = KINDS[0]


async def _removed(store: Store) -> None:
    """A run with a long history is made and removed for good."""
    await store.experiments.ensure_default("mlflow-artifacts:/0", 1)
    document = await store.runs.create(NewRun(0, "name", "user", 1, {}))
    run = document.decode().partition('"run_id":"')[2].partition('"')[0]
    for start in range(0, POINTS, 5000):
        points = [Point(f"a long name {step % 7}", step, step, 0.5, 0) for step in range(start, start + 5000)]
        await store.logging.batch(run, Batch(points=points))
    await store.runs.delete(run, 1)
    expired = await store.purges.expired(_RUNS, 1)
    (claim,) = (await store.purges.claim(_RUNS, [one.id for one in expired], 1, lambda uri: None)).claims
    await store.purges.finish(claim)


def test_the_file_shrinks_while_others_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "WORTHWHILE_PAGES", 100)
    file = tmp_path / "tracking.db"
    before = []

    async def scenario() -> int:
        store = Store(Settings(data_dir=tmp_path))
        await store.open()
        await _removed(store)
        await store.close()
        before.append(file.stat().st_size)
        await store.open()
        freed, made = await asyncio.gather(
            store.space.give_back(),
            store.experiments.create("meanwhile", lambda _: "mlflow-artifacts:/1", {}, 1),
        )
        assert (await store.experiments.get(made)).name == "meanwhile"
        assert await store.space.give_back() == 0
        await store.close()
        return freed

    freed = asyncio.run(scenario())
    assert freed > 500_000
    assert file.stat().st_size <= before[0] - freed + 65_536


def test_a_little_room_is_kept(tmp_path: Path) -> None:
    async def scenario() -> int:
        store = Store(Settings(data_dir=tmp_path))
        await store.open()
        await _removed(store)
        freed = await store.space.give_back()
        await store.close()
        return freed

    assert asyncio.run(scenario()) == 0
