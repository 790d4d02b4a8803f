"""Copies of a PostgreSQL database; see copies.py."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import psycopg

from trackstack.server.config import ConfigError, Settings
from trackstack.server.store.copies import TABLES, Row, check_empty, check_version, listed
from trackstack.server.store.migrations import migrate
from trackstack.server.store.postgres import Connection, connect
from trackstack.server.store.schema import metadata
from trackstack.server.store.statements import POSTGRESQL

_AT_ONCE = 2000  # rows that are asked for


@contextmanager
def snapshot(settings: Settings) -> Iterator["_Snapshot"]:
    """See copies.open_snapshot."""
    with _connection(settings) as connection:
        check_version(connection, POSTGRESQL)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield _Snapshot(connection)


@contextmanager
def restoration(settings: Settings) -> Iterator["_Restoration"]:
    """See copies.open_restoration."""
    with _connection(settings) as connection:
        migrate(connection, settings.database_url)
        connection.execute("BEGIN")
        connection.execute(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE")
        check_empty(connection)
        try:
            yield _Restoration(connection)
            connection.execute("COMMIT")
        except (psycopg.IntegrityError, psycopg.DataError) as error:
            raise ConfigError(f"the backup contradicts itself: {str(error).splitlines()[0]}") from error


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection]:
    """A connection that is closed in the end, and with it what was not committed."""
    try:
        connection = connect(settings.database_url, settings.database_timeout_ms)
    except psycopg.OperationalError as error:
        raise ConfigError(f"the database cannot be reached: {error}") from error
    try:
        yield connection
    except psycopg.OperationalError as error:
        raise ConfigError(f"the database failed: {error}") from error
    finally:
        connection.close()


class _Snapshot:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, table: str) -> Iterator[Row]:
        with self._connection.cursor(name="copy") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(f"SELECT {listed(TABLES[table])} FROM {table}".encode())  # noqa: S608 - our own names
            yield from cursor

    def numbers(self) -> dict[str, int]:
        found = {}
        for table in _numbered():
            sequence = _sequence(self._connection, table)
            last = f"SELECT last_value FROM {sequence} WHERE is_called"  # noqa: S608 - the database's own name
            row = self._connection.execute(last.encode()).fetchone()
            if row:
                found[table] = int(row[0])
        return found


class _Restoration:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        # One statement: a row may refer to a later one of the same table.
        statement = f"COPY {table} ({listed(TABLES[table])}) FROM STDIN".encode()
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def go_on_after(self, numbers: Mapping[str, int]) -> None:
        for table in _numbered():
            highest = self._connection.execute(f"SELECT max(id) FROM {table}".encode()).fetchone()  # noqa: S608
            number = max(numbers.get(table, 0), (highest and highest[0]) or 0)
            if number:
                self._connection.execute(
                    "SELECT setval(%s, %s)", (_sequence(self._connection, table), number)
                )


def _numbered() -> list[str]:
    """The tables whose ids the database gives."""
    return [name for name in TABLES if metadata.tables[name].autoincrement_column is not None]


def _sequence(connection: Connection, table: str) -> str:
    row = connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()
    assert row is not None
    return str(row[0])
