"""Assessments of traces: feedback, expectations, and the issues that were found."""

import json
import math
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import invalid, missing
from trackstack.server.store.database import Database
from trackstack.server.store.schema.traces import assessments
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.traces.entities import Assessment, NewAssessment
from trackstack.server.store.traces.rows import AssessmentRow, assessment, find_trace
from trackstack.server.store.transaction import Transaction

_a = assessments
_this = (_a.c.trace_id == bindparam("this")) & (_a.c.uuid == bindparam("name"))

_COLUMNS = [column.name for column in _a.c if column.name != "id"]
ADD = insert(_a, *_COLUMNS)
ADD_NEW = insert(_a, *_COLUMNS, or_ignore=True)
FIND = Statement(select(_a).where(_this))
DELETE = Statement(delete(_a).where(_this))
JUDGE = Statement(update(_a).where(_this).values(valid=bindparam("now")))
_CHANGED = ("name", "value", "number", "numeric", "error", "rationale", "metadata", "updated_at")
CHANGE = Statement(
    update(_a)
    .where(_a.c.id == bindparam("this"))
    .values({column: bindparam(f"new_{column}") for column in _CHANGED})
)


class AssessmentChange(NamedTuple):
    """What to change; None leaves what there is, `metadata` is merged into it."""

    name: str | None = None
    kind: str | None = None
    value: Any = None
    error: Any = None
    rationale: str | None = None
    metadata: dict[str, str] | None = None


class Assessments:
    """Makes, finds, changes and deletes assessments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, trace_id: str, new: NewAssessment) -> Assessment:
        """The one that it overrides is no longer valid."""

        def work(tx: Transaction) -> Assessment:
            trace = find_trace(tx, trace_id)
            if new.overrides:
                _find(tx, trace_id, trace.id, new.overrides)
                tx.run(JUDGE, this=trace.id, name=new.overrides, now=0)
            if tx.one(FIND, this=trace.id, name=new.uuid) is not None:
                raise invalid(f"Assessment with ID '{new.uuid}' exists already for trace '{trace_id}'")
            tx.run(ADD, **dict(zip(_COLUMNS, row(trace.id, new), strict=True)))
            return assessment(_find(tx, trace_id, trace.id, new.uuid), trace_id)

        return await self._database.writer.do(work)

    async def get(self, trace_id: str, assessment_id: str) -> Assessment:
        def work(tx: Transaction) -> Assessment:
            trace = find_trace(tx, trace_id)
            return assessment(_find(tx, trace_id, trace.id, assessment_id), trace_id)

        return await self._database.reader.do(work)

    async def update(
        self, trace_id: str, assessment_id: str, change: AssessmentChange, at: int
    ) -> Assessment:
        """Raises ApiError for a feedback that is to become an expectation, or the other way."""

        def work(tx: Transaction) -> Assessment:
            trace = find_trace(tx, trace_id)
            old = _find(tx, trace_id, trace.id, assessment_id)
            if change.kind not in (None, old.kind):
                names = (change.kind, "an Expectation" if old.kind == "expectation" else "a Feedback")
                raise invalid("Cannot update {} value on {} assessment.".format(*names))
            merged = {**(json.loads(old.metadata) if old.metadata else {}), **(change.metadata or {})}
            value, error = old.value, old.error
            if change.kind is not None:
                value, error = json.dumps(change.value), _json(change.error)
            number, numeric = as_number(json.loads(value))
            tx.run(
                CHANGE,
                this=old.id,
                new_name=old.name if change.name is None else change.name,
                new_value=value,
                new_number=number,
                new_numeric=numeric,
                new_error=error,
                new_rationale=old.rationale if change.rationale is None else change.rationale,
                new_metadata=_json(merged),
                new_updated_at=at,
            )
            return assessment(_find(tx, trace_id, trace.id, assessment_id), trace_id)

        return await self._database.writer.do(work)

    async def delete(self, trace_id: str, assessment_id: str) -> None:
        """What it overrode is valid again; nothing happens where there is no such assessment."""

        def work(tx: Transaction) -> None:
            trace = find_trace(tx, trace_id)
            found = tx.one(FIND, this=trace.id, name=assessment_id)
            if found is None:
                return
            if overrides := AssessmentRow(*found).overrides:
                tx.run(JUDGE, this=trace.id, name=overrides, now=1)
            tx.run(DELETE, this=trace.id, name=assessment_id)

        await self._database.writer.do(work)


def add_new(tx: Transaction, trace_id: int, new: tuple[NewAssessment, ...]) -> None:
    """Those that the trace does not have yet."""
    tx.many(ADD_NEW, [row(trace_id, one) for one in new])


def row(trace_id: int, new: NewAssessment) -> tuple[Any, ...]:
    """Values of all columns but the number, in the table's order."""
    number, numeric = as_number(new.value)
    values = new._asdict() | {
        "trace_id": trace_id,
        "value": json.dumps(new.value),
        "number": number,
        "numeric": numeric,
        "error": _json(new.error),
        "valid": 1,
        "metadata": _json(new.metadata),
    }
    return tuple(values[column] for column in _COLUMNS)


def as_number(value: Any) -> tuple[float | None, int]:
    """What the value counts as in averages, and whether it is a number itself."""
    if isinstance(value, bool):
        return float(value), 0
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None, 0
        return (number, 1) if math.isfinite(number) else (None, 0)
    if isinstance(value, str) and (word := value.strip().lower()) in ("yes", "no"):
        return float(word == "yes"), 0
    return None, 0


def _json(value: Any) -> str | None:
    return json.dumps(value) if value else None


def _find(tx: Transaction, trace_id: str, id_: int, assessment_id: str) -> AssessmentRow:
    found = tx.one(FIND, this=id_, name=assessment_id)
    if found is None:
        raise missing(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'")
    return AssessmentRow(*found)
