"""What every Sensei operation asks of a request - its headers, its media types, its JSON - once for all.

Media types are read leniently: published clients send the profile of another resource, or plain JSON.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from trackstack.server.access.objects import Declared
from trackstack.server.calls import Call
from trackstack.server.errors import BAD_REQUEST, INVALID_PARAMETER_VALUE, ApiError, invalid
from trackstack.server.plain import Plain, PlainBody
from trackstack.server.routes import READ, Limits, Route, Scope

ROOT = "/data/sensei"
REQUIRED_HEADERS = (b"x-api-key", b"x-gw-ims-org-id", b"x-sandbox-name")
MOST_JSON_BYTES = 1024 * 1024
MOST_DEPTH = 64

_JSON = re.compile(r"(?:\*|application)/(?:\*|(?:[\w.-]+\+)?json(?:-home)?)")
_FILE = re.compile(r"application/octet-stream")


class Body(Plain, rename="camel", omit_defaults=True):
    """The base of request types: fields in camelCase, null as if left out, unknown ones ignored."""


class Part(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """The base of the objects within bodies."""


Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=10_000)]
Line = Annotated[str, Meta(max_length=2048)]
"""An id, an address, a word."""
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Tags = dict[Annotated[str, Meta(min_length=1, max_length=255)], Text]
Values = dict[str, Any]


def operation(
    method: str,
    path: str,
    handler: Callable[..., Awaitable[Any]],
    *,
    needs: Scope,
    on: Declared,
    file: bool = False,
) -> Route:
    """`handler(call)` or `handler(call, body)` below the surface's root; `file`: it answers a file."""
    parameters = list(inspect.signature(handler).parameters.values())
    body = PlainBody(parameters[1].annotation) if len(parameters) > 1 else None

    async def handle(call: Call) -> Any:
        for name in REQUIRED_HEADERS:
            if not call.header(name):
                raise ApiError(BAD_REQUEST, f"The header {name.decode()} is missing.")
        _check_accept(call.header(b"accept"), file)
        if body is None:
            return await handler(call)
        content = await call.body()
        body.check_media_type((call.header(b"content-type") or "application/json").encode("latin-1"), content)
        return await handler(call, decode(call, content, body))

    return Route(method, ROOT + path, handle, needs=needs, on=on, limits=Limits(MOST_JSON_BYTES))


def listing(path: str, handler: Callable[[Call], Awaitable[Any]], *, on: Declared) -> tuple[Route, Route]:
    """The route of a listing, and the same with the slash at its end that documented examples have."""
    first, second = (operation("GET", one, handler, needs=READ, on=on) for one in (path, f"{path}/"))
    return first, second


def decode(call: Call, content: bytes, body: PlainBody[Any]) -> Any:
    """The body's JSON. Raises ApiError: 400 for no object, 422 of a POST (else 400) for wrong values."""
    try:
        values = _without_nulls(msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"The body is not JSON: {str(error)[:200]}.") from None
    if not isinstance(values, dict):
        raise invalid("The body must be a JSON object.")
    try:
        return body.from_values(values)
    except ApiError as error:
        raise unprocessable(call, error.message) from None


def unprocessable(call: Call, message: str) -> ApiError:
    """A request that can be read and whose values will not do: 422 to a POST, 400 to a PUT."""
    return ApiError(INVALID_PARAMETER_VALUE, message, 422 if call.scope["method"] == "POST" else 400)


def plain(body: Struct) -> Values:
    """What is stored of a body or a part of one."""
    values: Values = msgspec.to_builtins(body)
    return values


def author(call: Call) -> str:
    """Who makes something: the token's user, or else the token."""
    return call.identity.user or call.identity.token_id


def _without_nulls(value: Any, depth: int = 0) -> Any:
    if depth > MOST_DEPTH:
        raise invalid(f"The body is nested more than {MOST_DEPTH} deep.")
    if isinstance(value, dict):
        return {key: _without_nulls(one, depth + 1) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one, depth + 1) for one in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise invalid("The body has a whole number of more than 64 bits.")
    return value


def _check_accept(header: str | None, file: bool) -> None:
    """Raises ApiError 406 where nothing that this surface can answer is accepted."""
    wanted = [_media_type(one) for one in (header or "*/*").split(",")]
    if not any(_JSON.fullmatch(one) or (file and _FILE.fullmatch(one)) for one in wanted):
        raise ApiError(
            "NOT_ACCEPTABLE", f"Nothing here is of the type {header!r}; accept application/json.", 406
        )


def _media_type(text: str) -> str:
    """Without its parameters; empty where its weight is 0."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    return "" if any(re.fullmatch(r"q=0(\.0*)?", one) for one in parameters) else name
