"""The OpenMetadata surface's routes."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from msgspec import Struct

from trackstack.catalog_requests import VERSION, ApiVersion, ListQuery, ReadQuery
from trackstack.server.access.objects import FOUND, NOTHING
from trackstack.server.calls import Call
from trackstack.server.openmetadata import kinds, names
from trackstack.server.openmetadata.bulk import Bulk
from trackstack.server.openmetadata.entities import Entities
from trackstack.server.openmetadata.kinds import Kind
from trackstack.server.openmetadata.listing import listing
from trackstack.server.openmetadata.opinions import Opinions
from trackstack.server.routes import OPEN, READ, WRITE, Limits, Route
from trackstack.server.store.openmetadata.catalog import unknown

ONE_ENTITY = Limits(body_bytes=1024 * 1024)


class DeleteQuery(Struct):
    """How to delete."""

    hardDelete: bool = False
    recursive: bool = False


class JobQuery(Struct, rename={"later": "async"}):
    """Whether 202 answers a request."""

    later: bool = False


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
        Route("GET", path, listed, needs=READ, on=FOUND, query=ListQuery),
        Route("POST", path, one.create, needs=WRITE, on=FOUND, limits=ONE_ENTITY),
        Route("PUT", path, one.put, needs=WRITE, on=FOUND, limits=ONE_ENTITY),
        Route("PUT", f"{path}/bulk", many.put, needs=WRITE, on=FOUND, query=JobQuery),
        Route(
            "PUT", f"{path}/restore", one.restore, needs=WRITE, on=FOUND, limits=ONE_ENTITY, query=JobQuery
        ),
        Route("DELETE", f"{path}/deleteStale", many.delete_stale, needs=WRITE, on=FOUND),
        Route(
            "DELETE",
            f"{path}/async/{{id}}",
            with_id(one.delete_async),
            needs=WRITE,
            on=FOUND,
            query=DeleteQuery,
        ),
        Route("GET", by_name, with_name(one.get), needs=READ, on=FOUND, query=ReadQuery),
        Route("PATCH", by_name, with_name(one.patch), needs=WRITE, on=FOUND, limits=ONE_ENTITY),
        Route("DELETE", by_name, with_name(one.delete), needs=WRITE, on=FOUND, query=DeleteQuery),
        Route("GET", by_id, with_id(one.get), needs=READ, on=FOUND, query=ReadQuery),
        Route("PATCH", by_id, with_id(one.patch), needs=WRITE, on=FOUND, limits=ONE_ENTITY),
        Route("DELETE", by_id, with_id(one.delete), needs=WRITE, on=FOUND, query=DeleteQuery),
        Route("GET", f"{by_id}/versions", with_id(one.versions), needs=READ, on=FOUND),
        Route("GET", f"{by_id}/versions/{{version}}", with_id(one.version), needs=READ, on=FOUND),
        Route(
            "PUT", f"{by_id}/followers", with_id(opinions.follow), needs=WRITE, on=FOUND, limits=ONE_ENTITY
        ),
        Route("DELETE", f"{by_id}/followers/{{user}}", with_id(opinions.unfollow), needs=WRITE, on=FOUND),
        *_routes_of_its_own(kind, with_id, one, opinions),
    )


def _routes_of_its_own(
    kind: Kind, with_id: Callable[[Operation], Handler], one: Entities, opinions: Opinions
) -> tuple[Route, ...]:
    by_id = f"{kind.path}/{{id}}"
    if kind is kinds.SERVICE:
        result = f"{by_id}/testConnectionResult"
        return (Route("PUT", result, with_id(opinions.tested), needs=WRITE, on=FOUND, limits=ONE_ENTITY),)
    return (
        Route(
            "DELETE",
            f"{kind.path}/prefix/{{id}}",
            with_id(one.delete),
            needs=WRITE,
            on=FOUND,
            query=DeleteQuery,
        ),
        Route("PUT", f"{by_id}/vote", with_id(opinions.vote), needs=WRITE, on=FOUND, limits=ONE_ENTITY),
    )


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
