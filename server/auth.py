"""Who is calling: a token, as `Authorization: Bearer …` or as the password of Basic authentication."""

import binascii
import time
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

from trackstack.server.config import ConfigError
from trackstack.server.errors import UNAUTHENTICATED, ApiError
from trackstack.server.routes import ADMIN, OPEN, Scope
from trackstack.tokens import Token, matches, parse

_RECHECK_S = 1.0  # a replaced admin token holds within this time


@dataclass(frozen=True)
class Identity:
    """A caller: the id of the token (never its secret) and what it may do."""

    token_id: str
    scope: Scope


NOBODY = Identity("", OPEN)
ANYBODY = Identity("", ADMIN)
"""Every caller of a server that runs with --no-auth."""


class Authenticator:
    """Tells identities from Authorization headers; without an admin-token file it lets everybody in."""

    def __init__(self, admin_file: Path | None) -> None:
        self._file = admin_file
        self._checked = 0.0
        self._admin = ("", "")
        if admin_file is not None:
            self._admin = _read(admin_file)
            self._checked = time.monotonic()

    async def identify(self, header: str | None) -> Identity:
        """Raises ApiError UNAUTHENTICATED without a token that is known and valid."""
        if self._file is None:
            return ANYBODY
        token = _token(header)
        if token is not None:
            id_, digest = self._current()
            if token.id == id_ and matches(token, digest):
                return Identity(token.id, ADMIN)
        raise ApiError(
            UNAUTHENTICATED,
            "This server needs a token. Set MLFLOW_TRACKING_TOKEN, or send 'Authorization: Bearer <token>'."
            if header is None
            else "The token is not valid here: unknown, expired or revoked.",
        )

    def _current(self) -> tuple[str, str]:
        now = time.monotonic()
        if self._file is not None and now - self._checked > _RECHECK_S:
            self._admin = _read(self._file)
            self._checked = now
        return self._admin


def _token(header: str | None) -> Token | None:
    scheme, _, rest = (header or "").partition(" ")
    if scheme.lower() == "bearer":
        return parse(rest)
    if scheme.lower() == "basic":
        try:
            return parse(b64decode(rest, validate=True).decode().partition(":")[2])
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _read(file: Path) -> tuple[str, str]:
    try:
        id_, digest = file.read_text().split()
    except FileNotFoundError:
        raise ConfigError(
            f"{file} is missing: the server needs an admin token (or --no-auth, on loopback)"
        ) from None
    except ValueError:
        raise ConfigError(f"{file} must hold one line: <token id> <SHA-256 of the token, in hex>") from None
    return id_, digest
