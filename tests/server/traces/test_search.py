"""The filter of traces, compared with what plain Python says of the same traces."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.server.traces.posting import otlp, post_trace, trace_id_of

T0 = 1_700_000_000_000
TRACES: list[dict[str, Any]] = [
    {"tags": {"colour": "blue", "mlflow.traceName": "ask"}, "took": 10, "state": "OK"},
    {"tags": {"colour": "Blue", "mlflow.traceName": "tell"}, "took": 250, "state": "ERROR"},
    {"tags": {"colour": "dark_blue"}, "took": None, "state": "IN_PROGRESS"},
    {"tags": {"size": "1"}, "took": 70, "state": "OK", "client_request_id": "c-1"},
    {"tags": {}, "metadata": {"user": "ada", "mlflow.trace.session": "s"}, "took": 0, "state": "OK"},
]


@pytest.fixture(scope="module")
def ids(client: httpx.Client) -> tuple[str, list[str]]:
    """An experiment and its traces, in the order of TRACES, a second apart."""
    name = f"search-{time.time_ns()}"
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    experiment = str(made.json()["experiment_id"])
    traces = [post_trace(client, experiment, started=T0 + 1000 * n, **one) for n, one in enumerate(TRACES)]
    return experiment, traces


def ask(client: httpx.Client, experiment: str, filter_string: str, **more: Any) -> httpx.Response:
    body = {"locations": [{"mlflow_experiment": {"experiment_id": experiment}}], "filter": filter_string}
    return client.post("/api/3.0/mlflow/traces/search", json={**body, **more})


def found(client: httpx.Client, ids: tuple[str, list[str]], filter_string: str, **more: Any) -> list[int]:
    answer = ask(client, ids[0], filter_string, **more)
    assert answer.status_code == 200, answer.text
    return [ids[1].index(one["trace_id"]) for one in answer.json().get("traces", [])]


def tag(name: str, holds: Callable[[str], bool]) -> Callable[[dict[str, Any]], bool]:
    return lambda one: name in one["tags"] and holds(one["tags"][name])


@pytest.mark.parametrize(
    ("filter_string", "holds"),
    [
        ("", lambda one: True),
        ("tags.colour = 'blue'", tag("colour", lambda v: v == "blue")),
        ("tags.colour != 'blue'", tag("colour", lambda v: v != "blue")),
        ("tags.colour LIKE '%blue'", tag("colour", lambda v: v.endswith("blue"))),
        ("tags.colour ILIKE 'BL%'", tag("colour", lambda v: v.lower().startswith("bl"))),
        ("tags.colour RLIKE '^[bd].*e$'", tag("colour", lambda v: bool(re.search("^[bd].*e$", v)))),
        ("tags.colour IS NULL", lambda one: "colour" not in one["tags"]),
        ("tag.colour IS NOT NULL", lambda one: "colour" in one["tags"]),
        ("name = 'ask'", tag("mlflow.traceName", lambda v: v == "ask")),
        ("name IN ('ask', 'tell')", tag("mlflow.traceName", lambda v: v in ("ask", "tell"))),
        ("status = 'OK'", lambda one: one["state"] == "OK"),
        ("trace.status IN ('OK', 'ERROR')", lambda one: one["state"] in ("OK", "ERROR")),
        ("status NOT IN ('OK')", lambda one: one["state"] != "OK"),
        ("execution_time_ms > 60", lambda one: one["took"] is not None and one["took"] > 60),
        ("attributes.execution_time <= '70'", lambda one: one["took"] is not None and one["took"] <= 70),
        (f"timestamp_ms >= {T0 + 2000}", lambda one: TRACES.index(one) >= 2),
        (f"end_time_ms < {T0 + 1250}", lambda one: TRACES.index(one) == 0),
        ("client_request_id = 'c-1'", lambda one: one.get("client_request_id") == "c-1"),
        ("metadata.user = 'ada'", lambda one: one.get("metadata", {}).get("user") == "ada"),
        ("request_metadata.user IS NULL", lambda one: "user" not in one.get("metadata", {})),
        ("tags.colour ILIKE '%blue' AND status = 'ERROR'", lambda one: one["state"] == "ERROR"),
    ],
)
def test_a_filter_finds_what_it_says(
    client: httpx.Client, ids: tuple[str, list[str]], filter_string: str, holds: Callable[..., bool]
) -> None:
    expected = [number for number, one in enumerate(TRACES) if holds(one)]

    assert found(client, ids, filter_string) == expected[::-1]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["timestamp_ms ASC"], [0, 1, 2, 3, 4]),
        (["timestamp DESC"], [4, 3, 2, 1, 0]),
        (["execution_time_ms ASC"], [4, 0, 3, 1, 2]),
        (["execution_time_ms DESC"], [1, 3, 0, 4, 2]),
        (["tags.colour ASC"], [1, 0, 2, 4, 3]),
        (["status ASC", "timestamp_ms ASC"], [1, 2, 0, 3, 4]),
        (["metadata.user DESC", "timestamp_ms ASC"], [4, 0, 1, 2, 3]),
    ],
)
def test_traces_are_ordered_with_missing_values_last(
    client: httpx.Client, ids: tuple[str, list[str]], order: list[str], expected: list[int]
) -> None:
    assert found(client, ids, "", order_by=order) == expected


def test_what_is_asked_of_spans_holds_of_one_span(client: httpx.Client, name: str) -> None:
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    experiment = str(made.json()["experiment_id"])
    request = otlp("one", {"mlflow.spanType": "LLM", "k": 'say "hi" 50%'})
    other = otlp("two", {"mlflow.spanType": "TOOL"})
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    second = other["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    spans.append({**second, "traceId": spans[0]["traceId"], "parentSpanId": spans[0]["spanId"]})
    headers = {"x-mlflow-experiment-id": experiment, "content-type": "application/json"}
    assert client.post("/v1/traces", content=json.dumps(request), headers=headers).status_code == 200

    def hits(filter_string: str) -> bool:
        answer = ask(client, experiment, filter_string)
        assert answer.status_code == 200, answer.text
        return [one["trace_id"] for one in answer.json().get("traces", [])] == [trace_id_of(request)]

    assert hits("span.name = 'one' AND span.type = 'LLM'")
    assert not hits("span.name = 'one' AND span.type = 'TOOL'")
    assert hits("span.type IN ('TOOL', 'AGENT')")
    assert hits("span.attributes.k LIKE '%hi%'")
    assert hits("""span.attributes.k = 'say "hi" 50%'""")
    assert not hits("span.attributes.k = 'say'")
    assert hits("span.attributes.k != 'say'")
    assert hits("span.attributes.k RLIKE '^say .*%$'")
    assert not hits("span.attributes.k RLIKE '^hi'")
    assert hits("trace.text ILIKE '%SAY%'")
    assert hits("span.status = 'UNSET'")


@pytest.mark.parametrize(
    "filter_string",
    [
        "colour = 'blue'",
        "tags.colour RLIKE '('",
        "tags.colour RLIKE '(a)\\1'",
        "timestamp_ms > 'soon'",
        "prompt = 'p'",
        "span.colour = 'x'",
        "text = 'x'",
        "tags.x = 'a' OR tags.x = 'b'",
    ],
)
def test_what_cannot_be_asked_is_refused(client: httpx.Client, filter_string: str) -> None:
    answer = ask(client, "0", filter_string)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_pattern_that_would_backtrack_for_ages_is_answered(client: httpx.Client, name: str) -> None:
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    experiment = str(made.json()["experiment_id"])
    post_trace(client, experiment, tags={"x": "a" * 5000 + "!"})

    answer = ask(client, experiment, "tags.x RLIKE '^(a+)+$'")

    assert (answer.status_code, answer.json()) == (200, {})


def test_two_filters_are_correlated(client: httpx.Client, ids: tuple[str, list[str]]) -> None:
    def ask_both(one: str, other: str) -> Any:
        body = {"experiment_ids": [ids[0]], "filter_string1": one, "filter_string2": other}
        return client.post("/api/3.0/mlflow/traces/calculate-filter-correlation", json=body).json()

    together = ask_both("status = 'ERROR'", "name = 'tell'")
    assert together["npmi"] == pytest.approx(1)
    assert (together["filter1_count"], together["joint_count"], together["total_count"]) == (1, 1, 5)
    assert ask_both("status = 'ERROR'", "name = 'ask'")["npmi"] == -1
    assert ask_both("status = 'ERROR'", "name = 'none'")["npmi"] == "NaN"
