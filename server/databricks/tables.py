"""The routes of Databricks' API that MLflow's has not; permissions are those of every API."""

from trackstack.server.databricks import (
    activities,
    comments,
    experiments,
    issues,
    registry,
    registry_webhooks,
    transition_requests,
)
from trackstack.server.routes import Route

ROUTES: tuple[Route, ...] = (
    *experiments.ROUTES,
    *issues.ROUTES,
    *registry.ROUTES,
    *comments.ROUTES,
    *transition_requests.ROUTES,
    *activities.ROUTES,
    *registry_webhooks.ROUTES,
)
