"""Searches, answered a page at a time."""

from typing import NamedTuple

from sqlalchemy import select

from trackstack.server.search import experiments as experiment_search
from trackstack.server.search import runs as run_search
from trackstack.server.store import documents
from trackstack.server.store.database import Database
from trackstack.server.store.entities import Experiment
from trackstack.server.store.experiments import with_tags
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.transaction import Transaction

_experiments = tracking.experiments
EXPERIMENTS = Statement(
    lambda database: select(_experiments).where(among(database, _experiments.c.id, "ids"))
)


SHORT_PAGE = 128
"""Runs that are looked up at once where an index has them in order, without leaving the event loop."""


class RunsPage(NamedTuple):
    """Documents of runs; `more` where the next page has some, too."""

    documents: list[bytes]
    more: bool


class ExperimentsPage(NamedTuple):
    """Experiments; `more` where the next page has some, too."""

    experiments: list[Experiment]
    more: bool


class Searches:
    """Finds runs and experiments by filter and order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self, search: run_search.RunSearch, most: int, offset: int) -> RunsPage:
        """At most `most` runs from the one at `offset` on."""

        def short(tx: Transaction) -> RunsPage | None:
            ids = run_search.find(tx, search, most + 1, offset)
            found = documents.short_of_all(tx, ids[:most])
            return None if found is None else RunsPage(found, len(ids) > most)

        def work(tx: Transaction) -> tuple[documents.Found, bool]:
            ids = run_search.find(tx, search, most + 1, offset)
            return documents.of_all(tx, ids[:most]), len(ids) > most

        reader = self._database.reader
        if offset + most <= SHORT_PAGE and search.newest_first:
            page = await reader.page(short)
            if page is not None:
                return page
        found, more = await reader.scan(work)
        if found.made:
            self._database.writer.soon(lambda tx: documents.keep(tx, found.made))
        return RunsPage(found.documents, more)

    async def experiments(
        self, search: experiment_search.ExperimentSearch, most: int, offset: int
    ) -> ExperimentsPage:
        """At most `most` experiments from the one at `offset` on."""

        def work(tx: Transaction) -> ExperimentsPage:
            ids = experiment_search.find(tx, search, most + 1, offset)
            rows = {row[0]: row for row in tx.all(EXPERIMENTS, ids=listed(tx.database, ids[:most]))}
            return ExperimentsPage(with_tags(tx, [rows[id_] for id_ in ids[:most]]), len(ids) > most)

        return await self._database.reader.scan(work)
