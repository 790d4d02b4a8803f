"""Items of review queues: traces, and what has become of them there."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import missing
from trackstack.server.search.sql import Sql, joined, run
from trackstack.server.search.sql import select as query
from trackstack.server.store.database import Database
from trackstack.server.store.review.queues import HOLD, find_queue
from trackstack.server.store.schema.review import review_queue_items
from trackstack.server.store.schema.traces import traces
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.transaction import Transaction

PENDING = "PENDING"

_i, _t = review_queue_items, traces
_COLUMNS = ("status", "completed_by", "completed_at", "created_at", "updated_at")
_this = (_i.c.queue_id == bindparam("this")) & (_i.c.trace_id == bindparam("trace"))
_items = select(_t.c.id, _t.c.uuid, *(_i.c[name] for name in _COLUMNS)).join_from(
    _i, _t, _t.c.id == _i.c.trace_id
)
_SELECTED = ", ".join(("t.id", "t.uuid", *(f"i.{name}" for name in _COLUMNS)))
TRACES = Statement(
    lambda database: select(_t.c.uuid, _t.c.id).where(
        _t.c.experiment_id == bindparam("in"), among(database, _t.c.uuid, "uuids")
    )
)
ADD = insert(_i, "queue_id", "trace_id", "status", "created_at", "updated_at", or_ignore=True)
FIND = Statement(
    lambda database: _items.where(_i.c.queue_id == bindparam("this"), among(database, _t.c.uuid, "uuids"))
)
HOLD_ONE = Statement(
    _items.where(_i.c.queue_id == bindparam("this"), _t.c.uuid == bindparam("uuid")).with_for_update(of=_i)
)
CHANGE = Statement(
    update(_i)
    .where(_this)
    .values(
        status=bindparam("to"),
        completed_by=bindparam("by"),
        completed_at=bindparam("completed"),
        updated_at=bindparam("at"),
    )
)
REMOVE = Statement(
    lambda database: delete(_i).where(
        _i.c.queue_id == bindparam("this"),
        _i.c.trace_id.in_(select(_t.c.id).where(among(database, _t.c.uuid, "uuids"))),
    )
)


class Row(NamedTuple):
    """An item with the trace that it is."""

    trace_id: int
    trace: str
    status: str
    completed_by: str | None
    completed_at: int | None
    created_at: int
    updated_at: int


class ReviewItem(Struct, omit_defaults=True, kw_only=True):
    queue_id: str
    item_type: str
    item_id: str
    status: str
    completed_by: str | None = None
    completed_time_ms: int | None = None
    creation_time_ms: int
    last_update_time_ms: int


class ReviewItems:
    """Puts traces into queues, takes them out, and keeps their status there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, queue_id: str, wanted: Sequence[str], at: int) -> list[ReviewItem]:
        """All of `wanted`, in their order; those that were there keep their status.

        Missing where one is no trace of the queue's experiment.
        """

        def work(tx: Transaction) -> list[ReviewItem]:
            queue = find_queue(tx, queue_id, HOLD)
            uuids = listed(tx.database, wanted)
            known = dict(tx.all(TRACES, **{"in": queue.experiment_id}, uuids=uuids))
            if strange := [uuid for uuid in wanted if uuid not in known]:
                raise missing(
                    f"Cannot attach trace(s) {strange} to review queue '{queue_id}': "
                    f"they do not exist in experiment '{queue.experiment_id}'."
                )
            tx.many(ADD, [(queue.id, known[uuid], PENDING, at, at) for uuid in wanted])
            found = {row[1]: Row(*row) for row in tx.all(FIND, this=queue.id, uuids=uuids)}
            return [_item(queue_id, found[uuid]) for uuid in wanted]

        return await self._database.writer.do(work)

    async def remove(self, queue_id: str, unwanted: Sequence[str]) -> None:
        """Those that are not in the queue are passed over."""

        def work(tx: Transaction) -> None:
            tx.run(REMOVE, this=find_queue(tx, queue_id, HOLD).id, uuids=listed(tx.database, unwanted))

        await self._database.writer.do(work)

    async def page(self, queue_id: str, status: str, most: int, offset: int) -> tuple[list[ReviewItem], bool]:
        """The newest first, at most `most` from the one at `offset` on, and whether there are more.

        Of one status, unless it is empty.
        """

        def work(tx: Transaction) -> tuple[list[ReviewItem], bool]:
            conditions = [Sql("i.queue_id = ?", (find_queue(tx, queue_id).id,))]
            if status:
                conditions.append(Sql("i.status = ?", (status,)))
            found = query(_SELECTED, "review_queue_items i JOIN traces t ON t.id = i.trace_id", *conditions)
            page = Sql("ORDER BY i.created_at DESC, t.uuid LIMIT ? OFFSET ?", (most + 1, offset))
            rows = run(tx, joined(" ", (found, page)))
            return [_item(queue_id, Row(*row)) for row in rows[:most]], len(rows) > most

        return await self._database.reader.scan(work)

    async def set_status(
        self, queue_id: str, trace_id: str, status: str, by: str | None, at: int
    ) -> ReviewItem:
        """Who came first keeps the merit: the status that it has already changes nothing."""

        def work(tx: Transaction) -> ReviewItem:
            queue = find_queue(tx, queue_id)
            found = tx.one(HOLD_ONE, this=queue.id, uuid=trace_id)
            if found is None:
                raise missing(f"Item '{trace_id}' is not attached to review queue '{queue_id}'.")
            row = Row(*found)
            if row.status != status:
                completed = None if status == PENDING else at
                tx.run(
                    CHANGE, this=queue.id, trace=row.trace_id, to=status, by=by, completed=completed, at=at
                )
                row = row._replace(status=status, completed_by=by, completed_at=completed, updated_at=at)
            return _item(queue_id, row)

        return await self._database.writer.do(work)


def _item(queue_id: str, row: Row) -> ReviewItem:
    return ReviewItem(
        queue_id=queue_id,
        item_type="TRACE",
        item_id=row.trace,
        status=row.status,
        completed_by=row.completed_by,
        completed_time_ms=row.completed_at,
        creation_time_ms=row.created_at,
        last_update_time_ms=row.updated_at,
    )
