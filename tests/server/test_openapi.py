"""The OpenAPI document: true of every route, valid, and what schemathesis makes of it is answered well."""

import json
import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.server.experiments_api.http import PREFIX, Api
from tests.server.serving import Server

from trackstack.server.openapi import document
from trackstack.server.routes import OPEN
from trackstack.server.tables import ROUTES

DOCUMENT = document(ROUTES)
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def resolved(reference: str) -> Any:
    value: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def test_it_is_open_to_everybody(server: Server) -> None:
    reply = httpx.get(f"{server.url}/openapi.json")

    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == DOCUMENT


def test_every_route_is_in_it() -> None:
    described = {(method, path): operation for path, method, operation in OPERATIONS}
    for route in ROUTES:
        path = re.sub(r"\{(\w+):path\}", r"{\1}", route.paths[0])
        operation = described.pop((route.method.lower(), path))
        assert operation["x-scope"] == route.needs.name.lower()
        assert bool(operation["security"]) == (route.needs is not OPEN)
        assert str(route.status) in operation["responses"]
    assert not described


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_parameters_of_paths_are_declared() -> None:
    for path, _, operation in OPERATIONS:
        declared = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_references_lead_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        assert resolved(reference)


def test_schemas_are_json_schemas() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).include(path_regex=f"^{PREFIX}")
EXPERIMENTS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("operation", EXPERIMENTS, ids=lambda operation: operation.label)
def test_generated_requests_are_answered_as_described(
    server: Server, api: Api, operation: Any, mode: GenerationMode, name: str
) -> None:
    experiment = api.made("", name=name)
    there = {"id": experiment, "run_id": api.made("/runs", experiment_id=experiment)}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {key: there[key] for key in case.path_parameters or ()}
        reply = case.call(base_url=server.url, headers={"Authorization": f"Bearer {server.token.text}"})
        # No JSON schema says all that a key or a text may not be, so what it allows may be refused.
        case.validate_response(reply, excluded_checks=[positive_data_acceptance])
        if reply.status_code >= 400:
            assert set(reply.json()) == {"detail"}

    check()


@pytest.fixture(scope="session")
def api(client: httpx.Client) -> Api:
    """With the admin token."""
    return Api(client)
