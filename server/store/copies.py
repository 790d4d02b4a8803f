"""Copies of the whole database, out of it at one moment and into an empty one, of either kind."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

from trackstack.server.config import ConfigError, Settings
from trackstack.server.store import sqlite
from trackstack.server.store.migrations import HEAD, migrate, version
from trackstack.server.store.schema import metadata
from trackstack.server.store.statements import SQLITE

Row = Sequence[Any]

TABLES = {str(table.name): [str(column.name) for column in table.columns] for table in metadata.sorted_tables}
"""Columns by table, in the order of both; a table comes after those that it refers to."""


class Snapshot(Protocol):
    """What a database holds at one moment."""

    def rows(self, table: str) -> Iterator[Row]:
        """All rows, with the columns of TABLES."""
        ...

    def numbers(self) -> dict[str, int]:
        """The highest id that each table has ever given; without those that gave none."""
        ...


class Restoration(Protocol):
    """An empty database that is filled in one transaction."""

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """Takes all rows of a table at once."""
        ...

    def go_on_after(self, numbers: Mapping[str, int]) -> None:
        """Has no id given again that was given before."""
        ...


@contextmanager
def open_snapshot(settings: Settings) -> Iterator[Snapshot]:
    """Raises ConfigError for a database that cannot be read, or has another schema than this server's."""
    if settings.database_url:
        from trackstack.server.store.copies_postgres import snapshot

        with snapshot(settings) as found:
            yield found
        return
    file = sqlite.file(settings)
    if not file.exists():
        raise ConfigError(f"there is no database {file}; say where it is with --data-dir or --database-url")
    with _connection(settings) as connection:
        check_version(connection, SQLITE)
        connection.execute("BEGIN")
        yield _SqliteSnapshot(connection)


@contextmanager
def open_restoration(settings: Settings) -> Iterator[Restoration]:
    """Commits at the end, and nothing at all after an error. Raises ConfigError for a database that cannot
    be opened, or is not empty."""
    if settings.database_url:
        from trackstack.server.store.copies_postgres import restoration

        with restoration(settings) as found:
            yield found
        return
    with _connection(settings) as connection:
        migrate(connection, f"sqlite:///{sqlite.file(settings)}")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("PRAGMA defer_foreign_keys=ON")
        check_empty(connection)
        yield _SqliteRestoration(connection)
        connection.execute("COMMIT")


@contextmanager
def _connection(settings: Settings) -> Iterator[sqlite3.Connection]:
    """A connection that is closed in the end, and with it what was not committed."""
    file = sqlite.file(settings)
    try:
        with closing(sqlite.connect(file, settings.database_timeout_ms)) as connection:
            yield connection
    except sqlite3.IntegrityError as error:
        raise ConfigError(f"the backup contradicts itself: {error}") from error
    except sqlite3.Error as error:
        raise ConfigError(f"the database {file} cannot be used: {error}") from error


def check_version(connection: Any, name: str) -> None:
    """Raises ConfigError where the schema is not this server's."""
    found = version(connection, name)
    if found != HEAD:
        raise ConfigError(
            f"the database has schema {found or 'of none'}, this server knows {HEAD}: "
            "use the server version that wrote it, or migrate it first"
        )


def check_empty(connection: Any) -> None:
    """Raises ConfigError naming a table that has rows."""
    for table in TABLES:
        if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - our own name
            raise ConfigError(
                f"the database is not empty: it has {table.replace('_', ' ')}; restore into a new one"
            )


def listed(columns: Iterable[str]) -> str:
    """Columns as SQL lists them."""
    return ", ".join(f'"{column}"' for column in columns)


class _SqliteSnapshot:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, table: str) -> Iterator[Row]:
        return self._connection.execute(f"SELECT {listed(TABLES[table])} FROM {table}")  # noqa: S608

    def numbers(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT name, seq FROM sqlite_sequence"))


class _SqliteRestoration:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        columns = TABLES[table]
        values = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({listed(columns)}) VALUES ({values})"  # noqa: S608
        self._connection.executemany(insert, rows)

    def go_on_after(self, numbers: Mapping[str, int]) -> None:
        for table, number in numbers.items():
            if metadata.tables[table].dialect_options[SQLITE]["autoincrement"]:
                self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                self._connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, number))
