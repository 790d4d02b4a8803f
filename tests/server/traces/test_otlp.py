"""Spans over OTLP/HTTP, from whatever program."""

import gzip
import json
import zlib
from typing import Any

import httpx
import pytest
from tests.server.traces.posting import decoded, otlp, trace_id_of


@pytest.fixture
def experiment(client: httpx.Client, name: str) -> str:
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    return str(made.json()["experiment_id"])


def send(client: httpx.Client, experiment: str | None, body: bytes, **headers: str) -> httpx.Response:
    chosen = {"content-type": "application/json"}
    if experiment is not None:
        chosen["x-mlflow-experiment-id"] = experiment
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/traces", content=body, headers={**chosen, **named})


def whole(client: httpx.Client, trace_id: str) -> Any:
    answer = client.get("/api/3.0/mlflow/traces/get", params={"trace_id": trace_id})
    assert answer.status_code == 200, answer.text
    return answer.json()["trace"]


@pytest.mark.parametrize("packing", ["", "gzip", "deflate", "raw deflate"])
def test_json_arrives_packed_or_not(client: httpx.Client, experiment: str, packing: str) -> None:
    request = otlp("work", {"k": "v"}, status={"code": 2, "message": "bad"})
    body = json.dumps(request).encode()
    if packing == "gzip":
        body = gzip.compress(body)
    elif packing:
        body = zlib.compress(body)[2:-4] if packing.startswith("raw") else zlib.compress(body)
    headers = {"content-encoding": packing.split()[-1]} if packing else {}
    answer = send(client, experiment, body, **headers)

    assert (answer.status_code, answer.text) == (200, "{}")
    found = whole(client, trace_id_of(request))
    (span,) = found["spans"]
    assert decoded(span["trace_id"]) == trace_id_of(request)[3:]
    assert (span["name"], span["status"]) == ("work", {"code": "STATUS_CODE_ERROR", "message": "bad"})
    assert {"key": "k", "value": {"string_value": "v"}} in span["attributes"]
    assert found["trace_info"]["state"] == "ERROR"
    assert found["trace_info"]["execution_duration"] == "1.500s"
    assert found["trace_info"]["request_time"] == "2023-11-14T22:13:20Z"


def test_other_conventions_are_understood(client: httpx.Client, experiment: str) -> None:
    request = otlp(
        "chat",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m-1",
            "gen_ai.usage.input_tokens": "3",
            "gen_ai.usage.output_tokens": "4",
            "gen_ai.input.messages": '[{"role": "user"}]',
            "session.id": "s-9",
            "mlflow.traceTag.team": "blue",
        },
    )
    send(client, experiment, json.dumps(request).encode())

    info = whole(client, trace_id_of(request))["trace_info"]
    usage = json.loads(info["trace_metadata"]["mlflow.trace.tokenUsage"])
    assert usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert info["trace_metadata"]["mlflow.trace.session"] == "s-9"
    assert info["tags"]["team"] == "blue"
    assert info["request_preview"] == '[{"role": "user"}]'
    filters = "span.type = 'CHAT_MODEL' AND span.attributes.`mlflow.llm.model` = 'm-1'"
    found = client.post(
        "/api/3.0/mlflow/traces/search",
        json={"locations": [{"mlflow_experiment": {"experiment_id": experiment}}], "filter": filters},
    ).json()
    assert [one["trace_id"] for one in found["traces"]] == [trace_id_of(request)]


def test_a_coding_assistant_is_named_at_the_first_span(client: httpx.Client, experiment: str) -> None:
    request = otlp("prompt")
    request["resourceSpans"][0]["resource"] = {
        "attributes": [{"key": "service.name", "value": {"stringValue": "gemini-cli"}}]
    }
    (first,) = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    inner = {**first, "spanId": "b" * 16, "parentSpanId": first["spanId"], "name": "inner"}
    request["resourceSpans"][0]["scopeSpans"][0]["spans"].append(inner)
    send(client, experiment, json.dumps(request).encode())

    named = {"key": "service.name", "value": {"string_value": "gemini-cli"}}
    spans = {span["name"]: span["attributes"] for span in whole(client, trace_id_of(request))["spans"]}
    assert (named in spans["prompt"], named in spans["inner"]) == (True, False)


def test_spans_that_come_again_replace_themselves(client: httpx.Client, experiment: str) -> None:
    request = otlp("first")
    send(client, experiment, json.dumps(request).encode())
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] = "second"
    send(client, experiment, json.dumps(request).encode())

    assert [span["name"] for span in whole(client, trace_id_of(request))["spans"]] == ["second"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "why"),
    [
        (b"{}", {}, 400, "no spans found"),
        (b"{", {}, 400, "Invalid OpenTelemetry format"),
        (b"[1]", {}, 400, "Invalid OpenTelemetry format"),
        (b"\xff\xff", {"content-type": "application/x-protobuf"}, 400, "Invalid OpenTelemetry format"),
        (b"{}", {"content-type": "text/plain"}, 400, "Invalid Content-Type: text/plain"),
        (b"{}", {"content-encoding": "br"}, 400, "Unsupported Content-Encoding: br"),
        (b"{}", {"content-encoding": "gzip"}, 400, "Failed to decompress gzip payload"),
        (json.dumps(otlp("x", traceId="00")).encode(), {}, 422, "Cannot convert"),
    ],
)
def test_what_is_not_otlp_is_refused(
    client: httpx.Client, body: bytes, headers: dict[str, str], status: int, why: str
) -> None:
    answer = send(client, "0", body, **headers)

    assert answer.status_code == status
    assert why in answer.json()["detail"]


def test_an_experiment_must_be_named_and_exist(client: httpx.Client) -> None:
    body = json.dumps(otlp("x")).encode()

    assert send(client, None, body).status_code == 422
    missing = send(client, "987654", body)
    assert (missing.status_code, missing.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "no spans found" in send(client, "no number", b"{}").json()["detail"]  # the body comes first
    assert send(client, "no number", body).json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_bomb_is_refused(client: httpx.Client) -> None:
    body = gzip.compress(b" " * (65 * 1024 * 1024))

    assert send(client, "0", body, content_encoding="gzip").status_code == 413
