"""Rows of `webhook_deliveries`: what webhooks are still to be told.

They are written by the transaction of the change that they tell of, and go when they are delivered or given
up. Whoever delivers one claims it for a while first, so that of several servers one does; a claim that runs
out, because its server has died, leaves it to the next.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.store.database import Database
from trackstack.server.store.schema.registry import webhook_deliveries
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.transaction import Transaction

_d = webhook_deliveries

ADD = insert(_d, "uuid", "kind", "webhook", "payload", "created_at", "due_at")
NEXT = Statement(select(func.min(_d.c.due_at)))
DUE = Statement(
    select(_d)
    .where(_d.c.due_at <= bindparam("now"))
    .order_by(_d.c.due_at, _d.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
CLAIM = Statement(
    lambda database: (
        update(_d)
        .where(among(database, _d.c.id, "ids"))
        .values(due_at=bindparam("until"), attempts=_d.c.attempts + literal_column("1"))
    )
)
POSTPONE = Statement(
    lambda database: update(_d).where(among(database, _d.c.id, "ids")).values(due_at=bindparam("at"))
)
DELETE = Statement(delete(_d).where(_d.c.id == bindparam("this")))


class Message(NamedTuple):
    """What one webhook is told: `kind` is the API that the webhook belongs to, `payload` the whole body."""

    kind: str
    webhook: str
    payload: str


class Waiting(NamedTuple):
    """A row of the table; times in milliseconds, `attempts` before this one."""

    id: int
    uuid: str
    kind: str
    webhook: str
    payload: str
    created_at: int
    due_at: int
    attempts: int


class Outbox:
    """Hands out what is due, and takes back what could not be delivered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_due(self) -> int | None:
        """When the next one is due, in milliseconds; None where nothing waits."""
        due: int | None = await self._database.reader.do(lambda tx: tx.one(NEXT)[0])
        return due

    async def claim(self, now: int, until: int, most: int) -> list[Waiting]:
        """What is due, the longest waiting first; nobody else gets it before `until`."""

        def work(tx: Transaction) -> list[Waiting]:
            found = [Waiting(*row) for row in tx.all(DUE, now=now, most=most)]
            if found:
                tx.run(CLAIM, ids=listed(tx.database, [one.id for one in found]), until=until)
            return found

        return await self._database.writer.do(work)

    async def postpone(self, ids: Sequence[int], at: int) -> None:
        """Has them due again at a time."""
        await self._database.writer.do(lambda tx: tx.run(POSTPONE, ids=listed(tx.database, ids), at=at))

    async def remove(self, id_: int) -> None:
        """It is delivered, or given up."""
        await self._database.writer.do(lambda tx: tx.run(DELETE, this=id_))


def add(tx: Transaction, messages: Iterable[Message], at: int) -> None:
    """Each is due at once."""
    tx.many(ADD, [(str(uuid.uuid4()), *message, at, at) for message in messages])
