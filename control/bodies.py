"""Requests' bodies: JSON that is exactly what the type says, or an error that names the field."""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from trackstack.control.errors import ApiError, invalid

T = TypeVar("T")

BODY_BYTES = 64 * 1024
"""Larger bodies are refused with 413."""

_WHERE = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?(.*)`)?", re.DOTALL)
_SHOWN = 100  # characters of a wrong value that its error repeats
_JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)


class Payload(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The base of request types. A field that is not known is refused, for it would be lost."""


def decode(type: type[T], body: bytes, content_type: str) -> T:
    """No body at all is an empty object. Raises ApiError 400 or 415."""
    media_type = content_type.partition(";")[0].strip()
    if body and not _JSON.fullmatch(media_type):
        raise ApiError(415, f"Content-Type must be application/json, not {media_type[:100] or 'none'!r}.")
    try:
        return msgspec.json.decode(body or b"{}", type=type)
    except msgspec.ValidationError as error:
        raise invalid(_sentence(str(error), body)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"The body is no JSON that can be read: {error}.") from None


def _sentence(text: str, body: bytes) -> str:
    """The field, its value and the rule; of what is deeper in the body only the rule."""
    match = _WHERE.fullmatch(text)
    assert match is not None
    said, where = match.groups()
    if not where:
        return f"{said}."
    found = msgspec.json.decode(body)
    value = (
        f"{msgspec.json.encode(found[where]).decode()[:_SHOWN]} cannot be used; " if where in found else ""
    )
    return f"{where}: {value}{said[0].lower()}{said[1:]}."


def changes(payload: Any, names: dict[str, str]) -> dict[str, Any]:
    """The fields of the payload that were given, by the names that `names` translates them into."""
    values = {ours: getattr(payload, theirs) for theirs, ours in names.items()}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}
