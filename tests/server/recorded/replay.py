"""Sends the requests to a server and takes down its answers."""

import json
import re
from collections.abc import Iterable
from typing import Any

import httpx
from tests.server.recorded.cases import Request
from tests.server.serving import Server

_TIMES = {"creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp"}
_TIMES |= {"creation_timestamp_ms", "last_updated_timestamp_ms"}
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
    headers = dict(request.headers or {})
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
        return {key: _volatile(key, item) or _masked(item, names) for key, item in value.items()}
    if isinstance(value, list):
        items = [_masked(item, names) for item in value]
        keyed = items and all(isinstance(item, dict) and set(item) >= {"key", "value"} for item in items)
        unsteped = keyed and len({item["key"] for item in items}) == len(items)
        return sorted(items, key=lambda item: str(item["key"])) if unsteped else items
    if isinstance(value, str):
        value = _SET.sub(lambda match: "{" + ", ".join(sorted(match[1].split(", "))) + "}", value)
        for kept, name in names.items():
            value = value.replace(kept, "{" + name + "}") if len(kept) > 8 else value
        return value if len(value) < 1000 else f"{value[:20]}... of {len(value)} characters"
    return value


def _volatile(key: str, value: Any) -> str | None:
    if key in _TIMES:
        return f"<{key}>"
    if key in ("run_id", "run_uuid") and isinstance(value, str) and value:
        return f"<{key}>"
    if key == "artifact_uri":
        return "/".join(part if len(part) not in (32, 34) else "<run>" for part in str(value).split("/"))
    return None
