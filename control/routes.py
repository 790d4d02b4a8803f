"""The route table: what the control plane answers, who may ask, and how - as data.

Authentication, the OpenAPI document and the tests read it, so a route that is not in it does not exist, and
one that does not say what it needs cannot be made.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from starlette.routing import compile_path

from trackstack.control.access.callers import Role
from trackstack.control.errors import ErrorResponse

VERSIONS = ("/v1", "/v1alpha")
Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """One operation: `handler(call)`, or `handler(call, body)` with the body's type as its annotation.

    A path that starts with /projects is mounted below each version. `needs` is the role that a caller must
    have in the path's project, or in any where the path names none; NOBODY: no token at all. `refuses` are
    the statuses besides every route's, `error` is the type of their bodies, `query` has the parameters that
    the handler reads.
    """

    method: str
    path: str
    handler: Handler
    needs: Role = field(kw_only=True)
    status: int = field(default=200, kw_only=True)
    refuses: tuple[int, ...] = field(default=(), kw_only=True)
    query: type[Struct] | None = field(default=None, kw_only=True)
    error: type[Struct] = field(default=ErrorResponse, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.needs, Role):
            raise TypeError(f"{self.method} {self.path}: needs must be a Role, not {self.needs!r}")

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that it answers at."""
        if self.path.startswith("/projects"):
            return tuple(version + self.path for version in VERSIONS)
        return (self.path,)

    @property
    def body(self) -> type[Any] | None:
        """The type of its requests' bodies."""
        parameters = list(inspect.signature(self.handler).parameters.values())
        return parameters[1].annotation if len(parameters) > 1 else None

    @property
    def answer(self) -> Any:
        """The type of its answers."""
        return inspect.signature(self.handler).return_annotation


Methods = dict[str, Route]


class RouteTable:
    """Finds a path's routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        methods: dict[str, Methods] = {}
        for route in self.routes:
            for path in route.paths:
                if methods.setdefault(path, {}).setdefault(route.method, route) is not route:
                    raise ValueError(f"{route.method} {path} is routed twice")
        self._paths = [(compile_path(path)[0], found) for path, found in methods.items()]

    def find(self, path: str) -> tuple[Methods, Mapping[str, str]] | None:
        """The routes at `path` by method, with the path's parameters; None where there is nothing."""
        for pattern, methods in self._paths:
            if match := pattern.match(path):
                return methods, match.groupdict()
        return None
