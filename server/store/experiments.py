"""Rows of `experiments` and their tags; names are unique among all that exist, deleted ones too."""

from sqlalchemy import bindparam, select

from trackstack.server.errors import exists
from trackstack.server.store.database import Database
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

_experiments = tracking.experiments
BY_NAME = Statement(select(_experiments.c.id).where(_experiments.c.name == bindparam("name")))
ANY = Statement(select(_experiments.c.id).limit(1))
ADD_DEFAULT = insert(_experiments, "id", "name", "artifact_location", "created_at", "updated_at")
ADD = insert(_experiments, "name", "artifact_location", "created_at", "updated_at", returning="id")


class Experiments:
    """Creates, finds, renames, deletes and restores experiments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_default(self, location: str) -> None:
        """Makes experiment 0, `Default`, in a store that holds none."""

        def work(tx: Transaction) -> None:
            if tx.one(ANY) is None:
                tx.run(
                    ADD_DEFAULT, id=0, name="Default", artifact_location=location, created_at=0, updated_at=0
                )

        await self._database.writer.do(work)

    async def create(self, name: str, location: str, at: int) -> int:
        """The new experiment's id."""

        def work(tx: Transaction) -> int:
            if tx.one(BY_NAME, name=name) is not None:
                raise exists(f"Experiment(name={name}) already exists.")
            return int(tx.one(ADD, name=name, artifact_location=location, created_at=at, updated_at=at)[0])

        return await self._database.writer.do(work)
