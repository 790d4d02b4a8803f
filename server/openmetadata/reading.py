"""Requests, as OpenMetadata's clients make them: JSON bodies without unknown keys, flags in the query."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

from trackstack.catalog_requests import InvalidRequest, shown
from trackstack.server.bodies import check_text
from trackstack.server.calls import Call
from trackstack.server.errors import invalid

T = TypeVar("T")

_MEDIA_TYPE = re.compile(r"application/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_FLAGS = {"true": True, "false": False}


async def body(call: Call, type_: type[T]) -> T:
    """The request's body as `type_`; raises ApiError for what is not that."""
    raw = await call.body()
    media_type = call.header(b"content-type") or ""
    if raw and not _MEDIA_TYPE.fullmatch(media_type.strip()):
        raise invalid(f"Content-Type must be application/json, not {media_type[:100]!r}.")
    return convert(decode(raw), type_)


def decode(raw: bytes) -> Any:
    """The JSON value in `raw`, with text that can be stored."""
    try:
        value = msgspec.json.decode(raw)
        check_text({"": value})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"The body is not JSON: {str(error)[:200]}.") from None
    return value


def convert(value: Any, type_: type[T]) -> T:
    """A JSON value as `type_`; raises ApiError that names what does not fit."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise invalid(f"{error}.".replace("`", "'").replace("$.", "").replace("'$'", "the body")) from None


def plain(value: Any) -> Any:
    """A request's value as it is kept: JSON without the fields that say nothing."""
    if isinstance(value, Struct):
        items = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return {name: plain(item) for name, item in items if item is not UNSET and item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return msgspec.to_builtins(value)


def flag(call: Call, name: str, default: bool = False) -> bool:
    """A query parameter that is true or false."""
    given = call.query.get(name)
    if not given or not given[-1]:
        return default
    value = _FLAGS.get(given[-1].lower())
    if value is None:
        raise invalid(f"{name} must be true or false, not {shown(given[-1])}.")
    return value


def text(call: Call, name: str) -> str | None:
    """A query parameter; None where it is absent or empty."""
    given = call.query.get(name)
    if not given or not given[-1]:
        return None
    check_text({name: given[-1]})
    return given[-1]


def parsed(call: Call, name: str, parse: Callable[[str], T]) -> T:
    """A query parameter, empty where it is absent, as `parse` reads it."""
    try:
        return parse(text(call, name) or "")
    except InvalidRequest as error:
        raise invalid(str(error)) from None
