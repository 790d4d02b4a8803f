"""Searches of experiments on a real database."""

import pytest

from trackstack.server.errors import ApiError
from trackstack.server.search import experiments
from trackstack.server.search.sql import Sql, run
from trackstack.server.search.tree import View
from trackstack.server.store.transaction import Transaction

#      id, name, created, updated, deleted, tags
ROWS = [
    (1, "alpha", 10, 40, None, {"team": "a"}),
    (2, "Alpine", 20, 30, None, {"team": "b", "x": "1"}),
    (3, "beta", 20, 20, 5, {}),
    (4, "under_score", 30, 10, None, {"team": "A"}),
]


@pytest.fixture(scope="module", autouse=True)
def filled(tx: Transaction) -> None:
    for id_, name, created, updated, deleted, tags in ROWS:
        row = Sql(
            "INSERT INTO experiments VALUES (?, ?, '', ?, ?, ?, '') RETURNING 1",
            (id_, name, created, updated, deleted),
        )
        run(tx, row)
        for key, value in tags.items():
            run(tx, Sql("INSERT INTO experiment_tags VALUES (?, ?, ?) RETURNING 1", (id_, key, value)))


@pytest.mark.parametrize(
    ("filter_string", "found"),
    [
        ("", [4, 2, 3, 1]),
        ("name = 'alpha'", [1]),
        ("name != 'alpha'", [4, 2, 3]),
        ("name LIKE 'Al%'", [2]),
        ("name ILIKE 'aL%'", [2, 1]),
        ("name LIKE '%_score'", [4]),
        ("attribute.creation_time >= 20 AND last_update_time < 30", [4, 3]),
        ("experiment_id = '2'", [2]),
        ("experiment_id != '2'", [4, 3, 1]),
        ("experiment_id IN ('1', '4', '9')", [4, 1]),
        ("experiment_id NOT IN ('1', '4')", [2, 3]),
        ("tags.team = 'a'", [1]),
        ("tag.team ILIKE 'a'", [4, 1]),
        ("tags.team != 'a'", [4, 2]),
        ("tags.team IS NULL", [3]),
        ("tags.x IS NOT NULL AND tags.team = 'b'", [2]),
        ("tags.`no such tag` = 'b'", []),
    ],
)
def test_a_filter_finds_what_it_says_newest_first(
    tx: Transaction, filter_string: str, found: list[int]
) -> None:
    assert experiments.find(tx, experiments.parse(View.ALL, filter_string, []), 10) == found


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        (["name"], [2, 1, 3, 4]),
        (["creation_time ASC"], [1, 3, 2, 4]),
        (["creation_time ASC", "experiment_id ASC"], [1, 2, 3, 4]),
        (["last_update_time DESC"], [1, 2, 3, 4]),
        (["experiment_id DESC"], [4, 3, 2, 1]),
    ],
)
def test_an_order_breaks_ties_by_the_highest_id(
    tx: Transaction, order_by: list[str], found: list[int]
) -> None:
    wanted = experiments.parse(View.ALL, "", order_by)
    assert experiments.find(tx, wanted, 10) == found
    assert experiments.find(tx, wanted, 2, 1) == found[1:3]


@pytest.mark.parametrize(
    ("view", "found"), [(View.ACTIVE_ONLY, [4, 2, 1]), (View.DELETED_ONLY, [3]), (View.ALL, [4, 2, 3, 1])]
)
def test_a_view_shows_active_or_deleted_ones(tx: Transaction, view: View, found: list[int]) -> None:
    assert experiments.find(tx, experiments.parse(view, "", []), 10) == found


@pytest.mark.parametrize(
    ("filter_string", "order_by", "message"),
    [
        ("experiment_id = 'x'", [], "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
        ("experiment_id IN ('1', '-')", [], "Invalid experiment ID '-'"),
        ("creation_time = 5.5", [], "Invalid value for numeric attribute 'creation_time': '5.5'"),
        ("", ["tags.team"], "Invalid order_by entity: tag"),
        ("", ["name", "name DESC"], "duplicate fields"),
    ],
)
def test_what_cannot_be_asked_is_refused(filter_string: str, order_by: list[str], message: str) -> None:
    with pytest.raises(ApiError) as error:
        experiments.parse(View.ALL, filter_string, order_by)
    assert message in error.value.message
