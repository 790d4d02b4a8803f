"""Runs and what they log: the same ones that MLflow's clients see."""

import math
from typing import TYPE_CHECKING, Any

import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import Api

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_new_run_is_answered_with_201(api: Api, experiment: str, tracking: "MlflowClient") -> None:
    asked = {"experiment_id": experiment, "name": "first", "description": "why", "tags": {"k": "v"}}

    reply = api("POST", "/runs", json=asked)

    assert reply.status_code == 201
    run = reply.json()
    assert run["start_time"] is not None and run["end_time"] is None
    assert (run["name"], run["status"], run["description"]) == ("first", "running", "why")
    assert run["tags"] == {"k": "v", "mlflow.runName": "first"}
    theirs = tracking.get_run(run["run_id"])
    assert (theirs.info.run_name, theirs.info.status) == ("first", "RUNNING")
    assert theirs.data.tags == {"k": "v", "mlflow.runName": "first", "mlflow.note.content": "why"}
    assert api.get(f"/runs/{run['run_id']}") == run


def test_a_run_without_a_name_gets_one(api: Api, run: str) -> None:
    assert api.get(f"/runs/{run}")["name"]


def test_runs_are_listed_newest_first_by_pages(api: Api, experiment: str) -> None:
    ids = [api.made("/runs", experiment_id=experiment, name=str(at)) for at in range(5)]

    whole = api.get("/runs", experiment_id=experiment)
    page = api.get("/runs", experiment_id=experiment, limit=2, offset=1)

    assert sorted(one["run_id"] for one in whole["runs"]) == sorted(ids)
    starts = [one["start_time"] for one in whole["runs"]]
    assert starts == sorted(starts, reverse=True)
    assert page["runs"] == whole["runs"][1:3]
    assert (page["total"], page["limit"], page["offset"]) == (5, 2, 1)
    assert api.get("/runs", limit=1)["total"] >= 5


def test_runs_of_no_experiment_are_not_found(api: Api) -> None:
    assert_surface_error(api("GET", "/runs", params={"experiment_id": "999999999"}), 404)
    assert_surface_error(api("POST", "/runs", json={"experiment_id": "999999999"}), 404)


def test_metrics_are_logged_at_a_step_and_time(api: Api, run: str, tracking: "MlflowClient") -> None:
    logged = api.post(f"/runs/{run}/log-metrics", metrics={"loss": 0.5, "acc": 1}, step=3, timestamp=1000)
    api.post(f"/runs/{run}/log-metrics", metrics={"loss": 0.25}, step=4)

    assert logged == {"run_id": run, "metrics": 2, "params": 0, "tags": 0}
    assert api.get(f"/runs/{run}")["metrics"] == {"loss": 0.25, "acc": 1.0}
    first, second = tracking.get_metric_history(run, "loss")
    assert (first.value, first.step, first.timestamp) == (0.5, 3, 1000)
    assert second.timestamp > 1_700_000_000_000


def test_numbers_that_json_lacks_are_texts(api: Api, run: str, tracking: "MlflowClient") -> None:
    api.post(f"/runs/{run}/log-metrics", metrics={"n": "NaN", "p": "Infinity", "m": "-Infinity"})

    metrics = api.get(f"/runs/{run}")["metrics"]
    assert metrics["n"] == "NaN"
    assert metrics["p"] == -metrics["m"] > 1e308
    assert math.isnan(tracking.get_run(run).data.metrics["n"])


def test_params_never_change(api: Api, run: str) -> None:
    assert api.post(f"/runs/{run}/log-params", params={"a": "1", "b": "2"})["params"] == 2
    api.post(f"/runs/{run}/log-params", params={"a": "1"})

    reply = api("POST", f"/runs/{run}/log-params", json={"params": {"new": "1", "a": "other"}})

    assert_surface_error(reply, 400)
    assert api.get(f"/runs/{run}")["params"] == {"a": "1", "b": "2"}


def test_a_batch_is_counted(api: Api, run: str) -> None:
    logged = api.post(
        f"/runs/{run}/log-batch",
        metrics=[{"key": "m", "value": 1.5, "step": 1}, {"key": "m", "value": 2.5, "step": 2}],
        params=[{"key": "p", "value": "x"}],
        tags=[{"key": "t", "value": "y"}, {"key": "u", "value": ""}, {"key": "t", "value": "z"}],
    )

    assert logged == {"run_id": run, "metrics": 2, "params": 1, "tags": 3}
    run_now = api.get(f"/runs/{run}")
    assert (run_now["metrics"], run_now["params"]) == ({"m": 2.5}, {"p": "x"})
    assert run_now["tags"]["t"] == "z"


def test_a_batch_is_logged_whole_or_not(api: Api, run: str) -> None:
    metrics = [{"key": "good", "value": 1}, {"key": "b\nad", "value": 1}]

    assert_surface_error(api("POST", f"/runs/{run}/log-batch", json={"metrics": metrics}), 400)
    assert api.get(f"/runs/{run}")["metrics"] == {}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, "finished"),
        ({"json": {}}, "finished"),
        ({"json": {"status": "failed"}}, "failed"),
        ({"params": {"status": "killed"}}, "killed"),
        ({"json": {"status": "killed"}, "params": {"status": "killed"}}, "killed"),
    ],
    ids=str,
)
def test_a_run_ends(
    api: Api, run: str, tracking: "MlflowClient", request_: dict[str, Any], status: str
) -> None:
    reply = api("POST", f"/runs/{run}/end", **request_)

    assert (reply.status_code, reply.json()["status"]) == (200, status)
    assert reply.json()["end_time"] >= reply.json()["start_time"]
    assert tracking.get_run(run).info.status == status.upper()


@pytest.mark.parametrize(
    "request_",
    [
        {"params": {"status": "running"}},
        {"params": {"status": ""}},
        {"json": {"status": "FINISHED"}},
        {"json": {"status": 3}},
        {"json": {"status": "failed"}, "params": {"status": "killed"}},
    ],
    ids=str,
)
def test_a_run_that_is_not_ended_goes_on(api: Api, run: str, request_: dict[str, Any]) -> None:
    assert_surface_error(api("POST", f"/runs/{run}/end", **request_), 400)
    assert api.get(f"/runs/{run}")["status"] == "running"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("log-metrics", {"metrics": {"m": 1}}),
        ("log-params", {"params": {"p": "1"}}),
        ("log-batch", {"tags": [{"key": "k", "value": "v"}]}),
        ("end", {}),
    ],
)
def test_deleted_and_unknown_runs_take_nothing(
    api: Api, run: str, tracking: "MlflowClient", path: str, body: dict[str, Any]
) -> None:
    tracking.delete_run(run)

    assert_surface_error(api("POST", f"/runs/{run}/{path}", json=body), 400)
    assert_surface_error(api("POST", f"/runs/{'0' * 32}/{path}", json=body), 404)


@pytest.fixture
def three(api: Api, experiment: str) -> list[str]:
    runs = [api.made("/runs", experiment_id=experiment, name=str(at)) for at in range(3)]
    for run, loss, accuracy in zip(runs, (0.3, 0.2, 0.4), (0.7, 0.9, 0.9), strict=True):
        api.post(f"/runs/{run}/log-metrics", metrics={"val_loss": loss, "val_accuracy": accuracy})
    api.post(f"/runs/{runs[0]}/log-metrics", metrics={"only": "NaN", "F1_error": 2, "time": 7})
    api.post(f"/runs/{runs[1]}/log-metrics", metrics={"F1_error": 1, "time": 8})
    api.post(f"/runs/{runs[0]}/log-params", params={"lr": "0.1"})
    return runs


def test_runs_are_compared_by_every_metric(api: Api, three: list[str]) -> None:
    answer = api.post("/runs/compare", run_ids=three)

    assert [one["run_id"] for one in answer["runs"]] == three
    assert answer["runs"][0]["params"] == {"lr": "0.1"}
    assert answer["comparison"]["best_run"] is None
    by = answer["comparison"]["metric_comparison"]
    assert set(by) == {"val_loss", "val_accuracy", "only", "F1_error", "time"}
    best = {key: (one["best_run_id"], one["best_value"]) for key, one in by.items()}
    assert best == {
        "val_loss": (three[1], 0.2),
        "val_accuracy": (three[1], 0.9),  # the first of two
        "only": (None, None),
        "F1_error": (three[1], 1.0),  # small is good where a name says both
        "time": (three[0], 7.0),
    }
    assert by["F1_error"]["all_values"] == {three[0]: 2.0, three[1]: 1.0, three[2]: None}
    assert by["only"]["all_values"][three[0]] == "NaN"


def test_a_comparison_by_chosen_metrics_shows_only_these(api: Api, three: list[str]) -> None:
    answer = api.post("/runs/compare", run_ids=three[::-1], metrics=["val_loss", "never logged"])

    assert [one["run_id"] for one in answer["runs"]] == three[::-1]
    assert answer["runs"][0]["metrics"] == {"val_loss": 0.4}
    assert answer["comparison"]["metric_comparison"]["never logged"]["best_run_id"] is None


@pytest.mark.parametrize("count", [0, 1, 11])
def test_two_to_ten_runs_are_compared(api: Api, count: int) -> None:
    assert_surface_error(api("POST", "/runs/compare", json={"run_ids": ["0" * 32] * count}), 400)


def test_unknown_and_repeated_runs_are_not_compared(api: Api, run: str) -> None:
    assert_surface_error(api("POST", "/runs/compare", json={"run_ids": [run, "0" * 32]}), 404)
    assert_surface_error(api("POST", "/runs/compare", json={"run_ids": [run, run]}), 400)
