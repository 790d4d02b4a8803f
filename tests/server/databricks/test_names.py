"""Names of deleted experiments: reserved as MLflow has it, or free as Databricks has it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, ResourceAlreadyExists
from databricks.sdk.service import ml
from tests.server.access.holdings import token
from tests.server.conftest import Start
from tests.server.databricks.conftest import workspace_of
from tests.server.serving import Server

FREE = {"TRACKSTACK_SERVER_NAMES_OF_DELETED_REUSABLE": "true"}
USER = "ada@example.org"


@pytest.fixture(scope="module")
def freeing(start_server: Start) -> Server:
    """A server that lets names of deleted experiments be given again."""
    return start_server(**FREE)


@pytest.fixture(scope="module")
def free(freeing: Server) -> WorkspaceClient:
    return workspace_of(freeing)


def create(api: ml.ExperimentsAPI, name: str) -> str:
    made = api.create_experiment(name).experiment_id
    assert made is not None
    return made


def named(api: ml.ExperimentsAPI, name: str) -> tuple[str | None, str | None]:
    found = api.get_by_name(name).experiment
    assert found is not None
    return found.experiment_id, found.lifecycle_stage


def test_a_name_stays_taken_without_the_setting(experiments: ml.ExperimentsAPI, name: str) -> None:
    create(experiments, name)
    experiments.delete_experiment(str(named(experiments, name)[0]))

    with pytest.raises(ResourceAlreadyExists):
        create(experiments, name)
    other = create(experiments, f"{name}-other")
    with pytest.raises(BadRequest, match="already exists"):
        experiments.update_experiment(other, new_name=name)


def test_a_name_is_given_again_and_stands_for_the_active_one(free: WorkspaceClient, name: str) -> None:
    api = free.experiments
    first = create(api, name)
    with pytest.raises(ResourceAlreadyExists):
        create(api, name)
    api.delete_experiment(first)
    assert named(api, name) == (first, "deleted")

    second = create(api, name)

    assert named(api, name) == (second, "active")
    api.delete_experiment(second)
    assert named(api, name) == (second, "deleted")  # of several deleted ones the last
    third = create(api, name)
    assert len({first, second, third}) == 3
    assert named(api, name) == (third, "active")


def test_an_experiment_may_be_renamed_to_a_free_name(free: WorkspaceClient, name: str) -> None:
    api = free.experiments
    first, second = create(api, name), create(api, f"{name}-2")
    with pytest.raises(BadRequest, match="already exists"):
        api.update_experiment(second, new_name=name)
    api.delete_experiment(first)

    api.update_experiment(second, new_name=name)

    assert named(api, name) == (second, "active")


def test_a_restored_experiment_needs_its_name_for_itself(free: WorkspaceClient, name: str) -> None:
    api = free.experiments
    first = create(api, name)
    run = api.create_run(experiment_id=first, start_time=1).run
    assert run and run.info and run.info.run_id
    api.delete_experiment(first)
    second = create(api, name)

    with pytest.raises(ResourceAlreadyExists, match=f"experiment {second} has the name"):
        api.restore_experiment(first)
    kept = api.get_run(run.info.run_id).run
    assert kept and kept.info and kept.info.lifecycle_stage == "deleted"
    api.update_experiment(second, new_name=f"{name}-2")
    api.restore_experiment(first)

    assert named(api, name) == (first, "active")


def test_other_apis_follow_the_setting(freeing: Server, name: str) -> None:
    with freeing.client() as client:
        first = client.post("/api/v1/experiments", json={"name": name}).json()["id"]
        client.delete(f"/api/v1/experiments/{first}").raise_for_status()
        second = client.post("/api/v1/experiments", json={"name": name})
        assert second.status_code == 201, second.text
        assert client.post(f"/api/v1/experiments/{first}/restore").status_code == 409
        other = client.post("/api/v1/experiments", json={"name": f"{name}-2"}).json()["id"]
        client.delete(f"/api/v1/experiments/{second.json()['id']}").raise_for_status()
        renamed = client.patch(f"/api/v1/experiments/{other}", json={"name": name})
        assert renamed.status_code == 200, renamed.text


def test_a_name_is_judged_by_the_experiment_that_it_stands_for(
    freeing: Server, free: WorkspaceClient, name: str
) -> None:
    """A user finds their own experiment though another's deleted one had its name."""
    with freeing.client() as admin:
        user = workspace_of(freeing, token(admin, user=USER, scope="write"))
    free.experiments.delete_experiment(create(free.experiments, name))

    own = create(user.experiments, name)

    assert named(user.experiments, name) == (own, "active")


def test_the_setting_may_be_taken_back(
    start_server: Start, tmp_path: Path, new_database: Callable[[], tuple[str, ...]], name: str
) -> None:
    flags = new_database()
    server = start_server(*flags, data_dir=tmp_path / "data", **FREE)
    api = workspace_of(server).experiments
    first = create(api, name)
    api.delete_experiment(first)
    second = create(api, name)
    api.delete_experiment(second)
    server.stop()
    server.environment = {}
    server.start()

    with pytest.raises(ResourceAlreadyExists):
        create(api, name)
    api.restore_experiment(second)
    with pytest.raises(ResourceAlreadyExists):
        api.restore_experiment(first)
    api.update_experiment(second, new_name=name)  # its own
    assert named(api, name) == (second, "active")
    server.stop()


def test_one_of_many_that_ask_at_once_has_the_name(freeing: Server, name: str) -> None:
    def ask(_: int) -> httpx.Response:
        with freeing.client() as client:
            return client.post("/api/2.0/mlflow/experiments/create", json={"name": name})

    with ThreadPoolExecutor(8) as pool:
        statuses = [reply.status_code for reply in pool.map(ask, range(16))]

    assert sorted(statuses) == [200] + [400] * 15


def test_replicas_agree_on_who_has_a_name(
    start_server: Start, new_database: Callable[[], tuple[str, ...]], name: str
) -> None:
    """With the setting, too, when both are asked at once."""
    database = new_database()
    if not database:
        pytest.skip("about PostgreSQL")
    servers = [start_server(*database, **FREE) for _ in range(2)]

    def ask(at: int) -> httpx.Response:
        with servers[at % 2].client() as client:
            return client.post("/api/2.0/mlflow/experiments/create", json={"name": name})

    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            made = [reply for reply in pool.map(ask, range(16)) if reply.status_code == 200]
        assert len(made) == 1
        with servers[0].client() as client:
            client.post("/api/2.0/mlflow/experiments/delete", json=made[0].json()).raise_for_status()
    for server in servers:
        server.stop()
