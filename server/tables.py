"""All routes of the server. A surface's module ends in its own table; here they come together."""

from trackstack.server import figures, openapi
from trackstack.server.access import permissions, tokens
from trackstack.server.databricks import tables as databricks
from trackstack.server.experiments_api import tables as experiments_api
from trackstack.server.graphql import routes as graphql
from trackstack.server.mlflow import tables as mlflow
from trackstack.server.openmetadata import tables as openmetadata
from trackstack.server.otlp import routes as otlp
from trackstack.server.routes import Route
from trackstack.server.sensei import table as sensei
from trackstack.server.usage import routes as usage
from trackstack.server.web import pages

_ROUTES: tuple[Route, ...] = (
    *mlflow.ROUTES,
    *databricks.ROUTES,
    *graphql.ROUTES,
    *openmetadata.ROUTES,
    *otlp.ROUTES,
    *experiments_api.ROUTES,
    *sensei.ROUTES,
    *tokens.ROUTES,
    *permissions.ROUTES,
    *usage.ROUTES,
    *pages.ROUTES,
    *figures.ROUTES,
)

ROUTES: tuple[Route, ...] = (*_ROUTES, openapi.route(_ROUTES))
