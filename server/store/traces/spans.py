"""Spans: written as they arrive, in any order and number, and the trace is brought up to date with each."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import ApiError
from trackstack.server.store.database import Database
from trackstack.server.store.schema.traces import spans, traces
from trackstack.server.store.statements import Statement, listed, upsert
from trackstack.server.store.traces import keys, numbers
from trackstack.server.store.traces.entities import NewSpan
from trackstack.server.store.traces.numbers import Node
from trackstack.server.store.traces.previews import preview
from trackstack.server.store.traces.rows import METADATA, TraceRow
from trackstack.server.store.traces.writing import describe, ensure, tag
from trackstack.server.store.transaction import Transaction

TAG_PREFIX = "mlflow.traceTag."
_NANOS = 1_000_000
_OPEN = ("IN_PROGRESS", "STATE_UNSPECIFIED")

_s, _t = spans, traces
SET = upsert(_s, *(column.name for column in _s.c if not column.primary_key))
STORED = Statement(
    select(_s.c.span_id, _s.c.parent_id, _s.c.content).where(_s.c.trace_id == bindparam("this"))
)
REFRESH = Statement(
    update(_t)
    .where(_t.c.id == bindparam("this"))
    .values(
        started_at=bindparam("at"),
        duration=bindparam("took"),
        state=bindparam("to"),
        request_preview=bindparam("asked"),
        response_preview=bindparam("answered"),
        generation=_t.c.generation + literal_column("1"),
    )
)


class Spans:
    """Stores spans."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log(self, experiment_id: int, new: Sequence[NewSpan]) -> None:
        """All or none; a span that is stored already is replaced. Refused for archived traces."""
        by_trace: dict[str, dict[str, NewSpan]] = defaultdict(dict)
        for span in new:
            by_trace[span.trace_id][span.span_id] = span

        def work(tx: Transaction) -> None:
            for trace_id in sorted(by_trace):  # one order for all, so that replicas do not deadlock
                _log(tx, experiment_id, list(by_trace[trace_id].values()))

        await self._database.writer.do(work)


def _log(tx: Transaction, experiment_id: int, new: list[NewSpan]) -> None:
    root = next((span for span in new if span.parent_id is None), None)
    state = "IN_PROGRESS" if root is None else "ERROR" if root.status == "ERROR" else "OK"
    began = min(span.started_at for span in new) // _NANOS
    trace = ensure(tx, new[0].trace_id, experiment_id, began, state)
    if trace.archived:
        raise ApiError("INVALID_STATE", f"Cannot log spans to archived traces: '{trace.uuid}'.")
    tx.many(SET, [_row(trace.id, span) for span in new])
    known = {key: value for _, key, value in tx.all(METADATA, ids=listed(tx.database, [trace.id]))}
    final = keys.FINALIZED in known
    began = trace.started_at if final else min(trace.started_at, began)
    ended = [span.ended_at // _NANOS for span in new if span.ended_at]
    if trace.duration is not None:
        ended.append(trace.started_at + trace.duration)
    tx.run(
        REFRESH,
        this=trace.id,
        at=began,
        took=trace.duration if final else max(ended) - began if ended else None,
        to=state if trace.state in _OPEN and root is not None else trace.state,
        asked=trace.request_preview or (root and preview(root.attributes.get("mlflow.spanInputs"), "user")),
        answered=trace.response_preview
        or (root and preview(root.attributes.get("mlflow.spanOutputs"), "assistant")),
    )
    describe(tx, trace.id, _metadata(tx, trace, new, known))
    tag(tx, trace.id, _tags(new, root))


def _row(trace_id: int, span: NewSpan) -> tuple[Any, ...]:
    attributes = span.attributes
    costs = numbers.parsed(attributes.get(numbers.COST_ATTRIBUTE))
    return (
        trace_id,
        span.span_id,
        span.parent_id,
        span.name,
        span.type,
        span.status,
        span.started_at,
        span.ended_at,
        _text(attributes.get("mlflow.llm.model")),
        _text(attributes.get("mlflow.llm.provider")),
        *(numbers.number(costs.get(key)) for key in keys.COST_KEYS),
        span.content,
    )


def _metadata(tx: Transaction, trace: TraceRow, new: list[NewSpan], known: dict[str, str]) -> dict[str, str]:
    """What spans tell of their trace; what the trace told of itself holds."""
    found: dict[str, str] = {}
    for span in new:
        session = span.attributes.get("session.id") or span.attributes.get("gen_ai.conversation.id")
        if (text := _text(session)) and keys.SESSION not in known:
            found.setdefault(keys.SESSION, text)
        if (text := _text(span.attributes.get("user.id"))) and keys.USER not in known:
            found.setdefault(keys.USER, text)
    told = (numbers.USAGE_ATTRIBUTE, numbers.COST_ATTRIBUTE)
    if any(key in span.attributes for span in new for key in told):
        final = keys.FINALIZED in known
        stored = [
            Node(span_id, parent_id, json.loads(content)["attributes"])
            for span_id, parent_id, content in tx.all(STORED, this=trace.id)
        ]
        sums = numbers.of_spans(stored)
        found |= {key: value for key, value in sums.items() if not (final and key in known)}
    return found


def _tags(new: list[NewSpan], root: NewSpan | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for span in new:
        for key, value in span.resource.items():
            if not key.startswith(("telemetry.sdk.", "mlflow.")):
                found[key] = value if isinstance(value, str) else json.dumps(value)
    for key, value in root.attributes.items() if root else ():
        if key.startswith(TAG_PREFIX) and (name := key.removeprefix(TAG_PREFIX)) not in keys.IMMUTABLE_TAGS:
            found[name] = _text(value) or ""
    fitting = {key: value for key, value in found.items() if 0 < len(key) <= 250 and len(value) <= 8000}
    return {**fitting, keys.SPANS_LOCATION: keys.IN_STORE}


def _text(value: Any) -> str | None:
    """An attribute's value as text: attributes are JSON inside of JSON."""
    if value is None:
        return None
    text = str(value)
    try:
        inner = json.loads(text)
    except ValueError:
        inner = text
    return (inner if isinstance(inner, str) else text).replace("\0", "")
