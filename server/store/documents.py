"""A run as clients read it: one JSON document a run, stored beside its rows, never stale.

Every commit that changes a run raises the run's `revision`; a document is current only while its own
revision is that one. So writing costs one small update a run and commit, and the first read after it
makes the document anew.
"""

from sqlalchemy import bindparam, update

from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_runs = tracking.runs
RAISE_REVISION = Statement(
    update(_runs).where(_runs.c.id == bindparam("run_id")).values(revision=_runs.c.revision + 1)
)


def outdate(tx: Transaction) -> None:
    """Raises the revision of every run that the transaction touched, in the order of their ids.

    The order keeps two replicas that write to the same runs from waiting for each other.
    """
    if tx.touched:
        tx.many(RAISE_REVISION, [(run_id,) for run_id in sorted(tx.touched)])
