"""Metrics' histories: everything that was logged under a key."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from trackstack.server.store.database import Database
from trackstack.server.store.entities import MetricPoint
from trackstack.server.store.runs import FIND
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_metrics = tracking.metrics
_of_key = (_metrics.c.run_id == bindparam("run_id"), _metrics.c.key_id == bindparam("key_id"))
_within = (*_of_key, _metrics.c.step >= bindparam("start"), _metrics.c.step <= bindparam("end"))
_columns = (_metrics.c.value, _metrics.c.is_nan, _metrics.c.timestamp, _metrics.c.step)
_by_step = (_metrics.c.step, _metrics.c.timestamp, _metrics.c.value, _metrics.c.is_nan)
_ALL = 2**62  # more rows than there are
_FIRST_STEP, _LAST_STEP = -(2**63), 2**63 - 1

HISTORY = Statement(
    select(*_columns)
    .where(*_of_key)
    .order_by(_metrics.c.timestamp, _metrics.c.step, _metrics.c.value)
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
COUNT = Statement(select(func.count()).select_from(_metrics).where(*_within))
_place = func.row_number().over(order_by=_by_step)
_placed = select(*_columns, (_place - 1).label("place")).where(*_within).order_by(*_by_step).subquery()
SAMPLE = Statement(
    # NTILE(n) gives the first `rest` buckets one row more; this keeps the first row of each bucket.
    select(_placed.c.value, _placed.c.is_nan, _placed.c.timestamp, _placed.c.step)
    .where(
        (_placed.c.place == bindparam("last"))
        | ((_placed.c.place < bindparam("long")) & (_placed.c.place % bindparam("longer") == 0))
        | (
            (_placed.c.place >= bindparam("long"))
            & ((_placed.c.place - bindparam("long")) % bindparam("size") == 0)
        )
    )
    .order_by(_placed.c.place)
)


class Metrics:
    """Reads histories; unknown runs and keys have empty ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, name: str, key: str, most: int | None, offset: int) -> list[MetricPoint]:
        """The points of one run, by timestamp, step and value; all of them unless `most` is given."""

        def work(tx: Transaction) -> list[MetricPoint]:
            return _points(key, _history(tx, name, key, _ALL if most is None else most, offset))

        return await self._database.reader.scan(work)

    async def histories(self, names: Iterable[str], key: str, most: int) -> list[MetricPoint]:
        """The first `most` points of several runs, by run, timestamp, step and value."""

        def work(tx: Transaction) -> list[MetricPoint]:
            points: list[MetricPoint] = []
            for name in sorted(set(names)):
                if len(points) < most:
                    points += _points(key, _history(tx, name, key, most - len(points), 0), name)
            return points

        return await self._database.reader.scan(work)

    async def sampled(
        self, names: Iterable[str], key: str, most: int, start: int | None, end: int | None
    ) -> list[MetricPoint]:
        """At most `most` points of each run, evenly spread by step, always with the first and the last.

        With `most` of 1 it is the last.
        """
        first = _FIRST_STEP if start is None else start
        last = _LAST_STEP if end is None else end

        def work(tx: Transaction) -> list[MetricPoint]:
            points: list[MetricPoint] = []
            for name in names:
                points += _points(key, _sampled(tx, name, key, most, first, last), name)
            return points

        return await self._database.reader.scan(work)


def _ids(tx: Transaction, name: str, key: str) -> tuple[int, int] | None:
    key_id = tx.known_key(key)
    run = tx.one(FIND, uuid=name) if key_id is not None else None
    return None if run is None or key_id is None else (run[0], key_id)


def _history(tx: Transaction, name: str, key: str, most: int, offset: int) -> list[Any]:
    ids = _ids(tx, name, key)
    if ids is None:
        return []
    return tx.all(HISTORY, run_id=ids[0], key_id=ids[1], most=most, offset=offset)


def _sampled(tx: Transaction, name: str, key: str, most: int, start: int, end: int) -> list[Any]:
    ids = _ids(tx, name, key)
    if ids is None:
        return []
    where = {"run_id": ids[0], "key_id": ids[1], "start": start, "end": end}
    count = int(tx.one(COUNT, **where)[0])
    buckets = min(most, count)
    if not buckets:
        return []
    size, rest = divmod(count, buckets)
    rows = tx.all(SAMPLE, **where, last=count - 1, long=rest * (size + 1), longer=size + 1, size=size)
    return [*rows[: most - 1], rows[-1]] if len(rows) > most else rows


def _points(key: str, rows: Sequence[Any], run_id: str | None = None) -> list[MetricPoint]:
    return [
        MetricPoint(key, "NaN" if is_nan else value, timestamp, step, run_id)
        for value, is_nan, timestamp, step in rows
    ]
