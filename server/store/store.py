"""The store: everything that is remembered, one attribute a noun."""

import asyncio

from trackstack.server.config import Settings
from trackstack.server.store import documents
from trackstack.server.store.database import Database, open_database
from trackstack.server.store.experiments import Experiments


class Store:
    """Opened by the application's start, closed by its end; its nouns exist between the two."""

    experiments: Experiments

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None

    async def open(self) -> None:
        """Opens the database, making or migrating it; raises ConfigError where that cannot be done."""
        database = open_database(self._settings, documents.outdate)
        self._database = database
        self.experiments = Experiments(database)
        await self.experiments.ensure_default("mlflow-artifacts:/0")

    async def close(self) -> None:
        """Commits what was accepted and closes the database."""
        if self._database is not None:
            await asyncio.to_thread(self._database.close)
