"""Searches of experiments."""

from collections.abc import Sequence
from dataclasses import dataclass

from trackstack.server.errors import invalid
from trackstack.server.search import filters, orders, visibility
from trackstack.server.search.kinds import EXPERIMENTS
from trackstack.server.search.sql import (
    EVERYTHING,
    Sql,
    all_of,
    compare,
    direction,
    exists,
    in_view,
    joined,
    one_of,
    run,
    select,
)
from trackstack.server.search.tree import Comparison, Entity, Order, Value, View
from trackstack.server.store.transaction import Transaction

_COLUMNS = {
    "name": "e.name",
    "experiment_id": "e.id",
    "creation_time": "e.created_at",
    "last_update_time": "e.updated_at",
}
_NEWEST = (Order(Entity.ATTRIBUTE, "creation_time", False), Order(Entity.ATTRIBUTE, "experiment_id", True))


@dataclass(frozen=True, slots=True)
class ExperimentSearch:
    """What to look for; made by `parse`."""

    view: View
    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]


def parse(view: View, filter_string: str | None, order_by: Sequence[str]) -> ExperimentSearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of experiments."""
    comparisons = tuple(map(_checked, filters.parse(filter_string, EXPERIMENTS)))
    order = orders.parse(order_by, EXPERIMENTS) or _NEWEST
    for item in order:
        if item.entity is not Entity.ATTRIBUTE:
            raise invalid(f"Invalid order_by entity: {item.entity}")
    if all(item.key != "experiment_id" for item in order):
        order = (*order, Order(Entity.ATTRIBUTE, "experiment_id", False))
    return ExperimentSearch(view, comparisons, order)


def find(tx: Transaction, search: ExperimentSearch, limit: int, offset: int = 0) -> list[int]:
    """Ids of at most `limit` experiments, in their order."""
    by = ", ".join(f"{_COLUMNS[item.key]} {direction(item.ascending)}" for item in search.order)
    page = Sql(f"ORDER BY {by} LIMIT ? OFFSET ?", (limit, offset))
    return [row[0] for row in run(tx, joined(" ", (_select(tx, "e.id", search), page)))]


def count(tx: Transaction, search: ExperimentSearch) -> int:
    """How many experiments there are in all."""
    return int(run(tx, _select(tx, "count(*)", search))[0][0])


def _select(tx: Transaction, columns: str, search: ExperimentSearch) -> Sql:
    return select(
        columns,
        "experiments e",
        EVERYTHING,
        *in_view("e.deleted_at", search.view),
        *visibility.experiments(tx, "e"),
        *(_condition(tx.database, comparison) for comparison in search.filter),
    )


def _checked(comparison: Comparison) -> Comparison:
    key, value = comparison.key, comparison.value
    if comparison.entity is not Entity.ATTRIBUTE:
        return comparison
    if key == "experiment_id":
        return Comparison(comparison.entity, key, comparison.op, _ids(value))
    if isinstance(value, float):
        raise invalid(f"Invalid value for numeric attribute '{key}': {str(value)!r}")
    return comparison


def _ids(value: Value) -> tuple[str, ...]:
    texts = value if isinstance(value, tuple) else (str(value),)
    for text in texts:
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise invalid(f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer.")
    return texts


def _condition(database: str, comparison: Comparison) -> Sql:
    key, op, value = comparison.key, comparison.op, comparison.value
    if comparison.entity is Entity.TAG:
        return _tag(database, comparison)
    if key == "experiment_id" and isinstance(value, tuple):
        return one_of(database, "e.id", [int(text) for text in value], negate=op in ("!=", "NOT IN"))
    return compare(database, _COLUMNS[key], op, value)


def _tag(database: str, comparison: Comparison) -> Sql:
    tag = Sql("SELECT 1 FROM experiment_tags t WHERE t.experiment_id = e.id AND t.key = ?", (comparison.key,))
    if comparison.op in ("IS NULL", "IS NOT NULL"):
        return exists(tag, negate=comparison.op == "IS NULL")
    return exists(all_of((tag, compare(database, "t.value", comparison.op, comparison.value))))
