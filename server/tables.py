"""All routes of the server. A surface's module ends in its own table; here they come together."""

from trackstack.server import experiments, system
from trackstack.server.routes import Route

ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *experiments.ROUTES,
)
