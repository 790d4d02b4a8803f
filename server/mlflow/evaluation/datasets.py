"""Evaluation datasets and their records, in MLflow's words: structures travel as JSON texts."""

import json
from typing import Any

from msgspec import Struct, structs

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, DATASET, EXPERIMENT
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import datasets as search
from trackstack.server.search import pages
from trackstack.server.store.evaluation.datasets import Dataset

MOST_DATASETS = 1000
MOST_RECORDS = 10_000
NAME_LENGTH = 255
TAG_LENGTH = 5000


class CreateDataset(Message):
    name: Required
    experiment_ids: tuple[str, ...] = ()
    tags: str = ""
    created_by: str = ""


class DatasetRef(Message):
    dataset_id: Required


class SearchDatasets(Message):
    experiment_ids: tuple[str, ...] = ()
    filter_string: str = ""
    max_results: Int64 = MOST_DATASETS
    order_by: tuple[str, ...] = ()
    page_token: str = ""


class SetTags(Message):
    dataset_id: Required
    tags: Required


class TagRef(Message):
    dataset_id: Required
    key: Required


class Experiments(Message):
    dataset_id: Required
    experiment_ids: tuple[str, ...] = ()


class UpsertRecords(Message):
    dataset_id: Required
    records: Required


class ListRecords(Message):
    dataset_id: Required
    max_results: Int64 = MOST_DATASETS
    page_token: str = ""


class DeleteRecords(Message):
    dataset_id: Required
    dataset_record_ids: tuple[str, ...] = ()


class One(Struct):
    dataset: Dataset


class Found(Struct, omit_defaults=True):
    datasets: list[Dataset] = []
    next_page_token: str | None = None


class Places(Struct, omit_defaults=True):
    experiment_ids: list[str] = []


class Upserted(Struct):
    inserted_count: int
    updated_count: int


class Records(Struct, omit_defaults=True):
    records: str
    next_page_token: str | None = None


class Deleted(Struct):
    deleted_count: int


async def create(call: Call, body: CreateDataset) -> One:
    """Names need not be unique."""
    name = validation.limited(body.name, NAME_LENGTH, "name")
    tags = {key: value for key, value in _tags(body.tags or "{}").items() if value is not None}
    experiments, by = _ids(body.experiment_ids), body.created_by or None
    return One(await call.store.datasets.create(name, tags, experiments, by, call.now))


async def get(call: Call, body: DatasetRef) -> One:
    return _one(await call.store.datasets.get(body.dataset_id))


async def delete(call: Call, body: DatasetRef) -> None:
    """Nothing happens where there is none."""
    await call.store.datasets.delete(body.dataset_id)


async def find(call: Call, body: SearchDatasets) -> Found:
    page, offset = most(body.max_results, MOST_DATASETS), pages.offset(body.page_token)
    wanted = search.parse(_ids(body.experiment_ids), body.filter_string, body.order_by)
    found, more = await call.store.datasets.search(wanted, page, offset)
    return Found([_unplaced(one) for one in found], pages.token_for(offset + page) if more else None)


async def set_tags(call: Call, body: SetTags) -> None:
    """A tag with the value null goes."""
    await call.store.datasets.set_tags(body.dataset_id, _tags(body.tags), call.now)


async def delete_tag(call: Call, body: TagRef) -> None:
    await call.store.datasets.set_tags(body.dataset_id, {body.key: None}, call.now)


async def add_experiments(call: Call, body: Experiments) -> One:
    return _one(await call.store.datasets.place(body.dataset_id, _ids(body.experiment_ids), (), call.now))


async def remove_experiments(call: Call, body: Experiments) -> One:
    return _one(await call.store.datasets.place(body.dataset_id, (), _ids(body.experiment_ids), call.now))


async def experiment_ids(call: Call, body: DatasetRef) -> Places:
    return Places((await call.store.datasets.get(body.dataset_id)).experiment_ids)


async def upsert(call: Call, body: UpsertRecords) -> Upserted:
    """Records with the inputs of one that there is are merged into it."""
    records = _json(body.records, "records")
    if not isinstance(records, list) or not all(map(_is_record, records)):
        raise invalid("`records` must be the JSON of a list of objects with `inputs`.")
    return Upserted(*await call.store.records.upsert(body.dataset_id, records, call.now))


async def list_records(call: Call, body: ListRecords) -> Records:
    page, offset = most(body.max_results, MOST_RECORDS), pages.offset(body.page_token)
    found, more = await call.store.records.page(body.dataset_id, page, offset)
    return Records(json.dumps(found), pages.token_for(offset + page) if more else None)


async def delete_records(call: Call, body: DeleteRecords) -> Deleted:
    return Deleted(await call.store.records.delete(body.dataset_id, body.dataset_record_ids, call.now))


def _one(dataset: Dataset) -> One:
    return One(_unplaced(dataset))


def _unplaced(dataset: Dataset) -> Dataset:
    """Without its experiments: only who has just made it is told them, others ask `experiment-ids`."""
    return structs.replace(dataset, experiment_ids=[])


def _ids(texts: tuple[str, ...]) -> list[int]:
    return [validation.experiment_id(text) for text in texts]


def _tags(text: str) -> dict[str, str | None]:
    tags = _json(text, "tags")
    if not isinstance(tags, dict):
        raise invalid("`tags` must be the JSON of an object.")
    return {
        validation.limited(key, NAME_LENGTH, "key"): None
        if value is None
        else validation.limited(str(value), TAG_LENGTH, "value")
        for key, value in tags.items()
    }


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(f"`{name}` is not JSON.") from None


def _is_record(record: Any) -> bool:
    objects = ("inputs", "expectations", "tags", "source")
    return isinstance(record, dict) and all(isinstance(record.get(name) or {}, dict) for name in objects)


_BASE = "/3.0/mlflow/datasets"
_ONE = f"{_BASE}/{{dataset_id}}"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=EXPERIMENT.by("experiment_ids")),
    Route("GET", f"{_BASE}/search", find, needs=READ, on=AMONG_EXPERIMENTS),
    Route("POST", f"{_BASE}/search", find, needs=READ, on=AMONG_EXPERIMENTS),
    Route("GET", _ONE, get, needs=READ, on=DATASET),
    Route("DELETE", _ONE, delete, needs=WRITE, on=DATASET),
    Route("PATCH", f"{_ONE}/tags", set_tags, needs=WRITE, on=DATASET),
    Route("DELETE", f"{_ONE}/tags/{{key}}", delete_tag, needs=WRITE, on=DATASET),
    Route("GET", f"{_ONE}/experiment-ids", experiment_ids, needs=READ, on=DATASET),
    Route(
        "POST",
        f"{_ONE}/add-experiments",
        add_experiments,
        needs=WRITE,
        on=(DATASET, EXPERIMENT.by("experiment_ids")),
    ),
    Route(
        "POST",
        f"{_ONE}/remove-experiments",
        remove_experiments,
        needs=WRITE,
        on=(DATASET, EXPERIMENT.by("experiment_ids")),
    ),
    Route("POST", f"{_ONE}/records", upsert, needs=WRITE, on=DATASET),
    Route("GET", f"{_ONE}/records", list_records, needs=READ, on=DATASET),
    Route("DELETE", f"{_ONE}/records", delete_records, needs=WRITE, on=DATASET),
)
