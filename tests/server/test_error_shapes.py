"""Errors of requests that no handler saw: in the shape of the surface that they were meant for."""

import re

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.serving import Server

from trackstack.server.routes import OPEN
from trackstack.server.surfaces import MLFLOW, SURFACES, surface_of
from trackstack.server.tables import ROUTES

PREFIXES = [surface.prefix for surface in SURFACES]
ROUTED = [
    (surface.prefix, route, re.sub(r"\{[^}]+\}", "x", path))
    for surface in SURFACES
    for route in ROUTES
    for path in route.paths
    if surface_of(path) is surface and route.needs is not OPEN
]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("rest", ["/nope/nope/nope/nope", "/nope/nope/nope/nope/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE"])
def test_unknown_paths(client: httpx.Client, prefix: str, rest: str, method: str) -> None:
    assert_surface_error(client.request(method, prefix + rest), 404)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_foreign_host(server: Server, prefix: str) -> None:
    assert_surface_error(httpx.get(server.url + prefix + "/x", headers={"Host": "evil.example"}), 403)


def test_a_prefix_ends_with_its_segment() -> None:
    for prefix in PREFIXES:
        assert surface_of(prefix).prefix == prefix
        assert surface_of(prefix + "/x").prefix == prefix
        assert surface_of(prefix + "x") is MLFLOW


def test_no_prefix_begins_another() -> None:
    for one in PREFIXES:
        assert [prefix for prefix in PREFIXES if f"{one}/".startswith(f"{prefix}/")] == [one]


def test_methods_that_a_path_does_not_have(client: httpx.Client) -> None:
    for _, _, path in ROUTED:
        reply = client.request("TRACE", path)
        assert_surface_error(reply, 405)
        assert reply.headers["allow"]


def test_no_token(server: Server) -> None:
    for _, route, path in ROUTED:
        reply = httpx.request(route.method, server.url + path)
        assert_surface_error(reply, 401)
        assert reply.headers["www-authenticate"]
