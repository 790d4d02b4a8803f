"""The ids of instances' tokens as UUIDs, which the Model Experiments API wants, and back.

An id is 72 random bits in base64url; in the UUID (version 8, RFC 9562) they stand around version and variant.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

_LENGTH = 9


def to_uuid(id_: str) -> str:
    """The UUID of a token's id."""
    raw = urlsafe_b64decode(id_)
    return str(UUID(bytes=raw[:6] + b"\x80\x00\x80" + b"\x00" * 4 + raw[6:]))


def from_uuid(text: str) -> str | None:
    """The id whose UUID it is, if it is one of these."""
    raw = UUID(text).bytes
    id_ = urlsafe_b64encode(raw[:6] + raw[-3:]).decode()
    return id_ if to_uuid(id_) == text else None
