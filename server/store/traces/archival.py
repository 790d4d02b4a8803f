"""Traces whose spans move to the artifact store: which are due, what to write, and when it holds."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, exists, or_, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.store.database import Database
from trackstack.server.store.purging import EXPERIMENT, unclaimed
from trackstack.server.store.schema.traces import spans, trace_tags, traces
from trackstack.server.store.schema.tracking import experiment_tags, experiments
from trackstack.server.store.statements import Statement
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.rows import LOCKED, TraceRow
from trackstack.server.store.traces.writing import tag
from trackstack.server.store.transaction import Transaction

BATCH = 100
"""Traces that are found at once."""

_t, _s, _tags = traces, spans, trace_tags
_e, _of = experiments, experiment_tags
_MINE = or_(_of.c.key == keys.RETENTION, _of.c.key == keys.ARCHIVE_NOW)


def _tagged(key: str, value: str | None = None) -> ColumnElement[bool]:
    other = trace_tags.alias()
    found = select(other.c.key).where(other.c.trace_id == _t.c.id, other.c.key == key)
    return exists(found if value is None else found.where(other.c.value == value))


EXPERIMENTS = Statement(
    select(_e.c.id, _of.c.key, _of.c.value)
    .outerjoin(_of, (_of.c.experiment_id == _e.c.id) & _MINE)
    .where(_e.c.deleted_at.is_(None), unclaimed(EXPERIMENT, _e.c.id))
    .order_by(_e.c.id)
)
DUE = Statement(
    select(_t.c.id, _t.c.uuid, _t.c.generation, _tags.c.value)
    .join(_tags, (_tags.c.trace_id == _t.c.id) & (_tags.c.key == keys.ARTIFACT_LOCATION))
    .where(
        _t.c.experiment_id == bindparam("this"),
        _t.c.started_at <= bindparam("until"),
        _t.c.id > bindparam("after"),
        _t.c.archived == literal_column("0"),
        _t.c.state != "IN_PROGRESS",
        _tagged(keys.SPANS_LOCATION, keys.IN_STORE),
        ~_tagged(keys.ARCHIVAL_FAILURE),
    )
    .order_by(_t.c.id)
    .limit(literal_column(str(BATCH)))
)
CONTENT = Statement(
    select(_s.c.content)
    .where(_s.c.trace_id == bindparam("this"))
    .order_by(_s.c.parent_id.is_not(None), _s.c.started_at, _s.c.span_id)
)
EMPTY = Statement(update(_s).where(_s.c.trace_id == bindparam("this")).values(content=""))
MARK = Statement(update(_t).where(_t.c.id == bindparam("this")).values(archived=1))
DONE = Statement(
    delete(_of).where(
        _of.c.experiment_id == bindparam("this"),
        _of.c.key == keys.ARCHIVE_NOW,
        _of.c.value == bindparam("asked"),
    )
)


class Due(NamedTuple):
    """A trace to archive, as it was after so many writes of spans; `root` is where its artifacts are."""

    id: int
    uuid: str
    generation: int
    root: str

    @property
    def location(self) -> str:
        """The folder of the archive: each generation has its own, so that no writer harms another's."""
        return f"{self.root.removesuffix('/artifacts')}/archive/{self.generation}"


class Archival:
    """Finds traces to archive, reads them, and records that they are archived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def experiments(self) -> dict[int, dict[str, str]]:
        """Active experiments with those of their tags that are about archival."""

        def work(tx: Transaction) -> dict[int, dict[str, str]]:
            found: dict[int, dict[str, str]] = defaultdict(dict)
            for id_, key, value in tx.all(EXPERIMENTS):
                found[id_] |= {} if key is None else {key: value}
            return found

        return await self._database.reader.scan(work)

    async def due(self, experiment_id: int, until: int, after: int) -> list[Due]:
        """Finished traces that started at `until` (milliseconds) at the latest, in the order of their numbers
        from beyond `after` on; at most BATCH."""

        def work(tx: Transaction) -> list[Due]:
            return [Due(*row) for row in tx.all(DUE, this=experiment_id, until=until, after=after)]

        return await self._database.reader.scan(work)

    async def content(self, due: Due) -> list[str]:
        """Its spans, root first and then by start; each as in traces.json."""
        return await self._database.reader.scan(lambda tx: [row[0] for row in tx.all(CONTENT, this=due.id)])

    async def finish(self, due: Due) -> bool:
        """Takes the spans' content out of the database, once it is in the archive.

        False where that is not so any more: the trace is gone, or has other spans by now.
        """

        def work(tx: Transaction) -> bool:
            if not _unchanged(tx, due):
                return False
            tx.run(EMPTY, this=due.id)
            tx.run(MARK, this=due.id)
            tag(tx, due.id, {keys.SPANS_LOCATION: keys.IN_ARCHIVE, keys.ARCHIVE_LOCATION: due.location})
            return True

        return await self._database.writer.do(work)

    async def fail(self, due: Due, why: str) -> None:
        """Marks a trace that cannot be archived as it is."""

        def work(tx: Transaction) -> None:
            if _unchanged(tx, due):
                tag(tx, due.id, {keys.ARCHIVAL_FAILURE: why})

        await self._database.writer.do(work)

    async def answered(self, experiment_id: int, asked: str) -> None:
        """Removes the tag by which an experiment's traces were to be archived now, if it still says so."""
        await self._database.writer.do(lambda tx: tx.run(DONE, this=experiment_id, asked=asked))


def _unchanged(tx: Transaction, due: Due) -> bool:
    found = tx.one(LOCKED, uuid=due.uuid)
    if found is None:
        return False
    trace = TraceRow(*found)
    return trace.id == due.id and trace.generation == due.generation and not trace.archived
