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


@pytest.mark.slow
def test_nothing_of_others_comes_in_among_ones_own(
    server: Server, client: httpx.Client, owner: httpx.Client, owned: Holdings
) -> None:
    """Every request is about the caller's own objects but for one, which is another's, each in its turn."""
    before = owned.seen_by(owner)
    wrong = []
    with as_holder(server, token(client, user="carol@example.org")) as other:
        own = Holdings.of(other)
        for route, path in PATHS:
            if path.startswith("/ajax-api"):
                continue
            for mixed in own.with_one_of(owned, route, path):
                said = mixed.ask(other, route, path)
                shown = said.status_code < 400 and owned.mark in said.text  # errors repeat what was asked
                if said.status_code >= 500 or (route.needs is READ and shown):
                    wrong.append(f"{route.method} {path}: {said.status_code} {said.text[:300]}")
            if route.needs is not READ:
                own = Holdings.of(other)

    assert not wrong, "\n".join(wrong)
    assert owned.seen_by(owner) == before


def test_graphql_shows_what_may_be_seen(
    server: Server, client: httpx.Client, owner: httpx.Client, owned: Holdings
) -> None:
    run = f'mlflowGetRun(input: {{runId: "{owned.names["run_id"]}"}}) {{ run {{ info {{ runName }} }} }}'
    experiment = f'mlflowGetExperiment(input: {{experimentId: "{owned.names["experiment_id"]}"}})'
    queries = (
        f"query {{ {run} }}",
        f"query {{ {experiment} {{ experiment {{ name }} }} }}",
        f'query {{ mlflowSearchRuns(input: {{experimentIds: ["{owned.names["experiment_id"]}"]}})'
        " { runs { info { runName } } } }",
        'query { mlflowSearchModelVersions(input: {filter: ""}) { modelVersions { name } } }',
    )
    with as_holder(server, token(client, user="bob@example.org")) as other:
        for query in queries:
            assert owned.mark in owner.post("/graphql", json={"query": query}).text
            assert owned.mark not in other.post("/graphql", json={"query": query}).text


def test_spans_do_not_come_into_traces_of_others(
    server: Server, client: httpx.Client, owner: httpx.Client, owned: Holdings
) -> None:
    trace = owned.names["trace_id"].removeprefix("tr-")
    span = {
        "traceId": trace,
        "spanId": "00f067aa0ba902b7",
        "name": "intruder",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    with as_holder(server, token(client, user="bob@example.org")) as other:
        made = other.post("/api/2.0/mlflow/experiments/create", json={"name": f"{owned.mark}-bob"})
        headers = {"x-mlflow-experiment-id": made.json()["experiment_id"]}
        assert other.post("/v1/traces", json=body, headers=headers).status_code == 403
        body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "0" * 31 + "1"
        assert other.post("/v1/traces", json=body, headers=headers).status_code == 200


def test_a_browsers_session_is_its_users(server: Server, client: httpx.Client, owned: Holdings) -> None:
    path = f"/ajax-api/2.0/mlflow/experiments/get?experiment_id={owned.names['experiment_id']}"
    for user, status in (("ada@example.org", 200), ("bob@example.org", 403)):
        with httpx.Client(base_url=server.url) as browser:
            browser.post("/sign-in", json={"token": token(client, user=user)})
            assert browser.get(path).status_code == status
            assert browser.get("/health").status_code == 200


def _leak(owned: Holdings, other: httpx.Client, route: Route, path: str) -> str | None:
    """What is wrong with the answer to somebody who may see nothing of it."""
    reply = owned.ask(other, route, path)
    if owned.have(path) and (names_objects(route) or route.on is INSTANCE):
        right = reply.status_code == 403
    else:
        shown = reply.status_code < 400 and owned.mark in reply.text  # errors repeat what was asked
        right = reply.status_code < 500 and not (route.needs is READ and shown)
    return None if right else f"{route.method} {path}: {reply.status_code} {reply.text[:300]}"
