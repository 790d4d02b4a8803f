"""Evaluation datasets: rows of `evaluation_datasets`, their tags and experiments."""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import missing
from trackstack.server.search import datasets as search
from trackstack.server.store.database import Database
from trackstack.server.store.experiments import BY_ID, unknown
from trackstack.server.store.schema.evaluation import (
    evaluation_dataset_experiments,
    evaluation_dataset_tags,
    evaluation_datasets,
)
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

USER = "mlflow.user"

_d, _tags, _in = evaluation_datasets, evaluation_dataset_tags, evaluation_dataset_experiments
_this = _d.c.id == bindparam("this")
_COLUMNS = [column.name for column in _d.c if column.name != "id"]

ADD = insert(_d, *_COLUMNS, returning="id")
FIND = Statement(select(_d).where(_d.c.uuid == bindparam("uuid")))
TOUCH = Statement(update(_d).where(_this).values(updated_at=bindparam("at"), digest=bindparam("new_digest")))
DELETE = Statement(delete(_d).where(_this))
SET_TAG = upsert(_tags, "value")
DELETE_TAG = Statement(
    delete(_tags).where(_tags.c.dataset_id == bindparam("this"), _tags.c.key == bindparam("name"))
)
TAGS = Statement(lambda database: select(_tags).where(among(database, _tags.c.dataset_id, "ids")))
LINK = insert(_in, or_ignore=True)
UNLINK = Statement(
    delete(_in).where(_in.c.dataset_id == bindparam("this"), _in.c.experiment_id == bindparam("from"))
)
LINKS = Statement(
    lambda database: select(_in).where(among(database, _in.c.dataset_id, "ids")).order_by(_in.c.experiment_id)
)


class Row(NamedTuple):
    """Every column of `evaluation_datasets`."""

    id: int
    uuid: str
    name: str
    schema: str | None
    profile: str | None
    digest: str
    created_at: int
    updated_at: int
    created_by: str | None
    updated_by: str | None
    owner: str
    tenant: str


class Dataset(Struct, omit_defaults=True, kw_only=True):
    """As MLflow's JSON has it; `tags`, `schema` and `profile` are JSON texts."""

    dataset_id: str
    name: str
    tags: str
    schema: str | None = None
    profile: str | None = None
    digest: str
    created_time: int
    last_update_time: int
    created_by: str | None = None
    last_updated_by: str | None = None
    experiment_ids: list[str] = []


class Datasets:
    """Makes, finds, tags, places and deletes evaluation datasets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, name: str, tags: Mapping[str, str], experiments: Sequence[int], by: str | None, at: int
    ) -> Dataset:
        """Names need not be unique."""

        def work(tx: Transaction) -> Dataset:
            dataset_id = f"d-{uuid.uuid4().hex}"
            user = by or tags.get(USER) or tx.caller.user or None
            values = (dataset_id, name, None, None, digest(name, at), at, at, user, user, *tx.caller[:2])
            id_ = int(tx.one(ADD, **dict(zip(_COLUMNS, values, strict=True)))[0])
            tx.many(SET_TAG, [(id_, key, value) for key, value in tags.items()])
            _link(tx, id_, experiments)
            return entities(tx, [find(tx, dataset_id)])[0]

        return await self._database.writer.do(work)

    async def get(self, dataset_id: str) -> Dataset:
        return await self._database.reader.do(lambda tx: entities(tx, [find(tx, dataset_id)])[0])

    async def delete(self, dataset_id: str) -> None:
        """With its records; nothing happens where there is none."""

        def work(tx: Transaction) -> None:
            row = tx.one(FIND, uuid=dataset_id)
            if row is not None:
                tx.run(DELETE, this=row[0])

        await self._database.writer.do(work)

    async def search(
        self, wanted: search.DatasetSearch, most: int, offset: int
    ) -> tuple[list[Dataset], bool]:
        """At most `most` datasets from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[Dataset], bool]:
            found = [Row(*row) for row in search.find(tx, wanted, most + 1, offset)]
            return entities(tx, found[:most]), len(found) > most

        return await self._database.reader.scan(work)

    async def set_tags(self, dataset_id: str, tags: Mapping[str, str | None], at: int) -> Dataset:
        """None deletes a tag."""

        def work(tx: Transaction) -> Dataset:
            row = find(tx, dataset_id)
            for key, value in tags.items():
                if value is None:
                    tx.run(DELETE_TAG, this=row.id, name=key)
                else:
                    tx.run(SET_TAG, dataset_id=row.id, key=key, value=value)
            tx.run(TOUCH, this=row.id, at=at, new_digest=digest(row.name, at))
            return entities(tx, [find(tx, dataset_id)])[0]

        return await self._database.writer.do(work)

    async def place(self, dataset_id: str, add: Sequence[int], remove: Sequence[int], at: int) -> Dataset:
        """Puts the dataset into experiments and takes it out of others."""

        def work(tx: Transaction) -> Dataset:
            row = find(tx, dataset_id)
            _link(tx, row.id, add)
            for experiment_id in remove:
                tx.run(UNLINK, this=row.id, **{"from": experiment_id})
            tx.run(TOUCH, this=row.id, at=at, new_digest=row.digest)
            return entities(tx, [find(tx, dataset_id)])[0]

        return await self._database.writer.do(work)


def find(tx: Transaction, dataset_id: str) -> Row:
    """Missing where there is no such dataset."""
    row = tx.one(FIND, uuid=dataset_id)
    if row is None:
        raise missing(f"Evaluation dataset with id '{dataset_id}' not found")
    return Row(*row)


def digest(name: str, at: int) -> str:
    """Another one with every change."""
    return hashlib.sha256(f"{name}:{at}".encode()).hexdigest()[:8]


def entities(tx: Transaction, rows: Sequence[Row]) -> list[Dataset]:
    """With their tags and experiments."""
    ids = listed(tx.database, [row.id for row in rows])
    tags: dict[int, dict[str, Any]] = defaultdict(dict)
    for dataset_id, key, value in tx.all(TAGS, ids=ids):
        tags[dataset_id][key] = value
    places: dict[int, list[str]] = defaultdict(list)
    for dataset_id, experiment_id in tx.all(LINKS, ids=ids):
        places[dataset_id].append(str(experiment_id))
    return [
        Dataset(
            dataset_id=row.uuid,
            name=row.name,
            tags=json.dumps(tags[row.id]),
            schema=row.schema,
            profile=row.profile,
            digest=row.digest,
            created_time=row.created_at,
            last_update_time=row.updated_at,
            created_by=row.created_by,
            last_updated_by=row.updated_by,
            experiment_ids=places[row.id],
        )
        for row in rows
    ]


def _link(tx: Transaction, dataset_id: int, experiments: Sequence[int]) -> None:
    for experiment_id in experiments:
        if tx.one(BY_ID, id=experiment_id) is None:
            raise unknown(experiment_id)
    tx.many(LINK, [(dataset_id, experiment_id) for experiment_id in experiments])
