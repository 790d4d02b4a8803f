"""Searches of logged models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trackstack.server.errors import invalid
from trackstack.server.search import filters
from trackstack.server.search.kinds_of_3 import LOGGED_MODELS
from trackstack.server.search.sql import (
    Sql,
    compare,
    direction,
    exists,
    in_view,
    joined,
    one_of,
    run,
    select,
)
from trackstack.server.search.tree import Comparison, Entity, View
from trackstack.server.store.transaction import Transaction

STATUSES = ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED")
"""By their numbers in MLflow's API, from 1 on."""

_COLUMNS = {
    "name": "m.name",
    "model_id": "m.uuid",
    "model_type": "m.model_type",
    "status": "m.status",
    "status_message": "CAST(NULL AS TEXT)",
    "source_run_id": "m.source_run_id",
    "experiment_id": "CAST(m.experiment_id AS TEXT)",
    "artifact_location": "m.artifact_uri",
    "lifecycle_stage": "'active'",
    "creation_timestamp_ms": "m.created_at",
    "last_updated_timestamp_ms": "m.updated_at",
}
_TABLES = {Entity.PARAM: "logged_model_params x", Entity.TAG: "logged_model_tags x"}
_METRICS = "logged_model_metrics x"
_OF_MODEL = Sql("x.model_id = m.id")
_MOST_ORDERS = 16


@dataclass(frozen=True, slots=True)
class Dataset:
    """Metrics on the dataset of this name and, if it is not empty, this digest."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """One item of an order: an attribute, or a metric as last measured (on a dataset, if one is given)."""

    field: str
    ascending: bool = True
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True)
class LoggedModelSearch:
    """What to look for; made by `parse`."""

    experiments: tuple[int, ...]
    filter: tuple[Comparison, ...]
    datasets: tuple[Dataset, ...]
    order: tuple[ModelOrder, ...]


def parse(
    experiments: Sequence[int],
    filter_string: str | None,
    datasets: Sequence[Dataset],
    order: Sequence[ModelOrder],
) -> LoggedModelSearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of logged models."""
    if not all(dataset.name for dataset in datasets):
        raise invalid("`dataset_name` in the `datasets` clause must be specified.")
    if len(order) > _MOST_ORDERS:
        raise invalid(f"`order_by` has {len(order)} items; at most {_MOST_ORDERS} are allowed.")
    comparisons = tuple(map(_checked, filters.parse(filter_string, LOGGED_MODELS)))
    items = tuple(map(_ordered, order))
    return LoggedModelSearch(tuple(sorted(set(experiments))), comparisons, tuple(datasets), items)


def find(tx: Transaction, search: LoggedModelSearch, limit: int, offset: int) -> list[int]:
    """Row ids of at most `limit` logged models, in their order."""
    if not search.experiments:
        return []
    conditions = [_condition(tx.database, comparison, search.datasets) for comparison in search.filter]
    if search.datasets and all(one.entity is not Entity.METRIC for one in search.filter):
        conditions.append(exists(select("1", _METRICS, _OF_MODEL, _on(search.datasets))))
    columns, terms = _sort(search.order)
    found = select(
        columns.text,
        "logged_models m",
        one_of(tx.database, "m.experiment_id", search.experiments),
        *in_view("m.deleted_at", View.ACTIVE_ONLY),
        *conditions,
    )
    rows = joined("", (Sql("("), Sql(found.text, (*columns.values, *found.values)), Sql(") q")))
    page = Sql(f" ORDER BY {', '.join(terms)} LIMIT ? OFFSET ?", (limit, offset))
    return [row[0] for row in run(tx, joined("", (Sql("SELECT q.id FROM "), rows, page)))]


def _checked(comparison: Comparison) -> Comparison:
    """A status by its whole name, however it was written: READY, LOGGED_MODEL_READY, 2."""
    value = comparison.value
    if comparison.entity is not Entity.ATTRIBUTE or comparison.key != "status":
        return comparison
    if isinstance(value, tuple):
        return replace(comparison, value=tuple(map(_status, value)))
    return replace(comparison, value=_status(str(value))) if comparison.op in ("=", "!=") else comparison


def _status(text: str) -> str:
    known = {str(number): name for number, name in enumerate(STATUSES, 1)}
    known |= {name.removeprefix("LOGGED_MODEL_"): name for name in STATUSES}
    return known.get(text, text)


def _ordered(item: ModelOrder) -> ModelOrder:
    if item.dataset is not None and item.dataset.digest and not item.dataset.name:
        raise invalid("`dataset_digest` can only be specified if `dataset_name` is also specified.")
    field = LOGGED_MODELS.aliases.get(item.field, item.field)
    if "." in field and not field.startswith("metrics."):
        raise invalid(f"Invalid order by field name: {field}. Only metrics are supported.")
    if "." not in field and field not in _COLUMNS:
        raise invalid(f"Invalid order by field name: {field}")
    return replace(item, field=field)


def _condition(database: str, comparison: Comparison, datasets: tuple[Dataset, ...]) -> Sql:
    key, op, value = comparison.key, comparison.op, comparison.value
    if comparison.entity is Entity.ATTRIBUTE:
        return compare(database, _COLUMNS[key], op, value)
    of_key = (_OF_MODEL, Sql("x.key = ?", (key,)))
    if comparison.entity is not Entity.METRIC:
        of_value = compare(database, "x.value", op, value)
        return exists(select("1", _TABLES[comparison.entity], *of_key, of_value))
    of_value = compare(database, "x.value", op, value)
    if op == "!=":
        of_value = Sql(f"(x.is_nan = 1 OR {of_value.text})", of_value.values)
    else:
        of_value = Sql(f"x.is_nan = 0 AND {of_value.text}", of_value.values)
    return exists(select("1", _METRICS, *of_key, of_value, *((_on(datasets),) if datasets else ())))


def _on(datasets: Sequence[Dataset]) -> Sql:
    """The condition that a metric was measured on one of the datasets."""
    parts = joined(
        " OR ",
        (
            Sql("(x.dataset_name = ? AND x.dataset_digest = ?)", (dataset.name, dataset.digest))
            if dataset.digest
            else Sql("x.dataset_name = ?", (dataset.name,))
            for dataset in datasets
        ),
    )
    return Sql(f"({parts.text})", parts.values)


def _sort(order: tuple[ModelOrder, ...]) -> tuple[Sql, list[str]]:
    """Columns of the rows `q` to sort, and the terms that sort them; what has no value comes last."""
    columns = [Sql("m.id"), Sql("m.created_at"), Sql("m.uuid")]
    terms = []
    for at, item in enumerate(order):
        value = _last_metric(item) if item.field.startswith("metrics.") else Sql(_COLUMNS[item.field])
        columns.append(Sql(f"{value.text} AS s{at}", value.values))
        terms += [f"(q.s{at} IS NULL)", f"q.s{at} {direction(item.ascending)}"]
    fields = {item.field for item in order}
    terms += ["q.created_at DESC"] * ("creation_timestamp_ms" not in fields)
    terms += ["q.uuid"] * ("model_id" not in fields)
    return joined(", ", columns), terms


def _last_metric(item: ModelOrder) -> Sql:
    conditions = [_OF_MODEL, Sql("x.key = ?", (item.field.removeprefix("metrics."),))]
    if item.dataset is not None and item.dataset.name:
        conditions.append(_on([item.dataset]))
    value = "CASE WHEN x.is_nan = 0 THEN x.value END"
    last = select(value, _METRICS, *conditions)
    return Sql(f"({last.text} ORDER BY x.timestamp DESC, x.step DESC, x.run_id LIMIT 1)", last.values)
