"""Writes traces: `start_trace` and spans come in any order, each makes the trace if it is the first."""

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, func, select, update

from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.schema.traces import (
    trace_metadata,
    trace_numbers,
    trace_runs,
    trace_runs_awaited,
    trace_tags,
    traces,
)
from trackstack.server.store.schema.tracking import runs
from trackstack.server.store.statements import Statement, insert, upsert
from trackstack.server.store.traces import keys, numbers
from trackstack.server.store.traces.assessments import add_new
from trackstack.server.store.traces.entities import NewTrace
from trackstack.server.store.traces.rows import LOCKED, TraceRow
from trackstack.server.store.transaction import Transaction

_t = traces
ADD = insert(_t, "uuid", "experiment_id", "started_at", "state", or_ignore=True)
START = Statement(
    update(_t)
    .where(_t.c.id == bindparam("this"))
    .values(
        experiment_id=bindparam("in"),
        started_at=bindparam("at"),
        duration=bindparam("took"),
        state=bindparam("to"),
        client_request_id=bindparam("request"),
        request_preview=func.coalesce(
            bindparam("asked", type_=_t.c.request_preview.type), _t.c.request_preview
        ),
        response_preview=func.coalesce(
            bindparam("answered", type_=_t.c.response_preview.type), _t.c.response_preview
        ),
    )
)
END = Statement(
    update(_t).where(_t.c.id == bindparam("this")).values(duration=bindparam("took"), state=bindparam("to"))
)
_awaited = trace_runs_awaited
AWAITED = Statement(
    select(runs.c.uuid)
    .join(_awaited, _awaited.c.run_id == runs.c.id)
    .where(_awaited.c.trace_uuid == bindparam("uuid"))
)
CAME = Statement(delete(_awaited).where(_awaited.c.trace_uuid == bindparam("uuid")))
LINK_RUN = insert(trace_runs, or_ignore=True)
SET_TAG = upsert(trace_tags, "value")
SET_METADATA = upsert(trace_metadata, "value")
SET_NUMBER = upsert(trace_numbers, "value")


def start(tx: Transaction, new: NewTrace) -> TraceRow:
    """Makes the trace, or completes one that came to be through its spans."""
    trace = ensure(tx, new.id, new.experiment_id, new.started_at, new.state)
    tx.run(
        START,
        this=trace.id,
        **{"in": new.experiment_id, "at": new.started_at, "took": new.duration, "to": new.state},
        request=new.client_request_id,
        asked=new.request_preview,
        answered=new.response_preview,
    )
    tag(tx, trace.id, told(trace, new.tags))
    describe(tx, trace.id, {**new.metadata, keys.FINALIZED: "true"})
    add_new(tx, trace.id, new.assessments)
    return trace


def ensure(tx: Transaction, uuid: str, experiment_id: int, started_at: int, state: str) -> TraceRow:
    """The trace's row, locked; made where there is none."""
    experiment = tx.one(BY_ID, id=experiment_id)
    if experiment is None:
        raise unknown(experiment_id)
    found = tx.one(LOCKED, uuid=uuid)
    if found is None:
        check_active(experiment_id, experiment[5])
        tx.run(ADD, uuid=uuid, experiment_id=experiment_id, started_at=started_at, state=state)
        found = tx.one(LOCKED, uuid=uuid)
        location = f"{experiment[2].rstrip('/')}/traces/{uuid}/artifacts"
        tag(tx, found[0], {keys.ARTIFACT_LOCATION: location})
        if linked := tx.all(AWAITED, uuid=uuid):
            tx.many(LINK_RUN, [(found[0], run[0]) for run in linked])
            tx.run(CAME, uuid=uuid)
    return TraceRow(*found)


def tag(tx: Transaction, trace_id: int, tags: Mapping[str, str]) -> None:
    tx.many(SET_TAG, [(trace_id, key, value) for key, value in sorted(tags.items())])


def told(trace: TraceRow, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a client may give a trace: where things are is for the server to say.

    Only where the spans are is a client's to tell, as long as they are not archived.
    """
    found = {key: value for key, value in tags.items() if key not in keys.IMMUTABLE_TAGS}
    place = tags.get(keys.SPANS_LOCATION, keys.IN_ARCHIVE)
    return found if trace.archived or place == keys.IN_ARCHIVE else {**found, keys.SPANS_LOCATION: place}


def describe(tx: Transaction, trace_id: int, metadata: Mapping[str, str]) -> None:
    """Sets metadata, and the numbers in it."""
    tx.many(SET_METADATA, [(trace_id, key, value) for key, value in sorted(metadata.items())])
    found = numbers.of_metadata(metadata)
    tx.many(SET_NUMBER, [(trace_id, key, value) for key, value in sorted(found.items())])
