"""Requests' bodies and queries in plain JSON: what does not match its type is refused, by its name.

The other way of reading than `bodies`: for the surfaces that are not MLflow's.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from trackstack.server.bodies import Body, check_text, fields_of, is_list, value_at
from trackstack.server.errors import ApiError, invalid

T = TypeVar("T")

UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"

_WHERE = re.compile(r"(.*) - at (`key` in )?`\$\.?(.*)`\Z", re.DOTALL)
_JSON = re.compile(rb"application/([\w.-]+\+)?json")
_SHOWN = 100  # characters of a wrong value that its error repeats


class Plain(Struct, kw_only=True):
    """The base of the request types that are read so. Unknown fields are ignored unless the type forbids."""


class PlainBody(Body[T]):
    """Decodes requests into `type`, a Plain. No body at all is an empty object."""

    def __init__(self, type: type[T]) -> None:
        self.type = type

    def check_media_type(self, media_type: bytes, body: bytes) -> None:
        if body and not _JSON.fullmatch(media_type):
            shown = media_type[:_SHOWN].decode("latin-1") or "none"
            raise ApiError(
                UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be application/json, not {shown!r}.", 415
            )

    def decode(self, body: bytes, params: Mapping[str, str]) -> T:
        try:
            values = msgspec.json.decode(body) if body else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise invalid(f"The body is not JSON: {str(error)[:200]}.") from None
        if not isinstance(values, dict):
            raise invalid("The body must be a JSON object.")
        return self.from_values({**values, **params})

    def from_query(self, query: Mapping[str, list[str]], params: Mapping[str, str]) -> T:
        """Repeated fields are repeated names; of any other the last counts."""
        names = {field.encode_name: field.name for field in msgspec.structs.fields(self.type)}  # type: ignore[arg-type]
        hints = fields_of(self.type)
        values: dict[str, Any] = {
            name: given if is_list(hints[names[name]]) else given[-1]
            for name, given in query.items()
            if name in names
        }
        return self._convert({**values, **params}, strict=False)

    def from_values(self, given: dict[str, Any]) -> T:
        return self._convert(given, strict=True)

    def _convert(self, values: dict[str, Any], strict: bool) -> T:
        check_text(values)
        try:
            return msgspec.convert(values, self.type, strict=strict)
        except msgspec.ValidationError as error:
            raise invalid(_said(str(error), values)) from None


def _said(error: str, values: dict[str, Any]) -> str:
    """msgspec's message as a line that begins with the field and tells its value."""
    found = _WHERE.fullmatch(error)
    if found is None:
        return f"{error}."
    why, of_key, path = found.groups()
    value = None if of_key or "..." in path else value_at(values, path)
    shown = json.dumps(value, default=str)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    where = f"{'a key in ' if of_key else ''}{path or 'the body'}"
    return f"{where}: {why[:1].lower()}{why[1:]}" + ("." if value is None else f"; this is {shown}.")
