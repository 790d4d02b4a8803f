"""How many there are: the totals of listings that tell them."""

from collections.abc import Sequence

from trackstack.server.search import experiments as experiment_search
from trackstack.server.search.sql import in_view, one_of, run, select
from trackstack.server.search.tree import View
from trackstack.server.store.database import Database
from trackstack.server.store.transaction import Transaction


class Counts:
    """Counts what searches would find."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def experiments(self, search: experiment_search.ExperimentSearch) -> int:
        """Those that the search finds on all its pages."""
        return await self._database.reader.scan(lambda tx: experiment_search.count(tx, search))

    async def runs(self, experiments: Sequence[int], view: View) -> int:
        """Those of the experiments."""

        def work(tx: Transaction) -> int:
            among = one_of(tx.database, "r.experiment_id", experiments)
            return int(run(tx, select("count(*)", "runs r", among, *in_view("r.deleted_at", view)))[0][0])

        return await self._database.reader.scan(work) if experiments else 0
