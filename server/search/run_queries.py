"""Queries of runs to statements: one page in order, out of one walk or merged from several."""

from dataclasses import dataclass
from typing import NamedTuple

from trackstack.server.search.sql import Sql, joined, run, select
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction


class Term(NamedTuple):
    """An item of ORDER BY."""

    expression: str
    way: str = "ASC"


@dataclass(frozen=True, slots=True)
class Sorted:
    """What sorts a query of runs: joins that bring values in, and the terms of ORDER BY."""

    joins: tuple[Sql, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Rows `r` of runs out of `tables`: those under `conditions` and one of `arms`.

    Each arm is what an index has in order; no run may be in two of them.
    """

    tables: Sql
    arms: tuple[tuple[Sql, ...], ...]
    conditions: tuple[Sql, ...]
    by: Sorted

    def page(self, tx: Transaction, limit: int, offset: int) -> list[int]:
        """The ids of at most `limit` runs from the one at `offset` on."""
        statement = self._page if len(self.arms) == 1 else self._merged
        return [row[0] for row in run(tx, statement(tx.database, limit, offset))]

    def count(self, tx: Transaction) -> int:
        """How many there are in all."""
        counts = (select("count(*)", self.tables, *arm, *self.conditions) for arm in self.arms)
        return sum(int(run(tx, count)[0][0]) for count in counts)

    def _page(self, _: str, limit: int, offset: int) -> Sql:
        order = ", ".join(f"{term.expression} {term.way}" for term in self.by.terms)
        return joined(" ", (self._arm("r.id", self.arms[0]), _rows(order, limit, offset)))

    def _merged(self, database: str, limit: int, offset: int) -> Sql:
        """Rows of all arms by their terms as columns; each arm is read no further than the page needs."""
        columns = ", ".join(f"{term.expression} AS t{at}" for at, term in enumerate(self.by.terms))
        order = ", ".join(f"t{at} {term.way}" for at, term in enumerate(self.by.terms))
        arms = [self._arm(f"r.id, {columns}", arm) for arm in self.arms]
        if database != SQLITE:  # which merges by itself; PostgreSQL does where each arm is sorted for it
            top = _rows(order, limit + offset, 0)
            arms = [joined("", (Sql("("), joined(" ", (arm, top)), Sql(")"))) for arm in arms]
        return joined(" ", (joined(" UNION ALL ", arms), _rows(order, limit, offset)))

    def _arm(self, columns: str, arm: tuple[Sql, ...]) -> Sql:
        return select(columns, joined(" ", (self.tables, *self.by.joins)), *arm, *self.conditions)


def _rows(order: str, limit: int, offset: int) -> Sql:
    return Sql(f"ORDER BY {order} LIMIT ? OFFSET ?", (limit, offset))
