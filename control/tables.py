"""All routes of the control plane. A surface's module ends in its own table; here they come together."""

from trackstack.control import health, instances, reference, tokens
from trackstack.control.catalog import tables as catalog
from trackstack.control.routes import Route

ROUTES: tuple[Route, ...] = (
    *instances.ROUTES,
    *tokens.ROUTES,
    *catalog.ROUTES,
    *reference.ROUTES,
    *health.ROUTES,
)
