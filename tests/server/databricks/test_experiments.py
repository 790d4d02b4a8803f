"""Every method of `w.experiments` of Databricks' own client, over HTTP."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import httpx
import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service import ml
from tests.server.databricks.conftest import mask
from tests.server.serving import Server

USER = "ada@example.org"


@dataclass
class World:
    """An experiment with a run, a logged model and an issue, and the client."""

    api: ml.ExperimentsAPI
    experiment: str
    name: str
    run: str
    model: str
    issue: str

    def read(self) -> ml.Run:
        found = self.api.get_run(self.run).run
        assert found is not None
        return found

    def logged(self) -> ml.LoggedModel:
        found = self.api.get_logged_model(self.model).model
        assert found is not None
        return found


@pytest.fixture
def world(experiments: ml.ExperimentsAPI, experiment: str, name: str) -> World:
    run = experiments.create_run(experiment_id=experiment, start_time=1, run_name="first").run
    model = experiments.create_logged_model(experiment, name="m").model
    issue = experiments.create_issue(f"experiments/{experiment}", ml.Issue("t", ml.IssueSeverity.LOW))
    assert run and run.info and run.info.run_id and model and model.info and model.info.model_id
    assert issue.name
    return World(experiments, experiment, name, run.info.run_id, model.info.model_id, issue.name)


def create_experiment(world: World) -> None:
    tags = [ml.ExperimentTag("team", "vision")]
    made = world.api.create_experiment(f"{world.name}-2", tags=tags).experiment_id
    assert made is not None
    found = world.api.get_experiment(made).experiment
    assert found and found.name == f"{world.name}-2" and found.tags == tags


def get_experiment(world: World) -> None:
    found = world.api.get_experiment(world.experiment).experiment
    assert found and found.name == world.name and found.lifecycle_stage == "active"


def get_by_name(world: World) -> None:
    found = world.api.get_by_name(world.name).experiment
    assert found and found.experiment_id == world.experiment


def update_experiment(world: World) -> None:
    world.api.update_experiment(world.experiment, new_name=f"{world.name}-renamed")
    found = world.api.get_experiment(world.experiment).experiment
    assert found and found.name == f"{world.name}-renamed"


def set_experiment_tag(world: World) -> None:
    world.api.set_experiment_tag(world.experiment, "k", "v")
    found = world.api.get_experiment(world.experiment).experiment
    assert found and found.tags == [ml.ExperimentTag("k", "v")]


def delete_experiment(world: World) -> None:
    world.api.delete_experiment(world.experiment)
    found = world.api.get_experiment(world.experiment).experiment
    assert found and found.lifecycle_stage == "deleted"


def restore_experiment(world: World) -> None:
    world.api.delete_experiment(world.experiment)
    world.api.restore_experiment(world.experiment)
    get_experiment(world)


def list_experiments(world: World) -> None:
    world.api.delete_experiment(world.experiment)
    for view, seen in ((None, False), (ml.ViewType.DELETED_ONLY, True), (ml.ViewType.ALL, True)):
        for page in (None, 1):  # None: all of them at once
            found = [
                one.experiment_id for one in world.api.list_experiments(max_results=page, view_type=view)
            ]
            assert (world.experiment in found) is seen
            assert len(set(found)) == len(found)


def search_experiments(world: World) -> None:
    for most in (None, 1):
        found = world.api.search_experiments(filter=f"name = '{world.name}'", max_results=most)
        assert [one.experiment_id for one in found] == [world.experiment]


def create_run(world: World) -> None:
    made = world.api.create_run(
        experiment_id=world.experiment, start_time=5, tags=[ml.RunTag("k", "v")], user_id=USER
    ).run
    assert made and made.info and (made.info.user_id, made.info.start_time) == (USER, 5)


def get_run(world: World) -> None:
    found = world.read()
    assert found.info and found.info.run_name == "first"
    assert found.info.status is ml.RunInfoStatus.RUNNING


def update_run(world: World) -> None:
    world.api.update_run(run_id=world.run, status=ml.UpdateRunStatus.FINISHED, end_time=9, run_name="last")
    info = world.read().info
    assert info and (info.status, info.end_time, info.run_name) == (ml.RunInfoStatus.FINISHED, 9, "last")


def delete_run(world: World) -> None:
    world.api.delete_run(world.run)
    info = world.read().info
    assert info and info.lifecycle_stage == "deleted"


def restore_run(world: World) -> None:
    world.api.delete_run(world.run)
    world.api.restore_run(world.run)
    info = world.read().info
    assert info and info.lifecycle_stage == "active"


def delete_runs(world: World) -> None:
    assert world.api.delete_runs(world.experiment, 1).runs_deleted == 1


def restore_runs(world: World) -> None:
    world.api.delete_run(world.run)
    assert world.api.restore_runs(world.experiment, 1).runs_restored == 1


def search_runs(world: World) -> None:
    found = world.api.search_runs(experiment_ids=[world.experiment], filter="attributes.run_name = 'first'")
    assert [one.info.run_id for one in found if one.info] == [world.run]


def set_tag(world: World) -> None:
    world.api.set_tag("k", "v", run_id=world.run)
    assert ml.RunTag("k", "v") in _data(world).tags  # type: ignore[operator]


def delete_tag(world: World) -> None:
    world.api.set_tag("k", "v", run_id=world.run)
    world.api.delete_tag(world.run, "k")
    assert "k" not in [tag.key for tag in _data(world).tags or ()]


def log_param(world: World) -> None:
    world.api.log_param("lr", "0.1", run_id=world.run)
    assert _data(world).params == [ml.Param("lr", "0.1")]


def log_metric(world: World) -> None:
    world.api.log_metric("loss", 0.5, 1, run_id=world.run, step=3)
    [metric] = list(_data(world).metrics or ())
    assert (metric.key, metric.value, metric.step) == ("loss", 0.5, 3)


def log_batch(world: World) -> None:
    world.api.log_batch(
        run_id=world.run,
        metrics=[ml.Metric(key="loss", value=0.5, timestamp=1, step=0)],
        params=[ml.Param("lr", "0.1")],
        tags=[ml.RunTag("k", "v")],
    )
    data = _data(world)
    assert data.params == [ml.Param("lr", "0.1")] and len(data.metrics or ()) == 1


def get_history(world: World) -> None:
    for step in range(5):
        world.api.log_metric("loss", step, 1, run_id=world.run, step=step)
    found = world.api.get_history("loss", run_id=world.run, max_results=2)
    assert [one.value for one in found] == [0, 1, 2, 3, 4]


def log_inputs(world: World) -> None:
    dataset = ml.Dataset("d", "1", "local", "file")
    world.api.log_inputs(
        world.run,
        datasets=[ml.DatasetInput(dataset, tags=[ml.InputTag("k", "v")])],
        models=[ml.ModelInput(world.model)],
    )
    inputs = world.read().inputs
    assert inputs and [one.dataset for one in inputs.dataset_inputs or ()] == [dataset]
    assert inputs.model_inputs == [ml.ModelInput(world.model)]


def log_outputs(world: World) -> None:
    world.api.log_outputs(world.run, models=[ml.ModelOutput(world.model, 2)])


def log_model(world: World) -> None:
    flavors = '{"artifact_path": "m", "flavors": {}, "utc_time_created": "2026-01-01", "run_id": "%s"}'
    world.api.log_model(run_id=world.run, model_json=flavors % world.run)
    assert "mlflow.log-model.history" in [tag.key for tag in _data(world).tags or ()]


def list_artifacts(world: World) -> None:
    info = world.read().info
    assert info and info.artifact_uri
    assert list(world.api.list_artifacts(run_id=world.run)) == []


def create_logged_model(world: World) -> None:
    made = world.api.create_logged_model(
        world.experiment,
        name="other",
        model_type="agent",
        params=[ml.LoggedModelParameter("p", "1")],
        tags=[ml.LoggedModelTag("k", "v")],
        source_run_id=world.run,
    ).model
    assert made and made.info and made.info.source_run_id == world.run and made.info.model_type == "agent"


def get_logged_model(world: World) -> None:
    info = world.logged().info
    assert info and info.status is ml.LoggedModelStatus.LOGGED_MODEL_PENDING


def finalize_logged_model(world: World) -> None:
    world.api.finalize_logged_model(world.model, ml.LoggedModelStatus.LOGGED_MODEL_READY)
    info = world.logged().info
    assert info and info.status is ml.LoggedModelStatus.LOGGED_MODEL_READY


def log_logged_model_params(world: World) -> None:
    world.api.log_logged_model_params(world.model, params=[ml.LoggedModelParameter("p", "1")])
    data = world.logged().data
    assert data and data.params == [ml.LoggedModelParameter("p", "1")]


def set_logged_model_tags(world: World) -> None:
    world.api.set_logged_model_tags(world.model, tags=[ml.LoggedModelTag("k", "v")])
    info = world.logged().info
    assert info and info.tags == [ml.LoggedModelTag("k", "v")]


def delete_logged_model_tag(world: World) -> None:
    set_logged_model_tags(world)
    world.api.delete_logged_model_tag(world.model, "k")
    info = world.logged().info
    assert info and not info.tags


def search_logged_models(world: World) -> None:
    found = world.api.search_logged_models(experiment_ids=[world.experiment], filter="name = 'm'").models
    assert [one.info.model_id for one in found or () if one.info] == [world.model]


def delete_logged_model(world: World) -> None:
    world.api.delete_logged_model(world.model)
    with pytest.raises(NotFound):
        world.api.get_logged_model(world.model)


def create_issue(world: World) -> None:
    chosen = f"iss-{'0' * 20}{world.run[:12]}"
    parent = f"experiments/{world.experiment}"
    made = world.api.create_issue(parent, ml.Issue("again", ml.IssueSeverity.HIGH), issue_id=chosen)
    assert (made.issue_id, made.status) == (chosen, ml.IssueStatus.PENDING)


def get_issue(world: World) -> None:
    assert world.api.get_issue(world.issue).title == "t"


def update_issue(world: World) -> None:
    change = ml.Issue("better", ml.IssueSeverity.HIGH)
    world.api.update_issue(world.issue, change, mask("title"))
    found = world.api.get_issue(world.issue)
    assert (found.title, found.severity) == ("better", ml.IssueSeverity.LOW)


def search_issues(world: World) -> None:
    found = world.api.search_issues(f"experiments/{world.experiment}", query="T")
    assert [one.name for one in islice(found, 2)] == [world.issue]


def get_permission_levels(world: World) -> None:
    levels = world.api.get_permission_levels(world.experiment).permission_levels
    assert {one.permission_level for one in levels or ()} == set(ml.ExperimentPermissionLevel)


def set_permissions(world: World) -> None:
    entry = ml.ExperimentAccessControlRequest(
        user_name=USER, permission_level=ml.ExperimentPermissionLevel.CAN_READ
    )
    made = world.api.set_permissions(world.experiment, access_control_list=[entry])
    assert USER in [one.user_name for one in made.access_control_list or ()]


def get_permissions(world: World) -> None:
    set_permissions(world)
    found = world.api.get_permissions(world.experiment)
    assert found.object_id == f"/experiments/{world.experiment}"
    assert USER in [one.user_name for one in found.access_control_list or ()]


def update_permissions(world: World) -> None:
    entry = ml.ExperimentAccessControlRequest(
        user_name="bob@example.org", permission_level=ml.ExperimentPermissionLevel.CAN_EDIT
    )
    set_permissions(world)
    made = world.api.update_permissions(world.experiment, access_control_list=[entry])
    assert {USER, "bob@example.org"} <= {one.user_name for one in made.access_control_list or ()}


def _data(world: World) -> ml.RunData:
    data = world.read().data
    assert data is not None
    return data


METHODS = {name for name, _ in inspect.getmembers(ml.ExperimentsAPI, inspect.isfunction) if name[0] != "_"}
TRIED: dict[str, Callable[[World], None]] = {
    name: value for name, value in list(globals().items()) if name in METHODS
}


def test_no_method_is_left_out() -> None:
    assert set(TRIED) == METHODS


@pytest.mark.parametrize("method", TRIED)
def test_a_method_does_what_it_says(world: World, method: str) -> None:
    TRIED[method](world)


def test_the_first_question_of_the_client_is_answered_to_everybody(server: Server) -> None:
    reply = httpx.get(f"{server.url}/.well-known/databricks-config")

    assert (reply.status_code, reply.json()) == (200, {})


def test_a_file_is_listed(world: World, client: httpx.Client) -> None:
    place = f"{world.experiment}/{world.run}/artifacts/folder/a.txt"
    client.put(f"/api/2.0/mlflow-artifacts/artifacts/{place}", content=b"abc").raise_for_status()

    [folder] = world.api.list_artifacts(run_id=world.run)
    [file] = world.api.list_artifacts(run_id=world.run, path="folder")

    assert (folder.path, folder.is_dir) == ("folder", True)
    assert (file.path, file.file_size) == ("folder/a.txt", 3)
