"""A request under way, as handlers see it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from trackstack.server.access.identities import Authenticator, Identity
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.config import Settings
from trackstack.server.errors import REQUEST_TOO_LARGE, ApiError
from trackstack.server.readiness import Readiness
from trackstack.server.routes import Route
from trackstack.server.secrets import Secrets
from trackstack.server.store.callers import Caller
from trackstack.server.store.store import Store
from trackstack.server.usage.measure import Measure
from trackstack.server.web.build import Build
from trackstack.server.webhooks.hooks import Event, Hooks

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Disconnected(Exception):
    """The client went away before its request was complete."""


@dataclass(frozen=True)
class Services:
    """What the server is made of; one of each for all requests."""

    settings: Settings
    store: Store
    artifacts: Artifacts
    authenticator: Authenticator
    ui: Build
    hooks: Hooks
    secrets: Secrets
    measure: Measure
    readiness: Readiness
    clock: Callable[[], float] = time.time

    @property
    def now(self) -> int:
        """The time in milliseconds."""
        return int(self.clock() * 1000)

    def on_behalf_of(self, caller: Caller) -> "Services":
        """The same services with the store as `caller` may use it."""
        return replace(self, store=self.store.on_behalf_of(caller))


@dataclass(slots=True)
class Call:
    """One request: its route, the parameters of its path, who sent it, and the server's services."""

    scope: Scope
    receive: Receive
    route: Route
    params: Mapping[str, str]
    identity: Identity
    services: Services

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def artifacts(self) -> Artifacts:
        return self.services.artifacts

    def telling(self, events: Callable[[Any], Iterable[Event]]) -> Store:
        """The store, whose changes webhooks are told: `events` gets what a change has returned."""
        return self.services.hooks.telling(self.store, events)

    @property
    def caller(self) -> Caller:
        """Who calls, as the store knows it."""
        return self.identity.caller(self.services.settings.default_level)

    @property
    def now(self) -> int:
        """The time in milliseconds."""
        return self.services.now

    @property
    def root_path(self) -> str:
        """The path below which this request found the server; empty for the root."""
        return str(self.scope.get("root_path", ""))

    @property
    def query(self) -> dict[str, list[str]]:
        """The query string: every name with all its values, blank ones too."""
        return parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)

    def header(self, name: bytes) -> str | None:
        """The first value of a header, by its lower-case name."""
        for key, value in self.scope["headers"]:
            if key == name:
                text: str = value.decode("latin-1")
                return text
        return None

    async def body(self) -> bytes:
        """The whole body; ApiError REQUEST_TOO_LARGE beyond the route's limit."""
        message = await self.receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            whole: bytes = message.get("body", b"")
            self.fits(len(whole))
            return whole
        parts = bytearray()
        while message["type"] == "http.request":
            parts += message.get("body", b"")
            self.fits(len(parts))
            if not message.get("more_body", False):
                return bytes(parts)
            message = await self.receive()
        raise Disconnected

    async def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive, for handlers that keep none of it; without a limit."""
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise Disconnected
            if piece := message.get("body", b""):
                yield piece
            if not message.get("more_body", False):
                return

    def fits(self, size: int) -> None:
        """Raises ApiError REQUEST_TOO_LARGE for a body of `size` bytes beyond the route's limit."""
        if size > self.route.limits.body_bytes:
            raise ApiError(
                REQUEST_TOO_LARGE,
                f"The request's body has more than {self.route.limits.body_bytes} bytes; split it up.",
            )
