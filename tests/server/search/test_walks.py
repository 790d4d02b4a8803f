"""A page costs what is on it, however many runs there are: counted in the database's steps, not in time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from trackstack.server.search import runs
from trackstack.server.search.sql import Sql, run
from trackstack.server.search.tree import View
from trackstack.server.store.keys import Keys
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import SQLITE, insert
from trackstack.server.store.transaction import Transaction

ADD_EXPERIMENT = insert(tracking.experiments, "id", "name", "artifact_location", "created_at", "updated_at")
ADD_RUN = insert(
    tracking.runs,
    *("id", "uuid", "experiment_id", "name", "user_id", "status", "start_time", "artifact_uri", "deleted_at"),
)
ADD_METRIC = insert(tracking.latest_metrics)
ADD_PARAM = insert(tracking.params)
ADD_TAG = insert(tracking.tags)

EXPERIMENTS = 3
PAGE = 20

SEARCHES: dict[str, tuple[list[int], View, str, list[str]]] = {
    "newest": ([1], View.ACTIVE_ONLY, "", []),
    "newest deleted": ([1], View.DELETED_ONLY, "", []),
    "newest, deleted or not": ([1], View.ALL, "", []),
    "newest of several experiments": ([1, 2, 3], View.ACTIVE_ONLY, "", []),
    "newest of several, deleted or not": ([1, 2, 3], View.ALL, "", ["start_time DESC"]),
    "oldest": ([1, 2], View.ALL, "", ["start_time ASC"]),
    "by metric": ([1], View.ACTIVE_ONLY, "", ["metrics.a DESC"]),
    "by metric of several": ([1, 2, 3], View.ALL, "", ["metrics.a"]),
    "by param": ([1], View.ACTIVE_ONLY, "", ["params.p DESC"]),
    "by tag of several": ([1, 2, 3], View.ALL, "", ["tags.t"]),
    "filtered, newest": ([1, 2], View.ACTIVE_ONLY, "metrics.b > 0.5", []),
    "filtered, by metric": (
        [1],
        View.ACTIVE_ONLY,
        "metrics.b > 0.5 AND params.half = 'x'",
        ["metrics.a DESC"],
    ),
    "filtered, by metric of several": ([1, 2, 3], View.ALL, "metrics.b > 0.5", ["metrics.a", "params.p"]),
}


class Counted:
    """Runs statements and counts what they cost: instructions of SQLite's machine, or PostgreSQL's rows."""

    def __init__(self, connection: Any, database: str) -> None:
        self.steps = 0
        if database == SQLITE:
            from trackstack.server.store.sqlite import SqliteTransaction

            connection.set_progress_handler(self._step, 10)
            self.tx: Transaction = SqliteTransaction(connection, Keys())
            return
        from trackstack.server.store.postgres import PostgresTransaction

        class Explained(PostgresTransaction):
            def text(explained, sql: str, params: Iterable[Any] = ()) -> list[Any]:
                values = tuple(params)
                ((plans,),) = super().text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
                self.steps += _rows(plans[0]["Plan"])
                return super().text(sql, values)

        self.tx = Explained(connection, Keys())

    def _step(self) -> None:
        self.steps += 1


@contextmanager
def counted(tx: Transaction) -> Iterator[Counted]:
    connection: Any = tx._connection
    yield Counted(connection, tx.database)
    if tx.database == SQLITE:
        connection.set_progress_handler(None, 0)


def _rows(node: dict[str, Any]) -> int:
    """All rows that a plan's nodes handed on or looked at in vain."""
    own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(own) + sum(map(_rows, node.get("Plans", ())))


def fill(tx: Transaction, each: int) -> None:
    """`each` runs an experiment, half of them deleted; some values are another run's, too."""
    for table in ("run_datasets", "datasets", "params", "tags", "latest_metrics", "runs", "experiments"):
        run(tx, Sql(f"DELETE FROM {table} RETURNING 1"))
    a, b, p, half, t = map(tx.key, ["a", "b", "p", "half", "t"])
    tx.succeed()
    numbers = range(1, EXPERIMENTS * each + 1)
    of = {id_: id_ % EXPERIMENTS + 1 for id_ in numbers}
    tx.many(ADD_EXPERIMENT, [(number, str(number), "", 0, 0) for number in set(of.values())])
    tx.many(
        ADD_RUN,
        [
            (id_, f"{id_ * 7919 % 99991:032}", of[id_], "", "", "RUNNING", id_ // 2, "", id_ % 2 or None)
            for id_ in numbers
        ],
    )
    metrics = [(id_, a, of[id_], 0, 0, id_ * 7919 % 9973 / 9973, 0) for id_ in numbers]
    metrics += [(id_, b, of[id_], 0, 0, id_ * 104729 % 1009 / 1009, 0) for id_ in numbers]
    tx.many(ADD_METRIC, metrics)
    tx.many(ADD_PARAM, [(id_, p, of[id_], str(id_ * 7919 % 9973)) for id_ in numbers])
    tx.many(ADD_PARAM, [(id_, half, of[id_], "xy"[id_ // 4 % 2]) for id_ in numbers])
    tx.many(ADD_TAG, [(id_, t, of[id_], str(id_ * 7919 % 9973)) for id_ in numbers])


@pytest.fixture(scope="module")
def costs(tx: Transaction) -> dict[str, list[int]]:
    """What each search's first page costs of few and of four times as many runs."""
    costs: dict[str, list[int]] = {name: [] for name in SEARCHES}
    for each in (1000, 4000):
        fill(tx, each)
        if tx.database != SQLITE:
            tx._connection.execute("ANALYZE")
        for name, (experiments, view, filter_string, order_by) in SEARCHES.items():
            wanted = runs.parse(experiments, view, filter_string, order_by)
            with counted(tx) as counting:
                assert len(runs.find(counting.tx, wanted, PAGE, few=10)) == PAGE
            costs[name].append(counting.steps)
    return costs


@pytest.mark.parametrize("name", SEARCHES)
def test_a_page_of_four_times_as_many_runs_costs_no_more(costs: dict[str, list[int]], name: str) -> None:
    few, many = costs[name]

    assert 0 < many < 1.5 * few
