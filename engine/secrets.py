"""Secrets of the state and of the stack's settings: Pulumi's passphrase provider.

Key: PBKDF2-HMAC-SHA256, 1 000 000 iterations, 8 bytes of salt. Value: `v1:<nonce>:<AES-256-GCM>` in base64.
State: `v1:<salt>:<the word "pulumi" encrypted>`, the same text in the checkpoint and in `encryptionsalt`.
Source: pulumi `pkg/secrets/passphrase/manager.go`, `sdk/go/common/resource/config/crypt.go`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from trackstack.engine.errors import PassphraseError, StateError, UnsupportedError

_ITERATIONS = 1_000_000
_PROOF = "pulumi"  # what a right passphrase decrypts the state's last part to
_NONCE = 12
_SALT = 8


class SecretsManager(Protocol):
    """Encrypts and decrypts one stack's secrets."""

    @property
    def type(self) -> str:
        """Pulumi's name of the provider."""

    @property
    def state(self) -> str:
        """What the checkpoint must hold to decrypt later."""

    def bind(self, state: str | None) -> SecretsManager:
        """The same secret knowledge for a stack that has this state; None makes a new one."""

    def encrypt(self, text: str) -> str:
        """A fresh ciphertext, never twice the same. Raises PassphraseError."""

    def decrypt(self, ciphertext: str) -> str:
        """The text. Raises PassphraseError for a wrong passphrase, StateError for a damaged ciphertext."""


class Passphrase:
    """A passphrase, for a new stack or (`bind`) for the one that has this state.

    Nothing is derived (≈0.3 s) until a secret is to be encrypted or decrypted; a wrong phrase shows then.
    """

    type = "passphrase"

    def __init__(self, phrase: str, state: str | None = None) -> None:
        self._phrase = phrase
        self._state = state

    def __repr__(self) -> str:
        return "Passphrase([secret])"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Passphrase:
        """From PULUMI_CONFIG_PASSPHRASE, else the file of PULUMI_CONFIG_PASSPHRASE_FILE; PassphraseError."""
        if "PULUMI_CONFIG_PASSPHRASE" in environment:
            return cls(environment["PULUMI_CONFIG_PASSPHRASE"])
        path = environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
        if not path:
            raise PassphraseError(
                "no passphrase: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
            )
        try:
            return cls(Path(path).read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise PassphraseError(f"cannot read PULUMI_CONFIG_PASSPHRASE_FILE {path}: {error}") from error

    @property
    def state(self) -> str:
        if self._state is None:
            salt = os.urandom(_SALT)
            self._state = f"v1:{_encode(salt)}:{_encrypt(_key(self._phrase, salt), _PROOF)}"
        return self._state

    def bind(self, state: str | None) -> Passphrase:
        return self if state == self._state else Passphrase(self._phrase, state)

    def environment(self) -> dict[str, str]:
        """The variable that gives the Pulumi CLI the same phrase; keep it out of logs."""
        return {"PULUMI_CONFIG_PASSPHRASE": self._phrase}

    def encrypt(self, text: str) -> str:
        return _encrypt(_proven_key(self._phrase, self.state), text)

    def decrypt(self, ciphertext: str) -> str:
        key = _proven_key(self._phrase, self.state)
        try:
            return _decrypt(key, ciphertext)
        except ValueError as error:
            raise StateError(f"a secret's ciphertext is damaged ({error})") from error

    def verify(self) -> None:
        """Raises PassphraseError unless the phrase is the one that the state was made with."""
        _proven_key(self._phrase, self.state)


def provider_state(provider: Mapping[str, Any] | None) -> str | None:
    """The passphrase state in a checkpoint's `secrets_providers`; None when there is none.

    Raises UnsupportedError naming any other provider, StateError when malformed.
    """
    if not provider or not provider.get("type"):
        return None
    if provider["type"] != Passphrase.type:
        raise UnsupportedError(f"the secrets provider {_described(provider)}")
    state = provider.get("state")
    salt = state.get("salt") if isinstance(state, Mapping) else None
    if not isinstance(salt, str):
        raise StateError("the state's passphrase provider has no salt")
    return salt


def _described(provider: Mapping[str, Any]) -> str:
    state = provider.get("state")
    url = state.get("url") if isinstance(state, Mapping) else None
    return f"`{provider['type']}`" + (f" ({str(url).split('?')[0]})" if url else "")


@lru_cache(maxsize=256)
def _key(phrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, _ITERATIONS, 32)


@lru_cache(maxsize=256)
def _proven_key(phrase: str, state: str) -> bytes:
    version, _, rest = state.partition(":")
    salt, _, proof = rest.partition(":")
    if version != "v1" or not proof:
        raise StateError("the passphrase provider's salt is malformed or of an unknown version")
    try:
        key = _key(phrase, base64.b64decode(salt, validate=True))
    except binascii.Error as error:
        raise StateError("the passphrase provider's salt is malformed") from error
    try:
        proven = _decrypt(key, proof) == _PROOF
    except ValueError:
        proven = False
    if not proven:
        raise PassphraseError("incorrect passphrase: give the one that this stack was created with")
    return key


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _encrypt(key: bytes, text: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # slow to import, seldom needed

    nonce = os.urandom(_NONCE)
    return f"v1:{_encode(nonce)}:{_encode(AESGCM(key).encrypt(nonce, text.encode(), None))}"


def _decrypt(key: bytes, ciphertext: str) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parts = ciphertext.split(":")
    if len(parts) != 3 or parts[0] != "v1":
        raise ValueError("not of the form v1:nonce:text")
    nonce, body = (base64.b64decode(part, validate=True) for part in parts[1:])
    if len(nonce) != _NONCE:
        raise ValueError("the nonce is of a wrong length")
    try:
        return AESGCM(key).decrypt(nonce, body, None).decode()
    except InvalidTag as error:
        raise ValueError("it was changed, or made with another key") from error
