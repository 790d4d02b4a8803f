"""What people say, ask and do about versions of registered models: comments, requests, transitions."""

import uuid
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import missing
from trackstack.server.store.database import Database
from trackstack.server.store.registry.rows import VersionRow, find_version
from trackstack.server.store.schema.databricks import activities
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

APPLIED_TRANSITION = "APPLIED_TRANSITION"
APPROVED_REQUEST = "APPROVED_REQUEST"
CANCELLED_REQUEST = "CANCELLED_REQUEST"
NEW_COMMENT = "NEW_COMMENT"
REJECTED_REQUEST = "REJECTED_REQUEST"
REQUESTED_TRANSITION = "REQUESTED_TRANSITION"
SYSTEM_TRANSITION = "SYSTEM_TRANSITION"

_a = activities
_of_version = (_a.c.model_id == bindparam("model")) & (_a.c.version == bindparam("number"))
_open = _a.c.is_open == literal_column("1")

ADD = insert(_a, *(column.name for column in _a.c if column.name != "id"))
FIND = Statement(select(_a).where(_a.c.uuid == bindparam("uuid")))
OF_VERSION = Statement(
    select(_a).where(_of_version).order_by(_a.c.id).limit(bindparam("most")).offset(bindparam("offset"))
)
OPEN = Statement(select(_a).where(_of_version, _open).order_by(_a.c.id))
CLOSE_TO = Statement(
    update(_a)
    .where(_of_version, _open, _a.c.to_stage == bindparam("stage"))
    .values(is_open=literal_column("0"), updated_at=bindparam("at"))
)
CLOSE_ONE = Statement(
    update(_a)
    .where(_a.c.id == bindparam("this"))
    .values(is_open=literal_column("0"), updated_at=bindparam("at"))
)
EDIT = Statement(
    update(_a)
    .where(_a.c.id == bindparam("this"))
    .values(comment=bindparam("text"), updated_at=bindparam("at"))
)
DELETE = Statement(delete(_a).where(_a.c.id == bindparam("this")))


class Activity(NamedTuple):
    """A row of the table."""

    id: int
    uuid: str
    model_id: int
    version: int
    type: str
    user: str
    comment: str | None
    system_comment: str | None
    from_stage: str | None
    to_stage: str | None
    is_open: int
    created_at: int
    updated_at: int


class Said(NamedTuple):
    """Who does something, when, and what they say about it."""

    user: str
    comment: str
    at: int


class Activities:
    """Reads what happened to a version, and keeps the comments on it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_version(
        self, name: str, version: int, most: int, offset: int
    ) -> tuple[list[Activity], bool]:
        """At most `most`, the oldest first, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[Activity], bool]:
            found = find_version(tx, name, version)
            page = {"model": found.model_id, "number": version, "most": most + 1, "offset": offset}
            rows = [Activity(*row) for row in tx.all(OF_VERSION, **page)]
            return rows[:most], len(rows) > most

        return await self._database.reader.scan(work)

    async def comment(self, name: str, version: int, said: Said) -> Activity:
        return await self._database.writer.do(
            lambda tx: record(tx, find_version(tx, name, version), NEW_COMMENT, said)
        )

    async def get_comment(self, id_: str) -> Activity:
        return await self._database.reader.do(lambda tx: _comment(tx, id_))

    async def edit_comment(self, id_: str, text: str, at: int) -> Activity:
        def work(tx: Transaction) -> Activity:
            tx.run(EDIT, this=_comment(tx, id_).id, text=text, at=at)
            return _comment(tx, id_)

        return await self._database.writer.do(work)

    async def delete_comment(self, id_: str) -> None:
        await self._database.writer.do(lambda tx: tx.run(DELETE, this=_comment(tx, id_).id))


def record(
    tx: Transaction,
    version: VersionRow,
    type_: str,
    said: Said,
    *,
    to_stage: str | None = None,
    system_comment: str | None = None,
) -> Activity:
    """Keeps what was done to a version; with `to_stage` it is about a move from the stage that it is in."""
    name = uuid.uuid4().hex
    tx.run(
        ADD,
        uuid=name,
        model_id=version.model_id,
        version=version.version,
        type=type_,
        user=said.user,
        comment=said.comment or None,
        system_comment=system_comment,
        from_stage=None if to_stage is None else version.stage,
        to_stage=to_stage,
        is_open=int(type_ == REQUESTED_TRANSITION),
        created_at=said.at,
        updated_at=said.at,
    )
    return Activity(*tx.one(FIND, uuid=name))


def open_requests(tx: Transaction, version: VersionRow) -> list[Activity]:
    """The oldest first."""
    return [Activity(*row) for row in tx.all(OPEN, model=version.model_id, number=version.version)]


def close_requests(tx: Transaction, version: VersionRow, stage: str, at: int) -> int:
    """Ends all open requests for a move to `stage`; how many there were."""
    return tx.changed(CLOSE_TO, model=version.model_id, number=version.version, stage=stage, at=at)


def _comment(tx: Transaction, id_: str) -> Activity:
    row = tx.one(FIND, uuid=id_)
    if row is None or Activity(*row).type != NEW_COMMENT:
        raise missing(f"There is no comment with the id {id_[:100]!r}")
    return Activity(*row)
