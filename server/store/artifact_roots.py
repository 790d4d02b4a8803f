"""Where artifacts lie: the URIs that runs were given when they were made."""

from sqlalchemy import bindparam, select

from trackstack.server.store.database import Database
from trackstack.server.store.runs import unknown_run
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_runs = tracking.runs
OF_RUN = Statement(select(_runs.c.artifact_uri).where(_runs.c.uuid == bindparam("uuid")))


class ArtifactRoots:
    """Finds the root of something's artifacts, deleted or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_run(self, run_id: str) -> str:
        """The run's artifact URI; missing where there is no such run."""

        def work(tx: Transaction) -> str:
            row = tx.one(OF_RUN, uuid=run_id)
            if row is None:
                raise unknown_run(run_id)
            return str(row[0])

        return await self._database.reader.do(work)
