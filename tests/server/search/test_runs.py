"""Searches of runs on a real database give what plain Python gives, whichever way they go."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.search import model
from tests.server.search.model import Run

from trackstack.server.errors import ApiError
from trackstack.server.search import runs
from trackstack.server.search.sql import Sql, run
from trackstack.server.search.tree import View
from trackstack.server.store.transaction import Transaction

NAMES = st.sampled_from(["a", "b", "A b"])
TEXTS = st.sampled_from(["", "x", "X", "xy", "%", "_", "é", "x" * 70 + "1", "x" * 70 + "2"])
NUMBERS = st.sampled_from([-1.5, 0.0, 1.0, 2.0, math.nan, 1.7976931348623157e308])
TIMES = st.integers(0, 3)


@st.composite
def populations(draw: st.DrawFn) -> list[Run]:
    count = draw(st.integers(0, 12))
    return [
        Run(
            id=number,
            experiment=draw(st.integers(1, 3)),
            uuid=f"{draw(st.integers(0, 9))}{number:03}",
            name=draw(TEXTS),
            status=draw(st.sampled_from(["RUNNING", "FINISHED"])),
            start_time=draw(TIMES),
            end_time=draw(st.none() | TIMES),
            deleted=draw(st.booleans()),
            metrics=draw(st.dictionaries(NAMES, NUMBERS, max_size=3)),
            params=draw(st.dictionaries(NAMES, TEXTS, max_size=3)),
            tags=draw(st.dictionaries(NAMES, TEXTS, max_size=3)),
            datasets=tuple(
                draw(
                    st.lists(
                        st.tuples(TEXTS, st.sampled_from(["", "x", "xy"]), st.none() | TEXTS),
                        max_size=2,
                        unique_by=lambda row: row[:2],
                    )
                )
            ),
        )
        for number in range(1, count + 1)
    ]


QUOTED = TEXTS.map(lambda text: f"'{text}'")
TEXT_OPERATORS = st.sampled_from(["=", "!=", "LIKE", "ILIKE"])
NUMBER_OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
LISTS = st.lists(QUOTED, min_size=1, max_size=3).map(lambda items: f"({', '.join(items)})")
KEYS = st.tuples(st.sampled_from(["params", "tags"]), st.sampled_from(["a", "b", "A b", "never"])).map(
    lambda pair: f"{pair[0]}.`{pair[1]}`"
)
METRICS = st.sampled_from(["metrics.a", "metrics.b", "metrics.`A b`", "metrics.never"])
FACTS = st.sampled_from(["run_name", "status", "datasets.name", "datasets.digest", "datasets.context"])


def spaced(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


COMPARISONS = st.one_of(
    spaced(METRICS, NUMBER_OPERATORS, st.sampled_from(["-1.5", "0", "1", "1.5", "2e0"])),
    spaced(KEYS, TEXT_OPERATORS, QUOTED),
    spaced(KEYS, st.sampled_from(["IS NULL", "IS NOT NULL"])),
    spaced(FACTS, TEXT_OPERATORS, QUOTED),
    spaced(st.sampled_from(["start_time", "end_time"]), NUMBER_OPERATORS, TIMES.map(str)),
    spaced(st.sampled_from(["datasets.name", "datasets.context"]), st.sampled_from(["IN", "NOT IN"]), LISTS),
    spaced(st.just("run_id"), st.sampled_from(["IN", "NOT IN"]), st.just("('0001', '1002', '2003')")),
)
FILTERS = st.lists(COMPARISONS, max_size=3).map(" AND ".join)
ORDERS = st.lists(
    spaced(
        st.one_of(METRICS, KEYS, st.sampled_from(["start_time", "end_time", "status", "run_name", "run_id"])),
        st.sampled_from(["ASC", "DESC"]),
    ),
    max_size=3,
    unique_by=lambda item: item.split(" ")[0],
)


def fill(tx: Transaction, population: list[Run]) -> None:
    for table in ("run_datasets", "datasets", "params", "tags", "latest_metrics", "runs", "experiments"):
        run(tx, Sql(f"DELETE FROM {table} RETURNING 1"))
    for number in range(1, 4):
        add(tx, "experiments", number, str(number), "", 0, 0, None, "")
    rows: dict[tuple[int, str, str], int] = {}
    for one in population:
        deleted_at = 1 if one.deleted else None
        facts = (one.name, "", one.status, one.start_time, one.end_time, f"a:/{one.uuid}", deleted_at, 0)
        add(tx, "runs", one.id, one.uuid, one.experiment, *facts)
        for key, value in one.metrics.items():
            stored = (0.0, 1) if math.isnan(value) else (value, 0)
            add(tx, "latest_metrics", one.id, tx.key(key), one.experiment, 0, 0, *stored)
        for table, values in (("params", one.params), ("tags", one.tags)):
            for key, text in values.items():
                add(tx, table, one.id, tx.key(key), one.experiment, text)
        for name, digest, context in one.datasets:
            dataset = (one.experiment, name, digest)
            if dataset not in rows:
                rows[dataset] = len(rows) + 1
                add(tx, "datasets", rows[dataset], *dataset, "", "", None, None)
            add(tx, "run_datasets", one.id, rows[dataset], context, "[]")


def add(tx: Transaction, table: str, *values: object) -> None:
    """A whole row."""
    run(tx, Sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))}) RETURNING 1", values))


@given(
    populations(),
    FILTERS,
    ORDERS,
    st.lists(st.integers(1, 4), max_size=3),
    st.sampled_from(View),
    st.tuples(st.integers(1, 5), st.integers(0, 6)),
)
@settings(max_examples=150, deadline=None)
def test_every_way_gives_what_plain_python_gives(
    tx: Transaction,
    population: list[Run],
    filter_string: str,
    order_by: list[str],
    experiments: list[int],
    view: View,
    page: tuple[int, int],
) -> None:
    limit, offset = page
    fill(tx, population)
    wanted = runs.parse(experiments, view, filter_string, order_by)

    expected = model.search(population, wanted)
    for few in (0, 2, runs.FEW):
        assert runs.find(tx, wanted, 100, few=few) == expected
        assert runs.find(tx, wanted, limit, offset, few=few) == expected[offset : offset + limit]


def test_an_order_by_a_dataset_is_refused() -> None:
    with pytest.raises(ApiError, match="Invalid identifier type 'dataset'"):
        runs.parse([1], View.ALL, "", ["dataset.name"])


def test_hundreds_of_comparisons_and_thousands_of_run_ids_are_served(tx: Transaction) -> None:
    fill(tx, [Run(1, 1, "0001", "n", "RUNNING", 0, None, False, params={"a": "x"})])
    ids = ", ".join(f"'{number:032}'" for number in range(5000))
    filter_string = f"run_id IN ({ids}, '0001') AND " + "params.a = 'x' AND " * 150

    assert runs.find(tx, runs.parse([1], View.ALL, filter_string, []), 10) == [1]


@pytest.mark.parametrize("count", [runs.MOST_WALKS // 2, runs.MOST_WALKS, runs.MOST_WALKS + 1, 500])
@pytest.mark.parametrize("order_by", [[], ["metrics.a DESC"]])
def test_many_experiments_are_searched_at_once(tx: Transaction, count: int, order_by: list[str]) -> None:
    population = [
        Run(at, at % 3 + 1, f"{at:04}", "n", "RUNNING", at % 4, None, at % 2 == 0, metrics={"a": at % 5})
        for at in range(1, 13)
    ]
    fill(tx, population)
    wanted = runs.parse(range(1, count + 1), View.ALL, "", order_by)

    assert runs.find(tx, wanted, 5, 4, few=0) == model.search(population, wanted)[4:9]
