"""Where artifacts lie: the URIs that runs and logged models were given when they were made."""

from sqlalchemy import bindparam, select

from trackstack.server.errors import missing
from trackstack.server.store.database import Database
from trackstack.server.store.runs import unknown_run
from trackstack.server.store.schema import logged_models, tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_runs = tracking.runs
_logged = logged_models.logged_models

OF_RUN = Statement(select(_runs.c.artifact_uri).where(_runs.c.uuid == bindparam("uuid")))
OF_LOGGED_MODEL = Statement(
    select(_logged.c.artifact_uri).where(_logged.c.uuid == bindparam("uuid"), _logged.c.deleted_at.is_(None))
)


class ArtifactRoots:
    """Finds the root of something's artifacts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_run(self, run_id: str) -> str:
        """The run's artifact URI, deleted or not; missing where there is no such run."""

        def work(tx: Transaction) -> str:
            row = tx.one(OF_RUN, uuid=run_id)
            if row is None:
                raise unknown_run(run_id)
            return str(row[0])

        return await self._database.reader.do(work)

    async def of_logged_model(self, model_id: str) -> str:
        """The logged model's artifact URI; missing where it does not exist or is deleted."""

        def work(tx: Transaction) -> str:
            row = tx.one(OF_LOGGED_MODEL, uuid=model_id)
            if row is None:
                raise missing(f"Logged model with ID '{model_id}' not found.")
            return str(row[0])

        return await self._database.reader.do(work)
