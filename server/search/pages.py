"""Page tokens: base64 of {"offset": n}, as MLflow's; opaque to clients."""

import base64
import binascii

import msgspec

from trackstack.server.errors import invalid

MAX_OFFSET = 2**62


class _Page(msgspec.Struct, forbid_unknown_fields=True):
    offset: int


def offset(token: str | None) -> int:
    """Where the page begins. Raises ApiError for a token that `token_for` did not make."""
    if not token:
        return 0
    try:
        page = msgspec.json.decode(base64.b64decode(token, validate=True), type=_Page)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        raise invalid("Invalid page token, could not base64-decode") from None
    if not 0 < page.offset < MAX_OFFSET:
        raise invalid("Invalid page token, could not base64-decode")
    return page.offset


def token_for(offset: int) -> str:
    """The token of the page that begins at `offset`."""
    return base64.b64encode(b'{"offset": %d}' % offset).decode()
