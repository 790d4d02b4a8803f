"""Sensei experiments: experiments of the store, with the ML instance and template that Sensei gives them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from trackstack.server.store import experiments
from trackstack.server.store.database import Database
from trackstack.server.store.schema.sensei import sensei_experiments
from trackstack.server.store.schema.tracking import experiments as rows
from trackstack.server.store.sensei import listing, resources
from trackstack.server.store.sensei.kinds import ENGINE, EXPERIMENT, ML_INSTANCE, ML_SERVICE
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.sensei.resources import Change
from trackstack.server.store.statements import Statement, insert, upsert
from trackstack.server.store.transaction import Transaction

_s = sensei_experiments

ADD = insert(_s)
SET = upsert(_s, "ml_instance", "name", "stored_name", "revision", "next_run_at", "document")
OF_INSTANCE = Statement(
    select(_s.c.experiment_id)
    .join_from(_s, rows, rows.c.id == _s.c.experiment_id)
    .where(_s.c.ml_instance == bindparam("instance"), rows.c.deleted_at.is_(None))
)

NAME_LENGTH = 500  # of the store's names; the number that tells namesakes apart is within it


class NewExperiment(NamedTuple):
    """`locate` tells where the artifacts of the experiment with a number lie; `tags` are MLflow's;
    `next_run_at` is when its schedule has it run, in milliseconds."""

    name: str
    ml_instance: str
    document: Mapping[str, Any]
    tags: Mapping[str, str]
    locate: Callable[[int], str]
    by: str
    next_run_at: int | None


class SenseiExperiments:
    """Makes, replaces and deletes experiments; `resources` reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewExperiment, at: int) -> Resource:
        """The store's experiment has the same name, with a number where another one has that."""
        return await self._database.writer.do(lambda tx: add(tx, new, at))

    async def replace(
        self,
        id_: str,
        change: Callable[[Resource], tuple[str, str]],
        document: Change,
        next_run_at: int | None,
        etags: str | None,
        at: int,
    ) -> Resource:
        """`change` gives the new name and ML instance, `document` the rest. Refused as by `resources`."""

        def work(tx: Transaction) -> Resource:
            old = listing.one(tx, EXPERIMENT, id_)
            resources.check_etag(old, etags)
            (name, instance), number = change(old), int(old.id)
            current = tx.one(experiments.BY_ID, id=number)[1]
            stored = current if name == old.fields["name"] else _free(tx, name, number)
            experiments.rename(tx, number, stored, max(at, old.updated_at))
            tx.run(
                SET,
                experiment_id=number,
                ml_instance=instance,
                name=name,
                stored_name=stored,
                created_by=old.fields.get("createdBy", ""),
                revision=old.revision + 1,
                next_run_at=next_run_at,
                document=resources.encoded(document(old)),
            )
            return listing.one(tx, EXPERIMENT, id_)

        return await self._database.writer.do(work)

    async def delete(self, id_: str, at: int) -> None:
        """With its runs; missing where it is deleted already."""

        def work(tx: Transaction) -> None:
            experiments.remove(tx, int(listing.one(tx, EXPERIMENT, id_).id), at)

        await self._database.writer.do(work)

    async def of_instances(self, instances: list[str]) -> list[int]:
        """The numbers of the experiments of ML instances."""

        def work(tx: Transaction) -> list[int]:
            return [number for one in instances for number in _of_instance(tx, one)]

        return await self._database.reader.scan(work)

    async def delete_of_instance(self, instance: str, at: int) -> None:
        """All experiments of an ML instance, with their runs."""
        await self._database.writer.do(lambda tx: _remove_of_instance(tx, instance, at))

    async def delete_instance(self, instance: str, at: int) -> None:
        """An ML instance with its experiments, their runs, and its services."""

        def work(tx: Transaction) -> None:
            tx.run(resources.MARK, this=resources.writable(tx, ML_INSTANCE, instance).id, at=at)
            _remove_what_instance_has(tx, instance, at)

        await self._database.writer.do(work)

    async def delete_instances(self, engine: str, at: int) -> None:
        """The ML instances of an engine, each with what it has."""
        await self._database.writer.do(lambda tx: _remove_instances(tx, engine, at))

    async def delete_engine(self, engine: str, at: int) -> None:
        """An engine with its ML instances and all that these have."""

        def work(tx: Transaction) -> None:
            id_ = resources.writable(tx, ENGINE, engine).id
            _remove_instances(tx, id_, at)
            tx.run(resources.MARK, this=id_, at=at)

        await self._database.writer.do(work)


def add(tx: Transaction, new: NewExperiment, at: int) -> Resource:
    """A new experiment, within another transaction."""
    stored = _free(tx, new.name)
    number = experiments.add(tx, stored, new.locate, new.tags, at)
    tx.run(
        ADD,
        experiment_id=number,
        ml_instance=new.ml_instance,
        name=new.name,
        stored_name=stored,
        created_by=new.by,
        revision=1,
        next_run_at=new.next_run_at,
        document=resources.encoded(new.document),
    )
    return listing.one(tx, EXPERIMENT, str(number))


def _free(tx: Transaction, name: str, number: int | None = None) -> str:
    """`name`, or with the first number that no other experiment has beside it."""
    candidate, count = name, 1
    while (row := tx.one(experiments.BY_NAME, name=candidate)) is not None and row[0] != number:
        count += 1
        end = f" ({count})"
        candidate = name[: NAME_LENGTH - len(end)] + end
    return candidate


def _of_instance(tx: Transaction, instance: str) -> list[int]:
    return [row[0] for row in tx.all(OF_INSTANCE, instance=instance)]


def _remove_of_instance(tx: Transaction, instance: str, at: int) -> None:
    for number in _of_instance(tx, instance):
        experiments.remove(tx, number, at)


def _remove_what_instance_has(tx: Transaction, instance: str, at: int) -> None:
    _remove_of_instance(tx, instance, at)
    resources.remove_below(tx, ML_SERVICE, instance, at)


def _remove_instances(tx: Transaction, engine: str, at: int) -> None:
    for instance in resources.remove_below(tx, ML_INSTANCE, engine, at):
        _remove_what_instance_has(tx, instance, at)
