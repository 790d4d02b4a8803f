"""PostgreSQL: pipelined group commits on one connection, reads on others; right beside other replicas.

A commit holds all waiting requests, sent without waiting for each statement's answer: those that log to
runs, or begin runs in experiments, that this process has seen before wait for one answer together, that to
the commit. Where one of them fails, another replica is in the way, or such a run or experiment is no longer
active, all are undone and run one by one, each as often as it takes.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy import Integer, Table, bindparam, cast, func, literal_column, select

from trackstack.server.config import ConfigError, Settings
from trackstack.server.errors import TEMPORARILY_UNAVAILABLE, ApiError
from trackstack.server.store import arrays
from trackstack.server.store.active import Active
from trackstack.server.store.database import Database, overdue
from trackstack.server.store.keys import Keys
from trackstack.server.store.migrations import migrate
from trackstack.server.store.pending import Pending
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import POSTGRESQL, Statement, among
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.writer import Finish, Job, Work, Writer, unavailable

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]

_TRIES = 5
_IN_THE_WAY = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""What another replica's commit causes; seen again, the work finds that commit's rows."""


def connect(url: str, timeout_ms: int) -> Connection:
    """A connection that commits when told to; waits up to `timeout_ms` for a lock."""
    connection = psycopg.connect(url, autocommit=True, connect_timeout=max(1, timeout_ms // 1000))
    connection.execute(f"SET lock_timeout = {timeout_ms}")
    arrays.register(connection)
    return connection


def _check_active(table: Table) -> Statement:
    """Divides by zero where it does not hold: the server needs no answer before it goes on to the commit.

    Whether they are deleted is no condition on rows, which an index of all that are not would seem to serve.
    """
    active = func.count().filter(table.c.deleted_at.is_(None))
    holds = cast(active == bindparam("many"), Integer)
    return Statement(
        lambda database: select(literal_column("1") / holds).where(among(database, table.c.id, "ids"))
    )


CHECK_RUNS = _check_active(tracking.runs)
CHECK_EXPERIMENTS = _check_active(tracking.experiments)
NEW_RUNS = Statement(
    select(func.nextval(literal_column("'runs_id_seq'"))).select_from(
        func.generate_series(literal_column("1"), literal_column("64"))
    )
)


class PostgresTransaction(Transaction):
    """A transaction on a psycopg connection; `writes` counts statements that may have changed something."""

    __slots__ = ("_new_runs", "writes")

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        active: Active | None = None,
        new_runs: list[int] | None = None,
    ) -> None:
        """`new_runs` are ids that the database gave to nobody else, and takes more of them."""
        super().__init__(connection, POSTGRESQL, keys, active)
        self.writes = 0
        self._new_runs = [] if new_runs is None else new_runs

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What runs within it sees one state of the database and changes nothing."""
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def new_run(self) -> int:
        if not self._new_runs:
            self._new_runs += (row[0] for row in reversed(self.all(NEW_RUNS)))
        return self._new_runs.pop()

    def check_presumed(self) -> None:
        """Lets the transaction fail unless all that it presumed to be active is."""
        group = self.group
        for check, ids in (
            (CHECK_RUNS, group.presumed),
            (CHECK_EXPERIMENTS, group.presumed_experiments),
        ):
            if ids:
                self.run(check, ids=list(ids), many=len(ids))

    def run(self, statement: Statement, **params: Any) -> None:
        self._before(statement)
        self._connection.execute(*statement.arguments(POSTGRESQL, params))

    def changed(self, statement: Statement, **params: Any) -> int:
        self._before(statement)
        connection: Any = self._connection
        with connection.pipeline():  # its end waits for the answer
            cursor = connection.execute(*statement.arguments(POSTGRESQL, params))
        count: int = cursor.rowcount
        return count

    def many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        self.settle()
        self._many(statement, rows)

    def _before(self, statement: Statement) -> None:
        self.settle()
        self.writes += statement.changes(POSTGRESQL)

    def _many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        self.writes += 1
        connection: Any = self._connection
        if statement.lists is None:
            connection.cursor().executemany(statement.sql(POSTGRESQL), rows)
        elif rows:
            columns = [arrays.column(values) for values in zip(*rows, strict=True)]
            connection.execute(statement.lists.sql(POSTGRESQL), columns)

    def _store(self, pending: Pending) -> None:
        writes = self.writes
        for statement, rows in pending.take_rows():
            self._many(statement, rows)
        if pending is self.group:
            self.writes = writes  # they are those of others


class PostgresSession:
    """The writer's connection."""

    def __init__(self, url: str, timeout_ms: int, keys: Keys, finish: Finish) -> None:
        self._url = url
        self._timeout_ms = timeout_ms
        self._keys = keys
        self._finish = finish
        self._connection: Connection | None = None
        self._active = Active()
        self._new_runs: list[int] = []
        self._rollbacks = 0

    def commit(self, jobs: Sequence[Job]) -> None:
        try:
            again: Sequence[Job] = self._together(jobs, self._active)
        except Exception:
            self._rollback()
            self._active.clear()
            again = jobs
        for job in again:
            job.error = None
            self._alone(job)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _together(self, jobs: Sequence[Job], active: Active | None = None) -> list[Job]:
        """Returns those that were refused for what a run holds that may be deleted: it would say so first."""
        connection = self._open()
        unsure = []
        with connection.pipeline():
            connection.execute("BEGIN")
            tx = PostgresTransaction(connection, self._keys, active, self._new_runs)
            for job in jobs:
                before = tx.writes
                try:
                    job.result = job.work(tx)
                    tx.succeed()
                except ApiError as error:
                    if tx.writes != before or tx.request.rows:
                        raise
                    if tx.request.presumed or tx.request.presumed_experiments:
                        unsure.append(job)
                    tx.fail()
                    job.error = error  # refused before it changed anything
            self._finish(tx)
            tx.check_presumed()  # now that its rows are locked, so that it stays true
            connection.execute("COMMIT")
        self._keys.publish(tx.group.interned)
        return unsure

    def _alone(self, job: Job) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                self._together([job])
                return
            except Exception as error:
                self._rollback()
                if tries_left and isinstance(error, _IN_THE_WAY):
                    continue
                if isinstance(error, psycopg.OperationalError):
                    unavailable([job], error)
                else:
                    job.error = error
                return

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, self._timeout_ms)
            # Rows are found by their keys. A plan that is made for a small table, and kept while it grows,
            # must not read all of it; where there is no other way, that must not look worth compiling.
            self._connection.execute("SET enable_seqscan = off")
            self._connection.execute("SET jit = off")
        return self._connection

    def _rollback(self) -> None:
        connection = self._connection
        if connection is None:
            return
        self._rollbacks += 1
        try:
            # What a failed pipeline was to prepare counts as prepared with psycopg, and is not: it would fail
            # from then on. At a ROLLBACK whose text is new to it, psycopg forgets all that it has prepared.
            connection.execute(f"ROLLBACK -- {self._rollbacks}")
        except psycopg.Error:
            connection.close()


class PostgresReader:
    """Reads committed data, on a connection a thread."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._url = settings.database_url
        self._timeout_ms = settings.database_timeout_ms
        self._limit_ms = settings.query_time_limit_ms
        self._keys = keys
        self._pool = ThreadPoolExecutor(settings.database_connections, thread_name_prefix="reader")
        self._local = threading.local()
        self._connections: list[Connection] = []

    async def do(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    async def scan(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._snapshot, work)

    page = scan

    def close(self) -> None:
        """Waits for what is being read, then closes."""
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def _snapshot(self, work: Work[T]) -> T:
        def in_one_state(tx: PostgresTransaction) -> T:
            with tx.snapshot():
                return work(tx)

        return self._read(in_one_state)

    def _read(self, work: Callable[[PostgresTransaction], T]) -> T:
        """Once more on a new connection, where the old one is found to be dead."""
        for again in (True, False):
            connection: Connection | None = getattr(self._local, "connection", None)
            try:
                if connection is None or connection.closed:
                    connection = self._local.connection = connect(self._url, self._timeout_ms)
                    connection.execute(f"SET statement_timeout = {self._limit_ms}")
                    self._connections = [one for one in self._connections if not one.closed] + [connection]
                return work(PostgresTransaction(connection, self._keys))
            except errors.QueryCanceled as error:
                raise overdue(self._limit_ms) from error
            except psycopg.OperationalError as error:
                if connection is not None:
                    connection.close()
                if not again:
                    message = f"The database cannot be read now: {error}"
                    raise ApiError(TEMPORARILY_UNAVAILABLE, message) from error
        raise AssertionError("unreachable")


def open_postgres(settings: Settings, finish: Finish) -> Database:
    """The database that the settings name, its schema made or migrated as need be."""
    url, timeout = settings.database_url, settings.database_timeout_ms
    try:
        with connect(url, timeout) as connection:
            migrate(connection, url)
    except psycopg.OperationalError as error:
        raise ConfigError(f"the database cannot be reached: {error}") from error
    keys = Keys()
    return Database(
        Writer(PostgresSession(url, timeout, keys, finish), settings.group_commit_requests),
        PostgresReader(settings, keys),
    )
