"""What is removed for good and what stays, on both databases and both kinds of artifact store.

Times are small numbers: a thing deleted at 10 is gone once the line is drawn at 10 or later.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.server import world
from tests.server.world import Scenario, World

from trackstack.catalog import MODEL, SERVICE
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.config import Settings
from trackstack.server.errors import ApiError
from trackstack.server.retention_report import Failed, Removed, Stayed
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity
from trackstack.server.store.openmetadata.writing import Stamp
from trackstack.server.store.purging import KINDS, ROWS_AT_ONCE, TRACES_AT_ONCE
from trackstack.server.store.review.label_schemas import NewSchema
from trackstack.server.store.review.queues import CUSTOM, NewQueue
from trackstack.server.store.sensei.kinds import ENGINE, ML_INSTANCE

_ROOT = ArtifactPath()


@pytest.fixture
def settings(root: str, tmp_path: Path, new_database: Callable[[], tuple[str, ...]]) -> Settings:
    url = new_database()[-1:]  # the value of the flag --database-url, if there is one
    return Settings(data_dir=tmp_path, artifact_root=root, database_url="".join(url))


@pytest.fixture
def play(settings: Settings) -> Callable[[Scenario], None]:
    """Plays a scenario in a new world."""
    return partial(world.play, settings)


def test_only_what_was_deleted_long_ago_goes(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        old, fresh, alive = [await w.run(0, deleted_at=at) for at in (10, 11, None)]

        report = await w.retention.remove(10)

        assert report.removed == [Removed("run", old, "0", 10, 1, 5)]
        assert not await w.exists(f"0/{old}")
        with pytest.raises(ApiError, match="not found"):
            await w.store.runs.get(old)
        for run in (fresh, alive):
            assert await w.exists(f"0/{run}")
            await w.store.runs.get(run)
        assert (await w.retention.remove(10)).removed == []

    play(scenario)


def test_restoring_resets_the_clock(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        run = await w.run(0, deleted_at=10)
        await w.store.runs.restore(run)
        assert (await w.retention.remove(100)).removed == []
        await w.store.runs.delete(run, 200)
        assert (await w.retention.remove(100)).removed == []
        assert [one.id for one in (await w.retention.remove(200)).removed] == [run]

    play(scenario)


def test_an_experiment_goes_with_all_that_is_in_it(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        lost, kept = await w.experiment("lost"), await w.experiment("kept")
        runs = [await w.run(lost) for _ in range(3)]
        model = await w.model(lost, "m-1")
        await w.write(f"{lost}/stray/file")
        await w.run(kept)
        await w.store.experiments.delete(lost, 10)

        report = await w.retention.remove(10)

        assert {(one.kind, one.id) for one in report.removed} == {
            *(("run", run) for run in runs),
            ("logged_model", model),
            ("experiment", "lost"),
        }
        assert sum(one.bytes for one in report.removed) == 25
        assert [entry.name for entry in await w.artifacts.store.list(_ROOT)] == [str(kept)]
        with pytest.raises(ApiError):
            await w.store.experiments.get(lost)
        assert await w.experiment("lost") > kept  # the name is free again, the number is not

    play(scenario)


def test_traces_go_with_their_experiment(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        lost, kept = await w.experiment("lost"), await w.experiment("kept")
        for number in range(TRACES_AT_ONCE + 1):
            await w.trace(lost, f"tr-{number}")
        await w.trace(kept, "tr-kept")
        await w.store.experiments.delete(lost, 10)

        report = await w.retention.remove(10)

        assert [(one.id, one.files) for one in report.removed] == [("lost", TRACES_AT_ONCE + 1)]
        assert (await w.store.traces.get("tr-kept")).trace_id == "tr-kept"
        with pytest.raises(ApiError):
            await w.store.traces.get("tr-0")

    play(scenario)


def test_reviews_go_with_their_experiment(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        made = {}
        for name in ("lost", "kept"):
            id_ = await w.experiment(name)
            await w.trace(id_, f"tr-{name}")
            question = NewSchema(id_, "q", "FEEDBACK", None, 0, '{"text":{}}')
            schema = (await w.store.label_schemas.create(question, 1)).schema_id
            new = NewQueue(id_, "q", CUSTOM, None, ["ann"], [schema])
            queue = (await w.store.review_queues.create(new, 1)).queue_id
            await w.store.review_items.add(queue, [f"tr-{name}"], 1)
            made[name] = id_, schema, queue
        lost, kept = made["lost"], made["kept"]
        await w.store.experiments.delete(lost[0], 10)

        await w.retention.remove(9)
        assert (await w.store.review_queues.get(lost[2])).schema_ids == [lost[1]]
        await w.retention.remove(10)

        for gone in (w.store.label_schemas.get(lost[1]), w.store.review_queues.get(lost[2])):
            with pytest.raises(ApiError, match="not found"):
                await gone
        assert (await w.store.label_schemas.get(kept[1])).name == "q"
        items, _ = await w.store.review_items.page(kept[2], "", 10, 0)
        assert [item.item_id for item in items] == ["tr-kept"]

    play(scenario)


def test_the_catalog_forgets_what_was_deleted_long_ago(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        catalog = w.store.catalog

        async def service(name: str) -> Entity:
            await catalog.create(
                New(kind=SERVICE, name=name, service_type="Sklearn", fields={}), Stamp("a", 1)
            )
            return await catalog.create(New(kind=MODEL, service=name, name="m", fields={}), Stamp("a", 1))

        async def delete(kind: str, id_: str, at: int) -> None:
            await catalog.delete(kind, id_, hard=False, recursive=True, stamp=Stamp("a", at))

        old, restored, fresh, alone = [await service(name) for name in ("old", "restored", "fresh", "alone")]
        for model, at in ((old, 10), (restored, 10), (fresh, 11)):
            await delete(SERVICE, str(model.service_uuid), at)
        await catalog.restore(SERVICE, str(restored.service_uuid), Stamp("a", 10))
        await delete(MODEL, alone.uuid, 10)

        plan = await w.retention.plan(10)
        report = await w.retention.remove(10)

        gone = {old.service_uuid, old.uuid, alone.uuid}
        assert {one.id for one in report.removed} == gone and len(report.removed) == 3
        assert {(one.kind, one.experiment_id) for one in report.removed} == {("catalog", "")}
        assert plan.removed == report.removed
        assert report.summary().endswith("0 experiments, 3 catalog entities: 0 files, 0 B")
        for id_ in (old.uuid, alone.uuid):
            with pytest.raises(ApiError, match="not found"):
                await catalog.get(MODEL, id_)
        for model in (restored, fresh):
            await catalog.get(MODEL, model.uuid)
            await catalog.get(SERVICE, str(model.service_uuid))
        assert (await w.retention.remove(10)).removed == []
        assert (await service("old")).version == 1  # the name is free again

    play(scenario)


def test_engines_go_with_their_files(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        resources = w.store.sensei.resources

        async def engine(name: str) -> str:
            made = await resources.create(ENGINE, {"name": name}, "ada", 1)
            await resources.create(ML_INSTANCE, {"name": name}, "ada", 1, parent=made.id)
            await w.write(f"sensei/engines/{made.id}/defaultArtifact/engine.egg")
            return made.id

        old, needed, fresh, alive = [await engine(name) for name in ("old", "needed", "fresh", "alive")]
        await w.version("model", f"mlflow-artifacts:/sensei/engines/{needed}/defaultArtifact")
        for id_, at in ((old, 10), (needed, 10), (fresh, 11)):
            await w.store.sensei.experiments.delete_engine(id_, at)

        plan = await w.retention.plan(10)
        report = await w.retention.remove(10)

        assert plan.removed == report.removed
        files = [(one.id, one.files, one.bytes) for one in report.removed if one.files]
        assert files == [(old, 1, 5)]
        assert {one.kind for one in report.removed} == {"sensei"}
        assert len(report.removed) == 3  # both ML instances, too
        assert report.kept == [Stayed("sensei", needed, "models:/model/1")]
        assert await resources.find(ENGINE, old) is None
        assert not await w.exists(f"sensei/engines/{old}")
        for id_ in (needed, fresh, alive):
            assert await resources.find(ENGINE, id_) is not None
            assert await w.exists(f"sensei/engines/{id_}")

    play(scenario)


def test_logged_models_go_by_themselves(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        await w.model(0, "m-old", deleted_at=10)
        await w.model(0, "m-new")
        assert [one.id for one in (await w.retention.remove(10)).removed] == ["m-old"]
        assert not await w.exists("0/models/m-old")
        assert await w.exists("0/models/m-new")

    play(scenario)


def test_what_a_registered_version_needs_stays(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        experiment = await w.experiment("e")
        by_run, by_place, free = [await w.run(experiment) for _ in range(3)]
        by_model = await w.model(experiment, "m-1")
        await w.version("a", f"runs:/{by_run}/a", run=by_run)
        await w.version("b", f"mlflow-artifacts:/{experiment}/{by_place}/artifacts/a")
        await w.version("c", "models:/m-1", location=f"mlflow-artifacts:/{experiment}/models/m-1/artifacts")
        await w.store.experiments.delete(experiment, 10)

        report = await w.retention.remove(10)

        assert [one.id for one in report.removed] == [free]
        assert sorted(report.kept, key=lambda one: one.needed_by) == [
            Stayed("run", by_run, "models:/a/1"),
            Stayed("run", by_place, "models:/b/1"),
            Stayed("logged_model", by_model, "models:/c/1"),
        ]
        assert await w.exists(f"{experiment}/{by_run}")
        await w.store.experiments.get(experiment)

        for name in "abc":
            await w.store.registered_models.delete(name)
        assert len((await w.retention.remove(10)).removed) == 4

    play(scenario)


def test_a_folder_that_another_experiment_uses_stays(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        one = await w.experiment("one", "mlflow-artifacts:/shared")
        await w.experiment("other", "mlflow-artifacts:/shared/inner")
        await w.write("shared/inner/x")
        await w.store.experiments.delete(one, 10)
        assert [gone.id for gone in (await w.retention.remove(10)).removed] == ["one"]
        assert await w.exists("shared/inner/x")

    play(scenario)


def test_a_plan_tells_all_and_changes_nothing(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        lost, half = await w.experiment("lost"), await w.experiment("half")
        await w.run(lost)
        needed = await w.run(half)
        await w.run(half)
        await w.run(0, deleted_at=10)
        await w.model(lost, "m-1")
        await w.version("v", "s", run=needed)
        for experiment in (lost, half):
            await w.store.experiments.delete(experiment, 10)

        plans = [await w.retention.plan(10) for _ in range(2)]
        report = await w.retention.remove(10)

        assert plans[0] == plans[1]
        assert sorted(map(repr, plans[0].removed)) == sorted(map(repr, report.removed))
        assert plans[0].kept == report.kept == [Stayed("run", needed, "models:/v/1")]

    play(scenario)


def test_what_is_restored_before_it_is_claimed_stays(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        run = await w.run(0, deleted_at=10)
        expired = await w.store.purges.expired(KINDS[0], 10)
        await w.store.runs.restore(run)
        decision = await w.store.purges.claim(KINDS[0], [one.id for one in expired], 10, lambda uri: None)
        assert (decision.claims, decision.kept) == ([], [])

    play(scenario)


def test_what_is_being_removed_cannot_come_back(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        experiment = await w.experiment("e")
        run = await w.run(experiment, deleted_at=10)
        expired = await w.store.purges.expired(KINDS[0], 10)
        await w.store.purges.claim(KINDS[0], [one.id for one in expired], 10, lambda uri: None)
        with pytest.raises(ApiError, match="not found"):
            await w.store.runs.restore(run)
        await w.store.experiments.delete(experiment, 20)
        await w.store.experiments.restore(experiment, 21)
        assert b'"lifecycle_stage":"deleted"' in await w.store.runs.get(run)
        assert [one.id for one in (await w.retention.remove(0)).removed] == [run]

    play(scenario)


def test_a_long_history_goes_in_many_commits(play: Callable[[Scenario], None]) -> None:
    async def scenario(w: World) -> None:
        long = await w.run(0, deleted_at=10, points=2 * ROWS_AT_ONCE + 1)
        short = await w.run(0, points=3)
        assert [one.id for one in (await w.retention.remove(10)).removed] == [long]
        assert b'"loss"' in await w.store.runs.get(short)

    play(scenario)


def test_a_store_that_fails_is_tried_again_the_next_time(settings: Settings, bucket: str) -> None:
    async def scenario() -> None:
        async with world.world(settings) as w:
            run = await w.run(0, deleted_at=10)
        broken = Settings(
            data_dir=settings.data_dir,
            artifact_root="s3://no-such-bucket/x" + bucket[bucket.index("?") :],
            database_url=settings.database_url,
        )
        async with world.world(broken) as w:
            report = await w.retention.remove(10)
            assert report.failed == [
                Failed("run", run, "The artifact store is not available. Try again later.")
            ]
            assert report.removed == []
        async with world.world(settings) as w:
            assert [one.id for one in (await w.retention.remove(10)).removed] == [run]

    asyncio.run(scenario())
