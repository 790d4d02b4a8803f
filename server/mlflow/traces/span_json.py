"""Stored spans as protocol buffers write OpenTelemetry's spans in JSON."""

import base64
import json
import math
from typing import Any


def span(content: str) -> dict[str, Any]:
    """A span of a trace that is asked for as a whole."""
    stored = json.loads(content)
    found = {
        "trace_id": stored["trace_id"],
        "span_id": stored["span_id"],
        "name": stored["name"],
        "start_time_unix_nano": stored["start_time_unix_nano"],
        "end_time_unix_nano": stored.get("end_time_unix_nano") or 0,
        "attributes": pairs({key: _inner(value) for key, value in stored["attributes"].items()}),
        "status": {key: value for key, value in stored["status"].items() if value},
    }
    if parent := stored.get("parent_span_id"):
        found["parent_span_id"] = parent
    if events := stored.get("events"):
        found["events"] = [
            {
                "name": event["name"],
                "time_unix_nano": event["time_unix_nano"],
                "attributes": pairs(event.get("attributes") or {}),
            }
            for event in events
        ]
    if links := stored.get("links"):
        found["links"] = [_link(link) for link in links]
    return found


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of KeyValue."""
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def any_value(value: Any) -> dict[str, Any]:
    """An AnyValue; null is one that has nothing."""
    match value:
        case None:
            return {}
        case bool():
            return {"bool_value": value}
        case int() if -(2**63) <= value < 2**63:
            return {"int_value": value}
        case float():
            return {"double_value": value if math.isfinite(value) else _NAMES[str(value)]}
        case list():
            return {"array_value": {"values": [any_value(item) for item in value]}}
        case dict():
            return {"kvlist_value": {"values": pairs(value)}}
    return {"string_value": str(value)}


_NAMES = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _inner(value: Any) -> Any:
    """Attributes are kept as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": _encoded(link["trace_id"].removeprefix("tr-")),
        "span_id": _encoded(link["span_id"]),
        "attributes": pairs(link.get("attributes") or {}),
    }


def _encoded(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
