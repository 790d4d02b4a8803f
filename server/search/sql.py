"""Pieces of SQL: fixed text with a ? for every value, for both databases.

Nothing that a caller wrote is ever part of a text; columns and tables are this package's own constants.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from trackstack.server.search.tree import Value, View
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement and the values of its question marks, in their order."""

    text: str
    values: tuple[Any, ...] = ()


NOTHING = Sql("1 = 0")
EVERYTHING = Sql("1 = 1")
_JSON_ITEMS = "SELECT value FROM json_each(?)"


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """The pieces in their order."""
    parts = tuple(parts)
    return Sql(
        separator.join(part.text for part in parts), tuple(value for part in parts for value in part.values)
    )


def all_of(parts: Iterable[Sql]) -> Sql:
    """The condition that every one of at least one condition holds."""
    return joined(" AND ", parts)


def select(columns: str, tables: str | Sql, *conditions: Sql) -> Sql:
    """A query under at least one condition; it can be continued after its WHERE."""
    of = tables if isinstance(tables, Sql) else Sql(tables)
    where = all_of(conditions)
    text = f"SELECT {columns} FROM {of.text} WHERE {where.text}"  # noqa: S608 - texts are our own, values bound
    return Sql(text, (*of.values, *where.values))


def exists(inner: Sql, *, negate: bool = False) -> Sql:
    """The condition that a query of 1 has a row.

    Not written with EXISTS: PostgreSQL would plan a join of each, which takes minutes for a hundred of them.
    Nor with `=`, which it takes for true of one row in 200: it would sort all instead of walking an index.
    """
    return Sql(f"COALESCE(({inner.text} LIMIT 1), 0) {'< 1' if negate else '!= 0'}", inner.values)


def run(tx: Transaction, statement: Sql) -> list[Any]:
    """Every row of the statement's result."""
    text = statement.text if tx.database == SQLITE else statement.text.replace("?", "%s")
    return tx.text(text, statement.values)


def compare(database: str, column: str, op: str, value: Value) -> Sql:
    """A comparison of a column, as MLflow makes it: LIKE looks at case, ILIKE does not, neither escapes."""
    if isinstance(value, tuple):
        return one_of(database, column, value, negate=op == "NOT IN")
    if op == "CONTAINS":  # whatever case; unlike in a pattern, every character stands for itself
        return _contains(database, column, value)
    if op == "LIKE":
        return Sql(f"{column} LIKE ?" if database == SQLITE else f"{column} LIKE ? ESCAPE ''", (value,))
    if op == "ILIKE" and database == SQLITE:
        return Sql(f"lower({column}) LIKE lower(?)", (value,))
    if op == "ILIKE":
        # Columns have the collation C, which folds ASCII letters only.
        return Sql(f"{column} COLLATE \"default\" ILIKE ? ESCAPE ''", (value,))
    return Sql(f"{column} {op} ?", (value,))


def _contains(database: str, column: str, value: Value) -> Sql:
    if database == SQLITE:
        return Sql(f"instr(lower({column}), lower(?)) > 0", (value,))
    return Sql(
        f'strpos(lower({column} COLLATE "default"), lower(CAST(? AS text) COLLATE "default")) > 0', (value,)
    )


def one_of(database: str, column: str, values: Sequence[str | int], *, negate: bool = False) -> Sql:
    """Membership in any number of values, in one parameter."""
    if len(values) == 1:
        return Sql(f"{column} {'!=' if negate else '='} ?", (values[0],))
    if database == SQLITE:
        return Sql(f"{column} {'NOT IN' if negate else 'IN'} ({_JSON_ITEMS})", (json.dumps(list(values)),))
    return Sql(f"{column} {'!= ALL' if negate else '= ANY'}(?)", (list(values),))


def in_view(column: str, view: View) -> tuple[Sql, ...]:
    """The condition on the time of deletion, if the view has any."""
    match view:
        case View.ACTIVE_ONLY:
            return (Sql(f"{column} IS NULL"),)
        case View.DELETED_ONLY:
            return (Sql(f"{column} IS NOT NULL"),)
        case View.ALL:
            return ()


def direction(ascending: bool) -> str:
    return "ASC" if ascending else "DESC"
