"""Who may do what: every route of the table, asked by every kind of caller."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.control.serving import OTHER_PROJECT, PROJECT, ControlPlane, assert_error

from trackstack import tokens
from trackstack.control.access.callers import NOBODY, Role
from trackstack.control.access.tokens import AccessFile, RoleName
from trackstack.control.routes import Route
from trackstack.control.tables import ROUTES

OPEN = {"/health", "/ready", "/openapi.json", "/docs", "/api/v1/system/version"}
ID = "57d11a2b-7366-46a7-9f45-2e0ebd079142"
CASES = [pytest.param(route, path, id=f"{route.method} {path}") for route in ROUTES for path in route.paths]


def ask(
    plane: ControlPlane, route: Route, path: str, token: str | None, project: str = PROJECT
) -> httpx.Response:
    where = path.replace(":path", "").format(
        projectId=project, regionId="eu01", instanceId=ID, tokenId=ID, id=ID, fqn="no.thing"
    )
    headers = {"Authorization": token} if token is not None else {}
    return httpx.request(route.method, plane.url + where, headers=headers, json={} if route.body else None)


def token_of(plane: ControlPlane, role: RoleName, project: str = PROJECT) -> str:
    return AccessFile.of(plane.project).create("test", project, role, timedelta(hours=1)).text


def test_only_health_and_documents_are_open() -> None:
    assert {route.path for route in ROUTES if route.needs is NOBODY} == OPEN


def test_a_route_that_does_not_say_what_it_needs_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="needs must be a Role"):
        Route("GET", "/x", ask, needs=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("route", "path"), CASES)
def test_nobody_passes_without_a_token_that_is_known(plane: ControlPlane, route: Route, path: str) -> None:
    if route.needs is NOBODY:
        assert ask(plane, route, path, None).status_code == 200
        return
    for header in (
        None,
        "",
        "Bearer",
        f"Basic {plane.token}",
        f"Bearer {plane.token}x",
        f"Bearer {tokens.mint().text}",
        "Bearer " + "x" * 10_000,
        "Bearer a.b.c",
    ):
        answer = ask(plane, route, path, header)
        assert_error(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_a_role_allows_what_the_table_says(plane: ControlPlane, role: Any) -> None:
    token = f"Bearer {token_of(plane, role)}"
    elsewhere = f"Bearer {token_of(plane, role, OTHER_PROJECT)}"
    for case in CASES:
        route, path = case.values
        assert isinstance(route, Route) and isinstance(path, str)
        if route.needs is NOBODY:
            continue
        answer = ask(plane, route, path, token)
        if Role[role.upper()] < route.needs:
            assert_error(answer, 403, f"This needs the role {route.needs.name.lower()}; yours is {role}")
        else:
            assert answer.status_code in (200, 400, 404), answer.text
        if "projectId" in path:
            assert_error(ask(plane, route, path, elsewhere), 404, "There is no project")


def test_a_revoked_token_is_refused_at_once(plane: ControlPlane) -> None:
    file = AccessFile.of(plane.project)
    made = file.create("short", PROJECT, "viewer", timedelta(hours=1))
    assert plane.client(made.text).get("/instances").status_code == 200

    file.revoke(made.token.id)

    assert_error(plane.client(made.text).get("/instances"), 401)


def test_an_expired_token_is_refused(plane: ControlPlane) -> None:
    made = AccessFile.of(plane.project).create("short", PROJECT, "viewer", timedelta(microseconds=1))

    assert_error(plane.client(made.text).get("/instances"), 401)


def test_nothing_keeps_or_tells_a_token(plane: ControlPlane) -> None:
    text = token_of(plane, "owner")
    plane.client(text).get("/instances")
    plane.client(text).post("/instances", json={})
    folder = plane.folder / "state" / "control"

    assert (folder / "bootstrap-token").stat().st_mode & 0o777 == 0o600
    assert (folder / "access.json").stat().st_mode & 0o777 == 0o600
    secret = text.rpartition(".")[2]
    kept = [path for path in plane.home.rglob("*") if path.is_file() and secret in path.read_text("latin-1")]
    assert kept == []
    assert plane.token.rpartition(".")[2] not in plane.log


def test_two_authorizations_are_none(plane: ControlPlane) -> None:
    headers = [("Authorization", f"Bearer {plane.token}"), ("Authorization", f"Bearer {plane.token}")]

    url = f"{plane.url}/v1/projects/{PROJECT}/regions/eu01/instances"
    assert_error(httpx.get(url, headers=headers), 401)


def test_a_damaged_file_of_tokens_lets_nobody_in_and_says_so(plane: ControlPlane) -> None:
    path = plane.folder / "state" / "control" / "access.json"
    good = path.read_bytes()

    path.write_text("[")
    assert_error(plane.client().get("/instances"), 503, "cannot be read")

    path.write_bytes(good)
    assert plane.client().get("/instances").status_code == 200
