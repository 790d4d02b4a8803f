"""A database as one caller uses it: every transaction knows on whose behalf it runs."""

from typing import TypeVar

from trackstack.server.store.callers import ANYBODY, Caller
from trackstack.server.store.database import Database, Reader, Writes
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.writer import Work

T = TypeVar("T")


def on_behalf_of(database: Database, caller: Caller) -> Database:
    """The same database; `tx.caller` is `caller` in all that runs through it."""
    return Database(_Writer(database.writer, caller), _Reader(database.reader, caller))


class _Reader:
    def __init__(self, reader: Reader, caller: Caller) -> None:
        self._reader = reader
        self._caller = caller

    async def do(self, work: Work[T]) -> T:
        return await self._reader.do(_as(self._caller, work))

    async def page(self, work: Work[T]) -> T:
        return await self._reader.page(_as(self._caller, work))

    async def scan(self, work: Work[T]) -> T:
        return await self._reader.scan(_as(self._caller, work))

    def close(self) -> None:
        self._reader.close()


class _Writer:
    def __init__(self, writer: Writes, caller: Caller) -> None:
        self._writer = writer
        self._caller = caller

    async def do(self, work: Work[T]) -> T:
        return await self._writer.do(_as(self._caller, work))

    def soon(self, work: Work[None]) -> None:
        self._writer.soon(_as(self._caller, work))

    def close(self) -> None:
        self._writer.close()


def _as(caller: Caller, work: Work[T]) -> Work[T]:
    def run(tx: Transaction) -> T:
        tx.caller = caller
        try:
            return work(tx)
        finally:
            tx.caller = ANYBODY  # the next work of the same commit is somebody else's

    return run
