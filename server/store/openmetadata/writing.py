"""Writes to the catalog within a transaction: every change keeps the version before it."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.catalog import identifier
from trackstack.server.store.openmetadata import changes
from trackstack.server.store.openmetadata.rows import VERSIONED, Entity, Json
from trackstack.server.store.schema.openmetadata import catalog_domains, catalog_entities, catalog_versions
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_e, _v, _d = catalog_entities, catalog_versions, catalog_domains
_this = _e.c.id == bindparam("this")
_live_children = (_e.c.service_id == bindparam("this")) & _e.c.deleted_at.is_(None)
_children_deleted_with_it = (_e.c.service_id == bindparam("this")) & (_e.c.deleted_at == bindparam("then"))


def _keep(condition: Any) -> Statement:
    columns = [_e.c.id, *(_e.c[name] for name in VERSIONED)]
    return Statement(_v.insert().from_select(["entity_id", *VERSIONED], select(*columns).where(condition)))


def _mark(condition: Any) -> Statement:
    return Statement(
        update(_e)
        .where(condition)
        .values(
            previous=_e.c.version,
            version=_e.c.version + literal_column(str(changes.MINOR)),
            updated_at=bindparam("at"),
            updated_by=bindparam("by"),
            deleted_at=bindparam("deleted_at"),
            change=bindparam("change"),
        )
    )


ADD = insert(
    _e,
    "uuid",
    "kind",
    "service_id",
    "tenant",
    "service_type",
    "service",
    "name",
    "version",
    "updated_at",
    "updated_by",
    "document",
    returning="id",
    or_ignore=True,
)
KEEP = _keep(_this)
KEEP_LIVE_CHILDREN = _keep(_live_children)
KEEP_DELETED_CHILDREN = _keep(_children_deleted_with_it)
DELETE_LIVE_CHILDREN = _mark(_live_children)
RESTORE_CHILDREN = _mark(_children_deleted_with_it)
UPDATE = Statement(update(_e).where(_this).values({name: bindparam(name) for name in VERSIONED}))
SET_DOCUMENT = Statement(update(_e).where(_this).values(document=bindparam("document")))
REMOVE = Statement(delete(_e).where(_this))
REMOVE_DOMAINS = Statement(delete(_d).where(_d.c.entity_id == bindparam("this")))
ADD_DOMAIN = insert(_d, or_ignore=True)


class Stamp(NamedTuple):
    """Who changes something, and when in milliseconds."""

    by: str
    at: int


def replace(
    tx: Transaction, old: Entity, fields: Json, stamp: Stamp, deleted_at: int | None = None
) -> Entity:
    """The entity with these fields, alive or deleted; as it was where nothing changes."""
    before = {**old.fields, "deleted": old.deleted_at is not None}
    found = changes.change(before, {**fields, "deleted": deleted_at is not None})
    document = encoded(fields)
    if found is None:
        if document != old.document:  # what is not a version's: the test of a connection
            tx.run(SET_DOCUMENT, this=old.id, document=document)
        return old._replace(document=document)
    tx.run(KEEP, this=old.id)
    new = old._replace(
        version=old.version + found.step,
        previous=old.version,
        updated_at=max(stamp.at, old.updated_at),
        updated_by=stamp.by,
        deleted_at=deleted_at,
        change=encoded(found.description),
        document=document,
    )
    tx.run(UPDATE, this=old.id, **{name: getattr(new, name) for name in VERSIONED})
    set_domains(tx, old.id, fields)
    return new


def set_domains(tx: Transaction, entity_id: int, fields: Json) -> None:
    """Makes the entity found by the domains in its fields."""
    tx.run(REMOVE_DOMAINS, this=entity_id)
    rows = {domain_key(domain) for domain in fields.get("domains", ())}
    tx.many(ADD_DOMAIN, [(entity_id, domain) for domain in sorted(rows)])


def domain_key(domain: Json) -> str:
    """What a domain is found by: the id of its name, or else its own."""
    fqn = domain.get("fullyQualifiedName")
    return identifier("domain", fqn) if fqn else str(domain["id"])


def mark_children(tx: Transaction, service: Entity, stamp: Stamp) -> None:
    """Deletes the models of a service, at the very time at which it goes itself."""
    row = {"this": service.id, "at": stamp.at, "by": stamp.by}
    tx.run(KEEP_LIVE_CHILDREN, this=service.id)
    tx.run(DELETE_LIVE_CHILDREN, **row, deleted_at=stamp.at, change=_deletion(False, True))


def restore_children(tx: Transaction, service: Entity, stamp: Stamp) -> None:
    """Restores the models that went with the service, not those that were deleted before."""
    row = {"this": service.id, "at": stamp.at, "by": stamp.by, "then": service.deleted_at}
    tx.run(KEEP_DELETED_CHILDREN, this=service.id, then=service.deleted_at)
    tx.run(RESTORE_CHILDREN, **row, deleted_at=None, change=_deletion(True, False))


def _deletion(old: bool, new: bool) -> str:
    found = changes.change({"deleted": old}, {"deleted": new})
    assert found is not None
    return encoded(found.description)


def encoded(value: Json) -> str:
    return msgspec.json.encode(value).decode()
