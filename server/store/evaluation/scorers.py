"""Scorers of experiments and their versions."""

import uuid
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, bindparam, delete, func, select

from trackstack.server.errors import missing
from trackstack.server.store.database import Database
from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.schema.evaluation import scorer_versions, scorers
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.transaction import Transaction

_s, _v = scorers, scorer_versions
_named = (_s.c.experiment_id == bindparam("in")) & (_s.c.name == bindparam("name"))


def _versions() -> Select[Any]:
    return select(
        _s.c.experiment_id, _s.c.name, _v.c.version, _v.c.serialized, _v.c.created_at, _s.c.uuid
    ).join_from(_s, _v, _v.c.scorer_id == _s.c.id)


ADD = insert(_s, "uuid", "experiment_id", "name", or_ignore=True)
FIND = Statement(select(_s.c.id).where(_named).with_for_update())
LAST = Statement(select(func.max(_v.c.version)).where(_v.c.scorer_id == bindparam("this")))
ADD_VERSION = insert(_v)
VERSIONS = Statement(_versions().where(_named).order_by(_v.c.version))
NEWEST = Statement(
    lambda database: (
        _versions()
        .where(
            among(database, _s.c.experiment_id, "ids"),
            _v.c.version
            == select(func.max(_v.c.version))
            .where(_v.c.scorer_id == _s.c.id)
            .correlate(_s)
            .scalar_subquery(),
        )
        .order_by(_s.c.experiment_id, _s.c.name)
    )
)
DELETE = Statement(delete(_s).where(_s.c.id == bindparam("this")))
DELETE_VERSION = Statement(
    delete(_v).where(_v.c.scorer_id == bindparam("this"), _v.c.version == bindparam("number"))
)


class Scorer(Struct):
    experiment_id: int
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: int
    scorer_id: str


class Scorers:
    """Registers, finds and deletes scorers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, experiment_id: int, name: str, serialized: str, at: int) -> Scorer:
        """The version after the newest one."""

        def work(tx: Transaction) -> Scorer:
            experiment = tx.one(BY_ID, id=experiment_id)
            if experiment is None:
                raise unknown(experiment_id)
            check_active(experiment_id, experiment[5])
            tx.run(ADD, uuid=str(uuid.uuid4()), experiment_id=experiment_id, name=name)
            id_ = tx.one(FIND, **{"in": experiment_id}, name=name)[0]
            version = (tx.one(LAST, this=id_)[0] or 0) + 1
            tx.run(ADD_VERSION, scorer_id=id_, version=version, serialized=serialized, created_at=at)
            return _all(tx, experiment_id, name)[-1]

        return await self._database.writer.do(work)

    async def newest(self, experiments: Sequence[int]) -> list[Scorer]:
        """The newest version of each scorer."""

        def work(tx: Transaction) -> list[Scorer]:
            return [Scorer(*row) for row in tx.all(NEWEST, ids=listed(tx.database, experiments))]

        return await self._database.reader.scan(work)

    async def versions(self, experiment_id: int, name: str) -> list[Scorer]:
        """From the oldest on; missing where there is no such scorer."""
        return await self._database.reader.scan(lambda tx: _all(tx, experiment_id, name))

    async def delete(self, experiment_id: int, name: str, version: int | None) -> None:
        """One version, or all; a scorer without versions is none."""

        def work(tx: Transaction) -> None:
            found = [one.scorer_version for one in _all(tx, experiment_id, name)]
            if version is not None and version not in found:
                raise missing(
                    f"Scorer with name '{name}' and version {version} not found for experiment "
                    f"{experiment_id}."
                )
            id_ = tx.one(FIND, **{"in": experiment_id}, name=name)[0]
            if version is None or found == [version]:
                tx.run(DELETE, this=id_)
            else:
                tx.run(DELETE_VERSION, this=id_, number=version)

        await self._database.writer.do(work)


def _all(tx: Transaction, experiment_id: int, name: str) -> list[Scorer]:
    rows = tx.all(VERSIONS, **{"in": experiment_id}, name=name)
    if not rows:
        raise missing(f"Scorer with name '{name}' not found for experiment {experiment_id}.")
    return [Scorer(*row) for row in rows]
