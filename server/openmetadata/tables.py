"""The OpenMetadata surface's routes."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from msgspec import Struct

from trackstack.catalog_requests import VERSION, ApiVersion, ListQuery, ReadQuery
from trackstack.server.access.objects import FOUND, NOTHING
from trackstack.server.calls import Call
from trackstack.server.openmetadata import kinds, names, patches
from trackstack.server.openmetadata.bulk import Bulk, Stale
from trackstack.server.openmetadata.entities import Entities, RestoreEntity
from trackstack.server.openmetadata.kinds import Kind
from trackstack.server.openmetadata.listing import listing
from trackstack.server.openmetadata.opinions import Opinions, TestConnectionResult, Vote
from trackstack.server.routes import OPEN, READ, WRITE, Limits, Reads, Route
from trackstack.server.store.openmetadata.catalog import unknown

ONE_ENTITY = Limits(body_bytes=1024 * 1024)


class DeleteQuery(Struct):
    """How to delete."""

    hardDelete: bool = False
    recursive: bool = False


class JobQuery(Struct, rename={"later": "async"}):
    """Whether 202 answers a request."""

    later: bool = False


class Condition(Struct, rename={"if_match": "If-Match"}):
    """The versions, as ETags, of which an entity must have one to be changed."""

    if_match: str = ""


Operation = Callable[..., Awaitable[Any]]
Handler = Callable[[Call], Awaitable[Any]]


async def system_version(call: Call) -> ApiVersion:
    return VERSION


def _routes(kind: Kind) -> tuple[Route, ...]:
    """Those of one kind of entities."""
    many, one, opinions = Bulk(kind), Entities(kind), Opinions(kind)
    path, by_id, by_name = kind.path, f"{kind.path}/{{id}}", f"{kind.path}/name/{{fqn:path}}"

    async def listed(call: Call) -> dict[str, Any]:
        """A page of entities, with cursors to its neighbours."""
        return await listing(call, kind)

    def with_id(operation: Operation) -> Handler:
        async def handler(call: Call) -> Any:
            return await operation(call, _identifier(kind, call.params["id"]))

        handler.__doc__ = operation.__doc__
        return handler

    def with_name(operation: Operation) -> Handler:
        async def handler(call: Call) -> Any:
            return await operation(call, names.key(kind.name, call.params["fqn"]))

        handler.__doc__ = operation.__doc__
        return handler

    return (
        _read(path, listed, ListQuery),
        _write("POST", path, one.create, kind.create),
        _write("PUT", path, one.put, kind.create),
        _write("PUT", f"{path}/bulk", many.put, list[kind.create], limits=Limits(), query=JobQuery),  # type: ignore[name-defined]
        _write("PUT", f"{path}/restore", one.restore, RestoreEntity, query=JobQuery),
        _write("DELETE", f"{path}/deleteStale", many.delete_stale, Stale, limits=Limits()),
        _delete(f"{path}/async/{{id}}", with_id(one.delete_async)),
        _read(by_name, with_name(one.get), ReadQuery),
        _patch(by_name, with_name(one.patch)),
        _delete(by_name, with_name(one.delete)),
        _read(by_id, with_id(one.get), ReadQuery),
        _patch(by_id, with_id(one.patch)),
        _delete(by_id, with_id(one.delete)),
        _read(f"{by_id}/versions", with_id(one.versions)),
        _read(f"{by_id}/versions/{{version}}", with_id(one.version)),
        _write("PUT", f"{by_id}/followers", with_id(opinions.follow), UUID),
        _delete(f"{by_id}/followers/{{user}}", with_id(opinions.unfollow), None),
        *(
            (_write("PUT", f"{by_id}/testConnectionResult", with_id(opinions.tested), TestConnectionResult),)
            if kind is kinds.SERVICE
            else (
                _delete(f"{path}/prefix/{{id}}", with_id(one.delete)),
                _write("PUT", f"{by_id}/vote", with_id(opinions.vote), Vote),
            )
        ),
    )


def _read(path: str, handler: Handler, query: type[Struct] | None = None) -> Route:
    return Route("GET", path, handler, needs=READ, on=FOUND, query=query)


def _write(
    method: str, path: str, handler: Handler, body: Any, limits: Limits = ONE_ENTITY, **more: Any
) -> Route:
    return Route(method, path, handler, needs=WRITE, on=FOUND, limits=limits, reads=Reads(body), **more)


def _patch(path: str, handler: Handler) -> Route:
    body = Reads(list[patches.Operation], "application/json-patch+json")
    more: dict[str, Any] = {"limits": ONE_ENTITY, "reads": body, "headers": Condition}
    return Route("PATCH", path, handler, needs=WRITE, on=FOUND, **more)


def _delete(path: str, handler: Handler, query: type[Struct] | None = DeleteQuery) -> Route:
    return Route("DELETE", path, handler, needs=WRITE, on=FOUND, query=query)


def _identifier(kind: Kind, text: str) -> str:
    """An id in its usual form; what is none is not found, as on OpenMetadata's own servers."""
    try:
        return str(UUID(text))
    except ValueError:
        raise unknown(kind.name, text[:200]) from None


ROUTES = (
    Route("GET", "/api/v1/system/version", system_version, needs=OPEN, on=NOTHING),
    *_routes(kinds.SERVICE),
    *_routes(kinds.MODEL),
)
