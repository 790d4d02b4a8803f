"""Searches of registered models and model versions; prompts are found only when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trackstack.server.errors import invalid
from trackstack.server.search import filters, orders, visibility
from trackstack.server.search.kinds import MODEL_VERSIONS, REGISTERED_MODELS
from trackstack.server.search.sql import (
    EVERYTHING,
    Sql,
    compare,
    direction,
    exists,
    joined,
    run,
    select,
)
from trackstack.server.search.tree import Comparison, Entity, Order
from trackstack.server.store.transaction import Transaction

IS_PROMPT = "mlflow.prompt.is_prompt"

_MODEL_SORTS = {"name": "m.name", "timestamp": "m.updated_at", "last_updated_timestamp": "m.updated_at"}
_VERSION_COLUMNS = {
    "name": "m.name",
    "run_id": "v.run_id",
    "source_path": "v.source",
    "version_number": "v.version",
    "creation_timestamp": "v.created_at",
    "last_updated_timestamp": "v.updated_at",
}
_NEWEST_VERSIONS = (Order(Entity.ATTRIBUTE, "last_updated_timestamp", False),)


@dataclass(frozen=True, slots=True)
class RegistrySearch:
    """What to look for; made by `parse_models` or `parse_versions`."""

    filter: tuple[Comparison, ...]
    order: tuple[Order, ...]


def parse_models(filter_string: str | None, order_by: Sequence[str]) -> RegistrySearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of registered models."""
    order = orders.parse(order_by, REGISTERED_MODELS)
    if len({_MODEL_SORTS[item.key] for item in order}) < len(order):
        raise invalid(f"`order_by` contains duplicate fields: {list(order_by)}")
    return RegistrySearch(filters.parse(filter_string, REGISTERED_MODELS), order)


def parse_versions(filter_string: str | None, order_by: Sequence[str]) -> RegistrySearch:
    """Raises ApiError, in MLflow's words, for what cannot be asked of model versions."""
    comparisons = filters.parse(filter_string, MODEL_VERSIONS)
    for comparison in comparisons:
        if isinstance(comparison.value, float):
            raise invalid(f"Invalid value for numeric attribute '{comparison.key}': {comparison.value!r}")
    order = orders.parse(order_by, MODEL_VERSIONS) or _NEWEST_VERSIONS
    for item in order:
        if item.entity is not Entity.ATTRIBUTE:
            raise invalid(f"Invalid order by key '{item.key}' specified.")
    return RegistrySearch(comparisons, order)


def models(tx: Transaction, search: RegistrySearch, columns: str, limit: int, offset: int) -> list[Any]:
    """`columns` of the rows `m` of registered models."""
    terms = [f"{_MODEL_SORTS[item.key]} {direction(item.ascending)}" for item in search.order]
    if all(item.key != "name" for item in search.order):
        terms.append("m.name")
    return _page(tx, _models(tx, search, columns), terms, limit, offset)


def count_models(tx: Transaction, search: RegistrySearch) -> int:
    """How many `models` finds on all pages."""
    return int(run(tx, _models(tx, search, "count(*)"))[0][0])


def _models(tx: Transaction, search: RegistrySearch, columns: str) -> Sql:
    tags = "registered_model_tags t", Sql("t.model_id = m.id")
    conditions = [
        _tagged(tx.database, *tags, comparison)
        if comparison.entity is Entity.TAG
        else compare(tx.database, "m.name", comparison.op, comparison.value)
        for comparison in _about_kind(search.filter)
    ]
    if not _asks_for_prompts(search.filter):
        conditions.append(_no_prompt(*tags))
    conditions += visibility.registered_models(tx, "m")
    return select(columns, "registered_models m", EVERYTHING, *conditions)


def versions(tx: Transaction, search: RegistrySearch, columns: str, limit: int, offset: int) -> list[Any]:
    """`columns` of the rows `v` of model versions and `m` of their models."""
    conditions = [
        _tagged(
            tx.database,
            "model_version_tags t",
            Sql("t.model_id = v.model_id AND t.version = v.version"),
            comparison,
        )
        if comparison.entity is Entity.TAG
        else compare(tx.database, _VERSION_COLUMNS[comparison.key], comparison.op, comparison.value)
        for comparison in _about_kind(search.filter)
    ]
    if not _asks_for_prompts(search.filter):
        conditions.append(_no_prompt("model_version_tags t", Sql("t.model_id = v.model_id")))
    conditions += visibility.registered_models(tx, "m")
    keys = {item.key for item in search.order}
    terms = [f"{_VERSION_COLUMNS[item.key]} {direction(item.ascending)}" for item in search.order]
    terms += ["m.name"] * ("name" not in keys) + ["v.version DESC"] * ("version_number" not in keys)
    tables = "model_versions v JOIN registered_models m ON m.id = v.model_id"
    return _page(tx, select(columns, tables, EVERYTHING, *conditions), terms, limit, offset)


def _page(tx: Transaction, found: Sql, terms: list[str], limit: int, offset: int) -> list[Any]:
    page = Sql(f"ORDER BY {', '.join(terms)} LIMIT ? OFFSET ?", (limit, offset))
    return run(tx, joined(" ", (found, page)))


def _asks_for_prompts(comparisons: tuple[Comparison, ...]) -> bool:
    for comparison in comparisons:
        if comparison.entity is Entity.TAG and comparison.key == IS_PROMPT:
            asked = (comparison.op, str(comparison.value).lower())
            return asked in (("=", "true"), ("!=", "false"))
    return False


def _about_kind(comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """Without what only says that models are wanted: models do not have that tag."""
    if _asks_for_prompts(comparisons):
        return comparisons
    return tuple(one for one in comparisons if one.entity is not Entity.TAG or one.key != IS_PROMPT)


def _tagged(database: str, table: str, owned: Sql, comparison: Comparison) -> Sql:
    of_value = compare(database, "t.value", comparison.op, comparison.value)
    return exists(select("1", table, owned, Sql("t.key = ?", (comparison.key,)), of_value))


def _no_prompt(table: str, owned: Sql) -> Sql:
    marked = select("1", table, owned, Sql("t.key = ?", (IS_PROMPT,)), Sql("t.value = 'true'"))
    return exists(marked, negate=True)
