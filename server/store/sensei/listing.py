"""Reads Sensei resources of any kind: one by its id, or a page of those that match."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from trackstack.server.errors import missing
from trackstack.server.search.sql import Sql, direction, joined, run, select
from trackstack.server.store.sensei.kinds import Kind
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction

_TRUTH = {"true": "1", "false": "0"}  # how SQLite reads JSON's


class Resource(NamedTuple):
    """One resource: `fields` are its document's and, winning over these, its live ones."""

    id: str
    created_at: int
    updated_at: int
    deleted_at: int | None
    revision: int
    fields: dict[str, Any]

    @classmethod
    def of(cls, kind: Kind, row: Sequence[Any]) -> "Resource":
        """From a row of the kind's columns."""
        document = msgspec.json.decode(row[5]) if row[5] else {}
        live = {
            name: value for name, value in zip(kind.live, row[6:], strict=True) if value not in (None, "")
        }
        id_, created_at, updated_at, deleted_at, revision = row[:5]
        return cls(id_, created_at, updated_at, deleted_at, revision, {**document, **live})

    @property
    def etag(self) -> str:
        """Changes with everything that a client can replace."""
        return f'"{self.revision}-{self.updated_at}"'


class Wanted(NamedTuple):
    """Which resources: fields with the value that each must have, and the order, newest first without one.

    `deleted` None finds deleted ones too. Times are compared as milliseconds.
    """

    equal: Sequence[tuple[str, str | int]] = ()
    deleted: bool | None = False
    order: Sequence[tuple[str, bool]] = (("updated", False),)
    """Fields, and whether they ascend."""
    start: int = 0
    most: int = 25


class Page(NamedTuple):
    """Part of a listing, and how many resources all of it has."""

    resources: list[Resource]
    total: int


def page(tx: Transaction, kind: Kind, wanted: Wanted, *scope: Sql) -> Page:
    """What is wanted among what the caller may see and `scope` allows."""
    conditions = [Sql(kind.condition), *kind.visible(tx), *scope]
    conditions += [_equal(tx, kind, name, value) for name, value in wanted.equal]
    if wanted.deleted is not None:
        conditions.append(Sql(f"{kind.deleted} IS {'NOT ' if wanted.deleted else ''}NULL"))
    total = int(run(tx, select("count(*)", kind.tables, *conditions))[0][0])
    terms = [f"{kind.column(tx.database, name)} {direction(up)}" for name, up in wanted.order]
    terms += [f"{column} DESC" for column in kind.newest.split(", ")]
    order = Sql(f"ORDER BY {', '.join(terms)} LIMIT ? OFFSET ?", (wanted.most, wanted.start))
    rows = run(tx, joined(" ", (select(kind.columns, kind.tables, *conditions), order)))
    return Page([Resource.of(kind, row) for row in rows], total)


def find(tx: Transaction, kind: Kind, id_: str, *scope: Sql) -> Resource | None:
    """The resource, deleted or not; None where there is none that the caller may see."""
    if "\x00" in id_:
        return None  # nothing has such an id, and PostgreSQL takes no such text
    conditions = [kind.by_id(id_), Sql(kind.condition), *kind.visible(tx), *scope]
    rows = run(tx, select(kind.columns, kind.tables, *conditions))
    return Resource.of(kind, rows[0]) if rows else None


def one(tx: Transaction, kind: Kind, id_: str, *scope: Sql) -> Resource:
    """The same; missing where it is deleted, too."""
    found = find(tx, kind, id_, *scope)
    if found is None or found.deleted_at is not None:
        raise missing(f"There is no {kind.name} with the id {id_[:100]!r}.")
    return found


def _equal(tx: Transaction, kind: Kind, name: str, value: str | int) -> Sql:
    column = kind.column(tx.database, name)
    if tx.database == SQLITE and name in kind.stored and value in _TRUTH:
        return Sql(f"{column} IN (?, ?)", (value, _TRUTH[str(value)]))
    return Sql(f"{column} = ?", (value,))
