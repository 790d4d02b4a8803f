"""Requests made from the document of the API: none fails the server, and errors have their one shape."""

from typing import Any

import pytest
import schemathesis
from databricks.sdk.service import ml
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.server.serving import Server

from trackstack.server.databricks.tables import ROUTES
from trackstack.server.openapi import document

SCHEMA = schemathesis.openapi.from_dict(document(ROUTES))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


def test_every_operation_is_tried() -> None:
    assert len(OPERATIONS) == len(ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_generated_requests_are_answered(
    server: Server,
    experiments: ml.ExperimentsAPI,
    experiment: str,
    model: str,
    operation: Any,
    mode: GenerationMode,
) -> None:
    issue = experiments.create_issue(f"experiments/{experiment}", ml.Issue("t", ml.IssueSeverity.LOW))
    there = {"experiment_id": experiment, "issue_id": issue.issue_id, "name": model, "version": "1"}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {key: there[key] for key in case.path_parameters or ()}
            for fields in (case.body, case.query):
                if isinstance(fields, dict):
                    fields.update({key: there[key] for key in fields if key in there})
        reply = case.call(base_url=server.url, headers={"Authorization": f"Bearer {server.token.text}"})
        assert reply.status_code < 500
        if reply.status_code >= 400:
            assert {"error_code", "message"} <= set(reply.json())

    check()
