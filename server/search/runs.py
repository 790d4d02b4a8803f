"""Searches of runs.

Three ways to the same answer, by what the database has to look at:

- few runs can match (an index says so before): those are fetched, checked and sorted;
- else, ordered by a metric, param or tag first: its index is walked in order, and the walk ends with the
  page. Runs whose value is NaN, and those without one, follow as further walks;
- else all runs of the experiments are walked, newest first where that is the order, or sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trackstack.server.errors import invalid
from trackstack.server.search import filters, orders
from trackstack.server.search.kinds import RUNS
from trackstack.server.search.run_conditions import candidates, condition
from trackstack.server.search.run_orders import Phase, each_run, phases, sort, walkable
from trackstack.server.search.sql import EVERYTHING, NOTHING, Sql, in_view, joined, one_of, run, select
from trackstack.server.search.tree import Comparison, Entity, Order, View
from trackstack.server.store.transaction import Transaction

FEW = 1000
"""So many candidates are fetched and sorted at once; a walk may look at many more before it finds a page."""


@dataclass(frozen=True, slots=True)
class RunSearch:
    """What to look for; made by `parse`."""

    experiments: tuple[int, ...]
    view: View
    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]


def parse(
    experiments: Sequence[int], view: View, filter_string: str | None, order_by: Sequence[str]
) -> RunSearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of runs."""
    order = orders.parse(order_by, RUNS)
    for item in order:
        if item.entity is Entity.DATASET:
            raise invalid(f"Invalid identifier type '{item.entity}'")
    return RunSearch(tuple(sorted(set(experiments))), view, filters.parse(filter_string, RUNS), order)


def find(tx: Transaction, search: RunSearch, limit: int, offset: int = 0, few: int = FEW) -> list[int]:
    """Row ids of at most `limit` runs, in their order; `few` chooses the way, not the answer."""
    if not search.experiments:
        return []
    conditions = tuple(condition(tx, comparison) for comparison in search.filter)
    if NOTHING in conditions:
        return []
    scope = (
        one_of(tx.database, "r.experiment_id", search.experiments),
        *in_view("r.deleted_at", search.view),
    )
    narrowest = _narrowest(tx, search, few)
    if narrowest is not None:
        query = _Query(each_run(tx.database, Sql(f"({narrowest.text}) m", narrowest.values), "m.run_id"))
        return query.page(tx, (*scope, *conditions), search.order, limit, offset)
    if not walkable(tx, search.order):
        return _Query(Sql("runs r")).page(tx, (*scope, *conditions), search.order, limit, offset)
    return _walk(tx, search, (*scope, *conditions), limit, offset)


def _walk(
    tx: Transaction, search: RunSearch, conditions: tuple[Sql, ...], limit: int, offset: int
) -> list[int]:
    found: list[int] = []
    for phase in phases(tx, search.order[0], search.experiments):
        query = _Query.of(phase)
        part = query.page(tx, conditions, search.order[1:], limit - len(found), offset)
        found += part
        if len(found) == limit:
            break
        # The next phase begins where this one ended: how many rows of it were skipped?
        offset = 0 if part or not offset else offset - query.count(tx, conditions)
    return found


def _narrowest(tx: Transaction, search: RunSearch, few: int) -> Sql | None:
    """The query for the candidates of the comparison that has the fewest, if they are fewer than `few`."""
    best = None
    for comparison in search.filter:
        query = candidates(tx, comparison, search.experiments)
        if query is not None:
            first = Sql(f"({query.text} LIMIT ?) c", (*query.values, few))
            count = run(tx, select("count(*)", first, EVERYTHING))[0][0]
            if count < few:
                few, best = count, query
    return best


@dataclass(frozen=True, slots=True)
class _Query:
    """Rows `r` of runs out of `tables`."""

    tables: Sql
    conditions: tuple[Sql, ...] = ()
    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, phase: Phase) -> "_Query":
        return cls(phase.tables, phase.conditions, phase.terms)

    def page(
        self, tx: Transaction, conditions: tuple[Sql, ...], order: tuple[Order, ...], limit: int, offset: int
    ) -> list[int]:
        """Ids of the rows under further conditions, by `terms` and then `order`."""
        by = sort(tx, order)
        tables = joined(" ", (self.tables, *by.joins))
        page = Sql(f"ORDER BY {', '.join((*self.terms, *by.terms))} LIMIT ? OFFSET ?", (limit, offset))
        statement = joined(" ", (select("r.id", tables, *self.conditions, *conditions), page))
        return [row[0] for row in run(tx, statement)]

    def count(self, tx: Transaction, conditions: tuple[Sql, ...]) -> int:
        """How many rows there are in all."""
        return int(run(tx, select("count(*)", self.tables, *self.conditions, *conditions))[0][0])
