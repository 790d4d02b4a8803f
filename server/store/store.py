"""The store: everything that is remembered, one attribute a noun."""

import asyncio

from trackstack.server.config import Settings
from trackstack.server.store import documents
from trackstack.server.store.artifact_roots import ArtifactRoots
from trackstack.server.store.database import Database, open_database
from trackstack.server.store.evaluation.datasets import Datasets
from trackstack.server.store.evaluation.issues import Issues
from trackstack.server.store.evaluation.records import Records
from trackstack.server.store.evaluation.scorers import Scorers
from trackstack.server.store.experiments import Experiments
from trackstack.server.store.inputs import Inputs
from trackstack.server.store.logged_models import LoggedModels
from trackstack.server.store.logging import Logging, store_points
from trackstack.server.store.metrics import Metrics
from trackstack.server.store.purges import Purges
from trackstack.server.store.registry.models import RegisteredModels
from trackstack.server.store.registry.versions import ModelVersions
from trackstack.server.store.runs import Runs
from trackstack.server.store.searches import Searches
from trackstack.server.store.tokens import Tokens
from trackstack.server.store.traces.assessments import Assessments
from trackstack.server.store.traces.spans import Spans
from trackstack.server.store.traces.traces import Traces
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.webhooks import Webhooks


class Store:
    """Opened by the application's start, closed by its end; its nouns exist between the two."""

    artifact_roots: ArtifactRoots
    assessments: Assessments
    datasets: Datasets
    experiments: Experiments
    inputs: Inputs
    issues: Issues
    logged_models: LoggedModels
    logging: Logging
    metrics: Metrics
    model_versions: ModelVersions
    purges: Purges
    records: Records
    registered_models: RegisteredModels
    runs: Runs
    scorers: Scorers
    searches: Searches
    spans: Spans
    tokens: Tokens
    traces: Traces
    webhooks: Webhooks

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None

    async def open(self) -> None:
        """Opens the database, making or migrating it; raises ConfigError where that cannot be done."""
        database = open_database(self._settings, _finish)
        self._database = database
        self.artifact_roots = ArtifactRoots(database)
        self.assessments = Assessments(database)
        self.datasets = Datasets(database)
        self.experiments = Experiments(database)
        self.inputs = Inputs(database)
        self.issues = Issues(database)
        self.logged_models = LoggedModels(database)
        self.logging = Logging(database)
        self.metrics = Metrics(database)
        self.model_versions = ModelVersions(database)
        self.purges = Purges(database)
        self.records = Records(database)
        self.registered_models = RegisteredModels(database)
        self.runs = Runs(database)
        self.scorers = Scorers(database)
        self.searches = Searches(database)
        self.spans = Spans(database)
        self.tokens = Tokens(database)
        self.traces = Traces(database)
        self.webhooks = Webhooks(database)

    async def close(self) -> None:
        """Commits what was accepted and closes the database."""
        if self._database is not None:
            await asyncio.to_thread(self._database.close)


def _finish(tx: Transaction) -> None:
    """The end of every commit."""
    store_points(tx)
    documents.outdate(tx)
