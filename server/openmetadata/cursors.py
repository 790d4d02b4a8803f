"""Cursors: where a page begins or ends, as base64url of a JSON list; opaque to clients."""

import base64
import binascii

import msgspec

from trackstack.server.errors import invalid

Key = tuple[str, str]


def encode(key: Key) -> str:
    """The cursor of the entity with this key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str) -> Key:
    """Raises ApiError for a text that `encode` did not make."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        key: Key = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Key)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        raise invalid("Invalid cursor; use paging.after or paging.before of an answer as it is.") from None
    if any("\0" in part for part in key):
        raise invalid("Invalid cursor; use paging.after or paging.before of an answer as it is.")
    return key
