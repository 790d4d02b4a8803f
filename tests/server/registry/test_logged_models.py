"""Logged models with MLflow's own client."""

import time
from typing import TYPE_CHECKING, Any

import httpx
import mlflow
import pytest
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_model_is_made_finished_tagged_and_deleted(tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    made = tracking.create_logged_model(
        experiment, "m", tags={"a": "b"}, params={"p": "1"}, model_type="agent"
    )
    assert made.status == LoggedModelStatus.PENDING
    assert made.artifact_location == f"mlflow-artifacts:/{experiment}/models/{made.model_id}/artifacts"

    tracking.log_model_params(made.model_id, {"q": "2"})
    tracking.set_logged_model_tags(made.model_id, {"c": "d"})
    tracking.delete_logged_model_tag(made.model_id, "a")
    tracking.finalize_logged_model(made.model_id, LoggedModelStatus.READY)

    found = tracking.get_logged_model(made.model_id)
    assert (found.status, found.params, found.tags) == (
        LoggedModelStatus.READY,
        {"p": "1", "q": "2"},
        {"c": "d"},
    )
    assert (found.name, found.model_type) == ("m", "agent")
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        tracking.log_model_params(made.model_id, {"q": "3"})
    tracking.delete_logged_model(made.model_id)
    with pytest.raises(MlflowException, match=f"Logged model with ID '{made.model_id}' not found"):
        tracking.get_logged_model(made.model_id)


@pytest.mark.parametrize("bad", ["a/b", "a:b", "a.b", "a%b", "a'b"])
def test_a_bad_name_is_refused(tracking: "MlflowClient", bad: str) -> None:
    with pytest.raises(MlflowException, match="cannot contain the following characters"):
        tracking.create_logged_model("0", bad)


def test_metrics_are_kept_by_dataset_and_order_the_search(tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment).info.run_id
    models = [tracking.create_logged_model(experiment, f"m{number}") for number in range(3)]
    now = int(time.time() * 1000)
    for number, (model, value) in enumerate(zip(models, (0.2, float("nan"), 0.9), strict=True)):
        where: dict[str, Any] = {"model_id": model.model_id, "dataset_name": "d", "dataset_digest": "1"}
        tracking.log_metric(run, "acc", value, now, number, **where)
    tracking.log_metric(
        run, "acc", 0.5, now, 9, model_id=models[0].model_id, dataset_name="e", dataset_digest="2"
    )

    [metric, other] = sorted(
        tracking.get_logged_model(models[0].model_id).metrics or [], key=lambda m: m.step
    )
    assert (metric.value, metric.dataset_name, metric.run_id) == (0.2, "d", run)
    assert (other.value, other.dataset_name) == (0.5, "e")
    assert tracking.get_run(run).data.metrics["acc"] == 0.5

    def found(filter_string: str = "", **arguments: Any) -> list[str]:
        got = tracking.search_logged_models([experiment], filter_string, **arguments)
        return [model.name for model in got]

    best = {"field_name": "metrics.acc", "ascending": False}
    assert found(order_by=[{**best, "dataset_name": "d"}]) == ["m2", "m0", "m1"]
    assert found(order_by=[{"field_name": "name"}]) == ["m0", "m1", "m2"]
    assert found("metrics.acc > 0.3", order_by=[best]) == ["m2", "m0"]
    assert found("metrics.acc > 0.3", datasets=[{"dataset_name": "d"}]) == ["m2"]
    assert found(datasets=[{"dataset_name": "e"}]) == ["m0"]
    assert found(f"model_id IN ('{models[1].model_id}')") == ["m1"]
    assert found("status = 'READY'") == []
    with pytest.raises(MlflowException, match="Invalid order by field name: foo"):
        found(order_by=[{"field_name": "foo"}])


def test_params_and_tags_find_models_page_by_page(tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    for number in range(5):
        tracking.create_logged_model(experiment, f"m{number}", params={"lr": "0.1"}, tags={"n": str(number)})

    asked: dict[str, Any] = {"filter_string": "params.lr = 0.1 AND tags.n != '2'", "max_results": 2}
    by_name = [{"field_name": "name"}]
    first = tracking.search_logged_models([experiment], **asked, order_by=by_name)
    second = tracking.search_logged_models([experiment], **asked, order_by=by_name, page_token=first.token)
    assert [model.name for model in [*first, *second]] == ["m0", "m1", "m3", "m4"]
    assert not second.token
    with pytest.raises(MlflowException, match="page token belongs to a search with another"):
        tracking.search_logged_models([experiment], max_results=2, page_token=first.token)


def test_a_run_shows_the_models_that_it_made(tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment).info.run_id
    model = tracking.create_logged_model(experiment, source_run_id=run)
    tracking.log_outputs(run, [LoggedModelOutput(model.model_id, 3)])

    outputs = tracking.get_run(run).outputs
    assert outputs is not None
    [output] = outputs.model_outputs
    assert (output.model_id, output.step) == (model.model_id, 3)
    assert [
        found.model_id for found in tracking.search_logged_models([experiment], f"source_run_id = '{run}'")
    ] == [model.model_id]


@pytest.mark.filterwarnings("ignore")  # MLflow's own, at the import of its flavors
def test_a_scikit_learn_model_is_logged_registered_and_loaded(tracking: "MlflowClient", name: str) -> None:
    from sklearn.linear_model import LinearRegression  # type: ignore[import-untyped]

    mlflow.set_experiment(name)
    fitted = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(fitted, name="line", registered_model_name=name, pip_requirements=[])

    assert tracking.get_logged_model(info.model_id).status == LoggedModelStatus.READY
    for uri in (info.model_uri, f"models:/{name}/1", f"models:/{name}/latest"):
        assert mlflow.sklearn.load_model(uri).predict([[2.0]])[0] == pytest.approx(5.0)
    assert name in tracking.get_logged_model(info.model_id).tags["mlflow.modelVersions"]


def test_databricks_sdk_names_the_model_in_the_path_only(
    client: httpx.Client, tracking: "MlflowClient", name: str
) -> None:
    model = tracking.create_logged_model(tracking.create_experiment(name))
    path = f"/api/2.0/mlflow/logged-models/{model.model_id}"

    assert client.post(f"{path}/params", json={"params": [{"key": "a", "value": "b"}]}).status_code == 200
    got = client.patch(path, json={"status": "LOGGED_MODEL_UPLOAD_FAILED"}).json()["model"]
    assert got["info"]["status"] == "LOGGED_MODEL_UPLOAD_FAILED"
    assert got["data"]["params"] == [{"key": "a", "value": "b"}]
    assert client.patch(path, json={"status": "nonsense"}).status_code == 400
    assert client.delete(path).status_code == 200
