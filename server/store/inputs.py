"""What runs read and made: datasets and logged models."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from trackstack.server.store.database import Database
from trackstack.server.store.entities import DatasetInput
from trackstack.server.store.runs import Found, active
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

CONTEXT = "mlflow.data.context"
"""The input tag that says what the run used the dataset for."""

_datasets = tracking.datasets
_inputs = tracking.run_datasets
_MOST_SUMMARIES = 1000

FIND = Statement(
    select(_datasets.c.id).where(
        _datasets.c.experiment_id == bindparam("experiment_id"),
        _datasets.c.name == bindparam("name"),
        _datasets.c.digest == bindparam("digest"),
    )
)
ADD = insert(
    _datasets,
    "experiment_id",
    "name",
    "digest",
    "source_type",
    "source",
    "schema",
    "profile",
    or_ignore=True,
)
ADD_INPUT = insert(_inputs, or_ignore=True)
SET_MODEL = upsert(tracking.run_models, "step")
SUMMARIES = Statement(
    lambda database: (
        select(_datasets.c.experiment_id, _datasets.c.name, _datasets.c.digest, _inputs.c.context)
        .distinct()
        .join_from(_datasets, _inputs, _inputs.c.dataset_id == _datasets.c.id)
        .where(among(database, _datasets.c.experiment_id, "ids"))
        .limit(_MOST_SUMMARIES)
    )
)


class Inputs:
    """Links runs with the datasets and models that went into them and came out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log(self, name: str, datasets: Sequence[DatasetInput], models: Iterable[str]) -> None:
        """Links a run with its inputs. A dataset is one by name and digest in its experiment; linking it
        again changes nothing, not even the input's tags.
        """

        def work(tx: Transaction) -> None:
            run = active(tx, name)
            for dataset in datasets:
                _add_dataset(tx, run, dataset)
            tx.many(SET_MODEL, [(run.id, "input", model_id, 0) for model_id in models])
            tx.touched.add(run.id)

        await self._database.writer.do(work)

    async def log_outputs(self, name: str, models: Iterable[tuple[str, int]]) -> None:
        """Links a run with the models that it made, each at a step."""

        def work(tx: Transaction) -> None:
            run = active(tx, name)
            tx.many(SET_MODEL, [(run.id, "output", model_id, step) for model_id, step in models])
            tx.touched.add(run.id)

        await self._database.writer.do(work)

    async def summaries(self, experiment_ids: Iterable[int]) -> list[Any]:
        """(experiment id, name, digest, context) of the datasets that runs of the experiments used."""
        ids = list(experiment_ids)
        return await self._database.reader.scan(lambda tx: tx.all(SUMMARIES, ids=listed(tx.database, ids)))


def _add_dataset(tx: Transaction, run: Found, dataset: DatasetInput) -> None:
    which = {"experiment_id": run.experiment_id, "name": dataset.name, "digest": dataset.digest}
    row = tx.one(FIND, **which)
    if row is None:
        tx.run(
            ADD,
            **which,
            source_type=dataset.source_type,
            source=dataset.source,
            schema=dataset.schema,
            profile=dataset.profile,
        )
        row = tx.one(FIND, **which)
    context = next((tag.value for tag in dataset.tags if tag.key == CONTEXT), None)
    tags = msgspec.json.encode(dataset.tags).decode()
    tx.run(ADD_INPUT, run_id=run.id, dataset_id=row[0], context=context, tags=tags)
