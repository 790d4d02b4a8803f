"""Sensei experiment runs: runs of the store, with the mode and tasks that Sensei gives them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.sql import literal_column

from trackstack.server.store import logging, run_ids, runs
from trackstack.server.store.database import Database
from trackstack.server.store.logging import Batch
from trackstack.server.store.runs import NewRun
from trackstack.server.store.schema.sensei import sensei_runs
from trackstack.server.store.schema.tracking import runs as rows
from trackstack.server.store.sensei import listing
from trackstack.server.store.sensei.experiments import NewExperiment
from trackstack.server.store.sensei.experiments import add as add_experiment
from trackstack.server.store.sensei.kinds import RUN
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.sensei.resources import encoded
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_s = sensei_runs

ADD = insert(_s)
TRAINED = Statement(
    select(rows.c.id)
    .select_from(rows.outerjoin(_s, _s.c.run_id == rows.c.id))
    .where(
        rows.c.experiment_id == bindparam("experiment"),
        rows.c.status == bindparam("status"),
        rows.c.deleted_at.is_(None),
        func.coalesce(_s.c.mode, bindparam("unsaid")) == bindparam("mode"),
    )
    .limit(literal_column("1"))
)


class NewSenseiRun(NamedTuple):
    """`run` is the run as MLflow shows it, `params` what its tasks say."""

    mode: str
    run: NewRun
    params: Sequence[tuple[str, str]]
    document: Mapping[str, Any]


class SenseiRuns:
    """Makes runs; `resources` reads them, and MLflow's API goes on with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewSenseiRun) -> Resource:
        return await self._database.writer.do(lambda tx: add(tx, new))

    async def create_with_experiment(
        self, experiment: NewExperiment, new: NewSenseiRun, at: int
    ) -> tuple[Resource, Resource]:
        """A new experiment and its first run, whose `experiment_id` is not looked at."""

        def work(tx: Transaction) -> tuple[Resource, Resource]:
            made = add_experiment(tx, experiment, at)
            run = new.run._replace(experiment_id=int(made.id))
            return made, add(tx, new._replace(run=run))

        return await self._database.writer.do(work)

    async def trained(self, experiment: int) -> bool:
        """Whether the experiment has a train run that was successful; a run of MLflow's counts as one."""

        def work(tx: Transaction) -> bool:
            train = {"mode": "train", "unsaid": "train", "status": "FINISHED"}
            return tx.one(TRAINED, experiment=experiment, **train) is not None

        return await self._database.reader.scan(work)


def add(tx: Transaction, new: NewSenseiRun) -> Resource:
    """A new run, within another transaction."""
    name = run_ids.new()
    runs.begin(tx, name, new.run)
    logging.log(tx, name, Batch(params=new.params))
    tx.run(ADD, run_id=runs.find(tx, name).id, mode=new.mode, document=encoded(new.document))
    return listing.one(tx, RUN, name)
