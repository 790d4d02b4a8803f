"""All routes of the server. A surface's module ends in its own table; here they come together."""

from trackstack.server.mlflow import (
    absent,
    artifact_links,
    artifact_proxy,
    artifacts,
    experiments,
    inputs,
    logged_model_artifacts,
    logged_models,
    logging,
    metrics,
    run_search,
    runs,
    system,
    webhooks,
)
from trackstack.server.mlflow.evaluation import datasets, issues, scorers
from trackstack.server.mlflow.registry import model_versions, registered_models
from trackstack.server.mlflow.review import items as review_items
from trackstack.server.mlflow.review import label_schemas
from trackstack.server.mlflow.review import queues as review_queues
from trackstack.server.mlflow.traces import (
    artifacts as trace_artifacts,
)
from trackstack.server.mlflow.traces import (
    assessments,
    trace_metrics,
    trace_search,
    traces,
    traces_v2,
)
from trackstack.server.routes import Route

ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *absent.ROUTES,
    *artifacts.ROUTES,
    *artifact_proxy.ROUTES,
    *artifact_links.ROUTES,
    *logged_model_artifacts.ROUTES,
    *experiments.ROUTES,
    *runs.ROUTES,
    *run_search.ROUTES,
    *logging.ROUTES,
    *metrics.ROUTES,
    *inputs.ROUTES,
    *logged_models.ROUTES,
    *registered_models.ROUTES,
    *model_versions.ROUTES,
    *webhooks.ROUTES,
    *traces.ROUTES,
    *traces_v2.ROUTES,
    *trace_search.ROUTES,
    *trace_metrics.ROUTES,
    *trace_artifacts.ROUTES,
    *assessments.ROUTES,
    *datasets.ROUTES,
    *scorers.ROUTES,
    *issues.ROUTES,
    *label_schemas.ROUTES,
    *review_queues.ROUTES,
    *review_items.ROUTES,
)
