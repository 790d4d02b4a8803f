"""Traces and assessments as requests bring them, checked and turned into what the store takes."""

import json
import re
import uuid
from typing import Any

from msgspec import field

from trackstack.server import validation
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.entities import NewAssessment, NewTrace
from trackstack.server.store.traces.times import parse_duration, parse_timestamp

VALUE_LENGTH = 8000
PREVIEW_LENGTH = 1000
NAME_LENGTH = 250

_ID = re.compile(r"[A-Za-z0-9][\w\-]{0,255}\Z", re.ASCII)
_SOURCES = {"HUMAN": "HUMAN", "LLM_JUDGE": "LLM_JUDGE", "CODE": "CODE", "1": "HUMAN", "2": "LLM_JUDGE",
            "3": "CODE"}  # fmt: skip


class SourceMessage(Message):
    source_type: int | str = ""
    source_id: str | None = None


class SerializedMessage(Message):
    value: str = "null"
    serialization_format: str = ""


class ErrorMessage(Message):
    error_code: str = ""
    error_message: str = ""
    stack_trace: str = ""


class ValueMessage(Message):
    value: Any = None
    error: ErrorMessage | None = None
    serialized_value: SerializedMessage | None = None


class IssueMessage(Message):
    issue_name: str = ""


class AssessmentMessage(Message):
    assessment_id: str = ""
    assessment_name: str = ""
    trace_id: str = ""
    span_id: str | None = None
    source: SourceMessage | None = None
    create_time: str = ""
    last_update_time: str = ""
    feedback: ValueMessage | None = None
    expectation: ValueMessage | None = None
    issue: IssueMessage | None = None
    rationale: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    overrides: str | None = None
    valid: bool = True


class ExperimentMessage(Message):
    experiment_id: Required


class LocationMessage(Message):
    mlflow_experiment: ExperimentMessage | None = None
    type: int | str = ""


class TraceInfoMessage(Message):
    trace_id: Required
    trace_location: LocationMessage
    request_time: Required
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    execution_duration: str = ""
    state: int | str = 0
    trace_metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    assessments: tuple[AssessmentMessage, ...] = ()


def trace_id(text: str) -> str:
    """A trace's id; it becomes a folder's name."""
    if not _ID.match(text):
        raise validation.wrong("trace_id", text[:256])
    return text


def state(given: int | str) -> str:
    """A state by its name or number; an unknown one is STATE_UNSPECIFIED."""
    if isinstance(given, int):
        return keys.STATES[given] if 0 <= given < len(keys.STATES) else keys.STATES[0]
    return given if given in keys.STATES else keys.STATES[0]


def pairs(given: dict[str, str]) -> dict[str, str]:
    """Tags or metadata with values cut as MLflow cuts them."""
    found = {}
    for key, value in given.items():
        found[validation.limited(key, validation.KEY_LENGTH, "key")] = value[:VALUE_LENGTH]
    return found


def new_trace(call: Call, given: TraceInfoMessage) -> NewTrace:
    """What to store of a trace that a client has made."""
    if given.trace_location.mlflow_experiment is None:
        raise invalid("A trace's `trace_location` must be an MLflow experiment.")
    took = given.execution_duration
    return NewTrace(
        id=trace_id(given.trace_id),
        experiment_id=validation.experiment_id(given.trace_location.mlflow_experiment.experiment_id),
        started_at=parse_timestamp(given.request_time, "trace.trace_info.request_time"),
        duration=parse_duration(took, "trace.trace_info.execution_duration") if took else None,
        state=state(given.state),
        client_request_id=given.client_request_id,
        request_preview=given.request_preview and given.request_preview[:PREVIEW_LENGTH],
        response_preview=given.response_preview and given.response_preview[:PREVIEW_LENGTH],
        tags=pairs(given.tags),
        metadata=pairs(given.trace_metadata),
        assessments=tuple(new_assessment(call, one) for one in given.assessments),
    )


def new_assessment(call: Call, given: AssessmentMessage) -> NewAssessment:
    """What to store of an assessment; it gets an id if it has none."""
    kind, value = judged(given)
    error = given.feedback.error if given.feedback else None
    source = given.source or SourceMessage()
    if given.assessment_id and not _ID.match(given.assessment_id):
        raise validation.wrong("assessment.assessment_id", given.assessment_id[:256])
    metadata = dict(given.metadata)
    return NewAssessment(
        uuid=validation.limited(given.assessment_id or f"a-{uuid.uuid4().hex}", 50, "assessment_id"),
        kind=kind,
        name=validation.limited(given.assessment_name, NAME_LENGTH, "assessment_name"),
        value=value,
        error=as_error(error),
        created_at=_time(given.create_time, call.now),
        updated_at=_time(given.last_update_time, call.now),
        source_type=_SOURCES.get(str(source.source_type), "SOURCE_TYPE_UNSPECIFIED"),
        source_id=source.source_id and validation.limited(source.source_id, 250, "source_id"),
        run_id=metadata.get("mlflow.assessment.sourceRunId"),
        span_id=given.span_id and validation.limited(given.span_id, 50, "span_id"),
        rationale=given.rationale,
        overrides=given.overrides or None,
        metadata=metadata,
    )


def judged(given: AssessmentMessage) -> tuple[str, Any]:
    """The kind of an assessment and its value."""
    if given.feedback is not None:
        return "feedback", _plain(given.feedback.value)
    if given.expectation is not None:
        if given.expectation.serialized_value is None:
            return "expectation", _plain(given.expectation.value)
        try:
            return "expectation", json.loads(given.expectation.serialized_value.value)
        except ValueError:
            raise invalid("The assessment's `serialized_value` is not JSON.") from None
    if given.issue is not None:
        return "issue", given.issue.issue_name
    raise invalid("Assessment must have either feedback, expectation, or issue value")


def as_error(given: ErrorMessage | None) -> dict[str, str] | None:
    """An assessment's error without its empty fields."""
    if given is None:
        return None
    fields = {name: getattr(given, name) for name in ("error_code", "error_message", "stack_trace")}
    return {name: value for name, value in fields.items() if value}


def _plain(value: Any) -> Any:
    """Whole numbers as such: protocol buffers write 1 as 1.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _time(text: str, otherwise: int) -> int:
    return parse_timestamp(text, "assessment.create_time") if text else otherwise
