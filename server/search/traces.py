"""Searches of traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trackstack.server.search import filters, orders
from trackstack.server.search.kinds_of_3 import TRACES
from trackstack.server.search.sql import EVERYTHING, Sql, direction, joined, one_of, run, select
from trackstack.server.search.trace_conditions import COLUMNS, TABLES, check, conditions
from trackstack.server.search.tree import Comparison, Entity, Order
from trackstack.server.store.transaction import Transaction

_NEWEST = Order(Entity.ATTRIBUTE, "timestamp_ms", False)
_BY_ID = Order(Entity.ATTRIBUTE, "request_id", True)
_NULLABLE = ("execution_time_ms",)


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """What to look for; made by `parse`."""

    experiments: tuple[int, ...]
    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]


def parse(experiments: Sequence[int], filter_string: str | None, order_by: Sequence[str]) -> TraceSearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of traces."""
    comparisons = filters.parse(filter_string, TRACES)
    for comparison in comparisons:
        check(comparison)
    order = orders.parse(order_by, TRACES)
    known = {item.key for item in order if item.entity is Entity.ATTRIBUTE}
    order += tuple(item for item in (_NEWEST, _BY_ID) if item.key not in known)
    return TraceSearch(tuple(sorted(set(experiments))), comparisons, order)


def find(tx: Transaction, search: TraceSearch, columns: str, limit: int, offset: int = 0) -> list[Any]:
    """`columns` of at most `limit` rows `t` of traces, in their order."""
    if not search.experiments:
        return []
    joins, terms = _sort(search.order)
    tables = joined(" ", (Sql("traces t"), *joins))
    page = Sql(f"ORDER BY {', '.join(terms)} LIMIT ? OFFSET ?", (limit, offset))
    return run(tx, joined(" ", (select(columns, tables, *matching(tx.database, search)), page)))


def matching(database: str, search: TraceSearch) -> list[Sql]:
    """The conditions on rows `t` of traces."""
    return [
        one_of(database, "t.experiment_id", search.experiments) if search.experiments else Sql("1 = 0"),
        *conditions(database, search.filter, search.experiments),
    ]


def count(tx: Transaction, *searches: TraceSearch) -> int:
    """How many traces all of the searches find."""
    wanted = [condition for search in searches for condition in matching(tx.database, search)]
    return int(run(tx, select("count(*)", "traces t", *wanted or [EVERYTHING]))[0][0])


def _sort(order: tuple[Order, ...]) -> tuple[list[Sql], list[str]]:
    """Joins that bring values in, and the terms of ORDER BY: what has no value comes last."""
    joins: list[Sql] = []
    terms: list[str] = []
    for at, item in enumerate(order):
        column = f"o{at}.value"
        if item.entity is Entity.ATTRIBUTE:
            column = COLUMNS[item.key]
        else:
            on = f"o{at} ON o{at}.trace_id = t.id AND o{at}.key = ?"
            joins.append(Sql(f"LEFT JOIN {TABLES[item.entity]} {on}", (item.key,)))
        if item.entity is not Entity.ATTRIBUTE or item.key in _NULLABLE:
            terms.append(f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END")
        terms.append(f"{column} {direction(item.ascending)}")
    return joins, terms
