"""Secrets at rest: sealed with the instance's own key before they reach the database.

AES-256-GCM with a fresh nonce. What a secret is for is authenticated with it, so that a sealed text that is
copied into another row does not open there. The key is TRACKSTACK_SERVER_SECRET_KEY, or the line in
TRACKSTACK_SERVER_SECRET_KEY_FILE, or else the file `secret-key` in the data folder, which the first secret
makes for this user alone. Servers that share a database need the same key; whoever loses it loses the
secrets, and nothing else.
"""

import os
import secrets
from base64 import b64decode, urlsafe_b64encode
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from trackstack.server.config import ConfigError, Settings
from trackstack.server.errors import INTERNAL_ERROR, TEMPORARILY_UNAVAILABLE, ApiError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
KEY_FILE = "secret-key"
_NONCE_BYTES = 12
_FORMAT = "1."  # what `seal` makes starts with it, so that later formats can be told from this one
_TO_STANDARD = str.maketrans("-_", "+/")


class Secrets:
    """Seals and opens texts with the instance's key."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError for a key that is given and does not do."""
        self._settings = settings
        if settings.secret_key:
            self._cipher = _cipher(_key(settings.secret_key, "TRACKSTACK_SERVER_SECRET_KEY"))
        elif settings.secret_key_file:
            self._cipher = _cipher(_read(Path(settings.secret_key_file)))

    def seal(self, text: str, purpose: str) -> str:
        """`text` as it may be stored; only the same `purpose` opens it again.

        Raises ApiError where there is no key and none can be made.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), purpose.encode())
        return _FORMAT + urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """What was sealed. Raises ApiError where it was changed, or sealed with another key or purpose."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = _decoded(sealed.removeprefix(_FORMAT))
            text = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise ApiError(
                INTERNAL_ERROR, "A stored secret does not open with this server's secret key. Set it again."
            ) from None
        return text.decode()

    @cached_property
    def _cipher(self) -> "AESGCM":
        file = self._settings.data_dir / KEY_FILE
        try:
            if not file.exists():
                _make(file)
            return _cipher(_read(file))
        except (OSError, ConfigError) as error:
            why = "The server's secret key cannot be read or made; see TRACKSTACK_SERVER_SECRET_KEY_FILE."
            raise ApiError(TEMPORARILY_UNAVAILABLE, why) from error


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late: most servers keep no secrets

    return AESGCM(key)


def _read(file: Path) -> bytes:
    try:
        return _key(file.read_text("ascii"), str(file))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): it must hold the secret key") from None
    except UnicodeDecodeError:
        return _key("", str(file))


def _key(text: str, where: str) -> bytes:
    try:
        key = _decoded(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"{where} must hold {KEY_BYTES} bytes in base64, such as `openssl rand -base64 {KEY_BYTES}` makes"
        )
    return key


def _decoded(text: str) -> bytes:
    """Base64 of either alphabet; raises ValueError for anything else."""
    return b64decode(text.translate(_TO_STANDARD), validate=True)


def _make(file: Path) -> None:
    """Written whole before it has its name: of several servers that start at once, one makes the key."""
    new = file.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as out:
            out.write(urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(new)
    finally:
        new.unlink()
