"""Metrics' histories: everything that was logged under a key."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, select

from trackstack.server.store.database import Database
from trackstack.server.store.kept import Kept, Revision
from trackstack.server.store.points import Points
from trackstack.server.store.runs import FIND
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.transaction import Transaction

_runs = tracking.runs
_metrics = tracking.metrics
_of_key = (_metrics.c.run_id == bindparam("run_id"), _metrics.c.key_id == bindparam("key_id"))
_within = (*_of_key, _metrics.c.step >= bindparam("start"), _metrics.c.step <= bindparam("end"))
_value = case((_metrics.c.is_nan == literal_column("0"), _metrics.c.value))
_columns = (_value.label("value"), _metrics.c.timestamp, _metrics.c.step)
_as_stored = (_metrics.c.step, _metrics.c.timestamp, _metrics.c.value, _metrics.c.is_nan)
_LEAST, _MOST = -(2**63), 2**63 - 1  # steps and timestamps
_ALL = 2**62  # more rows than there are
_NO_KEY = 0

REVISIONS = Statement(
    lambda database: select(_runs.c.uuid, _runs.c.id, _runs.c.revision).where(
        among(database, _runs.c.uuid, "names")
    )
)

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

Metric = dict[str, int]
"""The ids of a run and of a key, as statements want them."""


class Metrics:
    """Reads histories; unknown runs and keys have empty ones."""

    def __init__(self, database: Database, kept: Kept) -> None:
        self._database = database
        self._kept = kept

    async def history(self, name: str, key: str) -> Points:
        """All points of one run, by timestamp, step and value."""

        def read(tx: Transaction, name: str, metric: Metric) -> Points:
            return _in_order(tx, key, metric) or _by_time(tx, key, metric, _ALL, 0)[0]

        found = await self._of_each([name], key, (), read)
        return found.get(name) or Points()

    async def page(self, name: str, key: str, most: int | None, offset: int) -> tuple[Points, bool]:
        """Points of that history from the `offset`-th on, `most` if that is given; whether there are more."""

        def work(tx: Transaction) -> tuple[Points, bool]:
            run = tx.one(FIND, uuid=name)
            if run is None:
                return Points(), False
            return _by_time(tx, key, _metric(tx, run[0], key), _ALL if most is None else most, offset)

        return await self._database.reader.scan(work)

    async def histories(self, names: Iterable[str], key: str, most: int) -> Points:
        """The first `most` points of several runs, by run, timestamp, step and value."""

        def work(tx: Transaction) -> Points:
            points = Points()
            for name in sorted(set(names)):
                if points.count < most and (run := tx.one(FIND, uuid=name)):
                    left = most - points.count
                    points.extend(_by_time(tx, key, _metric(tx, run[0], key), left, 0, name)[0])
            return points

        return await self._database.reader.scan(work)

    async def sampled(
        self, names: Sequence[str], key: str, most: int, start: int | None, end: int | None
    ) -> Points:
        """At most `most` points of each run, evenly spread by step, always with the first and the last.

        With `most` of 1 it is the last.
        """
        steps = {"start": _LEAST if start is None else start, "end": _MOST if end is None else end}

        def read(tx: Transaction, name: str, metric: Metric) -> Points:
            points = Points()
            for rows in _sampled(tx, {**metric, **steps}, most):
                points.add(key, rows, name)
            return points

        found = await self._of_each(names, key, (most, start, end), read)
        points = Points()
        for name in names:
            if name in found:
                points.extend(found[name])
        return points

    async def _of_each(
        self, names: Sequence[str], key: str, how: object, read: Callable[[Transaction, str, Metric], Points]
    ) -> dict[str, Points]:
        """What `read` finds of each run that there is, or found when it was last changed; by name.

        `how` tells what it finds from what others do.
        """

        def work(tx: Transaction) -> list[tuple[str, Revision, Points]]:
            return [
                (name, revision, read(tx, name, _metric(tx, revision.run_id, key)))
                for name, revision in _revisions(tx, stale).items()
            ]

        revisions = await self._database.reader.do(lambda tx: _revisions(tx, names))
        kept = {name: self._kept.get((name, key, how), revision) for name, revision in revisions.items()}
        found = {name: points for name, points in kept.items() if points is not None}
        stale = [name for name in kept if name not in found]
        for name, revision, points in await self._database.reader.scan(work) if stale else ():
            self._kept.put((name, key, how), revision, points)
            found[name] = points
        return found


def _revisions(tx: Transaction, names: Sequence[str]) -> dict[str, Revision]:
    rows = tx.all(REVISIONS, names=listed(tx.database, names))
    return {name: Revision(run_id, revision) for name, run_id, revision in rows}


def _metric(tx: Transaction, run_id: int, key: str) -> Metric:
    return {"run_id": run_id, "key_id": tx.known_key(key) or _NO_KEY}


def _in_order(tx: Transaction, key: str, metric: Metric) -> Points | None:
    """A whole history in the order in which it is stored, by step; None where that is not the order of time.

    It nearly always is, and sorting would take a quarter of the time.
    """
    points, last = Points(), _LEAST
    for rows in tx.pieces(BY_STEP, **metric, start=_LEAST, end=_MOST):
        times = [timestamp for _, timestamp, _ in rows]
        if times[0] < last or times != sorted(times):
            return None
        last = times[-1]
        points.add(key, rows)
    return points


def _by_time(
    tx: Transaction, key: str, metric: Metric, most: int, offset: int, name: str | None = None
) -> tuple[Points, bool]:
    points, more = Points(), False
    for rows in tx.pieces(BY_TIME, **metric, most=most + 1, offset=offset):
        room = most - points.count
        points.add(key, rows[:room], name)
        more = len(rows) > room
    return points, more


def _sampled(tx: Transaction, where: dict[str, int], most: int) -> Iterable[Sequence[Any]]:
    count = int(tx.one(COUNT, **where)[0])
    if count <= most:
        return tx.pieces(BY_STEP, **where)
    size, rest = divmod(count, most)
    rows = tx.all(SAMPLE, **where, last=count - 1, long=rest * (size + 1), longer=size + 1, size=size)
    return ([*rows[: most - 1], rows[-1]] if len(rows) > most else rows,)
