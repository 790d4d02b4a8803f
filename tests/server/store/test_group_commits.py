"""Requests that share a commit: what they leave for its end, and what one's failure means to the others."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from trackstack.server.config import Settings
from trackstack.server.errors import ApiError, invalid
from trackstack.server.store.database import Database, open_database
from trackstack.server.store.schema.tracking import keys
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

ADD = insert(keys, "id", "name")
ADD_NEXT = insert(keys, "name", returning="id")
NAMES = Statement(select(keys.c.name).order_by(keys.c.id))

Change = Callable[[Transaction], Any]


@pytest.fixture
def database(new_database: Callable[[], tuple[str, ...]], tmp_path: Path) -> Iterator[Database]:
    """An empty one, in which all that is left for later is stored at a commit's end."""
    flags = new_database()
    settings = Settings(data_dir=tmp_path, database_url=flags[1] if flags else "")
    one = open_database(settings, Transaction.settle)
    yield one
    one.close()


def together(database: Database, *changes: Change) -> list[Any]:
    """What comes of requests that arrive at once: results, and the errors of those that fail."""

    async def all_of_them() -> list[Any]:
        asked: list[Coroutine[Any, Any, Any]] = [database.writer.do(change) for change in changes]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(all_of_them())


def names(database: Database) -> list[str]:
    async def read() -> list[Any]:
        return await database.reader.do(lambda tx: tx.all(NAMES))

    return [name for (name,) in asyncio.run(read())]


def later(*numbers: int) -> Change:
    return lambda tx: tx.later(ADD, [(number, f"k{number}") for number in numbers])


def then_refuse(*changes: Change) -> Change:
    def work(tx: Transaction) -> None:
        for change in changes:
            change(tx)
        raise invalid("refused")

    return work


def test_what_requests_leave_for_later_is_stored_with_their_commit(database: Database) -> None:
    together(database, later(1), later(3, 4), later(2))

    assert names(database) == ["k1", "k2", "k3", "k4"]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 63, 64, 65, 150])
def test_any_number_of_rows_is_stored_at_once(database: Database, count: int) -> None:
    rows = [(number, f"k{number}") for number in range(1, count + 1)]

    together(database, lambda tx: tx.many(ADD, rows))

    assert names(database) == [name for _, name in rows]


def test_a_statement_finds_what_was_left_for_later(database: Database) -> None:
    def look(tx: Transaction) -> list[Any]:
        later(2)(tx)
        return tx.all(NAMES)

    assert together(database, later(1), look)[1] == [("k1",), ("k2",)]


@pytest.mark.parametrize(
    "change",
    [
        later(2),
        lambda tx: (later(2)(tx), tx.all(NAMES)),
        lambda tx: tx.run(ADD, id=2, name="k2"),
        lambda tx: tx.one(ADD_NEXT, name="k2"),
        lambda tx: tx.many(ADD, [(2, "k2"), (5, "k5")]),
    ],
    ids=["left for later", "left and looked at", "run", "returning", "many rows"],
)
def test_a_refused_request_leaves_nothing_and_its_neighbours_stay(database: Database, change: Change) -> None:
    results = together(database, later(10), then_refuse(change), later(11))

    assert results[::2] == [None, None]
    assert isinstance(results[1], ApiError)
    assert names(database) == ["k10", "k11"]


def test_what_cannot_be_stored_at_the_end_fails_nobody_else(database: Database) -> None:
    together(database, later(1))

    results = together(database, later(2), later(1), later(3))

    assert results[::2] == [None, None]
    assert isinstance(results[1], Exception)
    assert names(database) == ["k1", "k2", "k3"]
