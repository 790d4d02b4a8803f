"""Searches of runs.

Three ways to the same answer, by what the database has to look at:

- few runs can match (an index says so before): those are fetched, checked and sorted;
- else, ordered by a metric, param or tag first: its index is walked in order, and the walk ends with the
  page. Runs whose value is NaN, and those without one, follow as further walks;
- else all runs are walked, newest first where that is the order, or sorted.

A walk is of one experiment, and of its active or its deleted runs; of several, walks are merged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trackstack.server.errors import invalid
from trackstack.server.search import filters, orders
from trackstack.server.search.kinds import RUNS
from trackstack.server.search.run_conditions import candidates, condition
from trackstack.server.search.run_orders import by_time, by_value, each_run, phases, sort
from trackstack.server.search.run_queries import Query, Sorted
from trackstack.server.search.sql import EVERYTHING, NOTHING, Sql, in_view, one_of, run, select
from trackstack.server.search.tree import Comparison, Entity, Order, View
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction

FEW = 1000
"""So many candidates are fetched and sorted at once; a walk may look at many more before it finds a page."""

MOST_WALKS = 64
"""So many walks are merged; preparing the merge of more takes longer than the sort that it spares."""


@dataclass(frozen=True, slots=True)
class RunSearch:
    """What to look for; made by `parse`."""

    experiments: tuple[int, ...]
    view: View
    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]

    @property
    def newest_first(self) -> bool:
        """Whether it is for what an index has in order, of one experiment: it reads no run in vain."""
        newest = all(by_time((item,)) and not item.ascending for item in self.order)
        return newest and not self.filter and len(self.experiments) == 1


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
    strictest_first = sorted(search.filter, key=lambda comparison: comparison.op != "=")
    conditions = tuple(condition(tx, comparison) for comparison in strictest_first)
    if NOTHING in conditions:
        return []
    narrowest = _narrowest(tx, strictest_first, search.experiments, few)
    if narrowest is not None:
        of_each = each_run(tx.database, Sql(f"({narrowest.text}) m", narrowest.values), "m.run_id")
        query = Query(of_each, (_scope(tx, search),), conditions, sort(tx, search.order))
        return query.page(tx, limit, offset)
    if by_value(tx, search.order):
        return _walk(tx, search, conditions, limit, offset)
    return _all(tx, search, conditions, search.order).page(tx, limit, offset)


def _walk(
    tx: Transaction, search: RunSearch, conditions: tuple[Sql, ...], limit: int, offset: int
) -> list[int]:
    found: list[int] = []
    first, *rest = search.order
    then = sort(tx, tuple(rest))
    for phase in phases(tx, first):
        if phase.walk is None:
            query = _all(tx, search, (*phase.conditions, *conditions), tuple(rest))
        else:
            view = in_view("r.deleted_at", search.view)
            by = Sorted(then.joins, (*phase.terms, *then.terms))
            query = Query(phase.walk, _values(tx, search), (*phase.conditions, *view, *conditions), by)
        part = query.page(tx, limit - len(found), offset)
        found += part
        if len(found) == limit:
            break
        # The next phase begins where this one ended: how many rows of it were skipped?
        offset = 0 if part or not offset else offset - query.count(tx)
    return found


def _all(tx: Transaction, search: RunSearch, conditions: tuple[Sql, ...], order: tuple[Order, ...]) -> Query:
    """All runs of the search under the conditions."""
    walks = _walks(search)
    walkable = by_time(order) and len(walks) <= MOST_WALKS
    arms = walks if walkable else (_scope(tx, search),)
    return Query(Sql("runs r"), arms, conditions, sort(tx, order))


def _walks(search: RunSearch) -> tuple[tuple[Sql, ...], ...]:
    """Every experiment's active and deleted runs, as far as the search is of them."""
    views = (View.ACTIVE_ONLY, View.DELETED_ONLY) if search.view is View.ALL else (search.view,)
    return tuple(
        (Sql("r.experiment_id = ?", (experiment,)), *in_view("r.deleted_at", view))
        for experiment in search.experiments
        for view in views
    )


def _values(tx: Transaction, search: RunSearch) -> tuple[tuple[Sql, ...], ...]:
    """Every experiment's values."""
    if len(search.experiments) > MOST_WALKS:
        return ((one_of(tx.database, "s.experiment_id", search.experiments),),)
    return tuple((Sql("s.experiment_id = ?", (experiment,)),) for experiment in search.experiments)


def _scope(tx: Transaction, search: RunSearch) -> tuple[Sql, ...]:
    return (
        one_of(tx.database, "r.experiment_id", search.experiments),
        *in_view("r.deleted_at", search.view),
    )


def _narrowest(
    tx: Transaction, comparisons: Sequence[Comparison], experiments: tuple[int, ...], few: int
) -> Sql | None:
    """The query for the candidates of the comparison that has the fewest, if they are fewer than `few`."""
    best = None
    for comparison in comparisons:
        found = candidates(tx, comparison, experiments)
        if found is not None:
            # Without an order PostgreSQL may look for the first ones in the table, where they may come last.
            order = "" if tx.database == SQLITE else f"ORDER BY {found.order} "
            first = Sql(f"({found.query.text} {order}LIMIT ?) c", (*found.query.values, few))
            count = run(tx, select("count(*)", first, EVERYTHING))[0][0]
            if count < few:
                few, best = count, found.query
    return best
