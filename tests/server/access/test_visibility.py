"""Nobody reads or changes what was not granted, on any route: generated from the route table."""

from collections.abc import Iterator

import httpx
import pytest
from tests.server.access.holdings import Holdings, as_holder, token
from tests.server.serving import Server

from trackstack.server.access.objects import INSTANCE, On
from trackstack.server.routes import ADMIN, OPEN, READ, Route
from trackstack.server.tables import ROUTES

PATHS = [
    (route, path)
    for route in ROUTES
    for path in route.paths
    if route.needs is not OPEN and route.needs < ADMIN
]


def names_objects(route: Route) -> bool:
    """Whether the route says that its requests name objects one by one."""
    declared = route.on if isinstance(route.on, tuple) else (route.on,)
    return any(isinstance(one, On) for one in declared)


@pytest.fixture(scope="module")
def owner(server: Server, client: httpx.Client) -> Iterator[httpx.Client]:
    with as_holder(server, token(client, user="ada@example.org")) as one:
        yield one


@pytest.fixture(scope="module")
def owned(owner: httpx.Client) -> Holdings:
    return Holdings.of(owner)


STRANGERS = [
    {"user": "bob@example.org"},
    {"tenant": "vision"},
    {"user": "ada@example.org", "tenant": "vision"},
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda fields: "+".join(fields))
def test_a_stranger_reads_and_changes_nothing(
    server: Server, client: httpx.Client, owner: httpx.Client, owned: Holdings, stranger: dict[str, str]
) -> None:
    before = owned.seen_by(owner)
    assert all(": 200 " in line for line in before), before

    with as_holder(server, token(client, **stranger)) as other:
        wrong = [said for route, path in PATHS if (said := _leak(owned, other, route, path))]

    assert not wrong, "\n".join(wrong)
    assert owned.seen_by(owner) == before


def _leak(owned: Holdings, other: httpx.Client, route: Route, path: str) -> str | None:
    """What is wrong with the answer to somebody who may see nothing of it."""
    reply = owned.ask(other, route, path)
    if owned.have(path) and (names_objects(route) or route.on is INSTANCE):
        right = reply.status_code == 403
    else:
        right = reply.status_code < 500 and (route.needs is not READ or owned.mark not in reply.text)
    return None if right else f"{route.method} {path}: {reply.status_code} {reply.text[:300]}"
