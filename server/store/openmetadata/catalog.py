"""Services and models that users keep in the catalog: rows of `catalog_entities`."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from trackstack import catalog_requests
from trackstack.catalog import MODEL, SERVICE, qualified, quoted, split
from trackstack.server.errors import ApiError, exists, invalid, missing
from trackstack.server.store.database import Database
from trackstack.server.store.openmetadata import changes, rows, writing
from trackstack.server.store.openmetadata.rows import VERSIONED, Entity, Json, Ref, Wanted, Window, find
from trackstack.server.store.openmetadata.writing import Stamp, replace
from trackstack.server.store.schema.openmetadata import catalog_versions
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_v = catalog_versions

VERSIONS = Statement(
    select(*(_v.c[name] for name in VERSIONED))
    .where(_v.c.entity_id == bindparam("this"))
    .order_by(_v.c.version.desc())
)

CREATED = "entityCreated"
UPDATED = "entityUpdated"
UNCHANGED = "entityNoChange"
RESTORED = "entityRestored"


class Outcome(NamedTuple):
    """An entity after a write, and what the write was, in OpenMetadata's word."""

    entity: Entity
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An entity to create or update. `service`: the fully qualified name of a model's service, empty for a
    service. `fields`: what the request names; `defaults`: what a new entity has where it names nothing."""

    kind: str
    service: str = ""
    name: str
    service_type: str = ""
    fields: Json
    defaults: Json = field(default_factory=dict)

    @property
    def ref(self) -> tuple[str, str]:
        return self.service or quoted(self.name), self.name

    @property
    def fqn(self) -> str:
        return f"{self.service}.{quoted(self.name)}" if self.service else quoted(self.name)


class Catalog:
    """Creates, changes, deletes and restores entities, and remembers every version of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: New, stamp: Stamp) -> Entity:
        """Refused where the name is taken, by a deleted entity or another tenant's too."""
        return await self._database.writer.do(lambda tx: _create(tx, new, stamp))

    async def put(self, news: Sequence[New], stamp: Stamp) -> list[Outcome | ApiError]:
        """Creates or updates each; what of it was refused is in its place, and the others hold.

        What a request leaves out stays as it is; its tags come to those that are there. A deleted entity is
        restored by it.
        """

        def work(tx: Transaction) -> list[Outcome | ApiError]:
            return [_tried(tx, new, stamp) for new in news]

        return await self._database.writer.do(work)

    async def edit(self, kind: str, ref: Ref, change: Callable[[Entity], Json], stamp: Stamp) -> Outcome:
        """Gives an entity the fields that `change` makes of it; nothing happens where that raises.

        `change` may be called more than once.
        """

        def work(tx: Transaction) -> Outcome:
            old = _found(tx, kind, ref, deleted=False, hold=True)
            return _outcome(old, replace(tx, old, change(old), stamp))

        return await self._database.writer.do(work)

    async def delete(self, kind: str, ref: Ref, *, hard: bool, recursive: bool, stamp: Stamp) -> Entity:
        """For good or to be restored; a service only when it is empty, or `recursive` with its models.

        Nothing happens when it is deleted already.
        """

        def work(tx: Transaction) -> Entity:
            return _delete(tx, _found(tx, kind, ref, hold=True), hard, recursive, stamp)

        return await self._database.writer.do(work)

    async def restore(self, kind: str, ref: Ref, stamp: Stamp) -> Outcome:
        """A service comes back with the models that went with it."""

        def work(tx: Transaction) -> Outcome:
            old = _found(tx, kind, ref, hold=True)
            if old.deleted_at is None:
                return Outcome(old, UNCHANGED)
            if kind == MODEL:
                _live_service(tx, old.service)
            writing.restore_children(tx, old, stamp)
            return Outcome(replace(tx, old, old.fields, stamp), RESTORED)

        return await self._database.writer.do(work)

    async def get(self, kind: str, ref: Ref, deleted: bool | None = None) -> Entity:
        """`deleted` is None for either."""
        return await self._database.reader.do(lambda tx: _found(tx, kind, ref, deleted))

    async def page(self, wanted: Wanted, window: Window) -> list[Entity]:
        return await self._database.reader.scan(lambda tx: rows.page(tx, wanted, window))

    async def count(self, wanted: Wanted) -> int:
        return await self._database.reader.scan(lambda tx: rows.count(tx, wanted))

    async def versions(self, kind: str, ref: Ref) -> list[Entity]:
        """All that the entity ever was, the newest first."""

        def work(tx: Transaction) -> list[Entity]:
            now = _found(tx, kind, ref)
            before = tx.all(VERSIONS, this=now.id)
            return [now, *(now._replace(**dict(zip(VERSIONED, row, strict=True))) for row in before)]

        return await self._database.reader.scan(work)

    async def sweep(
        self, service: str, seen: Sequence[str], *, hard: bool, dry: bool, stamp: Stamp
    ) -> list[Entity]:
        """Deletes the live models of a service that were not seen by their names; `dry` only tells."""

        def work(tx: Transaction) -> list[Entity]:
            parent, known = _live_service(tx, service), set(seen)
            children = [Entity(*row) for row in tx.all(rows.CHILDREN, this=parent.id)]
            stale = [child for child in children if child.deleted_at is None and child.fqn not in known]
            if not dry:
                for child in stale:
                    _delete(tx, child, hard, False, stamp)
            return stale

        return await self._database.writer.do(work)


def unknown(kind: str, what: str) -> ApiError:
    """Says that there is no such entity."""
    return missing(catalog_requests.unknown(kind, what))


def _found(
    tx: Transaction, kind: str, ref: Ref, deleted: bool | None = None, *, hold: bool = False
) -> Entity:
    entity = find(tx, kind, ref, hold=hold)
    if entity is None or (deleted is not None and deleted != (entity.deleted_at is not None)):
        shown = ref if isinstance(ref, str) else f"{ref[0]}.{quoted(ref[1])}" if kind == MODEL else ref[0]
        raise unknown(kind, shown)
    return entity


def _live_service(tx: Transaction, fqn: str) -> Entity:
    names = split(fqn)
    if len(names) != 1:
        raise unknown(SERVICE, fqn)
    return _found(tx, SERVICE, (qualified(*names), names[0]), deleted=False, hold=True)


def _create(tx: Transaction, new: New, stamp: Stamp) -> Entity:
    parent = _live_service(tx, new.service) if new.kind == MODEL else None
    fields = {**new.defaults, **new.fields}
    row: dict[str, Any] = {
        "uuid": str(uuid.uuid4()),
        "kind": new.kind,
        "service_id": parent.id if parent else None,
        "tenant": parent.tenant if parent else tx.caller.tenant,
        "service_type": parent.service_type if parent else new.service_type,
        "service": new.ref[0],
        "name": new.name,
        "version": changes.FIRST,
        "updated_at": stamp.at,
        "updated_by": stamp.by,
        "document": writing.encoded(fields),
    }
    added = tx.one(writing.ADD, **row)
    if added is None:
        raise exists(f"Entity already exists: the {new.kind} {new.fqn}. PUT changes it.")
    writing.set_domains(tx, added[0], fields)
    parent_uuid = parent.uuid if parent else None
    return Entity(id=added[0], service_uuid=parent_uuid, previous=None, deleted_at=None, change=None, **row)


def _tried(tx: Transaction, new: New, stamp: Stamp) -> Outcome | ApiError:
    """Whatever is refused is refused before it changes anything."""
    try:
        return _put(tx, new, stamp)
    except ApiError as error:
        return error


def _put(tx: Transaction, new: New, stamp: Stamp) -> Outcome:
    if new.kind == MODEL:
        _live_service(tx, new.service)
    old = find(tx, new.kind, new.ref, hold=True)
    if old is None:
        return Outcome(_create(tx, new, stamp), CREATED)
    if new.service_type and new.service_type != old.service_type:
        raise invalid(
            f"The {old.kind} {old.fqn} is of type {old.service_type} and stays so, not {new.service_type}."
        )
    if old.deleted_at is not None:
        writing.restore_children(tx, old, stamp)
    fields = old.fields
    kept = {changes.identity(tag): tag for tag in fields.get("tags", ())}
    merged = kept | {changes.identity(tag): tag for tag in new.fields.get("tags", ())}
    return _outcome(old, replace(tx, old, {**fields, **new.fields, "tags": list(merged.values())}, stamp))


def _outcome(old: Entity, new: Entity) -> Outcome:
    if new.version == old.version:
        return Outcome(new, UNCHANGED)
    return Outcome(new, RESTORED if old.deleted_at is not None else UPDATED)


def _delete(tx: Transaction, old: Entity, hard: bool, recursive: bool, stamp: Stamp) -> Entity:
    children = [Entity(*row) for row in tx.all(rows.CHILDREN, this=old.id)] if old.kind == SERVICE else []
    if not recursive and any(hard or child.deleted_at is None for child in children):
        raise invalid(
            f"{old.kind} is not empty: {old.fqn} has {len(children)} models. "
            "Delete them before it, or all at once with recursive=true."
        )
    if hard:
        tx.run(writing.REMOVE, this=old.id)
        return old._replace(deleted_at=stamp.at)
    if old.deleted_at is not None:
        return old
    writing.mark_children(tx, old, stamp)
    return replace(tx, old, old.fields, stamp, deleted_at=stamp.at)
