"""Runs and what they log, by MLflow's own client."""

import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import mlflow
import mlflow.data.pandas_dataset
import pandas  # type: ignore[import-untyped]  # it has no types of its own
import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture
def experiment(tracking: "MlflowClient", name: str) -> str:
    return tracking.create_experiment(name)


@pytest.fixture
def run(tracking: "MlflowClient", experiment: str) -> str:
    run_id: str = tracking.create_run(experiment).info.run_id
    return run_id


def test_a_run_without_a_name_gets_one(tracking: "MlflowClient", run: str) -> None:
    info = tracking.get_run(run).info

    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{1,4}", str(info.run_name))
    assert tracking.get_run(run).data.tags["mlflow.runName"] == info.run_name


def test_of_many_runs_asked_for_at_once_each_is_answered_with_its_own(
    tracking: "MlflowClient", experiment: str
) -> None:
    runs = [tracking.create_run(experiment).info.run_id for _ in range(8)]
    tracking.log_metric(runs[3], "loss", 0.5)

    def ask(name: str) -> str:
        try:
            return str(tracking.get_run(name).info.run_id)
        except MlflowException as error:
            return str(error.error_code)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, [*runs, "0" * 32] * 6)) == [*runs, "RESOURCE_DOES_NOT_EXIST"] * 6


@pytest.mark.filterwarnings("ignore::Warning:mlflow", "ignore::Warning:pandas")  # mlflow's use of pandas
def test_a_fluent_run_reads_back_as_logged(tracking: "MlflowClient", experiment: str) -> None:
    frame = pandas.DataFrame({"x": [1, 2, 3]})
    with mlflow.start_run(experiment_id=experiment, run_name="parent") as parent:
        for step in range(100):
            mlflow.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 100}, step=step)
        mlflow.log_params({"lr": 0.1, "layers": 3})
        mlflow.set_tags({"team": "vision", "unicode": "日本 ü"})
        mlflow.log_input(mlflow.data.pandas_dataset.from_pandas(frame, name="train set"), context="training")
        with mlflow.start_run(experiment_id=experiment, nested=True) as child:
            mlflow.log_metric("loss", 0.5)

    found = tracking.get_run(parent.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {"loss": 0.01, "accuracy": 0.99}
    assert found.data.params == {"lr": "0.1", "layers": "3"}
    assert found.data.tags["unicode"] == "日本 ü"
    assert found.inputs
    (used,) = found.inputs.dataset_inputs
    assert (used.dataset.name, used.tags[0].value) == ("train set", "training")
    history = tracking.get_metric_history(parent.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(s, 1 / (s + 1)) for s in range(100)]
    children = tracking.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert [one.info.run_id for one in children] == [child.info.run_id]


def test_a_batch_is_stored_whole_or_not_at_all(tracking: "MlflowClient", run: str) -> None:
    tracking.log_param(run, "p", "1")

    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        tracking.log_batch(
            run, [Metric("m", 1.0, 1, 0)], [Param("q", "1"), Param("p", "2")], [RunTag("t", "u")]
        )

    data = tracking.get_run(run).data
    assert (data.metrics, data.params) == ({}, {"p": "1"})
    assert "t" not in data.tags


def test_the_newest_metric_is_by_step_then_time_then_value(tracking: "MlflowClient", run: str) -> None:
    for value, timestamp, step in [(1.0, 10, 5), (2.0, 99, 4), (3.0, 11, 5), (2.5, 11, 5)]:
        tracking.log_metric(run, "m", value, timestamp, step)

    assert tracking.get_run(run).data.metrics == {"m": 3.0}
    assert len(tracking.get_metric_history(run, "m")) == 4


def test_the_same_point_twice_is_one_point(tracking: "MlflowClient", run: str) -> None:
    for _ in range(3):
        tracking.log_metric(run, "m", 1.0, 10, 5)

    assert len(tracking.get_metric_history(run, "m")) == 1


def test_nan_and_infinity_survive(tracking: "MlflowClient", run: str) -> None:
    for key, value in {"nan": math.nan, "up": math.inf, "down": -math.inf}.items():
        tracking.log_metric(run, key, value)

    metrics = tracking.get_run(run).data.metrics
    assert math.isnan(metrics["nan"])
    assert (metrics["up"], metrics["down"]) == (1.7976931348623157e308, -1.7976931348623157e308)
    assert math.isnan(tracking.get_metric_history(run, "nan")[0].value)


def test_a_deleted_run_takes_nothing_until_it_is_restored(tracking: "MlflowClient", run: str) -> None:
    tracking.delete_run(run)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        tracking.log_metric(run, "m", 1.0)

    tracking.restore_run(run)
    tracking.log_metric(run, "m", 1.0)

    assert tracking.get_run(run).data.metrics == {"m": 1.0}


def test_what_is_read_is_never_older_than_what_was_acknowledged(tracking: "MlflowClient", run: str) -> None:
    for step in range(50):
        tracking.log_metric(run, "m", float(step), step=step)
        assert tracking.get_run(run).data.metrics == {"m": float(step)}
        if step % 10 == 0:
            tracking.set_tag(run, "at", str(step))
            assert tracking.get_run(run).data.tags["at"] == str(step)


def test_writers_of_one_run_lose_nothing(tracking: "MlflowClient", experiment: str, run: str) -> None:
    def log(worker: int) -> None:
        for step in range(25):
            tracking.log_batch(
                run,
                [Metric(f"m{worker}", float(step), step, step), Metric("shared", float(step), step, step)],
                [Param(f"p{worker}.{step}", "v")],
            )
            tracking.get_run(run)

    threads = [threading.Thread(target=log, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    data = tracking.get_run(run).data
    assert data.metrics == {"shared": 24.0, **{f"m{worker}": 24.0 for worker in range(4)}}
    assert len(data.params) == 100
    assert len(tracking.get_metric_history(run, "shared")) == 25
    (found,) = tracking.search_runs([experiment])
    assert found.data.metrics == data.metrics


def test_thousands_of_runs_are_paged_through_once_each(tracking: "MlflowClient", experiment: str) -> None:
    made = {tracking.create_run(experiment, start_time=at // 3).info.run_id for at in range(60)}
    found: list[str] = []
    token: str | None = None
    while token is not None or not found:
        page = tracking.search_runs([experiment], max_results=7, page_token=token)
        found += [one.info.run_id for one in page]
        token = page.token
        if not token:
            break

    assert len(found) == len(made)
    assert set(found) == made


def test_models_are_inputs_and_outputs_of_runs(tracking: "MlflowClient", run: str) -> None:
    from mlflow.entities import LoggedModelInput, LoggedModelOutput

    tracking.log_inputs(run, models=[LoggedModelInput("m-1")])
    tracking.log_outputs(run, [LoggedModelOutput("m-2", 3)])

    found = tracking.get_run(run)
    assert found.inputs and found.outputs
    assert [one.model_id for one in found.inputs.model_inputs] == ["m-1"]
    assert [(one.model_id, one.step) for one in found.outputs.model_outputs] == [("m-2", 3)]
