"""Searches of evaluation datasets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trackstack.server.search import filters, orders, visibility
from trackstack.server.search.kinds_of_evaluation import DATASETS
from trackstack.server.search.sql import (
    EVERYTHING,
    Sql,
    all_of,
    compare,
    direction,
    exists,
    joined,
    one_of,
    run,
    select,
)
from trackstack.server.search.tree import Comparison, Entity, Order
from trackstack.server.store.schema.evaluation import evaluation_datasets
from trackstack.server.store.transaction import Transaction

_COLUMNS = {
    "name": "d.name",
    "created_time": "d.created_at",
    "last_update_time": "d.updated_at",
    "created_by": "d.created_by",
    "last_updated_by": "d.updated_by",
}
_NEWEST = (Order(Entity.ATTRIBUTE, "created_time", False),)
_ALL = ", ".join(f"d.{column.name}" for column in evaluation_datasets.c)


@dataclass(frozen=True, slots=True)
class DatasetSearch:
    """What to look for; made by `parse`. No experiments means: of any or of none."""

    experiments: tuple[int, ...]
    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]


def parse(experiments: Sequence[int], filter_string: str | None, order_by: Sequence[str]) -> DatasetSearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of datasets."""
    order = orders.parse(order_by, DATASETS) or _NEWEST
    return DatasetSearch(tuple(sorted(set(experiments))), filters.parse(filter_string, DATASETS), order)


def find(tx: Transaction, search: DatasetSearch, limit: int, offset: int) -> list[Any]:
    """Whole rows of at most `limit` datasets, in their order."""
    conditions = [
        EVERYTHING,
        *visibility.datasets(tx, "d"),
        *(_condition(tx.database, one) for one in search.filter),
    ]
    if search.experiments:
        among = one_of(tx.database, "e.experiment_id", search.experiments)
        placed = select("1", "evaluation_dataset_experiments e", Sql("e.dataset_id = d.id"), among)
        conditions.append(exists(placed))
    terms = [f"{_COLUMNS[item.key]} {direction(item.ascending)}" for item in search.order]
    page = Sql(f"ORDER BY {', '.join((*terms, 'd.uuid'))} LIMIT ? OFFSET ?", (limit, offset))
    return run(tx, joined(" ", (select(_ALL, "evaluation_datasets d", *conditions), page)))


def _condition(database: str, comparison: Comparison) -> Sql:
    if comparison.entity is Entity.ATTRIBUTE:
        return compare(database, _COLUMNS[comparison.key], comparison.op, comparison.value)
    tag = select(
        "1", "evaluation_dataset_tags g", Sql("g.dataset_id = d.id"), Sql("g.key = ?", (comparison.key,))
    )
    return exists(all_of((tag, compare(database, "g.value", comparison.op, comparison.value))))
