"""Assessments of traces: made, read, changed, deleted."""

import re

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import TRACE
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.traces.messages import (
    NAME_LENGTH,
    AssessmentMessage,
    as_error,
    judged,
    new_assessment,
)
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.traces.assessments import AssessmentChange
from trackstack.server.store.traces.entities import Assessment

_CAPITAL = re.compile(r"[A-Z]")


class CreateAssessment(Message):
    trace_id: Required
    assessment: AssessmentMessage


class UpdateAssessment(Message):
    trace_id: Required
    assessment_id: Required
    assessment: AssessmentMessage
    update_mask: Required


class AssessmentRef(Message):
    trace_id: Required
    assessment_id: Required


class One(Struct):
    assessment: Assessment


async def create(call: Call, body: CreateAssessment) -> One:
    """The one that it overrides is no longer valid."""
    new = new_assessment(call, body.assessment)
    return One(await call.store.assessments.create(body.trace_id, new))


async def get(call: Call, body: AssessmentRef) -> One:
    return One(await call.store.assessments.get(body.trace_id, body.assessment_id))


async def update(call: Call, body: UpdateAssessment) -> One:
    """Only the fields that the mask names; metadata is merged."""
    change = _change(body.assessment, _names(body.update_mask))
    found = await call.store.assessments.update(body.trace_id, body.assessment_id, change, call.now)
    return One(found)


async def delete(call: Call, body: AssessmentRef) -> None:
    """What it overrode is valid again; nothing happens where there is none."""
    await call.store.assessments.delete(body.trace_id, body.assessment_id)


def _change(given: AssessmentMessage, names: frozenset[str]) -> AssessmentChange:
    if {"feedback", "expectation"} <= names:
        raise invalid("Cannot specify both `expectation` and `feedback` parameters.")
    change = AssessmentChange(
        name=given.assessment_name if "assessment_name" in names else None,
        rationale=given.rationale if "rationale" in names else None,
        metadata=given.metadata if "metadata" in names else None,
    )
    if change.name is not None:
        validation.limited(change.name, NAME_LENGTH, "assessment_name")
    if names & {"feedback", "expectation"}:
        kind, value = judged(given)
        error = as_error(given.feedback.error) if given.feedback else None
        return change._replace(kind=kind, value=value, error=error)
    return change


def _names(mask: str) -> frozenset[str]:
    """The fields of a FieldMask, which JSON has in camel case."""
    return frozenset(
        _CAPITAL.sub(lambda match: f"_{match[0].lower()}", name.strip()) for name in mask.split(",")
    )


_ALL = "/3.0/mlflow/traces/{trace_id}/assessments"
_ONE = f"{_ALL}/{{assessment_id}}"

ROUTES = (
    Route("POST", _ALL, create, needs=WRITE, on=TRACE),
    Route("GET", _ONE, get, needs=READ, on=TRACE),
    Route("PATCH", _ONE, update, needs=WRITE, on=TRACE),
    Route("DELETE", _ONE, delete, needs=WRITE, on=TRACE),
)
