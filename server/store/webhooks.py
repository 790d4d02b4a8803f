"""Rows of `webhooks`: who is called about what. Secrets are sealed before they come here."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import missing
from trackstack.server.store.database import Database
from trackstack.server.store.schema.registry import webhooks
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_w = webhooks
_FIELDS = ("name", "description", "url", "sealed_secret", "status", "events", "updated_at")

ADD = insert(_w, "uuid", *_FIELDS, "created_at")
BY_UUID = Statement(select(_w).where(_w.c.uuid == bindparam("uuid")))
PAGE = Statement(
    select(_w)
    .order_by(_w.c.created_at.desc(), _w.c.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
ACTIVE = Statement(
    select(_w.c.uuid, _w.c.events).where(_w.c.status == literal_column("'ACTIVE'")).order_by(_w.c.id)
)
UPDATE = Statement(
    update(_w).where(_w.c.uuid == bindparam("this")).values({name: bindparam(name) for name in _FIELDS})
)
DELETE = Statement(delete(_w).where(_w.c.uuid == bindparam("this")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Fields of a webhook; None leaves one as it is. `events` are such as `model_version.created`."""

    name: str | None = None
    description: str | None = None
    url: str | None = None
    sealed_secret: str | None = None
    status: str | None = None
    events: tuple[str, ...] | None = None


class Webhook(NamedTuple):
    """A row of the table."""

    id: int
    uuid: str
    name: str
    description: str | None
    url: str
    sealed_secret: str | None
    status: str
    events: str
    created_at: int
    updated_at: int

    @property
    def event_names(self) -> list[str]:
        return msgspec.json.decode(self.events, type=list[str])


class Webhooks:
    """Keeps who subscribed to which events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, fields: Changes, at: int) -> Webhook:
        """The webhook `name` (its uuid)."""

        def work(tx: Transaction) -> Webhook:
            tx.run(
                ADD,
                uuid=name,
                name=fields.name,
                description=fields.description,
                url=fields.url,
                sealed_secret=fields.sealed_secret,
                status=fields.status or "ACTIVE",
                events=_encoded(fields.events or ()),
                created_at=at,
                updated_at=at,
            )
            return _one(tx, name)

        return await self._database.writer.do(work)

    async def get(self, name: str) -> Webhook:
        return await self._database.reader.do(lambda tx: _one(tx, name))

    async def page(self, most: int, offset: int) -> tuple[list[Webhook], bool]:
        """At most `most`, the newest first, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[Webhook], bool]:
            found = [Webhook(*row) for row in tx.all(PAGE, most=most + 1, offset=offset)]
            return found[:most], len(found) > most

        return await self._database.reader.do(work)

    async def update(self, name: str, changes: Changes, at: int) -> Webhook:
        def work(tx: Transaction) -> Webhook:
            old = _one(tx, name)
            secret = old.sealed_secret if changes.sealed_secret is None else changes.sealed_secret or None
            tx.run(
                UPDATE,
                this=name,
                name=old.name if changes.name is None else changes.name,
                description=old.description if changes.description is None else changes.description,
                url=old.url if changes.url is None else changes.url,
                sealed_secret=secret,
                status=changes.status or old.status,
                events=old.events if changes.events is None else _encoded(changes.events),
                updated_at=at,
            )
            return _one(tx, name)

        return await self._database.writer.do(work)

    async def delete(self, name: str) -> None:
        def work(tx: Transaction) -> None:
            tx.run(DELETE, this=_one(tx, name).uuid)

        await self._database.writer.do(work)


def subscribed(tx: Transaction, event: str) -> list[str]:
    """The ids of the webhooks to be called about `event`."""
    return [name for name, events in tx.all(ACTIVE) if event in msgspec.json.decode(events, type=list[str])]


def _one(tx: Transaction, name: str) -> Webhook:
    row = tx.one(BY_UUID, uuid=name)
    if row is None:
        raise missing(f"Webhook with ID {name} not found.")
    return Webhook(*row)


def _encoded(events: tuple[str, ...]) -> str:
    return msgspec.json.encode(events).decode()
