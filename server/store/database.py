"""The database behind the store: a writer and a reader, SQLite's or PostgreSQL's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from trackstack.server.config import Settings
from trackstack.server.store.keys import Keys
from trackstack.server.store.migrations import migrate
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.writer import Work, Writer

T = TypeVar("T")


class Reader(Protocol):
    """Runs read-only work; what `work` sees is one committed state, at least as new as all answers given."""

    async def do(self, work: Work[T]) -> T:
        """For a handful of rows, found by an index: may hold up the event loop for their time."""
        ...

    async def scan(self, work: Work[T]) -> T:
        """For everything else: runs beside the event loop."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Database:
    """An open database at the newest schema."""

    writer: Writer
    reader: Reader

    def close(self) -> None:
        """Commits what was accepted, then closes every connection."""
        self.writer.close()
        self.reader.close()


def open_database(settings: Settings, finish: Callable[[Transaction], None]) -> Database:
    """Opens or makes the database and brings its schema up to date.

    `finish` runs at the end of each transaction, before its commit. Raises ConfigError for a database that
    cannot be opened or that a newer version has written.
    """
    keys = Keys()
    most = settings.group_commit_requests
    timeout = settings.database_timeout_ms
    if settings.database_url:
        raise NotImplementedError
    from trackstack.server.store.sqlite import SqliteReader, SqliteSession, connect

    file = settings.data_dir / "tracking.db"
    connection = connect(file, timeout)
    migrate(connection, f"sqlite:///{file}")
    connection.close()
    return Database(
        Writer(SqliteSession(file, timeout, keys), most, finish),
        SqliteReader(file, timeout, settings.reader_threads, keys),
    )
