"""When experiments run next; each time is taken once, whichever replica comes first."""

from sqlalchemy import bindparam, select, update

from trackstack.server.store.database import Database
from trackstack.server.store.schema.sensei import sensei_experiments
from trackstack.server.store.schema.tracking import experiments
from trackstack.server.store.sensei import runs
from trackstack.server.store.sensei.runs import NewSenseiRun
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_s, _e = sensei_experiments, experiments

DUE = Statement(
    select(_s.c.experiment_id, _s.c.next_run_at)
    .join(_e, _e.c.id == _s.c.experiment_id)
    .where(_s.c.next_run_at <= bindparam("at"), _e.c.deleted_at.is_(None))
    .order_by(_s.c.next_run_at)
)
TAKE = Statement(
    update(_s)
    .where(_s.c.experiment_id == bindparam("this"), _s.c.next_run_at == bindparam("due"))
    .values(next_run_at=bindparam("following"))
)


class SenseiSchedules:
    """Times are in milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, at: int) -> list[tuple[int, int]]:
        """The experiments whose time has come, and which time that was, the oldest first."""

        def work(tx: Transaction) -> list[tuple[int, int]]:
            return [(int(experiment), int(due)) for experiment, due in tx.all(DUE, at=at)]

        return await self._database.reader.do(work)

    async def run(self, experiment: int, due: int, following: int | None, new: NewSenseiRun | None) -> None:
        """Begins the run, if there is one to begin, and notes the time that follows. Nothing happens where
        another has taken this time."""

        def work(tx: Transaction) -> None:
            if tx.changed(TAKE, this=experiment, due=due, following=following) and new is not None:
                runs.add(tx, new)

        await self._database.writer.do(work)
