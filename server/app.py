"""The ASGI application: what happens to every request around its handler, once for all of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from trackstack.server import garbage
from trackstack.server.access.guard import perform
from trackstack.server.access.identities import NOBODY
from trackstack.server.browser import BrowserGuard
from trackstack.server.calls import Call, Disconnected, Receive, Scope, Services
from trackstack.server.delivery import deliver
from trackstack.server.errors import (
    ENDPOINT_NOT_FOUND,
    INTERNAL_ERROR,
    PERMISSION_DENIED,
    ApiError,
)
from trackstack.server.responses import EVERY, Answer, answer
from trackstack.server.retention_schedule import keep_removing
from trackstack.server.routes import OPEN, Route, RouteTable
from trackstack.server.sensei.timetable import keep_running
from trackstack.server.surfaces import surface_of

log = logging.getLogger("trackstack.server")

_LARGE = 128 * 1024  # bytes whose delivery takes over a millisecond: others need not wait for it

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """Guards, finds the route, identifies the caller, decodes, calls the handler, encodes."""

    def __init__(self, services: Services, table: RouteTable, guard: BrowserGuard) -> None:
        self.services = services
        self.table = table
        self.guard = guard

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
            with garbage.kept():
                await self.services.store.open()
                await self.services.store.experiments.ensure_default(
                    self.services.artifacts.location("", 0), self.services.now
                )
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        running = [
            asyncio.create_task(keep_removing(self.services)),
            asyncio.create_task(self.services.hooks.run()),
            asyncio.create_task(keep_running(self.services)),
        ]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await self.services.store.close()
        await self.services.artifacts.store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _Headers(scope["headers"])
        try:
            found = self.table.find(scope["path"])
            route = _route(found[0], scope) if found else None
            # What needs no token and changes nothing may be asked under any name, as health probes do.
            if route is None or route.needs is not OPEN or route.method != "GET":
                self.guard.check(headers.hosts, headers.origins, headers.site)
            if found is None or route is None:
                raise _unrouted(scope, found[0] if found else {})
            call = Call(scope, receive, route, found[1], NOBODY, self.services)
            if route.needs is not OPEN:
                call.identity = await self.services.authenticator.identify(
                    headers.authorization, headers.cookie, headers.host, call.root_path
                )
                if call.identity.scope < route.needs:
                    raise ApiError(
                        PERMISSION_DENIED, f"This needs a token with the scope {route.needs.name.lower()}."
                    )
                if route.narrow is not None:
                    call.identity = route.narrow(call)
                if call.identity.named:
                    call.services = self.services.on_behalf_of(call.caller)
            value = await _handle(call, route, headers)
            if not callable(value) and not isinstance(value, Answer):
                value = answer(value, route.status)
        except ApiError as error:
            if error.status >= 500 and error.__cause__ is not None:  # which is for operators only
                cause = str(error.__cause__).partition("\n")[0]
                log.warning("%s %s: %s %s", scope["method"], scope["path"], error.message, cause)
            value = surface_of(scope["path"]).refuse(error)
        except Disconnected:
            return
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            failure = ApiError(INTERNAL_ERROR, "The server failed to handle the request; its log says why.")
            value = surface_of(scope["path"]).refuse(failure)
        await self._respond(value, headers, scope, receive, send)

    async def _respond(
        self, value: Any, asked: "_Headers", scope: Scope, receive: Receive, send: Send
    ) -> None:
        if callable(value):  # an ASGI response of its own: a stream, a file

            async def with_headers(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *EVERY]
                await send(message)

            await value(scope, receive, with_headers)
            return
        reply: Answer = value
        if len(reply.body) > self.services.settings.compress_above_bytes:
            known = asked.if_none_match if scope["method"] in ("GET", "HEAD") else None
            if len(reply.body) > _LARGE and (known is not None or asked.accept_encoding):
                await asyncio.to_thread(deliver, reply, asked.accept_encoding, known)
            else:
                deliver(reply, asked.accept_encoding, known)
        headers = [*EVERY, *reply.headers]
        if reply.status not in (204, 304):  # which have no content, not even an empty one
            headers += [
                (b"content-type", reply.media_type),
                (b"content-length", b"%d" % len(reply.body)),
            ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})


class _Headers:
    """The headers that every request is looked at for, found in one pass."""

    __slots__ = (
        "accept_encoding",
        "authorization",
        "content_type",
        "cookie",
        "hosts",
        "if_none_match",
        "length",
        "origins",
        "site",
    )

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.hosts: list[bytes] = []
        self.origins: list[bytes] = []
        self.site: bytes | None = None
        self.authorization: str | None = None
        self.cookie: str | None = None
        self.content_type = b""
        self.length = 0
        self.accept_encoding = b""
        self.if_none_match = b""
        for name, value in headers:
            if name == b"host":
                self.hosts.append(value)
            elif name == b"authorization":
                self.authorization = value.decode("latin-1")
            elif name == b"cookie":
                self.cookie = value.decode("latin-1")
            elif name == b"content-type":
                self.content_type = value
            elif name == b"accept-encoding":
                self.accept_encoding = value
            elif name == b"if-none-match":
                self.if_none_match = value
            elif name == b"content-length":
                self.length = int(value) if value.isdigit() else 0
            elif name == b"origin":
                self.origins.append(value)
            elif name == b"sec-fetch-site":
                self.site = value

    @property
    def host(self) -> str:
        """The name and port that were asked for; the guard has seen that there is one."""
        return self.hosts[0].decode("latin-1")


async def _handle(call: Call, route: Route, headers: _Headers) -> Any:
    if route.body is None:
        return await perform(call, route)
    if route.method == "GET":
        return await perform(call, route, route.body.from_query(call.query, call.params))
    call.fits(headers.length)
    body = await call.body()
    media_type = headers.content_type.partition(b";")[0].strip().lower()
    route.body.check_media_type(media_type, body)
    if route.method == "DELETE" and not body:  # Databricks' SDK puts its fields into the query
        return await perform(call, route, route.body.from_query(call.query, call.params))
    return await perform(call, route, route.body.decode(body, call.params))


def _route(methods: dict[str, Route], scope: Scope) -> Route | None:
    method = scope["method"]
    return methods.get("GET" if method == "HEAD" else method)


def _unrouted(scope: Scope, methods: dict[str, Route]) -> ApiError:
    if methods:
        allowed = ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))
        message = f"{scope['method']} is not allowed here; {allowed} is."
        return ApiError(ENDPOINT_NOT_FOUND, message, 405, [(b"allow", allowed.encode())])
    return ApiError(ENDPOINT_NOT_FOUND, "Nothing is served at this path.")
