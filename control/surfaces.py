"""What differs between programs, which call the API, and people, who look at the console."""

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from starlette.requests import Request

from trackstack.control import bodies
from trackstack.control.access.callers import NOBODY, Caller
from trackstack.control.answers import Page
from trackstack.control.errors import ApiError
from trackstack.control.routes import Route

if TYPE_CHECKING:
    from trackstack.control.calls import Services


class Surface(Protocol):
    """Who asks, how bodies are written, what errors look like. One for each path."""

    def foreign(self, request: Request, route: Route | None) -> bool:
        """Whether the request may be another site's page's, and is to be looked at."""

    def site(self, request: Request) -> str | None:
        """From where the request comes, as Sec-Fetch-Site has it."""

    async def identify(self, services: "Services", request: Request) -> Caller:
        """Who asks. Raises ApiError 401."""

    def decode(self, type: type[Any], body: bytes, content_type: str) -> Any:
        """The body as the handler wants it. Raises ApiError 400, 415."""

    def refused(self, request: Request, error: ApiError) -> Page:
        """The error as it is answered."""


class Api:
    """JSON, and a token in each request."""

    def foreign(self, request: Request, route: Route | None) -> bool:
        """What needs no token and changes nothing may be asked under any name, as health probes do."""
        return route is None or route.needs is not NOBODY

    def site(self, request: Request) -> str | None:
        """As it was sent."""
        return request.headers.get("sec-fetch-site")

    async def identify(self, services: "Services", request: Request) -> Caller:
        """Who the Authorization header says. Raises ApiError 401."""
        return await services.authenticator.identify(request.headers.getlist("authorization"))

    def decode(self, type: type[Any], body: bytes, content_type: str) -> Any:
        """Exactly what the type says. Raises ApiError 400, 415."""
        return bodies.decode(type, body, content_type)

    def refused(self, request: Request, error: ApiError) -> Page:
        """The one error body."""
        return Page(
            msgspec.json.encode(error.body), "application/json", error.status, tuple(error.headers.items())
        )
