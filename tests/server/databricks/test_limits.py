"""Bad input of every field: one clear line that names the field, in Databricks' error body, nothing done."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.server.databricks.conftest import SOURCE
from tests.server.error_shapes import assert_mlflow_error
from tests.server.serving import Server

BASE = "/api/2.0/mlflow"
INVALID, ABSENT = "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"
HOOK = {"url": "https://93.184.216.34/x"}
LONG = "x" * 70_000
Case = tuple[str, str, dict[str, Any], str]
"""Method, path, fields and a part of the message."""

RUNS = {"experiment_id": "{experiment}", "max_timestamp_millis": 1}
SINCE = {"experiment_id": "{experiment}", "min_timestamp_millis": 1}
VERSION = {"name": "{model}", "version": "1"}
STAGED = {**VERSION, "stage": "Staging"}
WEBHOOK = {"events": ["COMMENT_CREATED"], "http_url_spec": HOOK, "status": "DISABLED"}
ISSUE = {"title": "t", "severity": "LOW"}
ISSUES = "experiments/{experiment}/issues"
MANY = {f"k{at}": "v" for at in range(21)}

LISTS: list[Case] = [
    ("GET", "experiments/list", {"max_results": 0}, "max_results"),
    ("GET", "experiments/list", {"max_results": -1}, "max_results"),
    ("GET", "experiments/list", {"max_results": "many"}, "max_results"),
    ("GET", "experiments/list", {"max_results": 2**63}, "max_results"),
    ("GET", "experiments/list", {"page_token": "nonsense"}, "page token"),
    ("GET", "registered-models/list", {"max_results": 0}, "max_results"),
    ("GET", "registered-models/list", {"max_results": 1001}, "max_results"),
    ("GET", "registered-models/list", {"page_token": "nonsense"}, "page token"),
    ("GET", "activities/list", {**VERSION, "max_results": 1001}, "max_results"),
    ("GET", "activities/list", {**VERSION, "page_token": "nonsense"}, "page token"),
    ("GET", "activities/list", {"name": "{model}"}, "version"),
    ("GET", "registry-webhooks/list", {"max_results": 0}, "max_results"),
    ("GET", "registry-webhooks/list", {"max_results": 1001}, "max_results"),
    ("GET", "registry-webhooks/list", {"page_token": "nonsense"}, "page token"),
    ("GET", "registry-webhooks/list", {"events": ["NONSENSE"]}, "NONSENSE"),
]
BULK: list[Case] = [
    ("POST", f"databricks/runs/{path}", {**fields, **wrong}, said)
    for path, fields, bound in (
        ("delete-runs", RUNS, "max_timestamp_millis"),
        ("restore-runs", SINCE, "min_timestamp_millis"),
    )
    for wrong, said in (
        ({"experiment_id": ""}, "experiment_id"),
        ({"experiment_id": "x"}, "experiment ID"),
        ({bound: None}, bound),
        ({bound: "soon"}, bound),
        ({bound: 2**63}, bound),
        ({"max_runs": 0}, "max_runs"),
        ({"max_runs": -1}, "max_runs"),
        ({"max_runs": 10_001}, "max_runs"),
    )
]
REGISTRY: list[Case] = [
    ("GET", "databricks/registered-models/get", {}, "name"),
    ("GET", "databricks/registered-models/get", {"name": "a/b"}, "name"),
    *(
        ("POST", path, {**STAGED, **wrong}, said)
        for path in (
            "databricks/model-versions/transition-stage",
            "transition-requests/create",
            "transition-requests/approve",
            "transition-requests/reject",
        )
        for wrong, said in (
            ({"name": ""}, "name"),
            ({"version": "one"}, "version"),
            ({"stage": ""}, "stage"),
            ({"stage": "Nowhere"}, "Invalid Model Version stage: Nowhere"),
            ({"comment": LONG}, "comment"),
        )
    ),
    *(
        ("POST", path, {**STAGED, "stage": "Archived", "archive_existing_versions": True}, "Active stage")
        for path in ("databricks/model-versions/transition-stage", "transition-requests/approve")
    ),
    *(
        ("DELETE", "transition-requests/delete", {**STAGED, "creator": "ada", **wrong}, said)
        for wrong, said in (
            ({"creator": ""}, "creator"),
            ({"stage": "Nowhere"}, "stage"),
            ({"version": "one"}, "version"),
        )
    ),
    ("GET", "transition-requests/list", {"name": "{model}"}, "version"),
    ("POST", "comments/create", {**VERSION, "comment": ""}, "comment"),
    ("POST", "comments/create", {**VERSION, "comment": LONG}, "comment"),
    ("POST", "comments/create", {**VERSION, "comment": "a\0b"}, "NUL"),
    ("PATCH", "comments/update", {"id": "", "comment": "c"}, "id"),
    ("PATCH", "comments/update", {"id": "x"}, "comment"),
    ("DELETE", "comments/delete", {}, "id"),
]
WEBHOOKS: list[Case] = [
    ("POST", "registry-webhooks/create", {**WEBHOOK, **wrong}, said)
    for wrong, said in (
        ({"events": []}, "events"),
        ({"events": None}, "events"),
        ({"events": ["NONSENSE"]}, "NONSENSE"),
        ({"events": ["REGISTERED_MODEL_CREATED"], "model_name": "{model}"}, "REGISTERED_MODEL_CREATED"),
        ({"model_name": "a/b"}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"status": "ASLEEP"}, "status"),
        ({"http_url_spec": None}, "http_url_spec"),
        ({"http_url_spec": {}}, "url"),
        ({"http_url_spec": {"url": "http://93.184.216.34"}}, "scheme"),
        ({"http_url_spec": {"url": "https://127.0.0.1"}}, "non-public"),
        ({"http_url_spec": {"url": "https://u:p@93.184.216.34"}}, "user name"),
        ({"http_url_spec": {**HOOK, "secret": "x" * 1001}}, "secret"),
        ({"http_url_spec": {**HOOK, "authorization": "x" * 10_001}}, "authorization"),
        ({"http_url_spec": {**HOOK, "authorization": "a\r\nX-Injected: b"}}, "one line"),
        ({"http_url_spec": {**HOOK, "authorization": "höher"}}, "ASCII"),
        ({"http_url_spec": {**HOOK, "enable_ssl_verification": "maybe"}}, "enable_ssl_verification"),
        ({"job_spec": {"job_id": "1", "access_token": "t"}}, "job_spec"),
    )
]
NEW_ISSUES: list[Case] = [
    ("POST", ISSUES, {**ISSUE, **wrong}, said)
    for wrong, said in (
        ({"title": ""}, "title"),
        ({"title": " "}, "title"),
        ({"title": "ü" * 126}, "250 bytes"),
        ({"severity": ""}, "severity"),
        ({"severity": "low"}, "severity"),
        ({"status": "OPEN"}, "status"),
        ({"description": "x" * (32 * 1024 + 1)}, "description"),
        ({"categories": [str(at) for at in range(11)]}, "categories"),
        ({"categories": ["x" * 65]}, "categories"),
        ({"categories": [" "]}, "categories"),
        ({"categories": ["Tone", "tone "]}, "twice"),
        ({"tags": dict(list(MANY.items())[:11])}, "tags"),
        ({"tags": {"a b": "v"}}, "tags"),
        ({"tags": {"": "v"}}, "tags"),
        ({"tags": {"k" * 129: "v"}}, "tags"),
        ({"tags": {"k": "v" * 257}}, "tags.k"),
        ({"tags": {"k": 1}}, "tags"),
        ({"metadata": MANY}, "metadata"),
        ({"metadata": {"k" * 65: "v"}}, "metadata"),
        ({"metadata": {"": "v"}}, "metadata"),
        ({"metadata": {"k": "v" * 4097}}, "metadata.k"),
        ({"last_seen_time": "yesterday"}, "last_seen_time"),
        ({"last_seen_time": "2026-01-01T00:00:00"}, "last_seen_time"),
        ({"last_seen_time": "1969-12-31T00:00:00Z"}, "last_seen_time"),
        ({"source_type": "DREAM"}, "source_type"),
        ({"source_id": "x"}, "source_id"),
        ({"source_type": "ADHOC_RUN"}, "source_id"),
        ({"source_type": "SINGLE_TRACE_ANALYSIS"}, "last_seen_time"),
        ({"source_type": "SINGLE_TRACE_ANALYSIS", "source_id": "x" * 257}, "source_id"),
    )
]
ISSUE_SEARCHES: list[Case] = [
    ("POST", f"{ISSUES}:search", wrong, said)
    for wrong, said in (
        ({"page_size": -1}, "page_size"),
        ({"page_token": "nonsense"}, "page_token"),
        ({"page_token": ".x"}, "page_token"),
        ({"severities": ["low"]}, "severities"),
        ({"statuses": ["OPEN"]}, "statuses"),
        ({"sort_key": "TITLE"}, "sort_key"),
        ({"sort_order": "UP"}, "sort_order"),
        ({"view": "NONE"}, "view"),
        ({"tag_filters": [{"key": ""}]}, "key"),
        ({"tag_filters": [{"key": "k"}] * 11}, "tag_filters"),
        ({"tag_filters": [{"key": "k", "values": ["v"] * 21}]}, "tag_filters"),
    )
]
OTHERS: list[Case] = [
    (
        "POST",
        "experiments/create",
        {"name": "x", "trace_location": {"uc_trace_location": {}}},
        "trace_location",
    ),
    ("POST", "experiments/search", {"max_results": 0}, "max_results"),
    ("POST", f"{ISSUES}?issue_id=iss-1", ISSUE, "issue_id"),
    ("POST", f"{ISSUES}?issue_id=iss-{'A' * 32}", ISSUE, "issue_id"),
    ("POST", "experiments/x/issues", ISSUE, "experiment ID"),
    ("PATCH", f"{ISSUES}/{{issue}}", ISSUE, "update_mask"),
    ("PATCH", f"{ISSUES}/{{issue}}?update_mask=,", ISSUE, "update_mask"),
]
CASES = [*LISTS, *BULK, *REGISTRY, *WEBHOOKS, *NEW_ISSUES, *ISSUE_SEARCHES, *OTHERS]

MISSING: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "databricks/runs/delete-runs", {**RUNS, "experiment_id": "999999999"}),
    ("GET", "databricks/registered-models/get", {"name": "none"}),
    ("POST", "databricks/model-versions/transition-stage", {**STAGED, "version": "9"}),
    ("POST", "transition-requests/create", {**STAGED, "version": "9"}),
    ("POST", "transition-requests/approve", STAGED),
    ("POST", "transition-requests/reject", STAGED),
    ("DELETE", "transition-requests/delete", {**STAGED, "creator": "ada"}),
    ("GET", "transition-requests/list", {**VERSION, "version": "9"}),
    ("POST", "comments/create", {**VERSION, "version": "9", "comment": "c"}),
    ("PATCH", "comments/update", {"id": "none", "comment": "c"}),
    ("DELETE", "comments/delete", {"id": "none"}),
    ("GET", "activities/list", {**VERSION, "version": "9"}),
    ("POST", "registry-webhooks/create", {**WEBHOOK, "model_name": "none"}),
    ("PATCH", "registry-webhooks/update", {"id": "none"}),
    ("DELETE", "registry-webhooks/delete", {"id": "none"}),
    ("POST", "registry-webhooks/test", {"id": "none"}),
    ("POST", "experiments/999999999/issues", ISSUE),
    ("GET", f"{ISSUES}/none", {}),
    ("PATCH", f"{ISSUES}/none?update_mask=title", ISSUE),
]

Ask = Callable[[str, str, dict[str, Any]], httpx.Response]


@pytest.fixture(scope="module")
def ask(client: httpx.Client) -> Ask:
    """Sends a case's request, in which {experiment}, {model} and {issue} are those of the module."""
    mark = f"x-{uuid.uuid4().hex[:12]}"
    experiment = _made(client, "experiments/create", {"name": mark})["experiment_id"]
    _made(client, "registered-models/create", {"name": mark})
    _made(client, "model-versions/create", {"name": mark, "source": SOURCE})
    issue = _made(client, f"experiments/{experiment}/issues", ISSUE)["issue_id"]
    names = {"{experiment}": experiment, "{model}": mark, "{issue}": issue}

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            for name, real in names.items():
                value = value.replace(name, real)
        return value

    def send(method: str, path: str, fields: dict[str, Any]) -> httpx.Response:
        filled = {key: fill(value) for key, value in fields.items()}
        if method in ("GET", "DELETE"):  # as the client sends them
            return client.request(method, f"{BASE}/{fill(path)}", params=filled)
        return client.request(method, f"{BASE}/{fill(path)}", json=filled)

    return send


def _made(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.post(f"{BASE}/{path}", json=body)
    assert reply.status_code == 200, reply.text
    values: dict[str, Any] = reply.json()
    return values


def _id(case: tuple[Any, ...]) -> str:
    return f"{case[0]} {case[1]} {str(case[2])[-40:]}"


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_bad_input_is_refused_by_its_name(ask: Ask, case: Case) -> None:
    method, path, fields, said = case

    reply = ask(method, path, fields)

    assert_mlflow_error(reply, 400, INVALID)
    message = reply.json()["message"]
    assert said in message
    assert len(message) < 1500 and "\n" not in message


@pytest.mark.parametrize("case", MISSING, ids=_id)
def test_what_does_not_exist_is_said_to_be_missing(ask: Ask, case: tuple[str, str, dict[str, Any]]) -> None:
    assert_mlflow_error(ask(*case), 404, ABSENT)


@pytest.mark.parametrize("path", ["nonsense", "databricks/nonsense", "experiments/1/nonsense"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_unknown_paths_are_answered_in_json(client: httpx.Client, method: str, path: str) -> None:
    assert_mlflow_error(client.request(method, f"{BASE}/{path}"), 404, "ENDPOINT_NOT_FOUND")


def test_a_wrong_method_is_answered_in_json(client: httpx.Client) -> None:
    assert_mlflow_error(client.delete(f"{BASE}/experiments/list"), 405, "ENDPOINT_NOT_FOUND")


def test_values_at_their_limits_are_taken(client: httpx.Client, ask: Ask) -> None:
    fits = {
        "title": "t" * 250,
        "severity": "HIGH",
        "description": "x" * 32 * 1024,
        "categories": [str(at) * 64 for at in range(10)],
        "tags": {f"{at}{'k' * 127}": "v" * 256 for at in range(10)},
        "metadata": {f"{at:02}{'k' * 62}": "v" * 4096 for at in range(20)},
        "last_seen_time": "2026-01-01T01:00:00.123456789+01:00",
    }
    reply = ask("POST", ISSUES, fits)
    assert reply.status_code == 200, reply.text
    assert reply.json()["last_seen_time"] == "2026-01-01T00:00:00.123Z"
    assert ask("POST", "databricks/runs/delete-runs", {**RUNS, "max_runs": 10_000}).status_code == 200
    assert ask("POST", "comments/create", {**VERSION, "comment": "x" * 65_535}).status_code == 200
    assert ask("GET", "experiments/list", {"max_results": 100_000}).status_code == 200  # as 1000
    assert ask("POST", "experiments/search", {}).status_code == 200


def test_mlflows_limits_hold_where_databricks_are_narrower(client: httpx.Client, ask: Ask) -> None:
    """Clients log longer params and tags than Databricks allows, MLflow's own among them."""
    experiment = ask("GET", f"{ISSUES}/{{issue}}", {}).json()["name"].split("/")[1]
    run = _made(client, "runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]

    _made(client, "runs/log-batch", {"run_id": run, "params": [{"key": "p", "value": "x" * 6000}]})
    _made(client, "runs/log-parameter", {"run_id": run, "key": "q", "value": "x" * 6000})
    tags = [{"key": f"k{at}", "value": "v" * 20_000} for at in range(21)]
    _made(client, "experiments/create", {"name": f"{experiment}-tags", "tags": tags})


def test_a_refused_webhook_leaves_nothing(server: Server, client: httpx.Client, ask: Ask) -> None:
    before = client.get(f"{BASE}/registry-webhooks/list", params={"max_results": 1000}).json()
    for case in WEBHOOKS:
        ask(*case[:3])

    assert client.get(f"{BASE}/registry-webhooks/list", params={"max_results": 1000}).json() == before
