"""A database for searches that are compiled and run without a server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trackstack.server.store.keys import Keys
from trackstack.server.store.migrations import migrate
from trackstack.server.store.sqlite import SqliteTransaction, connect
from trackstack.server.store.transaction import Transaction


@pytest.fixture(scope="module")
def tx(new_database: Callable[[], tuple[str, ...]]) -> Iterator[Transaction]:
    """A transaction that is never committed, on the database that the suite is run on."""
    connection: Any
    transaction: Transaction
    flags = new_database()
    if flags:
        from trackstack.server.store.postgres import PostgresTransaction
        from trackstack.server.store.postgres import connect as connect_to_postgres

        connection = connect_to_postgres(flags[1], 1000)
        transaction = PostgresTransaction(connection, Keys())
    else:
        connection = connect(Path(":memory:"), 1000)
        transaction = SqliteTransaction(connection, Keys())
    migrate(connection, flags[1] if flags else "sqlite://")
    connection.execute("BEGIN")
    yield transaction
    connection.close()
