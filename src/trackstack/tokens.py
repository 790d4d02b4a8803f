"""The one token format: `tsk1.<id>.<secret>`, three dot-separated base64url parts.

- `tsk1` says what it is and in which version, so that secret scanners recognise it.
- The id (72 random bits) is public: it finds the row.
- The secret is 160 random bits and their CRC-32, so that a typing error is told from a wrong token
  without a look into the store. With that much entropy a plain SHA-256 at rest is enough: there is
  nothing to guess.
"""

import hashlib
import hmac
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

PREFIX = "tsk1"
_ID_BYTES = 9
_SECRET_BYTES = 20
_LENGTH = len(PREFIX) + 1 + 12 + 1 + 32


@dataclass(frozen=True)
class Token:
    """A token; its secret never appears in a repr, a log or a traceback."""

    id: str
    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What is kept of it: SHA-256 of the whole text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def mint() -> Token:
    """A new token from the system's random source."""
    id_ = "-"
    while id_.startswith("-"):  # a command line would take it for an option
        id_ = urlsafe_b64encode(secrets.token_bytes(_ID_BYTES)).decode()
    secret = secrets.token_bytes(_SECRET_BYTES)
    tail = urlsafe_b64encode(secret + zlib.crc32(secret).to_bytes(4, "big")).decode()
    return Token(id_, f"{PREFIX}.{id_}.{tail}")


def parse(text: str) -> Token | None:
    """The token in `text`, or None where the text cannot be one of ours (form or checksum)."""
    if len(text) != _LENGTH or not text.isascii():
        return None
    prefix, _, rest = text.partition(".")
    id_, _, tail = rest.partition(".")
    if prefix != PREFIX or len(id_) != 12 or len(tail) != 32:
        return None
    try:
        raw = urlsafe_b64decode(tail)
    except ValueError:
        return None
    if len(raw) != 24 or urlsafe_b64encode(raw).decode() != tail:
        return None
    secret, check = raw[:_SECRET_BYTES], raw[_SECRET_BYTES:]
    return Token(id_, text) if zlib.crc32(secret).to_bytes(4, "big") == check else None


def matches(token: Token, digest: str) -> bool:
    """Whether `digest` is that token's, compared in constant time."""
    return hmac.compare_digest(token.digest, digest)
