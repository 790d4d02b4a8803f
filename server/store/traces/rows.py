"""Rows of traces: found by id, and turned into what the store hands out."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, select

from trackstack.server.errors import missing
from trackstack.server.store.schema.traces import assessments, trace_metadata, trace_tags, traces
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.traces.entities import (
    Assessment,
    ExperimentLocation,
    Issue,
    Location,
    SerializedValue,
    Source,
    TraceInfo,
    Value,
)
from trackstack.server.store.traces.times import duration, timestamp
from trackstack.server.store.transaction import Transaction

COLUMNS = ", ".join(f"t.{column.name}" for column in traces.c)


class TraceRow(NamedTuple):
    """Every column of `traces`."""

    id: int
    uuid: str
    experiment_id: int
    started_at: int
    duration: int | None
    state: str
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None
    generation: int
    archived: int


class AssessmentRow(NamedTuple):
    """Every column of `assessments`."""

    id: int
    trace_id: int
    uuid: str
    kind: str
    name: str
    value: str
    number: float | None
    numeric: int
    error: str | None
    created_at: int
    updated_at: int
    source_type: str
    source_id: str | None
    run_id: str | None
    span_id: str | None
    rationale: str | None
    overrides: str | None
    valid: int
    metadata: str | None


_t, _tags, _metadata, _a = traces, trace_tags, trace_metadata, assessments

TRACE = Statement(select(_t).where(_t.c.uuid == bindparam("uuid")))
LOCKED = Statement(select(_t).where(_t.c.uuid == bindparam("uuid")).with_for_update())
"""PostgreSQL lets no other replica change the row before this transaction ends."""

TRACES = Statement(lambda database: select(_t).where(among(database, _t.c.uuid, "uuids")))
TAGS = Statement(
    lambda database: select(_tags).where(among(database, _tags.c.trace_id, "ids")).order_by(_tags.c.key)
)
METADATA = Statement(
    lambda database: (
        select(_metadata).where(among(database, _metadata.c.trace_id, "ids")).order_by(_metadata.c.key)
    )
)
ASSESSMENTS = Statement(
    lambda database: (
        select(_a).where(among(database, _a.c.trace_id, "ids")).order_by(_a.c.created_at, _a.c.id)
    )
)


def find_trace(tx: Transaction, uuid: str) -> TraceRow:
    """Missing where there is no such trace."""
    row = tx.one(TRACE, uuid=uuid)
    if row is None:
        raise missing(f"Trace with ID '{uuid}' not found.")
    return TraceRow(*row)


def find_traces(tx: Transaction, uuids: Sequence[str]) -> list[TraceRow]:
    """Those that there are, in the order of `uuids`."""
    found = {row[1]: TraceRow(*row) for row in tx.all(TRACES, uuids=listed(tx.database, uuids))}
    return [found[uuid] for uuid in dict.fromkeys(uuids) if uuid in found]


def infos(tx: Transaction, rows: Sequence[TraceRow]) -> list[TraceInfo]:
    """With their tags, metadata and assessments."""
    if not rows:
        return []
    ids = listed(tx.database, [row.id for row in rows])
    tags: dict[int, dict[str, str]] = defaultdict(dict)
    for trace_id, key, value in tx.all(TAGS, ids=ids):
        tags[trace_id][key] = value
    metadata: dict[int, dict[str, str]] = defaultdict(dict)
    for trace_id, key, value in tx.all(METADATA, ids=ids):
        metadata[trace_id][key] = value
    judged: dict[int, list[Assessment]] = defaultdict(list)
    uuids = {row.id: row.uuid for row in rows}
    for found in tx.all(ASSESSMENTS, ids=ids):
        row = AssessmentRow(*found)
        judged[row.trace_id].append(assessment(row, uuids[row.trace_id]))
    return [
        TraceInfo(
            trace_id=row.uuid,
            client_request_id=row.client_request_id,
            trace_location=Location(ExperimentLocation(str(row.experiment_id))),
            request_preview=row.request_preview,
            response_preview=row.response_preview,
            request_time=timestamp(row.started_at),
            execution_duration=None if row.duration is None else duration(row.duration),
            state=row.state,
            trace_metadata=metadata[row.id],
            tags=tags[row.id],
            assessments=judged[row.id],
        )
        for row in rows
    ]


def assessment(row: AssessmentRow, trace_id: str) -> Assessment:
    """An assessment of the trace that clients know by `trace_id`."""
    found = Assessment(
        assessment_id=row.uuid,
        assessment_name=row.name,
        trace_id=trace_id,
        span_id=row.span_id,
        source=Source(row.source_type, row.source_id),
        create_time=timestamp(row.created_at),
        last_update_time=timestamp(row.updated_at),
        rationale=row.rationale,
        metadata=msgspec.json.decode(row.metadata) if row.metadata else {},
        overrides=row.overrides,
        valid=bool(row.valid),
    )
    raw = msgspec.Raw(row.value.encode())
    if row.kind == "feedback":
        error = msgspec.Raw(row.error.encode()) if row.error else None
        found.feedback = Value(value=raw, error=error)
    elif row.kind == "issue":
        found.issue = Issue(msgspec.json.decode(row.value))
    elif row.value[:1] in ("{", "["):
        found.expectation = Value(serialized_value=SerializedValue(row.value))
    else:
        found.expectation = Value(value=raw)
    return found
