"""The route table: what the server answers, who may ask, and within which limits - as data.

Authentication, the authorisation matrix of the tests and the fuzzer all read this table, so a route that
is not in it does not exist, and one that does not say what it needs cannot be made.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from trackstack.server.access.objects import Declared
from trackstack.server.bodies import Body
from trackstack.server.plain import Plain, PlainBody

if TYPE_CHECKING:
    from trackstack.server.access.identities import Identity
    from trackstack.server.calls import Call


class Scope(IntEnum):
    """What a caller may do; each includes the ones before it."""

    OPEN = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


OPEN, READ, WRITE, ADMIN = Scope


@dataclass(frozen=True)
class Limits:
    """What one request may cost. `body_bytes`: larger bodies are refused with 413 before they are read."""

    body_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True)
class Reads:
    """A body: JSON of a type, and how it is called."""

    type: Any
    media_type: str = "application/json"


Handler = Callable[..., Awaitable[Any]]
PREFIXES = ("/api", "/ajax-api")


@dataclass(frozen=True)
class Route:
    """One operation: `handler(call)`, or `handler(call, body)` with the body's type as its annotation.

    A path that starts with a version (`/2.0/…`) is mounted below /api for clients and /ajax-api for the web
    UI. `{name}` stands for one path segment, `{name:path}` at the end for the rest; they are in `call.params`
    and override the body's fields of the same names. The body is read as its type says: a
    `Message` as MLflow reads, a `Plain` as plain JSON. `status` is that of what the handler returns.
    `on` tells which objects it names, whose permissions the caller needs; `narrow` who the caller is where
    the request itself asks for less than its token allows. `form`, `query` and `headers` have the fields of a
    multipart body, of the query beside a body, and of the headers that the handler reads on its own; `reads`
    is any other body that it reads so.
    """

    method: str
    path: str
    handler: Handler
    needs: Scope = field(kw_only=True)
    on: Declared = field(kw_only=True)
    limits: Limits = field(default=Limits(), kw_only=True)
    status: int = field(default=200, kw_only=True)
    form: type[Struct] | None = field(default=None, kw_only=True)
    query: type[Struct] | None = field(default=None, kw_only=True)
    headers: type[Struct] | None = field(default=None, kw_only=True)
    reads: Reads | None = field(default=None, kw_only=True)
    narrow: "Callable[[Call], Identity] | None" = field(default=None, kw_only=True)
    body: Body[Any] | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.needs, Scope):
            raise TypeError(f"{self.method} {self.path}: needs must be a Scope, not {self.needs!r}")
        parameters = list(inspect.signature(self.handler).parameters.values())
        object.__setattr__(self, "body", _body(parameters[1].annotation) if len(parameters) > 1 else None)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that it answers at."""
        if self.path[1:2].isdigit():
            return tuple(prefix + self.path for prefix in PREFIXES)
        return (self.path,)


def _body(type: Any) -> Body[Any]:
    return PlainBody(type) if issubclass(type, Plain) else Body(type)


Methods = dict[str, Route]


@dataclass
class _Node:
    methods: Methods = field(default_factory=dict)
    children: dict[str, "_Node"] = field(default_factory=dict)
    one: tuple[str, "_Node"] | None = None
    rest: tuple[str, Methods] | None = None


class RouteTable:
    """Finds a path's routes: constant paths in one dictionary, the others in a tree of segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._constant: dict[str, Methods] = {}
        self._root = _Node()
        for route in self.routes:
            for path in route.paths:
                methods = self._methods(path)
                if route.method in methods:
                    raise ValueError(f"{route.method} {path} is routed twice")
                methods[route.method] = route

    def find(self, path: str) -> tuple[Methods, Mapping[str, str]] | None:
        """The routes at `path` by method, with the path's parameters; None where there is nothing."""
        methods = self._constant.get(path)
        if methods is not None:
            return methods, {}
        params: dict[str, str] = {}
        found = self._descend(self._root, path.split("/")[1:], params)
        return (found, params) if found else None

    def _methods(self, path: str) -> Methods:
        if "{" not in path:
            return self._constant.setdefault(path, {})
        node = self._root
        for segment in path.split("/")[1:]:
            if not segment.startswith("{"):
                node = node.children.setdefault(segment, _Node())
            elif segment.endswith(":path}"):
                node.rest = node.rest or (segment[1:-6], {})
                return node.rest[1]
            else:
                node.one = node.one or (segment[1:-1], _Node())
                node = node.one[1]
        return node.methods

    def _descend(self, node: _Node, segments: list[str], params: dict[str, str]) -> Methods | None:
        if not segments:
            return node.methods
        child = node.children.get(segments[0])
        if child is not None and (found := self._descend(child, segments[1:], params)):
            return found
        if node.one is not None and segments[0]:
            name, child = node.one
            if found := self._descend(child, segments[1:], params):
                params[name] = segments[0]
                return found
        if node.rest is not None:
            name, methods = node.rest
            params[name] = "/".join(segments)
            return methods
        return None
