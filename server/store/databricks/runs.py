"""Many runs of one experiment at once: deleted by their age, restored by the time of their deletion."""

from sqlalchemy import Select, bindparam, literal_column, select, update

from trackstack.server.store.database import Database
from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.purging import RUN, unclaimed
from trackstack.server.store.schema.tracking import runs
from trackstack.server.store.statements import Statement
from trackstack.server.store.traces.judgements import forget_runs
from trackstack.server.store.transaction import Transaction

_of_experiment = runs.c.experiment_id == bindparam("experiment")
_OLD = (
    select(runs.c.id)
    .where(_of_experiment, runs.c.deleted_at.is_(None), runs.c.start_time <= bindparam("bound"))
    .order_by(runs.c.start_time, runs.c.id)
)
_LATELY_DELETED = (
    select(runs.c.id)
    .where(_of_experiment, runs.c.deleted_at >= bindparam("bound"), unclaimed(RUN, runs.c.id))
    .order_by(runs.c.deleted_at, runs.c.id)
)


def _mark(some: Select[tuple[int]]) -> Statement:
    """Sets or clears the time of deletion of at most `most` runs."""
    return Statement(
        update(runs)
        .where(runs.c.id.in_(some.limit(bindparam("most"))))
        .values(deleted_at=bindparam("deleted_at"), revision=runs.c.revision + literal_column("1"))
    )


DELETE_OLD = _mark(_OLD)
RESTORE_LATELY_DELETED = _mark(_LATELY_DELETED)


class ManyRuns:
    """Deletes and restores; each tells how many runs it changed. The experiment must be active."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete(self, experiment_id: int, until: int, most: int, at: int) -> int:
        """Soft-deletes those that began at the time `until` or before it, the oldest first."""
        return await self._mark(DELETE_OLD, experiment_id, until, most, at)

    async def restore(self, experiment_id: int, since: int, most: int) -> int:
        """Restores those that were deleted at the time `since` or after it, the longest deleted first."""
        return await self._mark(RESTORE_LATELY_DELETED, experiment_id, since, most, None)

    async def _mark(
        self, statement: Statement, experiment_id: int, bound: int, most: int, deleted_at: int | None
    ) -> int:
        def work(tx: Transaction) -> int:
            row = tx.one(BY_ID, id=experiment_id)
            if row is None:
                raise unknown(experiment_id)
            check_active(experiment_id, row[5])
            changed = tx.changed(
                statement, experiment=experiment_id, bound=bound, most=most, deleted_at=deleted_at
            )
            if deleted_at is not None:
                forget_runs(tx, experiment_id, deleted_at)
            return changed

        return await self._database.writer.do(work)
