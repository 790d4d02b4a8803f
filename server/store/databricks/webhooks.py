"""Rows of `registry_webhooks`: who is called about which models. Secrets are sealed before they come here."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from trackstack.server.errors import missing
from trackstack.server.store.database import Database
from trackstack.server.store.registry.rows import find_model
from trackstack.server.store.schema.databricks import registry_webhooks
from trackstack.server.store.schema.registry import registered_models
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_w, _m = registry_webhooks, registered_models
_FIELDS = ("description", "url", "sealed_authorization", "sealed_secret", "verified", "status", "events")
_found = select(*(column for column in _w.c if column.name != "model_id"), _m.c.name).select_from(
    _w.outerjoin(_m, _m.c.id == _w.c.model_id)
)

ADD = insert(_w, *(column.name for column in _w.c if column.name != "id"))
BY_UUID = Statement(_found.where(_w.c.uuid == bindparam("uuid")))
ALL = Statement(_found.order_by(_w.c.id))
CALLED = Statement(
    _found.where(
        _w.c.status == bindparam("active"), or_(_w.c.model_id.is_(None), _m.c.name == bindparam("model"))
    ).order_by(_w.c.id)
)
UPDATE = Statement(
    update(_w)
    .where(_w.c.uuid == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in (*_FIELDS, "updated_at")})
)
DELETE = Statement(delete(_w).where(_w.c.uuid == bindparam("this")))

ACTIVE, DISABLED, TEST_MODE = STATUSES = ("ACTIVE", "DISABLED", "TEST_MODE")


class RegistryWebhook(NamedTuple):
    """A row of the table, with its model's name; without one it is called about every model."""

    id: int
    uuid: str
    description: str
    url: str
    sealed_authorization: str | None
    sealed_secret: str | None
    verified: int
    status: str
    events: str
    created_at: int
    updated_at: int
    model_name: str | None

    @property
    def event_names(self) -> list[str]:
        return msgspec.json.decode(self.events, type=list[str])


class RegistryWebhooks:
    """Keeps who is called about what. `fields` are by the names of columns, `events` a list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, name: str, model_name: str | None, fields: Mapping[str, Any], at: int
    ) -> RegistryWebhook:
        """The webhook `name` (its uuid); missing where there is no such model."""

        def work(tx: Transaction) -> RegistryWebhook:
            model = find_model(tx, model_name).id if model_name else None
            tx.run(ADD, uuid=name, model_id=model, **_stored(fields), created_at=at, updated_at=at)
            return _one(tx, name)

        return await self._database.writer.do(work)

    async def get(self, name: str) -> RegistryWebhook:
        return await self._database.reader.do(lambda tx: _one(tx, name))

    async def page(
        self, events: Collection[str], model_name: str | None, most: int, offset: int
    ) -> tuple[list[RegistryWebhook], bool]:
        """At most `most` of those for any of `events` and for the model (all where these are not given), the
        oldest first; and whether there are more."""

        def work(tx: Transaction) -> tuple[list[RegistryWebhook], bool]:
            found = [
                one
                for one in (RegistryWebhook(*row) for row in tx.all(ALL))
                if (not events or set(events) & set(one.event_names))
                and (not model_name or one.model_name == model_name)
            ]
            return found[offset : offset + most], len(found) > offset + most

        return await self._database.reader.scan(work)

    async def update(self, name: str, fields: Mapping[str, Any], at: int) -> RegistryWebhook:
        """With other values in `fields`."""

        def work(tx: Transaction) -> RegistryWebhook:
            old = _one(tx, name)
            values = {**old._asdict(), **_stored(fields)}
            changed = {f"new_{field}": values[field] for field in _FIELDS}
            tx.run(UPDATE, this=name, new_updated_at=at, **changed)
            return _one(tx, name)

        return await self._database.writer.do(work)

    async def delete(self, name: str) -> None:
        await self._database.writer.do(lambda tx: tx.run(DELETE, this=_one(tx, name).uuid))


def called(tx: Transaction, model_name: str) -> list[RegistryWebhook]:
    """The active ones that are called about a model, whatever happens to it."""
    return [RegistryWebhook(*row) for row in tx.all(CALLED, active=ACTIVE, model=model_name)]


def _one(tx: Transaction, name: str) -> RegistryWebhook:
    row = tx.one(BY_UUID, uuid=name)
    if row is None:
        raise missing(f"There is no registry webhook with the id {name[:100]!r}")
    return RegistryWebhook(*row)


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    events = {"events": msgspec.json.encode(fields["events"]).decode()} if "events" in fields else {}
    return {**fields, **events}
