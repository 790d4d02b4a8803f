"""All routes of the console."""

from trackstack.control.console import assets, instances, sign_in, tokens
from trackstack.control.routes import Route

ROUTES: tuple[Route, ...] = (*sign_in.ROUTES, *instances.ROUTES, *tokens.ROUTES, *assets.ROUTES)
