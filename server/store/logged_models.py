"""Logged models: what a run or script saved as a model, with its params, tags and metrics."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field
from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import BAD_REQUEST, ApiError, invalid, missing
from trackstack.server.search import logged_models as search
from trackstack.server.store.database import Database
from trackstack.server.store.entities import Tag
from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.schema.logged_models import (
    logged_model_metrics,
    logged_model_params,
    logged_model_tags,
    logged_models,
)
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

VERSIONS_TAG = "mlflow.modelVersions"
"""The tag that lists the registered versions that were made of the model, as JSON."""

_m, _p, _t, _x = logged_models, logged_model_params, logged_model_tags, logged_model_metrics
_this = _m.c.id == bindparam("this")

ADD = insert(
    _m,
    "uuid",
    "experiment_id",
    "name",
    "artifact_uri",
    "created_at",
    "updated_at",
    "status",
    "model_type",
    "source_run_id",
    returning="id",
)
BY_UUID = Statement(select(_m).where(_m.c.uuid == bindparam("uuid")))
BY_IDS = Statement(lambda database: select(_m).where(among(database, _m.c.id, "ids")))
FINISH = Statement(update(_m).where(_this).values(status=bindparam("to"), updated_at=bindparam("at")))
DELETE = Statement(update(_m).where(_this).values(deleted_at=bindparam("at"), updated_at=bindparam("at")))
PARAM = Statement(select(_p.c.value).where(_p.c.model_id == bindparam("this"), _p.c.key == bindparam("name")))
ADD_PARAM = insert(_p)
TAG = Statement(select(_t.c.value).where(_t.c.model_id == bindparam("this"), _t.c.key == bindparam("name")))
SET_TAG = upsert(_t, "value")
DELETE_TAG = Statement(delete(_t).where(_t.c.model_id == bindparam("this"), _t.c.key == bindparam("name")))
SET_METRIC = upsert(_x, "value", "is_nan", "dataset_name", "dataset_digest")
PARAMS = Statement(
    lambda database: select(_p).where(among(database, _p.c.model_id, "ids")).order_by(_p.c.key)
)
TAGS = Statement(lambda database: select(_t).where(among(database, _t.c.model_id, "ids")).order_by(_t.c.key))
METRICS = Statement(
    lambda database: (
        select(_x)
        .where(among(database, _x.c.model_id, "ids"))
        .order_by(_x.c.key, _x.c.timestamp, _x.c.step, _x.c.run_id)
    )
)


class Info(Struct, omit_defaults=True, kw_only=True):
    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    model_type: str
    source_run_id: str
    tags: list[Tag] = field(default_factory=list)


class ModelMetric(Struct, omit_defaults=True, kw_only=True):
    key: str
    value: float | str
    timestamp: int
    step: int
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str
    run_id: str


class Data(Struct, omit_defaults=True):
    params: list[Tag] = field(default_factory=list)
    metrics: list[ModelMetric] = field(default_factory=list)


class LoggedModel(Struct):
    """In MLflow's JSON shape."""

    info: Info
    data: Data


class NewModel(NamedTuple):
    """A model to make."""

    uuid: str
    experiment_id: int
    name: str
    model_type: str
    source_run_id: str
    params: Mapping[str, str]
    tags: Mapping[str, str]


class Place(NamedTuple):
    """Where a model's files lie, and the run that it came from ("" for none)."""

    artifact_uri: str
    source_run_id: str


class ModelPoint(NamedTuple):
    """One value of a metric that a run measured of a model; NaN is 0 with `is_nan`."""

    model_id: str
    key: str
    step: int
    timestamp: int
    value: float
    is_nan: int
    dataset_name: str
    dataset_digest: str


class _Row(NamedTuple):
    id: int
    uuid: str
    experiment_id: int
    name: str
    artifact_uri: str
    created_at: int
    updated_at: int
    status: str
    model_type: str
    source_run_id: str
    deleted_at: int | None


class LoggedModels:
    """Creates, finishes, finds and deletes logged models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewModel, locate: Callable[[str], str], at: int) -> LoggedModel:
        """`locate` tells where the model's files lie, given its experiment's artifact location."""

        def work(tx: Transaction) -> LoggedModel:
            experiment = tx.one(BY_ID, id=new.experiment_id)
            if experiment is None:
                raise unknown(new.experiment_id)
            check_active(new.experiment_id, experiment[5])
            row = tx.one(
                ADD,
                uuid=new.uuid,
                experiment_id=new.experiment_id,
                name=new.name,
                artifact_uri=locate(experiment[2]),
                created_at=at,
                updated_at=at,
                status=search.STATUSES[0],
                model_type=new.model_type,
                source_run_id=new.source_run_id,
            )
            tx.many(ADD_PARAM, [(row[0], key, value) for key, value in new.params.items()])
            tx.many(SET_TAG, [(row[0], key, value) for key, value in new.tags.items()])
            return _shown(tx, [_find(tx, new.uuid)])[0]

        return await self._database.writer.do(work)

    async def get(self, uuid: str, deleted: bool = False) -> LoggedModel:
        """`deleted` finds deleted ones, too."""
        return await self._database.reader.do(lambda tx: _shown(tx, [_find(tx, uuid, deleted)])[0])

    async def place(self, uuid: str) -> Place:
        def work(tx: Transaction) -> Place:
            row = _find(tx, uuid)
            return Place(row.artifact_uri, row.source_run_id)

        return await self._database.reader.do(work)

    async def finish(self, uuid: str, status: str, at: int) -> LoggedModel:
        def work(tx: Transaction) -> LoggedModel:
            tx.run(FINISH, this=_find(tx, uuid).id, to=status, at=at)
            return _shown(tx, [_find(tx, uuid)])[0]

        return await self._database.writer.do(work)

    async def delete(self, uuid: str, at: int) -> None:
        """Soft; nothing more happens to one that is deleted already."""

        def work(tx: Transaction) -> None:
            row = _find(tx, uuid, deleted=True)
            if row.deleted_at is None:
                tx.run(DELETE, this=row.id, at=at)

        await self._database.writer.do(work)

    async def add_params(self, uuid: str, params: Mapping[str, str]) -> None:
        """Refused with nothing stored where a param has another value already."""

        def work(tx: Transaction) -> None:
            row = _find(tx, uuid)
            for key, value in params.items():
                old = tx.one(PARAM, this=row.id, name=key)
                if old is None:
                    tx.run(ADD_PARAM, model_id=row.id, key=key, value=value)
                elif old[0] != value:
                    raise invalid(
                        f"Changing param values is not allowed. Param with key='{key}' was already logged "
                        f"with value='{old[0]}' for model ID='{uuid}'. Attempted logging new value '{value}'."
                    )

        await self._database.writer.do(work)

    async def set_tags(self, uuid: str, tags: Mapping[str, str]) -> None:
        def work(tx: Transaction) -> None:
            row = _find(tx, uuid)
            tx.many(SET_TAG, [(row.id, key, value) for key, value in tags.items()])

        return await self._database.writer.do(work)

    async def delete_tag(self, uuid: str, key: str) -> None:
        def work(tx: Transaction) -> None:
            if not tx.changed(DELETE_TAG, this=_find(tx, uuid).id, name=key):
                raise missing(f"No tag with key {key!r} found for model with ID {uuid!r}.")

        await self._database.writer.do(work)

    async def register(self, uuid: str, name: str, version: int) -> None:
        """Notes in the model's tags that a registered version was made of it."""

        def work(tx: Transaction) -> None:
            row = _find(tx, uuid)
            old = tx.one(TAG, this=row.id, name=VERSIONS_TAG)
            value = json.dumps([*_versions(old), {"name": name, "version": version}])
            tx.run(SET_TAG, model_id=row.id, key=VERSIONS_TAG, value=value)

        await self._database.writer.do(work)

    async def search(
        self, wanted: search.LoggedModelSearch, most: int, offset: int
    ) -> tuple[list[LoggedModel], bool]:
        """At most `most` models from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[LoggedModel], bool]:
            ids = search.find(tx, wanted, most + 1, offset)
            rows = {row[0]: _Row(*row) for row in tx.all(BY_IDS, ids=listed(tx.database, ids[:most]))}
            return _shown(tx, [rows[id_] for id_ in ids[:most]]), len(ids) > most

        return await self._database.reader.scan(work)


def add_points(tx: Transaction, run_id: str, points: Sequence[ModelPoint]) -> None:
    """Stores what a run measured of models; of several values of one moment the last one holds."""
    ids: dict[str, int] = {}
    for point in points:
        if point.model_id not in ids:
            row = tx.one(BY_UUID, uuid=point.model_id)
            if row is None:
                raise ApiError(BAD_REQUEST, f"Logged model with ID '{point.model_id}' not found.")
            ids[point.model_id] = row[0]
    rows = {}
    for model_id, key, step, timestamp, *rest in points:
        rows[ids[model_id], key, timestamp, step, run_id] = rest
    tx.many(SET_METRIC, [(*at, *rest) for at, rest in rows.items()])


def _find(tx: Transaction, uuid: str, deleted: bool = False) -> _Row:
    row = tx.one(BY_UUID, uuid=uuid)
    if row is None or (row[-1] is not None and not deleted):
        raise missing(f"Logged model with ID '{uuid}' not found.")
    return _Row(*row)


def _versions(row: Any) -> list[Any]:
    """What the tag lists; nothing where somebody put something else into it."""
    try:
        found = json.loads(row[0]) if row else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _shown(tx: Transaction, rows: Sequence[_Row]) -> list[LoggedModel]:
    ids = listed(tx.database, [row.id for row in rows])
    params: dict[int, list[Tag]] = defaultdict(list)
    tags: dict[int, list[Tag]] = defaultdict(list)
    for statement, found in ((PARAMS, params), (TAGS, tags)):
        for model_id, key, value in tx.all(statement, ids=ids):
            found[model_id].append(Tag(key, value))
    uuids = {row.id: row.uuid for row in rows}
    metrics: dict[int, list[ModelMetric]] = defaultdict(list)
    for model_id, key, timestamp, step, run_id, value, is_nan, name, digest in tx.all(METRICS, ids=ids):
        metric = ModelMetric(
            key=key,
            value="NaN" if is_nan else value,
            timestamp=timestamp,
            step=step,
            dataset_name=name or None,
            dataset_digest=digest or None,
            model_id=uuids[model_id],
            run_id=run_id,
        )
        metrics[model_id].append(metric)
    return [_model(row, tags[row.id], Data(params[row.id], metrics[row.id])) for row in rows]


def _model(row: _Row, tags: list[Tag], data: Data) -> LoggedModel:
    info = Info(
        model_id=row.uuid,
        experiment_id=str(row.experiment_id),
        name=row.name,
        creation_timestamp_ms=row.created_at,
        last_updated_timestamp_ms=row.updated_at,
        artifact_uri=row.artifact_uri,
        status=row.status,
        model_type=row.model_type,
        source_run_id=row.source_run_id,
        tags=tags,
    )
    return LoggedModel(info, data)
