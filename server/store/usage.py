"""How much there is in the whole database, and when somebody last worked with it."""

from typing import NamedTuple

from sqlalchemy import Executable, func, select, text

from trackstack.server.errors import ApiError
from trackstack.server.store.database import Database
from trackstack.server.store.schema.access import tokens
from trackstack.server.store.schema.traces import traces
from trackstack.server.store.schema.tracking import experiments, metrics, runs
from trackstack.server.store.statements import SQLITE, Statement


def _size(database: str) -> Executable:
    """Bytes on the disk; SQLite's without what is not in the file yet."""
    if database == SQLITE:
        return text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return text("SELECT pg_database_size(current_database())")


RUNS = Statement(select(func.count()).select_from(runs))
EXPERIMENTS = Statement(select(func.count()).select_from(experiments))
POINTS = Statement(select(func.count()).select_from(metrics))
BYTES = Statement(_size)
# Starts and ends are told by clients, whose clocks may be ahead: the caller bounds them.
MOMENTS = [
    Statement(select(func.max(column)))
    for column in (
        experiments.c.updated_at,
        runs.c.start_time,
        runs.c.end_time,
        traces.c.started_at,
        tokens.c.last_used_at,
    )
]


class DatabaseUsage(NamedTuple):
    """Counts include what is soft-deleted; None is what took longer than a query may.

    `metrics` are points. `last_activity` is the newest time at which an experiment changed, a run or trace
    began, a run ended or a token was used, in milliseconds.
    """

    experiments: int | None
    runs: int | None
    metrics: int | None
    bytes: int | None
    last_activity: int | None


class DatabaseUsages:
    """Looks at every row that is counted: for who asks seldom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self) -> DatabaseUsage:
        """What there is now."""
        moments = [moment for each in MOMENTS if (moment := await self._value(each)) is not None]
        return DatabaseUsage(
            experiments=await self._value(EXPERIMENTS),
            runs=await self._value(RUNS),
            metrics=await self._value(POINTS),
            bytes=await self._value(BYTES),
            last_activity=max(moments, default=None),
        )

    async def _value(self, statement: Statement) -> int | None:
        try:
            row = await self._database.reader.scan(lambda tx: tx.one(statement))
        except ApiError as error:
            if error.code == "DEADLINE_EXCEEDED":
                return None
            raise
        return None if row is None or row[0] is None else int(row[0])
