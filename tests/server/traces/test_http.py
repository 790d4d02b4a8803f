"""Traces by plain HTTP: what the genuine client hides, and what older ones ask."""

import json

import httpx
import pytest
from tests.server.traces.posting import otlp, post_trace, trace_id_of

BASE = "/api/3.0/mlflow/traces"


@pytest.fixture
def experiment(client: httpx.Client, name: str) -> str:
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    return str(made.json()["experiment_id"])


def test_an_old_client_starts_ends_and_searches(client: httpx.Client, experiment: str) -> None:
    old = "/api/2.0/mlflow/traces"
    begun = {
        "experiment_id": experiment,
        "timestamp_ms": 1000,
        "request_metadata": [{"key": "m", "value": "1"}],
        "tags": [{"key": "t", "value": "2"}],
    }
    info = client.post(old, json=begun).json()["trace_info"]
    trace_id = info["request_id"]
    assert (info["status"], info["timestamp_ms"], info["execution_time_ms"]) == ("IN_PROGRESS", 1000, 0)

    ended = {"timestamp_ms": 1500, "status": "OK", "tags": [{"key": "u", "value": "3"}]}
    info = client.patch(f"{old}/{trace_id}", json=ended).json()["trace_info"]
    assert (info["status"], info["execution_time_ms"]) == ("OK", 500)
    assert client.patch(f"{old}/{trace_id}/tags", json={"key": "v", "value": "4"}).json() == {}
    found = client.get(old, params={"experiment_ids": experiment, "filter": "tags.v = '4'"}).json()
    assert [one["request_id"] for one in found["traces"]] == [trace_id]
    tags = {
        tag["key"]: tag["value"] for tag in client.get(f"{old}/{trace_id}/info").json()["trace_info"]["tags"]
    }
    assert {**tags, "mlflow.artifactLocation": ""} == {
        "t": "2",
        "u": "3",
        "v": "4",
        "mlflow.artifactLocation": "",
    }


def test_spans_kept_as_artifacts_are_shown(client: httpx.Client, experiment: str) -> None:
    trace_id = post_trace(client, experiment)
    asked = {"request_id": trace_id}
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{trace_id}/artifacts/traces.json"

    assert client.get("/ajax-api/3.0/mlflow/get-trace-artifact", params=asked).status_code == 404
    assert client.get(f"{BASE}/get", params={"trace_id": trace_id}).status_code == 404
    assert client.put(path, content=b'{"spans":[]}').status_code == 200
    shown = client.get("/ajax-api/3.0/mlflow/get-trace-artifact", params=asked)
    assert shown.json() == {"spans": []}

    delete = {"experiment_id": experiment, "request_ids": [trace_id]}
    assert client.post(f"{BASE}/delete-traces", json=delete).json() == {"traces_deleted": 1}
    assert client.get(path).status_code == 404


def test_a_trace_may_be_linked_to_a_run_before_it_comes(client: httpx.Client, experiment: str) -> None:
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": experiment})
    run = made.json()["run"]["info"]["run_id"]
    request = otlp("late")
    link = {"trace_ids": [trace_id_of(request)], "run_id": run}
    assert client.post("/api/2.0/mlflow/traces/link-to-run", json=link).status_code == 200

    headers = {"x-mlflow-experiment-id": experiment, "content-type": "application/json"}
    client.post("/v1/traces", content=json.dumps(request), headers=headers)

    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    search = {"locations": [place], "filter": f"run_id = '{run}'"}
    found = client.post(f"{BASE}/search", json=search).json()["traces"]
    assert [one["trace_id"] for one in found] == [trace_id_of(request)]


def test_attachments_do_not_leave_their_folder(client: httpx.Client, experiment: str) -> None:
    trace_id = post_trace(client, experiment)
    for path in ("../traces.json", "..%2ftraces.json", "/etc/passwd", "a/../../x"):
        asked = {"request_id": trace_id, "path": path}
        answer = client.get("/ajax-api/2.0/mlflow/get-trace-artifact", params=asked)
        assert answer.status_code in (400, 404), path


def test_a_trace_completes_what_its_spans_began(client: httpx.Client, experiment: str) -> None:
    request = otlp("work", {"mlflow.spanInputs": "hello"})
    headers = {"x-mlflow-experiment-id": experiment, "content-type": "application/json"}
    client.post("/v1/traces", content=json.dumps(request), headers=headers)
    before = client.get(f"{BASE}/{trace_id_of(request)}").json()["trace"]["trace_info"]
    assert (before["request_preview"], before["execution_duration"]) == ('"hello"', "1.500s")

    info = {
        **before,
        "execution_duration": "2s",
        "trace_metadata": {"mlflow.trace.sizeStats": '{"num_spans": 1}'},
        "tags": {"mlflow.traceName": "work"},
    }
    client.post(BASE, json={"trace": {"trace_info": info}})
    after = client.get(f"{BASE}/get", params={"trace_id": trace_id_of(request)}).json()["trace"]
    assert after["trace_info"]["execution_duration"] == "2s"
    assert after["trace_info"]["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert after["trace_info"]["trace_metadata"]["mlflow.trace.infoFinalized"] == "true"
    assert len(after["spans"]) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"trace_id": "../x"}, "trace_id"),
        ({"trace_id": ""}, "Missing value for required parameter 'trace.trace_info.trace_id'"),
        ({"request_time": "yesterday"}, "not a time"),
        ({"request_time": "2026-13-45T00:00:00Z"}, "not a time"),
        ({"execution_duration": "long"}, "not a duration"),
        ({"trace_location": {}}, "must be an MLflow experiment"),
        ({"tags": {"k" * 251: "v"}}, "exceeds the maximum length"),
    ],
)
def test_a_wrong_trace_is_refused(client: httpx.Client, change: dict[str, object], why: str) -> None:
    info = {
        "trace_id": "tr-1",
        "trace_location": {"mlflow_experiment": {"experiment_id": "0"}},
        "request_time": "2026-01-01T00:00:00Z",
        **change,
    }
    answer = client.post(BASE, json={"trace": {"trace_info": info}})

    assert answer.status_code == 400
    assert why in answer.json()["message"]


def test_neither_or_both_ways_of_deleting_are_refused(client: httpx.Client) -> None:
    for way in (
        {},
        {"max_timestamp_millis": 5, "request_ids": ["tr-1"]},
        {"request_ids": ["x"], "max_traces": 1},
    ):
        answer = client.post(f"{BASE}/delete-traces", json={"experiment_id": "0", **way})
        assert answer.status_code == 400


def test_searches_without_locations_are_refused_and_empty_ones_are_empty(client: httpx.Client) -> None:
    assert client.post(f"{BASE}/search", json={}).status_code == 400
    answer = client.post(f"{BASE}/search", json={"locations": []})
    assert (answer.status_code, answer.json()) == (200, {})
