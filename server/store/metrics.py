"""Metrics' histories: everything that was logged under a key."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, select

from trackstack.server.store.database import Database
from trackstack.server.store.points import Points
from trackstack.server.store.runs import FIND
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_metrics = tracking.metrics
_of_key = (_metrics.c.run_id == bindparam("run_id"), _metrics.c.key_id == bindparam("key_id"))
_within = (*_of_key, _metrics.c.step >= bindparam("start"), _metrics.c.step <= bindparam("end"))
_ALL = 2**62  # more rows than there are
_value = case((_metrics.c.is_nan == literal_column("0"), _metrics.c.value))
_columns = (_value.label("value"), _metrics.c.timestamp, _metrics.c.step)
_as_stored = (_metrics.c.step, _metrics.c.timestamp, _metrics.c.value, _metrics.c.is_nan)
_LEAST, _MOST = -(2**63), 2**63 - 1  # steps and timestamps

BY_STEP = Statement(select(*_columns).where(*_within).order_by(*_as_stored))
BY_TIME = Statement(
    select(*_columns)
    .where(*_of_key)
    .order_by(_metrics.c.timestamp, _metrics.c.step, _metrics.c.value)
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
COUNT = Statement(select(func.count()).select_from(_metrics).where(*_within))
_place = func.row_number().over(order_by=_as_stored)
_placed = select(*_columns, (_place - 1).label("place")).where(*_within).order_by(*_as_stored).subquery()
SAMPLE = Statement(
    # NTILE(n) gives the first `rest` buckets one row more; this keeps the first row of each bucket.
    select(_placed.c.value, _placed.c.timestamp, _placed.c.step)
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

    async def history(
        self, name: str, key: str, most: int | None = None, offset: int = 0
    ) -> tuple[Points, bool]:
        """The points of one run, by timestamp, step and value, and whether there are more of them.

        They are those from the `offset`-th on, `most` of them if that is given.
        """

        def work(tx: Transaction) -> tuple[Points, bool]:
            ids = _ids(tx, name, key)
            if ids is None:
                return Points(), False
            if most is None and not offset and (whole := _by_step(tx, key, ids)):
                return whole, False
            return _by_time(tx, key, ids, _ALL if most is None else most, offset)

        return await self._database.reader.scan(work)

    async def histories(self, names: Iterable[str], key: str, most: int) -> Points:
        """The first `most` points of several runs, by run, timestamp, step and value."""

        def work(tx: Transaction) -> Points:
            points = Points()
            for name in sorted(set(names)):
                if points.count < most and (ids := _ids(tx, name, key)):
                    for rows in tx.pieces(BY_TIME, **ids, most=most - points.count, offset=0):
                        points.add(key, rows, name)
            return points

        return await self._database.reader.scan(work)

    async def sampled(
        self, names: Iterable[str], key: str, most: int, start: int | None, end: int | None
    ) -> Points:
        """At most `most` points of each run, evenly spread by step, always with the first and the last.

        With `most` of 1 it is the last.
        """
        first = _LEAST if start is None else start
        last = _MOST if end is None else end

        def work(tx: Transaction) -> Points:
            points = Points()
            for name in names:
                if ids := _ids(tx, name, key):
                    for rows in _sampled(tx, {**ids, "start": first, "end": last}, most):
                        points.add(key, rows, name)
            return points

        return await self._database.reader.scan(work)


def _ids(tx: Transaction, name: str, key: str) -> dict[str, int] | None:
    key_id = tx.known_key(key)
    run = tx.one(FIND, uuid=name) if key_id is not None else None
    return None if run is None or key_id is None else {"run_id": run[0], "key_id": key_id}


def _by_step(tx: Transaction, key: str, ids: dict[str, int]) -> Points | None:
    """A whole history read in the order in which it is stored; None where that is not the order of time.

    It nearly always is. Sorting would take a quarter of the time.
    """
    points, last = Points(), _LEAST
    for rows in tx.pieces(BY_STEP, **ids, start=_LEAST, end=_MOST):
        times = [last, *(timestamp for _, timestamp, _ in rows)]
        if times != sorted(times):
            return None
        last = times[-1]
        points.add(key, rows)
    return points


def _by_time(tx: Transaction, key: str, ids: dict[str, int], most: int, offset: int) -> tuple[Points, bool]:
    points, more = Points(), False
    for rows in tx.pieces(BY_TIME, **ids, most=most + 1, offset=offset):
        room = most - points.count
        points.add(key, rows[:room])
        more = len(rows) > room
    return points, more


def _sampled(tx: Transaction, where: dict[str, int], most: int) -> Iterable[Sequence[Any]]:
    count = int(tx.one(COUNT, **where)[0])
    if count <= most:
        return tx.pieces(BY_STEP, **where)
    size, rest = divmod(count, most)
    rows = tx.all(SAMPLE, **where, last=count - 1, long=rest * (size + 1), longer=size + 1, size=size)
    return ([*rows[: most - 1], rows[-1]] if len(rows) > most else rows,)
