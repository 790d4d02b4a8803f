"""The database behind the store: a writer and a reader, SQLite's or PostgreSQL's."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from trackstack.server.config import Settings
from trackstack.server.errors import ApiError
from trackstack.server.store.writer import Finish, Work

T = TypeVar("T")


class Reader(Protocol):
    """Runs read-only work; what `work` sees is one committed state, at least as new as all answers given."""

    async def do(self, work: Work[T]) -> T:
        """For a handful of rows that one statement finds by an index: may hold up the event loop."""
        ...

    async def page(self, work: Work[T]) -> T:
        """For a short page in an index's order, by several statements: may hold up the event loop."""
        ...

    async def scan(self, work: Work[T]) -> T:
        """For everything else: runs beside the event loop."""
        ...

    def close(self) -> None: ...


class Writes(Protocol):
    """What a Writer promises."""

    async def do(self, work: Work[T]) -> T: ...
    def soon(self, work: Work[None]) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Database:
    """An open database at the newest schema."""

    writer: Writes
    reader: Reader

    def close(self) -> None:
        """Commits what was accepted, then closes every connection."""
        self.writer.close()
        self.reader.close()


def open_database(settings: Settings, finish: Finish) -> Database:
    """Opens or makes the database and brings its schema up to date.

    `finish` runs at the end of each transaction, before its commit. Raises ConfigError for a database that
    cannot be opened or that a newer version has written.
    """
    if settings.database_url:
        from trackstack.server.store.postgres import open_postgres

        return open_postgres(settings, finish)
    from trackstack.server.store.sqlite import open_sqlite

    return open_sqlite(settings, finish)


def overdue(limit_ms: int) -> ApiError:
    """The error of a search or history that takes too long."""
    return ApiError(
        "DEADLINE_EXCEEDED",
        f"This took longer than {limit_ms} ms: narrow the search, or raise query_time_limit_ms.",
    )
