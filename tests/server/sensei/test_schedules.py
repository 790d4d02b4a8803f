"""Scheduled experiments: when they run, once for all servers, on both databases and with times at will."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.server import world
from tests.server.sensei.conftest import Sensei
from tests.server.world import Scenario, World

from trackstack.server.config import Settings
from trackstack.server.sensei import schedules, timetable
from trackstack.server.store.sensei.experiments import NewExperiment
from trackstack.server.store.sensei.kinds import ML_INSTANCE, RUN
from trackstack.server.store.sensei.listing import Resource, Wanted
from trackstack.server.store.store import Store

MINUTE = 60_000
PATIENCE_S = 60


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ({"cron": "10 * * * *"}, "2026-01-01T00:00", "2026-01-01T00:10"),
        ({"cron": "10 * * * *"}, "2026-01-01T00:10", "2026-01-01T01:10"),
        ({"cron": "*/15 * * * * *"}, "2026-01-01T00:00:01", "2026-01-01T00:00:15"),
        ({"cron": "0 0 12 ? * mon-fri *"}, "2026-01-02T12:00", "2026-01-05T12:00"),
        ({"cron": "0 0 29 2 *"}, "2026-01-01T00:00", "2028-02-29T00:00"),
        ({"cron": "0 0 * * *", "startTime": "2026-03-01T00:00"}, "2026-01-01T00:00", "2026-03-01T00:00"),
        (
            {"cron": "0 0 * * *", "startTime": "2026-03-01T01:00+02:00"},
            "2026-01-01T00:00",
            "2026-03-01T00:00",
        ),
        ({"cron": "0 0 * * *", "startTime": "2025-03-01"}, "2026-01-01T00:00", "2026-01-02T00:00"),
        ({"cron": "0 0 * * *", "endTime": "2026-01-02T00:00"}, "2026-01-01T00:00", "2026-01-02T00:00"),
        ({"cron": "0 0 * * *", "endTime": "2026-01-01T23:59"}, "2026-01-01T00:00", None),
        ({"cron": "0 0 * * *", "startTime": "9999-12-31T12:00"}, "2026-01-01T00:00", None),
        ({"startTime": "2026-03-01T00:00"}, "2026-01-01T00:00", None),
        ({}, "2026-01-01T00:00", None),
    ],
)
def test_a_schedule_tells_the_time_that_follows(
    schedule: dict[str, str], after: str, expected: str | None
) -> None:
    found = schedules.following({"template": {"schedule": schedule}}, millis(after))

    assert found == (None if expected is None else millis(expected))


@pytest.fixture
def settings(tmp_path: Path, new_database: Callable[[], tuple[str, ...]]) -> Settings:
    url = new_database()[-1:]  # the value of the flag --database-url, if there is one
    return Settings(data_dir=tmp_path, artifact_root=str(tmp_path / "artifacts"), database_url="".join(url))


@pytest.fixture
def play(settings: Settings) -> Callable[[Scenario], None]:
    """Plays a scenario in a new world."""
    return partial(world.play, settings)


async def scheduled(w: World, name: str = "e", **template: Any) -> int:
    """An experiment of each minute, made at 0."""
    instance = await w.store.sensei.resources.create(ML_INSTANCE, {"name": "i", "tasks": TASKS}, "ada", 0)
    document = {"template": {"schedule": {"cron": "* * * * *"}, **template}}
    new = NewExperiment(
        name,
        instance.id,
        document,
        {},
        lambda id_: w.artifacts.location("", id_),
        "ada",
        schedules.following(document, 0),
    )
    return int((await w.store.sensei.experiments.create(new, 0)).id)


TASKS = [{"name": mode, "parameters": [{"key": "mode", "value": mode}]} for mode in ("train", "score")]


async def runs(store: Store, experiment: int) -> list[Resource]:
    wanted = Wanted(equal=[("experimentId", str(experiment))], most=100)
    return (await store.sensei.resources.page(RUN, wanted)).resources


def test_a_run_begins_when_its_time_has_come(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        experiment = await scheduled(w)
        for now, expected in ((MINUTE - 1, 0), (MINUTE, 1), (MINUTE + 1, 1), (2 * MINUTE + 9, 2)):
            await timetable.run_due(w.store, now)
            assert len(await runs(w.store, experiment)) == expected, now

        (first, *_) = await runs(w.store, experiment)
        assert first.fields["createdBySchedule"] is True
        assert (first.fields["mode"], first.fields["_status"]) == ("train", "SCHEDULED")
        assert first.fields["createdBy"] == "ada"
        assert b'{"key":"mode","value":"train"}' in await w.store.runs.get(first.id)

    play(scenario)


def test_times_that_pass_are_made_up_for_by_one_run(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        experiment = await scheduled(w)
        for now in (50 * MINUTE, 50 * MINUTE + 1, 51 * MINUTE):
            await timetable.run_due(w.store, now)
        assert [run.created_at for run in await runs(w.store, experiment)] == [51 * MINUTE, 50 * MINUTE]

    play(scenario)


def test_servers_beside_each_other_begin_one_run(
    play: Callable[[Scenario], None], settings: Settings
) -> None:
    async def scenario(w: World) -> None:
        experiments = [await scheduled(w, f"e{number}") for number in range(3)]
        others = [Store(settings) for _ in range(3)]
        for store in others:
            await store.open()
        try:
            for now in (MINUTE, 2 * MINUTE):
                await asyncio.gather(*(timetable.run_due(store, now) for store in (w.store, *others)))
            assert [len(await runs(w.store, experiment)) for experiment in experiments] == [2, 2, 2]
        finally:
            for store in others:
                await store.close()

    play(scenario)


def test_scoring_waits_for_what_was_trained(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        experiment = await scheduled(w, tasks=[{"name": "score"}])
        await timetable.run_due(w.store, MINUTE)
        assert await runs(w.store, experiment) == []

        trained = await w.run(experiment)
        await w.store.runs.update(trained, "FINISHED", 1, None)
        await timetable.run_due(w.store, 2 * MINUTE)
        modes = [run.fields["mode"] for run in await runs(w.store, experiment)]
        assert modes == ["score", "train"]

    play(scenario)


def test_what_is_deleted_or_has_no_schedule_any_more_stays_quiet(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        deleted, ended = await scheduled(w, "deleted"), await scheduled(w, "ended")
        await w.store.sensei.experiments.delete(str(deleted), 1)
        replace = w.store.sensei.experiments.replace
        await replace(str(ended), lambda old: ("ended", ""), lambda old: {}, None, None, 1)
        await timetable.run_due(w.store, 10 * MINUTE)
        assert [await runs(w.store, one) for one in (deleted, ended)] == [[], []]

    play(scenario)


@pytest.mark.slow
def test_a_server_runs_what_is_scheduled(sensei: Sensei) -> None:
    experiment = sensei.experiment(template={"schedule": {"cron": "* * * * * *"}})
    deadline = time.monotonic() + PATIENCE_S
    while not (found := sensei.get(f"/experiments/{experiment['id']}/runs")["children"]):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert found[0]["createdBySchedule"] is True and found[0]["mode"] == "train"
    sensei.http.delete(f"/experiments/{experiment['id']}").raise_for_status()
