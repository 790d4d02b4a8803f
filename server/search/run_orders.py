"""Orders of runs: normal values, then NaN, then runs without one, in both directions; then newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from trackstack.server.search.run_conditions import COLUMNS, TABLES
from trackstack.server.search.sql import Sql, direction, exists, one_of, select
from trackstack.server.search.tree import Entity, Order
from trackstack.server.store.schema import HEAD_LENGTH
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction

_NEWEST = "r.start_time DESC"


@dataclass(frozen=True, slots=True)
class Sorted:
    """What sorts a query of runs: joins that bring values in, and the terms of ORDER BY."""

    joins: tuple[Sql, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of all runs that comes before the next part as a whole, and can be walked in its order.

    `tables` gives rows `r` of runs, under `conditions`; `terms` sort before what else sorts.
    """

    tables: Sql
    conditions: tuple[Sql, ...]
    terms: tuple[str, ...]


def each_run(database: str, outer: Sql, run_id: str) -> Sql:
    """The rows `r` of runs for each row of `outer`, looked up one by one in its order.

    Both databases are held to it: left to choose, they may read all runs again for each row.
    """
    if database == SQLITE:
        return Sql(f"{outer.text} CROSS JOIN runs r ON r.id = {run_id}", outer.values)
    return Sql(
        f"{outer.text} CROSS JOIN LATERAL (SELECT * FROM runs WHERE id = {run_id} OFFSET 0) r",  # noqa: S608 - our own text
        outer.values,
    )


def sort(tx: Transaction, order: tuple[Order, ...]) -> Sorted:
    """The order as a sort of whatever rows `r` there are."""
    joins: list[Sql] = []
    terms: list[str] = []
    for at, item in enumerate(order):
        way = direction(item.ascending)
        if item.entity is Entity.ATTRIBUTE:
            column = COLUMNS[item.key]
            terms += [f"({column} IS NULL)"] * (item.key == "end_time") + [f"{column} {way}"]
        elif (key_id := tx.known_key(item.key)) is not None:
            table, alias = TABLES[item.entity], f"o{at}"
            joins.append(
                Sql(
                    f"LEFT JOIN {table} {alias} ON {alias}.run_id = r.id AND {alias}.key_id = ?",
                    (key_id,),
                )
            )
            nan = f"WHEN {alias}.is_nan = 1 THEN 1 " if item.entity is Entity.METRIC else ""
            terms += [
                f"CASE {nan}WHEN {alias}.value IS NULL THEN 2 ELSE 0 END",
                f"{alias}.value {way}",
            ]
    if all(item.entity is not Entity.ATTRIBUTE or item.key != "start_time" for item in order):
        terms.append(_NEWEST)
    return Sorted(tuple(joins), (*terms, "r.uuid"))


def walkable(tx: Transaction, order: tuple[Order, ...]) -> bool:
    """Whether the first item is of values that an index keeps in order."""
    return bool(order) and order[0].entity in TABLES and tx.known_key(order[0].key) is not None


def phases(tx: Transaction, first: Order, experiments: tuple[int, ...]) -> Iterator[Phase]:
    """The parts of all runs of the experiments by a walkable first item."""
    key_id, table, way = tx.known_key(first.key), TABLES[first.entity], direction(first.ascending)
    of_key = (one_of(tx.database, "s.experiment_id", experiments), Sql("s.key_id = ?", (key_id,)))
    walked = each_run(tx.database, Sql(f"{table} s"), "s.run_id")
    if first.entity is Entity.METRIC:
        yield Phase(walked, (*of_key, Sql("s.is_nan = 0")), (f"s.value {way}",))
        yield Phase(walked, (*of_key, Sql("s.is_nan = 1")), ())
    else:
        yield Phase(walked, of_key, (f"substr(s.value, 1, {HEAD_LENGTH}) {way}", f"s.value {way}"))
    logged = select("1", f"{table} s", Sql("s.run_id = r.id"), Sql("s.key_id = ?", (key_id,)))
    yield Phase(Sql("runs r"), (exists(logged, negate=True),), ())
