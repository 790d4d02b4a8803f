"""Orders of runs: normal values, then NaN, then runs without one, in both directions; then newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from trackstack.server.search.run_conditions import COLUMNS, TABLES
from trackstack.server.search.run_queries import Sorted, Term
from trackstack.server.search.sql import Sql, direction, exists, select
from trackstack.server.search.tree import Entity, Order
from trackstack.server.store.schema import HEAD_LENGTH
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of all runs that comes before the next part as a whole.

    `walk` gives rows `s` of values and `r` of their runs in the order of `terms`, an experiment at a time;
    without one it is all runs `r` under `conditions`.
    """

    walk: Sql | None
    conditions: tuple[Sql, ...]
    terms: tuple[Term, ...] = ()


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
    terms: list[Term] = []
    for at, item in enumerate(order):
        way = direction(item.ascending)
        if item.entity is Entity.ATTRIBUTE:
            column = COLUMNS[item.key]
            terms += [Term(f"({column} IS NULL)")] * (item.key == "end_time") + [Term(column, way)]
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
                Term(f"CASE {nan}WHEN {alias}.value IS NULL THEN 2 ELSE 0 END"),
                Term(f"{alias}.value", way),
            ]
    if all(item.entity is not Entity.ATTRIBUTE or item.key != "start_time" for item in order):
        terms.append(Term("r.start_time", "DESC"))
    return Sorted(tuple(joins), (*terms, Term("r.uuid")))


def by_time(order: tuple[Order, ...]) -> bool:
    """Whether the first item is the start time, as it is where there is none: an index keeps it in order."""
    return not order or (order[0].entity is Entity.ATTRIBUTE and order[0].key == "start_time")


def by_value(tx: Transaction, order: tuple[Order, ...]) -> bool:
    """Whether the first item is of values that an index keeps in order."""
    return bool(order) and order[0].entity in TABLES and tx.known_key(order[0].key) is not None


def phases(tx: Transaction, first: Order) -> Iterator[Phase]:
    """The parts of all runs by a first item of values."""
    key_id, table, way = tx.known_key(first.key), TABLES[first.entity], direction(first.ascending)
    of_key = Sql("s.key_id = ?", (key_id,))
    walk = each_run(tx.database, Sql(f"{table} s"), "s.run_id")
    if first.entity is Entity.METRIC:
        yield Phase(walk, (of_key, Sql("s.is_nan = 0")), (Term("s.value", way),))
        yield Phase(walk, (of_key, Sql("s.is_nan = 1")))
    else:
        head = Term(f"substr(s.value, 1, {HEAD_LENGTH})", way)
        yield Phase(walk, (of_key,), (head, Term("s.value", way)))
    logged = select("1", f"{table} s", Sql("s.run_id = r.id"), Sql("s.key_id = ?", (key_id,)))
    yield Phase(None, (exists(logged, negate=True),))
