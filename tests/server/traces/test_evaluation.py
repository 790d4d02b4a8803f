"""Evaluation datasets, scorers and issues by MLflow's own client."""

from collections.abc import Callable
from typing import Any

import httpx
import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets

Trace = Callable[..., str]


def records_of(dataset: Any) -> Any:
    """All of a dataset's records; its public way to them needs pandas, which warns of its future."""
    dataset._mlflow_dataset._records = None
    return dataset._mlflow_dataset.records


def test_records_with_the_same_inputs_are_merged(experiment: str, name: str) -> None:
    dataset = datasets.create_dataset(name=name, experiment_id=[experiment], tags={"team": "blue"})
    dataset.merge_records([
        {"inputs": {"q": "a"}, "expectations": {"x": 1}},
        {"inputs": {"q": "b"}, "outputs": "text"},
    ])  # fmt: skip
    dataset.merge_records([{"inputs": {"q": "a"}, "expectations": {"y": [2]}, "tags": {"t": "1"}}])

    found = datasets.get_dataset(dataset_id=dataset.dataset_id)
    assert found.name == name
    assert found.tags["team"] == "blue"
    assert found.experiment_ids == [experiment]
    records = {record.inputs["q"]: record for record in records_of(found)}
    assert records["a"].expectations == {"x": 1, "y": [2]}
    assert records["a"].tags["t"] == "1"
    assert records["b"].outputs == "text"
    assert found.profile == '{"num_records": 2}'
    assert found.digest != dataset.digest or found.last_update_time >= dataset.created_time


def test_traces_become_records_with_their_source(experiment: str, trace: Trace, name: str) -> None:
    trace_id = trace(question="what")
    mlflow.log_expectation(trace_id=trace_id, name="expected", value="this")
    dataset = datasets.create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records(mlflow.search_traces(locations=[experiment], return_type="list"))

    (record,) = records_of(datasets.get_dataset(dataset_id=dataset.dataset_id))
    assert record.inputs == {"question": "what"}
    assert record.expectations == {"expected": "this"}
    assert record.source is not None
    assert record.source.source_data["trace_id"] == trace_id


def test_datasets_are_searched_tagged_moved_and_deleted(experiment: str, name: str) -> None:
    other = mlflow.create_experiment(f"{name}-2")
    dataset = datasets.create_dataset(name=name, experiment_id=[experiment])
    datasets.set_dataset_tags(dataset_id=dataset.dataset_id, tags={"k": "v", "l": "w"})
    datasets.delete_dataset_tag(dataset_id=dataset.dataset_id, key="l")
    datasets.add_dataset_to_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other])
    datasets.remove_dataset_from_experiments(dataset_id=dataset.dataset_id, experiment_ids=[experiment])

    assert list(datasets.search_datasets(experiment_ids=[experiment])) == []
    (found,) = datasets.search_datasets(experiment_ids=[other], filter_string="tags.k = 'v'")
    assert found.dataset_id == dataset.dataset_id
    assert found.tags is not None
    assert (found.tags.get("k"), found.tags.get("l")) == ("v", None)
    datasets.delete_dataset(dataset_id=dataset.dataset_id)
    with pytest.raises(MlflowException, match="not found"):
        datasets.get_dataset(dataset_id=dataset.dataset_id)


def test_records_are_deleted(experiment: str, name: str) -> None:
    dataset = datasets.create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([{"inputs": {"n": number}} for number in range(3)])
    ids = [record.dataset_record_id for record in records_of(dataset)]

    assert dataset.delete_records(ids[:2]) == 2
    assert [record.dataset_record_id for record in records_of(dataset)] == ids[2:]


def scorer(client: httpx.Client, method: str, what: str, **fields: Any) -> Any:
    place = {"json": fields} if method in ("POST", "DELETE") else {"params": fields}
    answer = client.request(method, f"/api/3.0/mlflow/scorers/{what}", **place)  # type: ignore[arg-type]
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_scorers_are_numbered_listed_and_deleted(client: httpx.Client, experiment: str) -> None:
    one = {"experiment_id": experiment, "name": "polite"}
    first = scorer(client, "POST", "register", **one, serialized_scorer='{"v": 1}')
    second = scorer(client, "POST", "register", **one, serialized_scorer='{"v": 2}')
    assert (first["version"], second["version"]) == (1, 2)
    assert first["scorer_id"] == second["scorer_id"]

    (newest,) = scorer(client, "GET", "list", experiment_id=experiment)["scorers"]
    assert (newest["scorer_name"], newest["scorer_version"]) == ("polite", 2)
    assert len(scorer(client, "GET", "versions", **one)["scorers"]) == 2
    assert scorer(client, "GET", "get", **one, version=1)["scorer"]["serialized_scorer"] == '{"v": 1}'

    assert scorer(client, "DELETE", "delete", **one, version=2) == {}
    assert scorer(client, "GET", "get", **one)["scorer"]["scorer_version"] == 1
    assert scorer(client, "DELETE", "delete", **one) == {}
    assert scorer(client, "GET", "get", **one) == 404
    assert scorer(client, "GET", "list", experiment_id=experiment) == {}
    assert scorer(client, "POST", "register", **one, serialized_scorer="no json") == 400


def test_issues_are_found_gravest_first_with_their_traces(
    client: httpx.Client, experiment: str, trace: Trace
) -> None:
    def make(name: str, **more: Any) -> Any:
        body = {"experiment_id": experiment, "name": name, "description": "d", **more}
        answer = client.post("/api/3.0/mlflow/issues", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["issue"]

    low, high = make("slow", severity="low"), make("wrong", severity="high", categories=["a", "b"])
    assert (low["status"], high["categories"]) == ("pending", ["a", "b"])
    assessment = {"assessment_name": high["issue_id"], "issue": {"issue_name": "wrong"}}
    trace_id = trace()
    made = client.post(f"/api/3.0/mlflow/traces/{trace_id}/assessments", json={"assessment": assessment})
    assert made.json()["assessment"]["issue"] == {"issue_name": "wrong"}

    asked = {"experiment_id": experiment, "include_trace_count": True}
    found = client.post("/api/3.0/mlflow/issues/search", json=asked).json()["issues"]
    assert [(one["name"], one["trace_count"]) for one in found] == [("wrong", 1), ("slow", 0)]
    traces = mlflow.search_traces(
        locations=[experiment], filter_string=f"issue.id = '{high['issue_id']}'", return_type="list"
    )
    assert [one.info.trace_id for one in traces] == [trace_id]

    changed = client.patch(f"/api/3.0/mlflow/issues/{low['issue_id']}", json={"status": "resolved"})
    assert changed.json()["issue"]["status"] == "resolved"
    open_ones = {"experiment_id": experiment, "filter_string": "status != 'resolved'"}
    found = client.post("/api/3.0/mlflow/issues/search", json=open_ones).json()["issues"]
    assert [one["name"] for one in found] == ["wrong"]
