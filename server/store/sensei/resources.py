"""Sensei's own resources: engines, ML instances, services, insights and transcodings."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import PERMISSION_DENIED, ApiError
from trackstack.server.search.sql import Sql
from trackstack.server.store.callers import Level
from trackstack.server.store.database import Database
from trackstack.server.store.schema.sensei import sensei_resources
from trackstack.server.store.sensei import listing
from trackstack.server.store.sensei.kinds import Kind
from trackstack.server.store.sensei.listing import Page, Resource, Wanted
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_r = sensei_resources

ADD = insert(
    _r,
    "uuid",
    "kind",
    "parent",
    "tenant",
    "created_by",
    "created_at",
    "updated_at",
    "revision",
    "document",
)
REPLACE = Statement(
    update(_r)
    .where(_r.c.uuid == bindparam("this"), _r.c.revision == bindparam("known"))
    .values(
        parent=bindparam("new_parent"),
        document=bindparam("new_document"),
        updated_at=bindparam("at"),
        revision=_r.c.revision + literal_column("1"),
    )
)
MARK = Statement(
    update(_r)
    .where(_r.c.uuid == bindparam("this"), _r.c.deleted_at.is_(None))
    .values(
        deleted_at=bindparam("at"), updated_at=bindparam("at"), revision=_r.c.revision + literal_column("1")
    )
)
BELOW = Statement(
    select(_r.c.uuid).where(
        _r.c.parent == bindparam("parent"), _r.c.kind == bindparam("of"), _r.c.deleted_at.is_(None)
    )
)

Change = Callable[[Resource], Mapping[str, Any]]
"""The new document, out of the resource as it is; runs within the transaction."""


class Resources:
    """Reads every kind of resource; writes those that are Sensei's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, kind: Kind, wanted: Wanted, *scope: Sql) -> Page:
        return await self._database.reader.scan(lambda tx: listing.page(tx, kind, wanted, *scope))

    async def get(self, kind: Kind, id_: str, *scope: Sql) -> Resource:
        """Missing where it is deleted."""
        return await self._database.reader.scan(lambda tx: listing.one(tx, kind, id_, *scope))

    async def find(self, kind: Kind, id_: str) -> Resource | None:
        """Deleted or not."""
        return await self._database.reader.scan(lambda tx: listing.find(tx, kind, id_))

    async def create(
        self, kind: Kind, document: Mapping[str, Any], by: str, at: int, parent: str = "", id_: str = ""
    ) -> Resource:
        """`parent`: the id of what it goes with; `id_`: its own, where that is chosen already."""

        def work(tx: Transaction) -> Resource:
            name = id_ or str(uuid.uuid4())
            tx.run(
                ADD,
                uuid=name,
                kind=kind.name,
                parent=parent,
                tenant=tx.caller.tenant,
                created_by=by,
                created_at=at,
                updated_at=at,
                revision=1,
                document=encoded(document),
            )
            return listing.one(tx, kind, name)

        return await self._database.writer.do(work)

    async def replace(
        self, kind: Kind, id_: str, change: Change, etags: str | None, at: int, parent: str = ""
    ) -> Resource:
        """With the document that `change` makes. Refused where `etags` (If-Match) has not the current one."""

        def work(tx: Transaction) -> Resource:
            old = writable(tx, kind, id_)
            check_etag(old, etags)
            document = encoded(change(old))
            values = {"new_parent": parent, "new_document": document, "at": _later(old, at)}
            if not tx.changed(REPLACE, this=old.id, known=old.revision, **values):
                raise changed_meanwhile()
            return listing.one(tx, kind, id_)

        return await self._database.writer.do(work)

    async def delete(self, kind: Kind, id_: str, at: int) -> None:
        """Missing where it is deleted already."""
        await self._database.writer.do(lambda tx: tx.run(MARK, this=writable(tx, kind, id_).id, at=at))

    async def delete_below(self, kind: Kind, parent: str, at: int) -> None:
        """All resources of the kind that go with `parent`."""
        await self._database.writer.do(lambda tx: remove_below(tx, kind, parent, at))


def writable(tx: Transaction, kind: Kind, id_: str) -> Resource:
    """One of Sensei's own resources. Missing where there is none; refused to who may only read it."""
    found = listing.one(tx, kind, id_)
    if tx.caller.default < Level.EDIT and found.fields.get("createdBy") != tx.caller.user:
        raise ApiError(PERMISSION_DENIED, f"The {kind.name} {id_} is not one of the user {tx.caller.user!r}.")
    return found


def remove_below(tx: Transaction, kind: Kind, parent: str, at: int) -> list[str]:
    """Soft-deletes the resources of a kind that go with `parent`; their ids."""
    ids = [row[0] for row in tx.all(BELOW, parent=parent, of=kind.name)]
    for id_ in ids:
        tx.run(MARK, this=id_, at=at)
    return ids


def encoded(document: Mapping[str, Any]) -> str:
    """As documents are stored."""
    return msgspec.json.encode(document).decode()


def check_etag(resource: Resource, etags: str | None) -> None:
    """Raises ApiError 412 unless an If-Match header, if there is one, has the resource's ETag."""
    if etags is None or etags.strip() == "*":
        return
    if resource.etag not in [one.strip() for one in etags.split(",")]:
        raise changed_meanwhile()


def changed_meanwhile() -> ApiError:
    return ApiError(
        "ABORTED", "The resource was changed since it was read; get it again, then change that.", 412
    )


def _later(old: Resource, at: int) -> int:
    """Time goes on from one revision to the next, also where a clock does not."""
    return max(at, old.updated_at)
