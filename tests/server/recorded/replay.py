"""Sends the requests to a server and takes down its answers."""

import json
import re
from collections.abc import Iterable
from typing import Any

import httpx
from tests.server.recorded.cases import Request
from tests.server.serving import Server

_TIMES = {"creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp"}
_TIMES |= {"creation_timestamp_ms", "last_updated_timestamp_ms", "create_time", "created_time"}
_TIMES |= {"created_timestamp", "created_at", "last_updated_at"}
_TIMES |= {"creation_time_ms", "last_update_time_ms", "completed_time_ms"}
_IDS = {"assessment_id", "dataset_record_id", "issue_id", "scorer_id", "schema_id", "queue_id"}
_TEXTS = ("records", "schema", "profile")  # JSON as text
_SET = re.compile(r"\{('[^{}]*')\}")  # Python sets in messages, in whatever order


def replay(client: httpx.Client, requests: Iterable[Request]) -> dict[str, Any]:
    """Every answer by its request's name: status and body."""
    kept: dict[str, str] = {}
    return {request.name: _answer(client, request, kept) for request in requests}


def replay_on(server: Server, requests: Iterable[Request]) -> dict[str, Any]:
    """What a fresh server answers; it is stopped after."""
    with server.client() as client:
        given = replay(client, requests)
    server.stop()
    return given


def _answer(client: httpx.Client, request: Request, kept: dict[str, str]) -> dict[str, Any]:
    headers = {name: _filled(text, kept) for name, text in (request.headers or {}).items()}
    content = request.text if request.json is None else json.dumps(request.json)
    if request.json is not None:
        headers["content-type"] = "application/json"
    reply = client.request(
        request.method,
        _filled(request.path, kept),
        params=json.loads(_filled(json.dumps(request.query or {}), kept)),
        content=None if content is None else _filled(content, kept),
        headers=headers,
    )
    try:
        body = json.loads(reply.text)
    except ValueError:
        body = reply.text
    if request.keep:
        value = body
        for part in request.keep[1].split("."):
            value = value[part]
        kept[request.keep[0]] = value
    return {"status": reply.status_code, "body": _masked(body, {value: key for key, value in kept.items()})}


def _filled(text: str, kept: dict[str, str]) -> str:
    for key, value in kept.items():
        text = text.replace("{" + key + "}", value)
    return text


def _masked(value: Any, names: dict[str, str]) -> Any:
    """Without what differs between servers: ids, times of creation, an order that means nothing."""
    if isinstance(value, dict) and "latest_versions" in value:  # by stage, in whatever order
        value = {**value, "latest_versions": sorted(value["latest_versions"], key=lambda one: one["version"])}
    if isinstance(value, dict):
        volatile = {key: _volatile(key, item, names) for key, item in value.items()}
        if "dataset_id" in value and "digest" in value:  # of the time of its last change
            volatile["digest"] = "<digest>"
        return {key: volatile[key] or _masked(item, names) for key, item in value.items()}
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return sorted(_masked(item, names) for item in value)
        items = [_masked(item, names) for item in value]
        keyed = items and all(isinstance(item, dict) and set(item) >= {"key", "value"} for item in items)
        unsteped = keyed and len({item["key"] for item in items}) == len(items)
        return sorted(items, key=lambda item: str(item["key"])) if unsteped else items
    if isinstance(value, float):
        return round(value, 12)
    if isinstance(value, str):
        value = _SET.sub(lambda match: "{" + ", ".join(sorted(match[1].split(", "))) + "}", value)
        for kept, name in names.items():
            value = value.replace(kept, "{" + name + "}") if len(kept) > 8 else value
        return value if len(value) < 1000 else f"{value[:20]}... of {len(value)} characters"
    return value


def _volatile(key: str, value: Any, names: dict[str, str]) -> str | None:
    if key in _TIMES or (key in _IDS and value not in names):
        return f"<{key}>"
    if key in _TEXTS and isinstance(value, str) and value.startswith(("{", "[")):
        return json.dumps(_masked(json.loads(value), names), sort_keys=True)
    if key in ("run_id", "run_uuid") and isinstance(value, str) and value:
        return f"<{key}>"
    if key == "artifact_uri":
        return "/".join(part if len(part) not in (32, 34) else "<run>" for part in str(value).split("/"))
    return None
