"""Every route asks for the scope that it declares, whoever comes: generated from the route table."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from tests.server.serving import Server

from trackstack import tokens
from trackstack.server.access.objects import NOTHING
from trackstack.server.routes import ADMIN, OPEN, READ, WRITE, Route, Scope
from trackstack.server.tables import ROUTES

PATHS = [(route, path) for route in ROUTES for path in route.paths]
CLOSED = [(route, path) for route, path in PATHS if route.needs is not OPEN]

OPEN_PATHS = {
    "GET /",
    "GET /.well-known/databricks-config",
    "GET /api/v1/system/version",
    "GET /favicon.ico",
    "GET /health",
    "GET /openapi.json",
    "GET /ready",
    "GET /sign-in.js",
    "GET /static-files/{path:path}",
    "GET /version",
    "POST /sign-in",
    "POST /sign-out",
}
"""Whoever opens another path to everybody has to write it down here."""


def ask(client: httpx.Client, route: Route, path: str, authorization: str | None) -> httpx.Response:
    filled = re.sub(r"\{[^}]+\}", "x", path)
    headers = {"Authorization": authorization} if authorization is not None else {}
    content = None if route.method == "GET" else b"{}"
    if content:
        headers["Content-Type"] = "application/json"
    return client.request(route.method, filled, headers=headers, content=content)


@pytest.fixture(scope="module")
def plain(server: Server) -> Iterator[httpx.Client]:
    """A client without a token."""
    with httpx.Client(base_url=server.url) as one:
        yield one


@pytest.fixture(scope="module")
def by_scope(client: httpx.Client) -> dict[Scope, str]:
    """A token of each scope."""
    made = {}
    for scope in (READ, WRITE, ADMIN):
        reply = client.post("/api/2.0/trackstack/tokens", json={"name": "m", "scope": scope.name.lower()})
        made[scope] = reply.json()["token"]["content"]
    return made


def test_only_these_routes_are_open() -> None:
    assert {f"{route.method} {path}" for route, path in PATHS if route.needs is OPEN} == OPEN_PATHS


def test_no_route_lets_strangers_in(plain: httpx.Client, server: Server, client: httpx.Client) -> None:
    expired = client.post("/api/2.0/trackstack/tokens", json={"name": "m", "ttl": "1s"}).json()["token"]
    time.sleep(1.1)
    strangers = {
        "no token": None,
        "an empty one": "Bearer",
        "nonsense": "Bearer nonsense",
        "another instance's": f"Bearer {tokens.mint().text}",
        "expired": f"Bearer {expired['content']}",
        "with a newline": f"Bearer {server.token.text}%0A",
        "as another scheme": f"Digest {server.token.text}",
        "basic without password": "Basic Og==",
        "basic, not UTF-8": "Basic /////w==",
        "very long": "Bearer " + "x" * 10_000,
    }
    for who, authorization in strangers.items():
        for route, path in CLOSED:
            reply = ask(plain, route, path, authorization)
            assert reply.status_code == 401, (who, route.method, path, reply.text[:200])
            assert reply.headers["www-authenticate"]


def test_a_scope_opens_what_needs_it_and_no_more(plain: httpx.Client, by_scope: dict[Scope, str]) -> None:
    for scope, token in by_scope.items():
        for route, path in CLOSED:
            if scope < route.needs:
                reply = ask(plain, route, path, f"Bearer {token}")
                assert reply.status_code == 403, (scope, route.method, path)
                assert route.needs.name.lower() in reply.text


def test_a_route_without_a_permission_cannot_be_made() -> None:
    async def handler(call: object) -> None: ...

    with pytest.raises(TypeError):
        Route("GET", "/x", handler)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Route("GET", "/x", handler, needs=None, on=NOTHING)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Route("GET", "/x", handler, needs=READ)  # type: ignore[call-arg]
