"""Requests made from the document of the API: none fails the server, and errors have their one shape."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.server.openmetadata.conftest import MODELS, Make
from tests.server.serving import Server

from trackstack.server.openapi import document
from trackstack.server.openmetadata.tables import ROUTES

DOCUMENT = document(ROUTES)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


def test_every_operation_is_tried() -> None:
    assert len(OPERATIONS) == len(ROUTES)


def test_whatever_reads_a_body_declares_it() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            reads = method in ("post", "put", "patch") or path.endswith("/deleteStale")
            assert ("requestBody" in operation) == reads, (method, path)


def asked_something(operation: Any) -> bool:
    """Whether there is anything to generate."""
    return bool({"parameters", "requestBody"} & operation.definition.raw.keys())


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize(
    "operation", list(filter(asked_something, OPERATIONS)), ids=lambda operation: operation.label
)
def test_generated_requests_are_answered(
    server: Server, make: Make, operation: Any, mode: GenerationMode
) -> None:
    model = make()
    one = model if operation.path.startswith(MODELS) else model["service"]
    there = {"id": one["id"], "fqn": one["fullyQualifiedName"], "version": "0.1", "user": model["id"]}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {key: there[key] for key in case.path_parameters or ()}
            for row in case.body if isinstance(case.body, list) else [case.body]:
                if isinstance(row, dict) and "service" in row:
                    row["service"] = model["service"]["fullyQualifiedName"]
        reply = case.call(base_url=server.url, headers={"Authorization": f"Bearer {server.token.text}"})
        assert reply.status_code < 500, reply.text
        if reply.status_code >= 400:
            body = reply.json()
            assert {"code", "message"} <= set(body) <= {"code", "message", "errorType"}
            assert body["code"] == reply.status_code and body["message"]

    check()
