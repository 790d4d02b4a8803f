"""Assessments that runs have made, such as evaluations: they go with their run, as MLflow has it."""

from sqlalchemy import bindparam, delete, select

from trackstack.server.store.schema.traces import assessments
from trackstack.server.store.schema.tracking import runs
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_a = assessments

OF_RUN = Statement(delete(_a).where(_a.c.run_id == bindparam("run")))
OF_DELETED = Statement(
    delete(_a).where(
        _a.c.run_id.in_(
            select(runs.c.uuid).where(
                runs.c.experiment_id == bindparam("experiment"), runs.c.deleted_at == bindparam("at")
            )
        )
    )
)


def forget_run(tx: Transaction, run: str) -> None:
    """Deletes what a run has judged."""
    tx.run(OF_RUN, run=run)


def forget_runs(tx: Transaction, experiment_id: int, at: int) -> None:
    """Deletes what those runs of an experiment have judged that were deleted at a time."""
    tx.run(OF_DELETED, experiment=experiment_id, at=at)
