"""Traces themselves: started, found with their spans, tagged, linked, deleted."""

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Select, bindparam, delete, select

from trackstack.server.errors import missing
from trackstack.server.search import trace_metrics
from trackstack.server.search import traces as trace_search
from trackstack.server.store.database import Database
from trackstack.server.store.runs import find as find_run
from trackstack.server.store.schema.traces import (
    spans,
    trace_prompts,
    trace_runs_awaited,
    trace_tags,
    traces,
)
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.entities import NewTrace, StoredTrace, TraceInfo
from trackstack.server.store.traces.rows import COLUMNS, TraceRow, find_trace, find_traces, infos
from trackstack.server.store.traces.writing import END, LINK_RUN, describe, start, tag, told
from trackstack.server.store.transaction import Transaction

_t, _s, _tags = traces, spans, trace_tags

SPANS = Statement(
    lambda database: (
        select(_s.c.trace_id, _s.c.content)
        .where(among(database, _s.c.trace_id, "ids"))
        .order_by(_s.c.parent_id.is_not(None), _s.c.started_at, _s.c.span_id)
    )
)
DELETE_TAG = Statement(
    delete(_tags).where(_tags.c.trace_id == bindparam("this"), _tags.c.key == bindparam("name"))
)
AWAIT = insert(trace_runs_awaited, or_ignore=True)
LINK_PROMPT = insert(trace_prompts, or_ignore=True)
DELETE = Statement(
    lambda database: delete(_t).where(
        _t.c.experiment_id == bindparam("in"), among(database, _t.c.uuid, "uuids")
    )
)


def _oldest(database: str, named: bool) -> Select[tuple[str]]:
    found = select(_t.c.uuid).where(
        _t.c.experiment_id == bindparam("in"), _t.c.started_at <= bindparam("until")
    )
    if named:
        found = found.where(among(database, _t.c.uuid, "uuids"))
    return found.order_by(_t.c.started_at, _t.c.uuid).limit(bindparam("most"))


OLD = Statement(lambda database: _oldest(database, named=False))
OLD_NAMED = Statement(lambda database: _oldest(database, named=True))
_EVER = 2**63 - 1


class Traces:
    """Starts, finds, tags, links and deletes traces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, new: NewTrace) -> TraceInfo:
        """Makes the trace, or completes the one that its spans have made."""

        def work(tx: Transaction) -> TraceInfo:
            start(tx, new)
            return infos(tx, [find_trace(tx, new.id)])[0]

        return await self._database.writer.do(work)

    async def extend(
        self, trace_id: str, ended_at: int, state: str, tags: dict[str, str], metadata: dict[str, str]
    ) -> TraceInfo:
        """Ends a trace that was started; tags and metadata are merged into those it has."""

        def work(tx: Transaction) -> TraceInfo:
            trace = find_trace(tx, trace_id)
            tx.run(END, this=trace.id, took=ended_at - trace.started_at, to=state)
            tag(tx, trace.id, told(trace, tags))
            describe(tx, trace.id, metadata)
            return infos(tx, [find_trace(tx, trace_id)])[0]

        return await self._database.writer.do(work)

    async def get(self, trace_id: str) -> TraceInfo:
        return await self._database.reader.do(lambda tx: infos(tx, [find_trace(tx, trace_id)])[0])

    async def infos(self, trace_ids: Sequence[str], experiments: Sequence[int] | None) -> list[TraceInfo]:
        """Those that there are, in the order asked for."""
        return await self._database.reader.scan(
            lambda tx: infos(tx, _within(find_traces(tx, trace_ids), experiments))
        )

    async def stored(
        self, trace_ids: Sequence[str], experiments: Sequence[int] | None = None
    ) -> list[StoredTrace]:
        """With their spans, root first and then by start; traces that there are not are left out."""

        def work(tx: Transaction) -> list[StoredTrace]:
            rows = _within(find_traces(tx, trace_ids), experiments)
            content: dict[int, list[str]] = defaultdict(list)
            for trace_id, text in tx.all(SPANS, ids=listed(tx.database, [row.id for row in rows])):
                content[trace_id].append(text)
            found = infos(tx, rows)
            return [StoredTrace(info, content[row.id]) for info, row in zip(found, rows, strict=True)]

        return await self._database.reader.scan(work)

    async def search(
        self, wanted: trace_search.TraceSearch, most: int, offset: int
    ) -> tuple[list[TraceInfo], bool]:
        """At most `most` traces from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[TraceInfo], bool]:
            found = [TraceRow(*row) for row in trace_search.find(tx, wanted, COLUMNS, most + 1, offset)]
            return infos(tx, found[:most]), len(found) > most

        return await self._database.reader.scan(work)

    async def metrics(self, wanted: trace_metrics.MetricSearch) -> list[trace_metrics.Point]:
        return await self._database.reader.scan(lambda tx: trace_metrics.find(tx, wanted))

    async def counts(self, *groups: Sequence[trace_search.TraceSearch]) -> list[int]:
        """How many traces all searches of a group find, a group at a time."""
        return await self._database.reader.scan(
            lambda tx: [trace_search.count(tx, *group) for group in groups]
        )

    async def set_tag(self, trace_id: str, key: str, value: str) -> None:
        await self._database.writer.do(lambda tx: tag(tx, find_trace(tx, trace_id).id, {key: value}))

    async def delete_tag(self, trace_id: str, key: str) -> None:
        def work(tx: Transaction) -> None:
            if not tx.changed(DELETE_TAG, this=find_trace(tx, trace_id).id, name=key):
                raise missing(f"No trace tag with key '{key}' for trace with ID '{trace_id}'")

        await self._database.writer.do(work)

    async def link_to_run(self, trace_ids: Sequence[str], run_id: str) -> None:
        """Traces that have not come yet are linked when they come."""

        def work(tx: Transaction) -> None:
            run = find_run(tx, run_id)
            found = {row.uuid: row.id for row in find_traces(tx, trace_ids)}
            tx.many(LINK_RUN, [(id_, run_id) for id_ in found.values()])
            tx.many(AWAIT, [(uuid, run.id) for uuid in sorted({*trace_ids} - {*found})])

        await self._database.writer.do(work)

    async def link_prompts(self, trace_id: str, prompts: Sequence[str]) -> None:
        """`prompts` are name/version."""

        def work(tx: Transaction) -> None:
            trace = find_trace(tx, trace_id)
            tx.many(LINK_PROMPT, [(trace.id, prompt) for prompt in dict.fromkeys(prompts)])

        await self._database.writer.do(work)

    async def oldest(
        self, experiment_id: int, trace_ids: Sequence[str] | None, until: int | None, most: int | None
    ) -> list[str]:
        """Ids of an experiment's traces that started by `until` (milliseconds), the oldest first."""

        def work(tx: Transaction) -> list[str]:
            limits = {"in": experiment_id, "until": _EVER if until is None else until}
            limits["most"] = _EVER if most is None else most
            if trace_ids is None:
                found = tx.all(OLD, **limits)
            else:
                found = tx.all(OLD_NAMED, **limits, uuids=listed(tx.database, trace_ids))
            return [row[0] for row in found]

        return await self._database.reader.scan(work)

    async def delete(self, experiment_id: int, trace_ids: Sequence[str]) -> int:
        """How many of the experiment's traces there were to delete."""
        return await self._database.writer.do(
            lambda tx: tx.changed(DELETE, **{"in": experiment_id}, uuids=listed(tx.database, trace_ids))
        )


def complete(trace: StoredTrace) -> bool:
    """Whether as many spans are stored as the trace says that it has."""
    told = trace.info.trace_metadata.get(keys.SIZE)
    wanted = json.loads(told).get("num_spans", 0) if told else 1
    return len(trace.spans) >= max(wanted, 1)


def _within(rows: list[TraceRow], experiments: Sequence[int] | None) -> list[TraceRow]:
    return rows if experiments is None else [row for row in rows if row.experiment_id in experiments]
