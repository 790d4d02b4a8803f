"""The vendor's published OpenAPI description: what schemathesis makes of it is answered, never with a 5xx.

The description is not kept here. TRACKSTACK_SENSEI_OPENAPI names it, or it lies beside this repository.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import HEADERS, Sensei
from tests.server.serving import Server

from trackstack.server.sensei.operations import ROOT
from trackstack.server.tables import ROUTES

BESIDE = Path(__file__).parents[4] / "shared" / "openapi" / "adobe_sensei.yaml"
FILE = Path(os.environ.get("TRACKSTACK_SENSEI_OPENAPI", BESIDE))
METHODS = ("get", "post", "put", "delete")


def described() -> dict[str, Any]:
    """The description with statuses as text and plain JSON for the vendor's own media types."""
    if not FILE.exists():
        return {"openapi": "3.0.1", "info": {"title": "absent", "version": "0"}, "paths": {}}
    document: dict[str, Any] = yaml.safe_load(FILE.read_text())
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"] = {str(status): one for status, one in operation["responses"].items()}
            contents = operation.get("requestBody", {}).get("content", {})
            for media_type in [one for one in contents if "+json" in one]:
                contents["application/json"] = contents.pop(media_type)
    return document


DOCUMENT = described()
OPERATIONS = [
    found.ok()
    for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
    if isinstance(found, Ok)
]
needs_it = pytest.mark.skipif(not OPERATIONS, reason=f"the published description is not at {FILE}")


@needs_it
def test_all_that_is_described_is_served_and_nothing_else() -> None:
    def shape(path: str) -> str:
        return re.sub(r"\{\w+\}", "{}", path)

    served = {(route.method.lower(), shape(route.path)) for route in ROUTES if route.path.startswith(ROOT)}
    wanted = {
        (method, shape(ROOT + path))
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
        if method in METHODS
    }
    assert served - {("get", ROOT)} == wanted


@needs_it
@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_generated_requests_are_answered_as_described(
    server: Server, sensei: Sensei, operation: Any, mode: GenerationMode
) -> None:
    """In positive mode the path's ids are of what is there, so that more than 404s are seen."""
    made = sensei.run(sensei.experiment(sensei.instance(engine := sensei.engine())))
    instance = sensei.get("/mlInstances", property=f"engineId=={engine['id']}")["children"][0]
    model = sensei.model(made)
    there = {
        "engineId": engine["id"],
        "mlInstanceId": instance["id"],
        "experimentId": made["experimentId"],
        "experimentRunId": made["id"],
        "modelId": model["id"],
    }
    headers = {**HEADERS, "Authorization": f"Bearer {server.token.text}"}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {
                name: there.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
            case.headers.pop("Accept", None)
        reply = case.call(base_url=server.url + ROOT, headers=headers)
        assert reply.status_code < 500, reply.text
        if reply.status_code >= 400:
            body = reply.json()
            assert set(body) == {"type", "title", "status", "detail", "additionalDetails"}
            assert body["status"] == reply.status_code and body["detail"]
        elif mode is GenerationMode.POSITIVE and reply.status_code in (200, 201):
            assert str(reply.status_code) in operation.definition.raw["responses"]

    check()
    assert_surface_error(sensei.http.get("/engines/none"), 404)
