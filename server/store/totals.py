"""How much there is in all: counts of whole tables, made at most once in a while."""

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, func, select

from trackstack.server.store.database import Database
from trackstack.server.store.schema import logged_models, registry, traces, tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_HOLD_S = 15.0


@dataclass(frozen=True, slots=True)
class Totals:
    """What is deleted is counted only where the name says so."""

    experiments: int
    runs: int
    deleted_runs: int
    logged_models: int
    traces: int
    registered_models: int
    model_versions: int


def _count(table: Table, *conditions: ColumnElement[bool]) -> Statement:
    return Statement(select(func.count()).select_from(table).where(*conditions))


_COUNTS = {
    "experiments": _count(tracking.experiments, tracking.experiments.c.deleted_at.is_(None)),
    "runs": _count(tracking.runs, tracking.runs.c.deleted_at.is_(None)),
    "deleted_runs": _count(tracking.runs, tracking.runs.c.deleted_at.is_not(None)),
    "logged_models": _count(logged_models.logged_models, logged_models.logged_models.c.deleted_at.is_(None)),
    "traces": _count(traces.traces),
    "registered_models": _count(registry.registered_models),
    "model_versions": _count(registry.model_versions),
}


class Counting:
    """Counts what a database holds. Whoever asks within 15 seconds is told the same."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: Totals | None = None
        self._until = 0.0
        self._counting = asyncio.Lock()

    async def current(self) -> Totals:
        """Raises ApiError where the database does not answer, or not within the limit of a query."""
        async with self._counting:
            if self._counted is None or time.monotonic() > self._until:
                self._counted = await self._database.reader.scan(_totals)
                self._until = time.monotonic() + _HOLD_S
            return self._counted


def _totals(tx: Transaction) -> Totals:
    counts = {}
    for name, statement in _COUNTS.items():
        row = tx.one(statement)
        assert row is not None
        counts[name] = int(row[0])
    return Totals(**counts)
