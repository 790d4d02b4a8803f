"""SQLite: a write-ahead log that every commit waits for, one writer, readers on their own connections."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, literal_column, select

from trackstack.server.config import Settings
from trackstack.server.errors import TEMPORARILY_UNAVAILABLE, ApiError
from trackstack.server.search.patterns import matches
from trackstack.server.store.active import Active
from trackstack.server.store.database import Database, overdue
from trackstack.server.store.keys import Keys
from trackstack.server.store.migrations import migrate
from trackstack.server.store.pending import Pending
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import SQLITE, Statement
from trackstack.server.store.transaction import Connection, Transaction
from trackstack.server.store.writer import Finish, Job, Work, Writer, unavailable

T = TypeVar("T")

_STEPS = 100_000  # of SQLite's machine between two looks at the clock: about a millisecond

_PRAGMAS = (
    "auto_vacuum=INCREMENTAL",  # before anything is in the file: it can shrink when it is told to (space.py)
    "journal_mode=WAL",
    "synchronous=FULL",  # a commit is on disk before it is acknowledged, also when power fails
    "foreign_keys=ON",
    "case_sensitive_like=ON",  # as MLflow has it; ILIKE compares lower()
    "temp_store=MEMORY",
    "cache_size=-16384",  # 16 MiB a connection; what does not fit is read through the map below
    "mmap_size=1073741824",
    "wal_autocheckpoint=8000",  # pages: a checkpoint each 32 MiB instead of each 4
    "journal_size_limit=67108864",  # bytes of log that stay on disk after a checkpoint
)


def file(settings: Settings) -> Path:
    """Where the database is, or is to be."""
    return settings.data_dir / "tracking.db"


def connect(file: Path, timeout_ms: int) -> sqlite3.Connection:
    """A connection that commits when told to; waits up to `timeout_ms` for another process's lock."""
    connection = sqlite3.connect(
        file, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=timeout_ms / 1000
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("regexp", 2, matches, deterministic=True)  # what x REGEXP y calls
    return connection


NEXT_RUN = Statement(
    select(func.coalesce(func.max(tracking.runs.c.id), literal_column("0")) + literal_column("1"))
)


_AT_ONCE = (64, 16, 4, 1)
"""Rows that one statement inserts, and other threads have Python meanwhile."""


class SqliteTransaction(Transaction):
    """A transaction on a sqlite3 connection.

    A request has a savepoint from its first change on; most leave all that they store for the end of the
    commit. What is presumed active is known of this transaction, and holds until something changes.
    """

    __slots__ = ("_new_run", "_saved")

    def __init__(self, connection: Connection, keys: Keys, active: Active | None = None) -> None:
        super().__init__(connection, SQLITE, keys, active)
        self._new_run: int | None = None
        self._saved = False

    def succeed(self) -> None:
        if self._saved:
            self._connection.execute("RELEASE request")
            self._saved = False
        super().succeed()

    def fail(self) -> None:
        if self._saved:
            self._connection.execute("ROLLBACK TO request")
            self._connection.execute("RELEASE request")
            self._saved = False
        self._forget()
        super().fail()

    def finish(self, finish: Finish) -> None:
        """Ends the commit's last request, and does what they all left."""
        self._saved = True  # what is stored now is no single request's, and stands or falls with the commit
        finish(self)

    def run(self, statement: Statement, **params: Any) -> None:
        self._before(statement)
        self._connection.execute(*statement.arguments(SQLITE, params))

    def changed(self, statement: Statement, **params: Any) -> int:
        self._before(statement)
        return self._connection.execute(*statement.arguments(SQLITE, params)).rowcount

    def many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._before(statement)
            self._many(statement, rows)

    def new_run(self) -> int:
        if self._new_run is None:
            self._new_run = int(self.one(NEXT_RUN)[0])
        else:
            self._new_run += 1
        return self._new_run

    def _before(self, statement: Statement) -> None:
        self.settle()
        if statement.changes(SQLITE):
            self._save()
            self._forget()

    def _store(self, pending: Pending) -> None:
        if pending is self.request:
            self._save()
        for statement, rows in pending.take_rows():
            self._many(statement, rows)

    def _many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        connection: Any = self._connection
        if statement.rows is None:
            connection.executemany(statement.sql(SQLITE), rows)
            return
        at = 0
        for size in _AT_ONCE:
            while len(rows) - at >= size:
                sql = statement.rows(size).sql(SQLITE)
                connection.execute(sql, list(chain.from_iterable(rows[at : at + size])))
                at += size

    def _save(self) -> None:
        if not self._saved:
            self._connection.execute("SAVEPOINT request")
            self._saved = True

    def _forget(self) -> None:
        self._new_run = None
        if self._active is not None:
            self._active.clear()


class SqliteSession:
    """The writer's connection."""

    def __init__(self, file: Path, timeout_ms: int, keys: Keys, finish: Finish) -> None:
        self._connection = connect(file, timeout_ms)
        self._keys = keys
        self._finish = finish

    def commit(self, jobs: Sequence[Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            tx = SqliteTransaction(self._connection, self._keys, Active())
            for job in jobs:
                _run(job, tx)
            tx.finish(self._finish)
            self._connection.execute("COMMIT")
            self._keys.publish(tx.group.interned)
        except Exception as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if len(jobs) == 1 or isinstance(error, sqlite3.OperationalError):
                unavailable(jobs, error)  # the disk is full, the file is locked or gone
                return
            for job in jobs:  # what one of them left cannot be stored
                self.commit([job])

    def close(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


def _run(job: Job, tx: SqliteTransaction) -> None:
    job.error = None
    try:
        job.result = job.work(tx)
        tx.succeed()
    except sqlite3.OperationalError:
        raise
    except Exception as error:
        job.error = error
        tx.fail()


class SqliteReader:
    """Reads committed data; each `work` sees one snapshot, and has `limit_ms` if it runs in a thread."""

    def __init__(self, file: Path, settings: Settings, keys: Keys) -> None:
        self._file = file
        self._timeout_ms = settings.database_timeout_ms
        self._limit_ms = settings.query_time_limit_ms
        self._keys = keys
        self._here = connect(file, self._timeout_ms)
        self._pool = ThreadPoolExecutor(settings.reader_threads, thread_name_prefix="reader")
        self._local = _Local()
        self._others: list[sqlite3.Connection] = []

    async def do(self, work: Work[T]) -> T:
        """Runs `work` at once, on the event loop: for a handful of rows, found by an index."""
        return self._read(self._here, work)

    page = do

    async def scan(self, work: Work[T]) -> T:
        """Runs `work` in a thread: for everything that may take longer than a millisecond."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._in_thread, work)

    def close(self) -> None:
        """Waits for what is being read, then closes."""
        self._pool.shutdown()
        for connection in (self._here, *self._others):
            connection.close()

    def _in_thread(self, work: Work[T]) -> T:
        local = self._local
        if local.connection is None:
            local.connection = connect(self._file, self._timeout_ms)
            local.connection.set_progress_handler(local.overdue, _STEPS)
            self._others.append(local.connection)
        local.deadline = time.monotonic() + self._limit_ms / 1000
        return self._read(local.connection, work)

    def _read(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        connection.execute("BEGIN")
        try:
            return work(SqliteTransaction(connection, self._keys))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise overdue(self._limit_ms) from error
            raise ApiError(TEMPORARILY_UNAVAILABLE, f"The database cannot be read now: {error}") from error
        finally:
            connection.execute("COMMIT")


class _Local(threading.local):
    """A reading thread's connection, and when what it reads must be done."""

    connection: sqlite3.Connection | None = None
    deadline = 0.0

    def overdue(self) -> int:
        return int(time.monotonic() > self.deadline)


def open_sqlite(settings: Settings, finish: Finish) -> Database:
    """The database in the data folder, made or migrated as need be."""
    path, timeout = file(settings), settings.database_timeout_ms
    connection = connect(path, timeout)
    try:
        migrate(connection, f"sqlite:///{path}")
    finally:
        connection.close()
    keys = Keys()
    session = SqliteSession(path, timeout, keys, finish)
    return Database(
        Writer(session, settings.group_commit_requests),
        SqliteReader(path, settings, keys),
    )
