"""A database whose changes are told: what `tell` writes is in the same transaction as the change."""

from collections.abc import Callable
from typing import Any, TypeVar

from trackstack.server.store.database import Database, Writes
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.writer import Work

T = TypeVar("T")
Tell = Callable[[Transaction, Any], None]
"""Gets what the change has returned."""


def telling(database: Database, tell: Tell, then: Callable[[], None]) -> Database:
    """The same database; `tell` runs at the end of every change that is made through it, `then` after its
    commit."""
    return Database(_Writer(database.writer, tell, then), database.reader)


class _Writer:
    def __init__(self, writer: Writes, tell: Tell, then: Callable[[], None]) -> None:
        self._writer = writer
        self._tell = tell
        self._then = then

    async def do(self, work: Work[T]) -> T:
        def both(tx: Transaction) -> T:
            result = work(tx)
            self._tell(tx, result)
            return result

        result = await self._writer.do(both)
        self._then()
        return result

    def soon(self, work: Work[None]) -> None:
        self._writer.soon(work)

    def close(self) -> None:
        self._writer.close()
