"""What a filter of runs asks of the row `r` of runs; and which runs it can hold for at most."""

from typing import NamedTuple

from trackstack.server.search.rules import NULLS
from trackstack.server.search.sql import EVERYTHING, NOTHING, Sql, all_of, compare, exists, one_of, select
from trackstack.server.search.tree import Comparison, Entity
from trackstack.server.store.schema import HEAD_LENGTH
from trackstack.server.store.transaction import Transaction

COLUMNS = {
    "run_id": "r.uuid",
    "run_name": "r.name",
    "status": "r.status",
    "artifact_uri": "r.artifact_uri",
    "user_id": "r.user_id",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
}
TABLES = {Entity.METRIC: "latest_metrics", Entity.PARAM: "params", Entity.TAG: "tags"}
_DATASET_COLUMNS = {"name": "d.name", "digest": "d.digest", "context": "rd.context"}
_HEAD = f"substr(v.value, 1, {HEAD_LENGTH})"
_DATASETS = "run_datasets rd JOIN datasets d ON d.id = rd.dataset_id"


def condition(tx: Transaction, comparison: Comparison) -> Sql:
    """The comparison as a condition, by the run's own key: cheap for one run, whatever the filter."""
    entity, key, op, value = comparison.entity, comparison.key, comparison.op, comparison.value
    if entity is Entity.ATTRIBUTE:
        return compare(tx.database, COLUMNS[key], op, value)
    if entity is Entity.DATASET:
        of_value = compare(tx.database, _DATASET_COLUMNS[key], op, value)
        return exists(select("1", _DATASETS, Sql("rd.run_id = r.id"), of_value))
    key_id = tx.known_key(key)
    if key_id is None:
        return EVERYTHING if op == "IS NULL" else NOTHING
    logged = select("1", f"{TABLES[entity]} v", Sql("v.run_id = r.id"), Sql("v.key_id = ?", (key_id,)))
    if op in NULLS:
        return exists(logged, negate=op == "IS NULL")
    if entity is Entity.METRIC:
        return exists(all_of((logged, _metric(tx.database, comparison))))
    return exists(all_of((logged, compare(tx.database, "v.value", op, value))))


class Candidates(NamedTuple):
    """A query for ids of runs, as `run_id`, and the columns in whose order an index has them."""

    query: Sql
    order: str


def candidates(tx: Transaction, comparison: Comparison, experiments: tuple[int, ...]) -> Candidates | None:
    """All runs that the comparison can hold for, if an index has them."""
    entity, op, value = comparison.entity, comparison.op, comparison.value
    if entity is Entity.ATTRIBUTE and comparison.key == "run_id" and op in ("=", "IN"):
        uuids = value if isinstance(value, tuple) else (str(value),)
        wanted = one_of(tx.database, "uuid", uuids)
        return Candidates(select("id AS run_id", "runs", wanted), "uuid")
    if entity in TABLES:
        key_id = tx.known_key(comparison.key)
        values = _indexed(tx.database, comparison)
        if key_id is not None and values is not None:
            scope = one_of(tx.database, "v.experiment_id", experiments)
            of_key = Sql("v.key_id = ?", (key_id,))
            index = "v.is_nan, v.value" if entity is Entity.METRIC else _HEAD
            query = select("v.run_id", f"{TABLES[entity]} v", scope, of_key, values)
            return Candidates(query, f"v.experiment_id, v.key_id, {index}, v.run_id")
    return None


def _metric(database: str, comparison: Comparison) -> Sql:
    """NaN is stored as 0 with a mark; of all comparisons only != holds for it."""
    of_value = compare(database, "v.value", comparison.op, comparison.value)
    if comparison.op == "!=":
        return Sql(f"(v.is_nan = 1 OR {of_value.text})", of_value.values)
    return Sql(f"v.is_nan = 0 AND {of_value.text}", of_value.values)


def _indexed(database: str, comparison: Comparison) -> Sql | None:
    """The comparison in the form that the table's index on values serves, if it does."""
    if comparison.entity is Entity.METRIC:
        return None if comparison.op == "!=" else _metric(database, comparison)
    if comparison.op != "=":
        return None
    # Only the head: SQLite would put a value that is compared as well into substr(), away from the index.
    return Sql(f"{_HEAD} = ?", (str(comparison.value)[:HEAD_LENGTH],))
