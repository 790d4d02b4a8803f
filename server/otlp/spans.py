"""OpenTelemetry's spans as MLflow keeps them."""

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trackstack.server.otlp.errors import OtlpError
from trackstack.server.otlp.vocabularies import translated
from trackstack.server.store.traces.entities import NewSpan

if TYPE_CHECKING:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

_STATUSES = ("UNSET", "OK", "ERROR")
_MOST_NANOS = 2**63 - 1
_SERVICE = "service.name"
_ASSISTANTS = {"claude-code", "codex_cli_rs", "codex_vscode", "gemini-cli", "qwen-code"}
"""Coding assistants that MLflow shows by name, at their traces' first spans."""


def spans(request: "ExportTraceServiceRequest") -> list[NewSpan]:
    """All spans of a request; raises OtlpError where one cannot be kept."""
    found = []
    for group in request.resource_spans:
        resource = {key: _clean(value) for key, value in _values(group.resource.attributes).items()}
        for scope in group.scope_spans:
            found += [_span(span, resource) for span in scope.spans]
    return found


def _span(span: "Span", resource: dict[str, Any]) -> NewSpan:
    if (
        len(span.trace_id) != 16
        or len(span.span_id) != 8
        or len(span.parent_span_id) not in (0, 8)
        or max(span.start_time_unix_nano, span.end_time_unix_nano) > _MOST_NANOS
    ):
        raise OtlpError("Cannot convert OpenTelemetry span to MLflow span", 422)
    trace_id = f"tr-{span.trace_id.hex()}"
    values = {key: _unpacked(value) for key, value in _values(span.attributes).items()}
    values |= translated(values)
    values["mlflow.traceRequestId"] = trace_id
    parent = span.parent_span_id if any(span.parent_span_id) else b""
    if not parent and (service := resource.get(_SERVICE)) in _ASSISTANTS:
        values[_SERVICE] = service
    attributes = {key: _json(value) for key, value in values.items()}
    return NewSpan(
        trace_id=trace_id,
        span_id=span.span_id.hex(),
        parent_id=parent.hex() or None,
        name=_clean(span.name),
        type=_clean(values.get("mlflow.spanType") or "UNKNOWN"),
        status=_status(span),
        started_at=span.start_time_unix_nano,
        ended_at=span.end_time_unix_nano or None,
        attributes=attributes,
        content=content(span, attributes),
        resource=resource,
    )


def content(span: "Span", attributes: dict[str, str] | None = None) -> str:
    """The span as MLflow writes it into traces.json; with its own attributes unless others are given."""
    parent = span.parent_span_id if any(span.parent_span_id) else b""
    if attributes is None:
        attributes = {key: _json(value) for key, value in _values(span.attributes).items()}
    found = {
        "trace_id": _base64(span.trace_id),
        "span_id": _base64(span.span_id),
        "parent_span_id": _base64(parent) if parent else None,
        "name": span.name,
        "start_time_unix_nano": span.start_time_unix_nano,
        "end_time_unix_nano": span.end_time_unix_nano or None,
        "events": [
            {
                "name": event.name,
                "time_unix_nano": event.time_unix_nano,
                "attributes": _values(event.attributes),
            }
            for event in span.events
        ],
        "status": {"code": f"STATUS_CODE_{_status(span)}", "message": span.status.message or None},
        "attributes": attributes,
        "links": [
            {
                "trace_id": f"tr-{link.trace_id.hex()}",
                "span_id": link.span_id.hex(),
                "attributes": _values(link.attributes) or None,
            }
            for link in span.links
        ],
    }
    return _json(found)


def _status(span: "Span") -> str:
    return _STATUSES[span.status.code] if 0 <= span.status.code < len(_STATUSES) else _STATUSES[0]


def _unpacked(value: Any) -> Any:
    """MLflow's clients send texts and structures as JSON in a text, but no plain numbers."""
    if isinstance(value, str) and value[:1] in ('"', "{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _values(pairs: "Iterable[KeyValue]") -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: "AnyValue") -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _values(value.kvlist_value.values)
        case "bytes_value":
            return _base64(value.bytes_value)
        case name:
            return getattr(value, name)


def _clean(value: Any) -> str:
    """Text as both databases keep it; values that are no text are JSON."""
    return (value if isinstance(value, str) else _json(value)).replace("\0", "")


def _json(value: Any) -> str:
    """As Python writes it, which is what filters of span attributes look for."""
    return json.dumps(value, ensure_ascii=False)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
