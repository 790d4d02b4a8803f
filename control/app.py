"""The ASGI application: what happens to every request around its handler, once for all of them."""

import logging
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trackstack.browser import BrowserGuard, ForeignRequest
from trackstack.control import bodies
from trackstack.control.access.callers import NOBODY, Caller
from trackstack.control.answers import Page
from trackstack.control.calls import Call, Services
from trackstack.control.errors import ApiError, forbidden, missing
from trackstack.control.routes import Methods, Route, RouteTable
from trackstack.control.surfaces import Surface

log = logging.getLogger("trackstack.control")

_ANYBODY = Caller("", {})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

Living = Callable[[], AbstractAsyncContextManager[Services]]


class App:
    """Guards, finds the route, identifies the caller, decodes, calls the handler, encodes."""

    def __init__(
        self, living: Living, table: RouteTable, guard: BrowserGuard, surfaces: Callable[[str], Surface]
    ) -> None:
        """`surfaces` tells the surface of a path."""
        self._surfaces = surfaces
        self._living = living
        self._table = table
        self._guard = guard
        self._services: Services | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with self._living() as self._services:
                await send({"type": "lifespan.startup.complete"})
                await receive()
                self._services = None
        except Exception as error:
            log.error("%s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        id_ = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        caller = _ANYBODY
        surface = self._surfaces(scope["path"])
        try:
            route, params = self._route(request, surface)
            caller = await self._identify(request, route, surface)
            response = await self._answer(Call(request, params, self._serving(), caller), route, surface)
        except ApiError as error:
            response = _page(surface.refused(request, error))
        except ClientDisconnect:
            return
        except Exception:
            log.exception("%s %s failed [%s]", request.method, _path(request), id_)
            fault = ApiError(500, f"The request failed; the log says why, at {id_}.")
            response = _page(surface.refused(request, fault))
        response.headers["X-Request-Id"] = id_
        if request.method not in ("GET", "HEAD"):
            log.info(
                "%s %s by %s: %d [%s]",
                *(request.method, _path(request), caller.name or "nobody", response.status_code, id_),
            )
        await response(scope, receive, send)

    def _route(self, request: Request, surface: Surface) -> tuple[Route, Any]:
        """Raises ApiError 403, 404, 405."""
        found = self._table.find(request.scope["path"])  # a URL's has %3F and %23 in it
        route = found[0].get("GET" if request.method == "HEAD" else request.method) if found else None
        if surface.foreign(request, route):
            self._check_browser(request, surface.site(request))
        if found is None:
            raise missing("Nothing is served at this path.")
        if route is None:
            raise _not_allowed(request.method, found[0])
        return route, found[1]

    def _check_browser(self, request: Request, site: str | None) -> None:
        headers = request.headers
        try:
            self._guard.check(
                [value.encode("latin-1") for value in headers.getlist("host")],
                [value.encode("latin-1") for value in headers.getlist("origin")],
                site.encode("latin-1") if site else None,
            )
        except ForeignRequest as error:
            raise forbidden(str(error)) from None

    async def _identify(self, request: Request, route: Route, surface: Surface) -> Caller:
        if route.needs is NOBODY:
            return _ANYBODY
        services = self._serving()
        try:
            caller = await surface.identify(services, request)
        except ApiError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                services.limiter.check(f"address:{request.client.host if request.client else ''}")
            raise
        services.limiter.check(caller.name)
        return caller

    async def _answer(self, call: Call, route: Route, surface: Surface) -> Response:
        if route.needs is not NOBODY:
            _permit(call, route)
        if route.body is None:
            value = await route.handler(call)
        else:
            body = await _body(call.request)
            payload = surface.decode(route.body, body, call.request.headers.get("content-type", ""))
            value = await route.handler(call, payload)
        if isinstance(value, Page):
            return _page(value, route.status)
        return _page(Page(msgspec.json.encode(value), "application/json", headers=()), route.status)

    def _serving(self) -> Services:
        if self._services is None:
            raise ApiError(503, "The control plane is stopping; try again.", {"Retry-After": "5"})
        return self._services


def _path(request: Request) -> str:
    """As it was sent, so that nobody writes lines into the log."""
    return bytes(request.scope.get("raw_path", b"")).decode("latin-1")


def _permit(call: Call, route: Route) -> None:
    """Raises ApiError. A project in which the caller has no role is not there for it."""
    named = "projectId" in call.params
    role = call.caller.role(call.project) if named else call.caller.highest
    region = call.params.get("regionId", call.services.settings.region)
    if named and role is NOBODY:
        raise missing(f"There is no project {call.project}.")
    if region != call.services.settings.region:
        raise missing(f"There is no region {region[:100]!r}; this is {call.services.settings.region}.")
    if role < route.needs:
        raise forbidden(f"This needs the role {route.needs.name.lower()}; yours is {role.name.lower()}.")


async def _body(request: Request) -> bytes:
    """The whole body. Raises ApiError 413."""
    body = bytearray()
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > bodies.BODY_BYTES:
        raise _too_large()
    async for piece in request.stream():
        body += piece
        if len(body) > bodies.BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> ApiError:
    return ApiError(413, f"The body has more than {bodies.BODY_BYTES} bytes.", {"Connection": "close"})


def _not_allowed(method: str, methods: Methods) -> ApiError:
    allowed = ", ".join(sorted(methods))
    return ApiError(405, f"{method[:20]} is not allowed here; there are {allowed}.", {"Allow": allowed})


def _page(page: Page, status: int = 200) -> Response:
    response = Response(page.body, page.status or status, _EVERY, page.media_type)
    for name, value in page.headers:
        if name == "Set-Cookie":
            response.headers.append(name, value)
        else:
            response.headers[name] = value
    return response


_EVERY = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store"}
