"""Writes that fail: whatever it was, those after them are made."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.sql import literal_column

from trackstack.server.config import Settings
from trackstack.server.store.database import Database, open_database
from trackstack.server.store.schema.tracking import keys
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

ADD = insert(keys, "id", "name")
ALL = Statement(select(keys.c.name).order_by(keys.c.id))
NONSENSE = Statement(select(literal_column("no_such_column")).where(keys.c.id == bindparam("this")))


@pytest.fixture
def database(new_database: Callable[[], tuple[str, ...]], tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    flags = new_database()
    settings = Settings(data_dir=tmp_path, database_url=flags[1] if flags else "")
    one = open_database(settings, lambda tx: None)
    yield one
    one.close()


def test_writes_after_failed_ones_are_made(database: Database) -> None:
    def write(number: int) -> Callable[[Transaction], None]:
        return lambda tx: tx.run(ADD, id=number, name=f"k{number}")

    def fail(tx: Transaction) -> None:
        write(1000)(tx)
        tx.run(NONSENSE, this=1)

    async def mixed() -> list[Any]:
        for number in range(40):  # drivers come to prepare a statement that is often run
            await database.writer.do(write(number))
            with pytest.raises(Exception, match="no_such_column"):
                await database.writer.do(fail)
        return await database.reader.do(lambda tx: tx.all(ALL))

    assert asyncio.run(mixed()) == [(f"k{number}",) for number in range(40)]
