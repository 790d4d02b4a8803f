"""Review queues: traces of an experiment that people are to judge, and who is to do it."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import ApiError, exists, invalid, missing
from trackstack.server.search.sql import EVERYTHING, Sql, joined, run
from trackstack.server.search.sql import select as query
from trackstack.server.store.database import Database
from trackstack.server.store.experiments import check_exists
from trackstack.server.store.schema.review import (
    label_schemas,
    review_queue_items,
    review_queue_schemas,
    review_queue_users,
    review_queues,
)
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.transaction import Transaction

USER = "USER"
CUSTOM = "CUSTOM"

_q, _users, _schemas, _items = review_queues, review_queue_users, review_queue_schemas, review_queue_items
_COLUMNS = [column.name for column in _q.c if column.name != "id"]
_CHANGED = ("name", "name_key", "owner", "updated_at")
_ALL = ", ".join(f"q.{column.name}" for column in _q.c)
ADD = insert(_q, *_COLUMNS, or_ignore=True, returning="id")
FIND = Statement(select(_q).where(_q.c.uuid == bindparam("uuid")))
HOLD = Statement(select(_q).where(_q.c.uuid == bindparam("uuid")).with_for_update())
"""PostgreSQL lets no other replica add items while the questions change, or the other way."""

NAMED = Statement(select(_q).where(_q.c.experiment_id == bindparam("in"), _q.c.name_key == bindparam("key")))
CHANGE = Statement(
    update(_q)
    .where(_q.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
DELETE = Statement(delete(_q).where(_q.c.uuid == bindparam("uuid")))
USERS = Statement(
    lambda database: (
        select(_users).where(among(database, _users.c.queue_id, "ids")).order_by(_users.c.reviewer)
    )
)
ADD_USER = insert(_users)
NO_USERS = Statement(delete(_users).where(_users.c.queue_id == bindparam("this")))
SCHEMAS = Statement(
    lambda database: (
        select(_schemas).where(among(database, _schemas.c.queue_id, "ids")).order_by(_schemas.c.schema_uuid)
    )
)
ADD_SCHEMA = insert(_schemas)
NO_SCHEMAS = Statement(delete(_schemas).where(_schemas.c.queue_id == bindparam("this")))
KNOWN_SCHEMAS = Statement(
    lambda database: select(label_schemas.c.uuid).where(
        label_schemas.c.experiment_id == bindparam("in"), among(database, label_schemas.c.uuid, "uuids")
    )
)
ANY_ITEM = Statement(
    select(_items.c.trace_id).where(_items.c.queue_id == bindparam("this")).limit(literal_column("1"))
)


class Row(NamedTuple):
    """Every column of `review_queues`."""

    id: int
    uuid: str
    experiment_id: int
    name: str
    name_key: str
    type: str
    owner: str | None
    created_at: int
    updated_at: int


class NewQueue(NamedTuple):
    """A queue to store; `users` in lower case."""

    experiment_id: int
    name: str
    type: str
    owner: str | None
    users: Sequence[str] = ()
    schemas: Sequence[str] = ()


class QueueChange(NamedTuple):
    """What to change; None leaves what there is."""

    name: str | None = None
    owner: str | None = None
    users: Sequence[str] | None = None
    schemas: Sequence[str] | None = None


class ReviewQueue(Struct, omit_defaults=True, kw_only=True):
    queue_id: str
    experiment_id: str
    name: str
    queue_type: str
    created_by: str | None = None
    creation_time_ms: int
    last_update_time_ms: int
    users: list[str] = []
    schema_ids: list[str] = []


class ReviewQueues:
    """Makes, finds, changes and deletes review queues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewQueue, at: int) -> ReviewQueue:
        """Refused where the experiment has one of that name, in whatever case."""

        def work(tx: Transaction) -> ReviewQueue:
            check_exists(tx, new.experiment_id)
            _check_schemas(tx, new.experiment_id, new.schemas)
            if not _add(tx, new, at):
                raise _taken(new.name)
            return _named(tx, new.experiment_id, new.name)

        return await self._database.writer.do(work)

    async def of_user(self, experiment_id: int, user: str, at: int) -> ReviewQueue:
        """The user's own queue, which is made where there is none. Refused where another has its name."""

        def work(tx: Transaction) -> ReviewQueue:
            check_exists(tx, experiment_id)
            _add(tx, NewQueue(experiment_id, user, USER, user, (user,)), at)
            found = _named(tx, experiment_id, user)
            if found.queue_type != USER:
                raise exists(
                    f"A non-user queue named '{user}' already exists; cannot get-or-create a user queue "
                    "with that name."
                )
            return found

        return await self._database.writer.do(work)

    async def get(self, queue_id: str) -> ReviewQueue:
        return await self._database.reader.do(lambda tx: _queues(tx, [find_queue(tx, queue_id)])[0])

    async def named(self, experiment_id: int, name: str) -> ReviewQueue:
        def work(tx: Transaction) -> ReviewQueue:
            check_exists(tx, experiment_id)
            return _named(tx, experiment_id, name)

        return await self._database.reader.do(work)

    async def page(
        self, experiment_id: int, user: str | None, trace_id: str | None, most: int, offset: int
    ) -> tuple[list[ReviewQueue], bool]:
        """The newest first, at most `most` from the one at `offset` on, and whether there are more.

        Of those that `user` is assigned to and that hold the trace, where these are given.
        """
        conditions = [Sql("q.experiment_id = ?", (experiment_id,))]
        if user is not None:
            assigned = query("u.queue_id", "review_queue_users u", Sql("u.reviewer = ?", (user,)))
            conditions.append(Sql(f"q.id IN ({assigned.text})", assigned.values))
        if trace_id is not None:
            holding = query(
                "i.queue_id",
                "review_queue_items i JOIN traces t ON t.id = i.trace_id",
                Sql("t.uuid = ?", (trace_id,)),
            )
            conditions.append(Sql(f"q.id IN ({holding.text})", holding.values))
        page = Sql("ORDER BY q.created_at DESC, q.id DESC LIMIT ? OFFSET ?", (most + 1, offset))
        wanted = joined(" ", (query(_ALL, "review_queues q", EVERYTHING, *conditions), page))

        def work(tx: Transaction) -> tuple[list[ReviewQueue], bool]:
            check_exists(tx, experiment_id)
            rows = [Row(*row) for row in run(tx, wanted)]
            return _queues(tx, rows[:most]), len(rows) > most

        return await self._database.reader.scan(work)

    async def update(self, queue_id: str, change: QueueChange, at: int) -> ReviewQueue:
        """Refused for a user's own queue, a name that is taken, and other questions once it has items."""

        def work(tx: Transaction) -> ReviewQueue:
            row = find_queue(tx, queue_id, HOLD)
            if row.type == USER:
                raise invalid(
                    "A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated."
                )
            if change != QueueChange():
                _change(tx, row, change, at)
            return _queues(tx, [find_queue(tx, queue_id)])[0]

        return await self._database.writer.do(work)

    async def delete(self, queue_id: str) -> None:
        """With its items; nothing happens where there is none."""
        await self._database.writer.do(lambda tx: tx.run(DELETE, uuid=queue_id))


def find_queue(tx: Transaction, queue_id: str, statement: Statement = FIND) -> Row:
    """Missing where there is no such queue."""
    row = tx.one(statement, uuid=queue_id)
    if row is None:
        raise missing(f"Review queue with id '{queue_id}' not found.")
    return Row(*row)


def _add(tx: Transaction, new: NewQueue, at: int) -> bool:
    """Whether the name was free."""
    added = tx.one(
        ADD,
        uuid=f"rq-{uuid.uuid4().hex}",
        experiment_id=new.experiment_id,
        name=new.name,
        name_key=new.name.lower(),
        type=new.type,
        owner=new.owner,
        created_at=at,
        updated_at=at,
    )
    if added is None:
        return False
    tx.many(ADD_USER, [(added[0], user) for user in new.users])
    tx.many(ADD_SCHEMA, [(added[0], schema) for schema in new.schemas])
    return True


def _change(tx: Transaction, row: Row, change: QueueChange, at: int) -> None:
    changed = row._replace(updated_at=at)
    if change.owner is not None:
        changed = changed._replace(owner=change.owner)
    if change.name is not None:
        changed = changed._replace(name=change.name, name_key=change.name.lower())
        namesake = tx.one(NAMED, **{"in": row.experiment_id}, key=changed.name_key)
        if namesake is not None and namesake[0] != row.id:
            raise _taken(change.name)
    tx.run(CHANGE, this=row.id, **{f"new_{name}": getattr(changed, name) for name in _CHANGED})
    if change.users is not None:
        tx.run(NO_USERS, this=row.id)
        tx.many(ADD_USER, [(row.id, user) for user in change.users])
    if change.schemas is not None:
        if tx.one(ANY_ITEM, this=row.id) is not None:
            raise invalid(
                "A review queue's questions are locked once items are assigned to it. "
                "Remove the items before changing its questions."
            )
        _check_schemas(tx, row.experiment_id, change.schemas)
        tx.run(NO_SCHEMAS, this=row.id)
        tx.many(ADD_SCHEMA, [(row.id, schema) for schema in change.schemas])


def _named(tx: Transaction, experiment_id: int, name: str) -> ReviewQueue:
    row = tx.one(NAMED, **{"in": experiment_id}, key=name.lower())
    if row is None:
        raise missing(f"Review queue with name '{name}' not found for experiment '{experiment_id}'.")
    return _queues(tx, [Row(*row)])[0]


def _check_schemas(tx: Transaction, experiment_id: int, schemas: Sequence[str]) -> None:
    """They are the experiment's."""
    known = {
        row[0] for row in tx.all(KNOWN_SCHEMAS, **{"in": experiment_id}, uuids=listed(tx.database, schemas))
    }
    if unknown := [schema for schema in schemas if schema not in known]:
        raise invalid(f"Label schema id(s) {unknown} not found for experiment '{experiment_id}'.")


def _taken(name: str) -> ApiError:
    return exists(f"Review queue with name '{name}' already exists (names are case-insensitive).")


def _queues(tx: Transaction, rows: Sequence[Row]) -> list[ReviewQueue]:
    """With their users and questions."""
    ids = listed(tx.database, [row.id for row in rows])
    users: dict[int, list[str]] = defaultdict(list)
    for queue_id, user in tx.all(USERS, ids=ids):
        users[queue_id].append(user)
    schemas: dict[int, list[str]] = defaultdict(list)
    for queue_id, schema in tx.all(SCHEMAS, ids=ids):
        schemas[queue_id].append(schema)
    return [
        ReviewQueue(
            queue_id=row.uuid,
            experiment_id=str(row.experiment_id),
            name=row.name,
            queue_type=row.type,
            created_by=row.owner,
            creation_time_ms=row.created_at,
            last_update_time_ms=row.updated_at,
            users=users[row.id],
            schema_ids=schemas[row.id],
        )
        for row in rows
    ]
