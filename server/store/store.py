"""The store: everything that is remembered, one attribute a noun."""

import asyncio
from collections.abc import Callable

from trackstack.server.config import Settings
from trackstack.server.store import documents
from trackstack.server.store.artifact_roots import ArtifactRoots
from trackstack.server.store.callers import Caller
from trackstack.server.store.counts import Counts
from trackstack.server.store.database import Database, open_database
from trackstack.server.store.databricks.activities import Activities
from trackstack.server.store.databricks.issues import ExperimentIssues
from trackstack.server.store.databricks.requests import TransitionRequests
from trackstack.server.store.databricks.runs import ManyRuns
from trackstack.server.store.databricks.webhooks import RegistryWebhooks
from trackstack.server.store.decisions import Decisions
from trackstack.server.store.delegation import on_behalf_of
from trackstack.server.store.evaluation.datasets import Datasets
from trackstack.server.store.evaluation.issues import Issues
from trackstack.server.store.evaluation.records import Records
from trackstack.server.store.evaluation.scorers import Scorers
from trackstack.server.store.experiments import Experiments
from trackstack.server.store.inputs import Inputs
from trackstack.server.store.kept import Kept
from trackstack.server.store.logged_models import LoggedModels
from trackstack.server.store.logging import Logging, store_points
from trackstack.server.store.metrics import Metrics
from trackstack.server.store.openmetadata.catalog import Catalog
from trackstack.server.store.openmetadata.opinions import Opinions
from trackstack.server.store.outbox import Outbox
from trackstack.server.store.permissions import Permissions
from trackstack.server.store.purges import Purges
from trackstack.server.store.registry.models import RegisteredModels
from trackstack.server.store.registry.versions import ModelVersions
from trackstack.server.store.review.items import ReviewItems
from trackstack.server.store.review.label_schemas import LabelSchemas
from trackstack.server.store.review.queues import ReviewQueues
from trackstack.server.store.runs import Runs
from trackstack.server.store.searches import Searches
from trackstack.server.store.sensei.sensei import Sensei
from trackstack.server.store.space import Space
from trackstack.server.store.telling import Tell, telling
from trackstack.server.store.tokens import Tokens
from trackstack.server.store.totals import Counting
from trackstack.server.store.traces.archival import Archival
from trackstack.server.store.traces.assessments import Assessments
from trackstack.server.store.traces.spans import Spans
from trackstack.server.store.traces.traces import Traces
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.usage import DatabaseUsages
from trackstack.server.store.webhooks import Webhooks

_MOST_CALLERS = 1000  # whose view of the store is kept at hand


class Store:
    """Opened by the application's start, closed by its end; its nouns exist between the two."""

    activities: Activities
    archival: Archival
    artifact_roots: ArtifactRoots
    assessments: Assessments
    catalog: Catalog
    counts: Counts
    datasets: Datasets
    decisions: Decisions
    experiment_issues: ExperimentIssues
    experiments: Experiments
    inputs: Inputs
    issues: Issues
    label_schemas: LabelSchemas
    logged_models: LoggedModels
    logging: Logging
    many_runs: ManyRuns
    metrics: Metrics
    model_versions: ModelVersions
    opinions: Opinions
    outbox: Outbox
    permissions: Permissions
    purges: Purges
    records: Records
    registered_models: RegisteredModels
    registry_webhooks: RegistryWebhooks
    review_items: ReviewItems
    review_queues: ReviewQueues
    runs: Runs
    scorers: Scorers
    searches: Searches
    sensei: Sensei
    space: Space
    spans: Spans
    tokens: Tokens
    totals: Counting
    traces: Traces
    transition_requests: TransitionRequests
    usage: DatabaseUsages
    webhooks: Webhooks

    _seen: Database  # as the caller sees it
    _kept: Kept  # which all callers share

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._for: dict[Caller, Store] = {}

    async def open(self) -> None:
        """Opens the database, making or migrating it; raises ConfigError where that cannot be done."""
        self._database = open_database(self._settings, _finish)
        self.decisions = Decisions(self._database)
        self._kept = Kept()
        self._furnish(self._database)

    def on_behalf_of(self, caller: Caller) -> "Store":
        """The same store, where `caller` finds what it may see, and owns what it makes."""
        store = self._for.get(caller)
        if store is None:
            assert self._database is not None
            if len(self._for) >= _MOST_CALLERS:
                self._for.clear()
            store = self._for[caller] = Store(self._settings)
            store.decisions = self.decisions
            store._kept = self._kept
            store._furnish(on_behalf_of(self._database, caller))
        return store

    def telling(self, tell: Tell, then: Callable[[], None]) -> "Store":
        """The same store for the same caller, whose changes `tell` adds to; `then` runs after each commit."""
        store = Store(self._settings)
        store.decisions = self.decisions
        store._kept = self._kept
        store._furnish(telling(self._seen, tell, then))
        return store

    def _furnish(self, database: Database) -> None:
        self._seen = database
        self.activities = Activities(database)
        self.archival = Archival(database)
        self.artifact_roots = ArtifactRoots(database)
        self.assessments = Assessments(database)
        self.catalog = Catalog(database)
        self.counts = Counts(database)
        self.datasets = Datasets(database)
        self.experiment_issues = ExperimentIssues(database)
        self.experiments = Experiments(database, self._settings.names_of_deleted_reusable)
        self.inputs = Inputs(database)
        self.issues = Issues(database)
        self.label_schemas = LabelSchemas(database)
        self.logged_models = LoggedModels(database)
        self.logging = Logging(database)
        self.many_runs = ManyRuns(database)
        self.metrics = Metrics(database, self._kept)
        self.model_versions = ModelVersions(database)
        self.opinions = Opinions(database)
        self.outbox = Outbox(database)
        self.permissions = Permissions(database)
        self.purges = Purges(database)
        self.records = Records(database)
        self.registered_models = RegisteredModels(database)
        self.registry_webhooks = RegistryWebhooks(database)
        self.review_items = ReviewItems(database)
        self.review_queues = ReviewQueues(database)
        self.runs = Runs(database)
        self.scorers = Scorers(database)
        self.searches = Searches(database)
        self.sensei = Sensei(database)
        self.space = Space(database)
        self.spans = Spans(database)
        self.tokens = Tokens(database)
        self.totals = Counting(database)
        self.traces = Traces(database)
        self.transition_requests = TransitionRequests(database)
        self.usage = DatabaseUsages(database)
        self.webhooks = Webhooks(database)

    async def ping(self) -> None:
        """Returns when the database has answered; raises ApiError where it does not."""
        assert self._database is not None
        await self._database.reader.scan(_ping)

    async def close(self) -> None:
        """Commits what was accepted and closes the database."""
        if self._database is not None:
            await asyncio.to_thread(self._database.close)


def _ping(tx: Transaction) -> None:
    tx.text("SELECT 1")


def _finish(tx: Transaction) -> None:
    """The end of every commit."""
    tx.settle()
    store_points(tx)
    documents.outdate(tx)
