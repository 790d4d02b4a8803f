"""What every Sensei operation asks of a request - its headers, its media types, its JSON - once for all.

Media types are read leniently: published clients send the profile of another resource, or plain JSON.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from trackstack.server.access.objects import Declared
from trackstack.server.calls import Call
from trackstack.server.errors import BAD_REQUEST, INVALID_PARAMETER_VALUE, ApiError, invalid
from trackstack.server.plain import Plain, PlainBody
from trackstack.server.routes import Limits, Route, Scope

ROOT = "/data/sensei"
MOST_JSON_BYTES = 1024 * 1024
MOST_DEPTH = 64

_JSON = re.compile(r"(?:\*|application)/(?:\*|(?:[\w.-]+\+)?json(?:-home)?)")
_FILE = re.compile(r"application/octet-stream")


class Body(Plain, rename="camel", omit_defaults=True):
    """The base of request types: fields in camelCase, null as if left out, unknown ones ignored."""


class Headers(Struct, rename=lambda name: name.replace("_", "-")):
    """What every request has to say, whatever it is."""

    x_api_key: Annotated[str, Meta(min_length=1)]
    x_gw_ims_org_id: Annotated[str, Meta(min_length=1)]
    x_sandbox_name: Annotated[str, Meta(min_length=1)]


REQUIRED_HEADERS = Headers.__struct_encode_fields__


class Part(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """The base of the objects within bodies."""


Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=10_000)]
Line = Annotated[str, Meta(max_length=2048)]
"""An id, an address, a word."""
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Tags = dict[Annotated[str, Meta(min_length=1, max_length=255)], Text]
Values = dict[str, Any]


class _JsonBody(PlainBody[Any]):
    """Plain JSON, without its nulls. What is no object is refused with 400, wrong values with `status`."""

    def __init__(self, type: type[Any], status: int) -> None:
        super().__init__(type)
        self.status = status

    def check_media_type(self, media_type: bytes, body: bytes) -> None:
        super().check_media_type(media_type or b"application/json", body)

    def decode(self, body: bytes, params: Mapping[str, str]) -> Any:
        try:
            values = _without_nulls(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise invalid(f"The body is not JSON: {str(error)[:200]}.") from None
        if not isinstance(values, dict):
            raise invalid("The body must be a JSON object.")
        try:
            return self.from_values(values)
        except ApiError as error:
            raise ApiError(error.code, error.message, self.status) from None


class Operation(Route):
    """A route whose body is read so. A GET answers with a slash at its end, too."""

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path, f"{self.path}/") if self.method == "GET" else (self.path,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.body is not None:
            object.__setattr__(self, "body", _JsonBody(self.body.type, _wrong(self.method)))


def operation(
    method: str,
    path: str,
    handler: Callable[..., Awaitable[Any]],
    *,
    needs: Scope,
    on: Declared,
    file: bool = False,
    form: type[Struct] | None = None,
    query: type[Struct] | None = None,
) -> Route:
    """`handler(call)` or `handler(call, body)` below the surface's root.

    `file`: it answers a file; `form` and `query`: the parts of the form, and the query, that it reads.
    """

    @functools.wraps(handler)
    async def handle(call: Call, *body: Any) -> Any:
        for name in REQUIRED_HEADERS:
            if not call.header(name.encode()):
                raise ApiError(BAD_REQUEST, f"The header {name} is missing.")
        _check_accept(call.header(b"accept"), file)
        return await handler(call, *body)

    read: dict[str, Any] = {"form": form, "query": query, "headers": Headers}
    return Operation(method, ROOT + path, handle, needs=needs, on=on, limits=Limits(MOST_JSON_BYTES), **read)


def decode(call: Call, content: bytes, type: type[Any]) -> Any:
    """The JSON part of a form, as whole bodies are read."""
    return _JsonBody(type, _wrong(call.scope["method"])).decode(content, {})


def unprocessable(call: Call, message: str) -> ApiError:
    """A request that can be read and whose values will not do."""
    return ApiError(INVALID_PARAMETER_VALUE, message, _wrong(call.scope["method"]))


def plain(body: Struct) -> Values:
    """What is stored of a body or a part of one."""
    values: Values = msgspec.to_builtins(body)
    return values


def author(call: Call) -> str:
    """Who makes something: the token's user, or else the token."""
    return call.identity.user or call.identity.token_id


def _wrong(method: str) -> int:
    """The status of wrong values: the published description has 422 for POST only."""
    return 422 if method == "POST" else 400


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
