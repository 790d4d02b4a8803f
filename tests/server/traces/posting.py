"""Traces and spans by plain HTTP."""

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx


def post_trace(
    client: httpx.Client,
    experiment: str,
    *,
    started: int = 1_700_000_000_000,
    took: int | None = 10,
    state: str = "OK",
    tags: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    **more: Any,
) -> str:
    """Starts a trace; times in milliseconds. Its id."""
    trace_id = f"tr-{uuid.uuid4().hex}"
    moment = datetime.fromtimestamp(started / 1000, UTC).isoformat(timespec="milliseconds")
    info = {
        "trace_id": trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
        "request_time": moment.replace("+00:00", "Z"),
        "state": state,
        "tags": tags or {},
        "trace_metadata": metadata or {},
        **({} if took is None else {"execution_duration": f"{took / 1000:.3f}s"}),
        **more,
    }
    answer = client.post("/api/3.0/mlflow/traces", json={"trace": {"trace_info": info}})
    assert answer.status_code == 200, answer.text
    return trace_id


def otlp(name: str, attributes: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A request of OTLP's JSON with one span."""
    span = {
        "traceId": uuid.uuid4().hex,
        "spanId": uuid.uuid4().hex[:16],
        "name": name,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000001500000000",
        "attributes": [
            {"key": key, "value": {"stringValue": value}} for key, value in (attributes or {}).items()
        ],
        **more,
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def trace_id_of(request: dict[str, Any]) -> str:
    """The id that MLflow gives to the trace of a request's first span."""
    return "tr-" + str(request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"])


def decoded(text: str) -> str:
    """Base64 as hex."""
    return base64.b64decode(text).hex()
