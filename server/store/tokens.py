"""Rows of `tokens`: what is kept of users' tokens, which is never the token itself."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import ApiError, missing
from trackstack.server.store.database import Database
from trackstack.server.store.schema.access import tokens as _tokens
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_this = _tokens.c.id == bindparam("this")

ADD = insert(_tokens, *(column.name for column in _tokens.c if column.name != "last_used_at"))
ONE = Statement(select(_tokens).where(_this))
ALL = Statement(select(_tokens).order_by(_tokens.c.created_at, _tokens.c.id))
DESCRIBE = Statement(
    update(_tokens).where(_this).values({name: bindparam(name) for name in ("name", "description", "labels")})
)
LIMIT = Statement(update(_tokens).where(_this).values(valid_until=bindparam("valid_until")))
USED = Statement(update(_tokens).where(_this).values(last_used_at=bindparam("at")))
REVOKE = Statement(delete(_tokens).where(_this))


class TokenRow(NamedTuple):
    """A token as it is kept; times in milliseconds."""

    id: str
    digest: str
    scope: int
    name: str
    description: str
    labels: dict[str, str]
    user: str
    tenant: str
    created_at: int
    valid_until: int
    last_used_at: int | None = None


class Tokens:
    """Adds, finds, describes and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: TokenRow) -> None:
        """Keeps a token."""
        await self._database.writer.do(lambda tx: _add(tx, row))

    async def find(self, id_: str) -> TokenRow | None:
        """The token, expired or not; None where it never was or is revoked."""
        row = await self._database.reader.do(lambda tx: tx.one(ONE, this=id_))
        return _row(row) if row else None

    async def get(self, id_: str) -> TokenRow:
        """As `find`, but an unknown one is an ApiError."""
        row = await self.find(id_)
        if row is None:
            raise unknown(id_)
        return row

    async def all(self) -> list[TokenRow]:
        """Every token, oldest first."""
        return [_row(row) for row in await self._database.reader.do(lambda tx: tx.all(ALL))]

    async def describe(
        self, id_: str, name: str | None, description: str | None, labels: dict[str, str | None]
    ) -> TokenRow:
        """Changes what is given; labels are merged, and a null removes one."""

        def work(tx: Transaction) -> TokenRow:
            old = _existing(tx, id_)
            kept = {key: value for key, value in {**old.labels, **labels}.items() if value is not None}
            new = old._replace(
                name=old.name if name is None else name,
                description=old.description if description is None else description,
                labels=kept,
            )
            tx.run(DESCRIBE, this=id_, name=new.name, description=new.description, labels=_json(kept))
            return new

        return await self._database.writer.do(work)

    async def replace(self, id_: str, successor: TokenRow, until: int) -> None:
        """Adds `successor` and ends the old token at `until`, if not before; both or neither."""

        def work(tx: Transaction) -> None:
            old = _existing(tx, id_)
            tx.run(LIMIT, this=id_, valid_until=min(old.valid_until, until))
            _add(tx, successor)

        await self._database.writer.do(work)

    async def revoke(self, id_: str) -> TokenRow:
        """Forgets the token; what it was."""

        def work(tx: Transaction) -> TokenRow:
            old = _existing(tx, id_)
            tx.run(REVOKE, this=id_)
            return old

        return await self._database.writer.do(work)

    def used(self, id_: str, at: int) -> None:
        """Notes the time of use with one of the next commits."""

        def work(tx: Transaction) -> None:
            tx.run(USED, this=id_, at=at)

        self._database.writer.soon(work)


def unknown(id_: str) -> ApiError:
    return missing(f"No token with id {id_!r} exists")


def _existing(tx: Transaction, id_: str) -> TokenRow:
    row = tx.one(ONE, this=id_)
    if row is None:
        raise unknown(id_)
    return _row(row)


def _add(tx: Transaction, row: TokenRow) -> None:
    values = {**row._asdict(), "labels": _json(row.labels)}
    values.pop("last_used_at")
    tx.run(ADD, **values)


def _row(row: Any) -> TokenRow:
    found = TokenRow(*row)
    return found._replace(labels=msgspec.json.decode(row[5]))


def _json(labels: dict[str, str]) -> str:
    return msgspec.json.encode(labels).decode()
