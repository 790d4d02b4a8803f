"""The bootstrap admin token, of which the server knows a digest in a file and nothing else."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trackstack.server.config import ConfigError

_RECHECK_S = 1.0  # a replaced admin token holds within this time


@dataclass(frozen=True)
class Admin:
    """The token's public id, and the SHA-256 of its text in hex."""

    id: str
    digest: str


class AdminFile:
    """`<token id> <SHA-256>` in one line, looked at again once a second."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError where the file is missing or holds something else."""
        self._file = file
        self._admin = _read(file)
        self._checked = time.monotonic()

    def current(self) -> Admin:
        """The token as the file says now; what it said last while it cannot be read."""
        now = time.monotonic()
        if now - self._checked > _RECHECK_S:
            self._checked = now
            with suppress(ConfigError):
                self._admin = _read(self._file)
        return self._admin


def _read(file: Path) -> Admin:
    try:
        id_, digest = file.read_text().split()
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read ({error.strerror}): "
            "the server needs an admin token (or --no-auth, on loopback)"
        ) from None
    except ValueError:
        raise ConfigError(f"{file} must hold one line: <token id> <SHA-256 of the token, in hex>") from None
    return Admin(id_, digest)
