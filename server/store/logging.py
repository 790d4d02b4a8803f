"""What a run logs: metrics, params and tags, all or nothing a request."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, tuple_

from trackstack.server.errors import invalid
from trackstack.server.store import pending
from trackstack.server.store.database import Database
from trackstack.server.store.entities import Point
from trackstack.server.store.logged_models import ModelPoint, add_points
from trackstack.server.store.runs import NAME_TAG, SET_TAG, UPDATE, Found, active
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

_latest = tracking.latest_metrics
_params = tracking.params
_tags = tracking.tags

ADD_POINT = insert(tracking.metrics, or_ignore=True)
SET_LATEST = upsert(
    _latest,
    "step",
    "timestamp",
    "value",
    "is_nan",
    where=lambda new, old: (
        tuple_(new.step, new.timestamp, new.value) > tuple_(old.step, old.timestamp, old.value)
    ),
)
PARAM = Statement(
    select(_params.c.value).where(
        _params.c.run_id == bindparam("run_id"), _params.c.key_id == bindparam("key_id")
    )
)
PARAMS = Statement(
    lambda database: select(_params.c.key_id, _params.c.value).where(
        _params.c.run_id == bindparam("run_id"), among(database, _params.c.key_id, "key_ids")
    )
)
ADD_PARAM = insert(_params)
TAG = Statement(
    select(_tags.c.value).where(_tags.c.run_id == bindparam("run_id"), _tags.c.key_id == bindparam("key_id"))
)


class Batch(NamedTuple):
    """What one request logs; values are checked and cut already."""

    points: Sequence[Point] = ()
    params: Sequence[tuple[str, str]] = ()
    tags: Sequence[tuple[str, str]] = ()
    model_points: Sequence[ModelPoint] = ()


class Logging:
    """Stores what runs log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def batch(self, name: str, batch: Batch) -> None:
        """Stores all of it. Refused with nothing stored where a param has another value already."""
        await self._database.writer.do(lambda tx: log(tx, name, batch))

    async def param(self, name: str, key: str, value: str) -> None:
        """Stores one param. Refused where it has another value already."""

        def work(tx: Transaction) -> None:
            run = active(tx, name)
            key_id = tx.key(key)
            row = tx.one(PARAM, run_id=run.id, key_id=key_id)
            if row is None:
                tx.run(ADD_PARAM, run_id=run.id, key_id=key_id, experiment_id=run.experiment_id, value=value)
                tx.touched.add(run.id)
            elif row[0] != value:
                raise invalid(
                    f"Changing param values is not allowed. Param with key='{key}' was already logged with "
                    f"value='{row[0]}' for run ID='{name}'. Attempted logging new value '{value}'."
                )

        await self._database.writer.do(work)

    async def append(self, name: str, key: str, item: Any) -> None:
        """Adds an item to the JSON list in one of the run's tags."""

        def work(tx: Transaction) -> None:
            run = active(tx, name)
            key_id = tx.key(key)
            row = tx.one(TAG, run_id=run.id, key_id=key_id)
            items = [*(msgspec.json.decode(row[0]) if row else ()), item]
            value = msgspec.json.encode(items).decode()
            tx.many(SET_TAG, [(run.id, key_id, run.experiment_id, value)])
            tx.touched.add(run.id)

        await self._database.writer.do(work)


def log(tx: Transaction, name: str, batch: Batch) -> None:
    """Stores all of a batch. Raises ApiError where a param has another value already."""
    run = active(tx, name)
    if batch.params:
        _add_params(tx, run, name, batch.params)
    if batch.points:
        _add_points(tx, run, batch.points)
    if batch.model_points:
        add_points(tx, name, batch.model_points)
    if batch.tags:
        _set_tags(tx, run, batch.tags)
    tx.touched.add(run.id)


def _add_params(tx: Transaction, run: Found, name: str, params: Sequence[tuple[str, str]]) -> None:
    rows, changed = [], []
    keys = [key for key, _ in params]
    ids = dict(zip(keys, tx.key_ids(keys), strict=True))
    logged = dict(tx.all(PARAMS, run_id=run.id, key_ids=listed(tx.database, ids.values())))
    for key, value in params:
        old = logged.get(ids[key])
        if old is None:
            rows.append((run.id, ids[key], run.experiment_id, value))
        elif old != value:
            changed.append({"key": key, "old_value": old, "new_value": value})
    if changed:
        raise invalid(
            f"Changing param values is not allowed. Params were already logged='{changed}' "
            f"for run ID='{name}'."
        )
    tx.many(ADD_PARAM, rows)


def _add_points(tx: Transaction, run: Found, points: Sequence[Point]) -> None:
    keys = tx.key_ids([point.key for point in points])
    tx.request.experiments[run.id] = run.experiment_id
    tx.request.points += [
        (run.id, key, step, timestamp, value, is_nan)
        for key, (_, step, timestamp, value, is_nan) in zip(keys, points, strict=True)
    ]


_MOMENT = itemgetter(0, 1, 2, 3, 4)  # of a point: all but whether it is NaN


def store_points(tx: Transaction) -> None:
    """Stores the points of all requests of a commit, in the order of the tables' keys.

    Many requests at once log to the same run, often the same metrics: one row is written for the newest of
    each. Of points that differ in nothing but that one is NaN, the first that was logged is the newest.
    """
    group = tx.group
    if group.points:
        newest_first = sorted(group.points, key=_MOMENT, reverse=True)  # which leaves equals in their order
        newest: dict[tuple[int, int], pending.Point] = {}
        for point in newest_first:
            newest.setdefault((point[0], point[1]), point)
        tx.many(ADD_POINT, newest_first[::-1])
        latest = [
            (run_id, key_id, group.experiments[run_id], *rest)
            for run_id, key_id, *rest in reversed(newest.values())
        ]
        tx.many(SET_LATEST, latest)


def _set_tags(tx: Transaction, run: Found, tags: Sequence[tuple[str, str]]) -> None:
    last = dict(tags)
    if NAME_TAG in last:
        tx.run(UPDATE, this=run.id, status=None, end_time=None, name=last[NAME_TAG] or None)
    keys = tx.key_ids([*last])
    rows = [(run.id, key, run.experiment_id, value) for key, value in zip(keys, last.values(), strict=True)]
    tx.many(SET_TAG, rows)
