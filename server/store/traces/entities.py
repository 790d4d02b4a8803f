"""What the trace store hands out and takes in, in the JSON shape of MLflow's protocol buffers."""

from typing import Any, NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType, field


class ExperimentLocation(Struct):
    experiment_id: str


class Location(Struct):
    mlflow_experiment: ExperimentLocation
    type: str = "MLFLOW_EXPERIMENT"


class Source(Struct, omit_defaults=True):
    source_type: str
    source_id: str | None = None


class SerializedValue(Struct):
    value: str
    serialization_format: str = "JSON_FORMAT"


class Value(Struct, omit_defaults=True):
    """A feedback's or expectation's value: any JSON, which null is, too."""

    value: Raw | UnsetType = UNSET
    error: Raw | None = None
    serialized_value: SerializedValue | None = None


class Issue(Struct):
    issue_name: str


class Assessment(Struct, omit_defaults=True, kw_only=True):
    assessment_id: str
    assessment_name: str
    trace_id: str
    span_id: str | None = None
    source: Source
    create_time: str
    last_update_time: str
    feedback: Value | None = None
    expectation: Value | None = None
    issue: Issue | None = None
    rationale: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    overrides: str | None = None
    valid: bool


class TraceInfo(Struct, omit_defaults=True, kw_only=True):
    trace_id: str
    client_request_id: str | None = None
    trace_location: Location
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str
    execution_duration: str | None = None
    state: str
    trace_metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)


class NewAssessment(NamedTuple):
    """An assessment to store: the columns that clients decide.

    Times in milliseconds; `value` and `error` any JSON value.
    """

    uuid: str
    kind: str  # feedback, expectation, issue
    name: str
    value: Any
    error: Any
    created_at: int
    updated_at: int
    source_type: str
    source_id: str | None
    run_id: str | None
    span_id: str | None
    rationale: str | None
    overrides: str | None
    metadata: dict[str, str]


class NewTrace(NamedTuple):
    """A trace to store; times in milliseconds. What is None leaves a trace's own value as it is."""

    id: str
    experiment_id: int
    started_at: int
    duration: int | None
    state: str
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None
    tags: dict[str, str]
    metadata: dict[str, str]
    assessments: tuple[NewAssessment, ...]


class NewSpan(NamedTuple):
    """A span to store; times in nanoseconds, ids as hex text, `attributes` as in its content."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    type: str
    status: str  # OK, ERROR, UNSET
    started_at: int
    ended_at: int | None
    attributes: dict[str, Any]
    content: str
    resource: dict[str, Any]


class StoredTrace(NamedTuple):
    """A trace as it is read back with its spans' content."""

    info: TraceInfo
    spans: list[str]
