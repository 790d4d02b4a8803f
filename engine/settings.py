"""A stack's settings, `Pulumi.<stack>.yaml`: configuration with its secrets, and the passphrase's salt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackstack.engine import documents
from trackstack.engine.errors import ConfigError, StateError, UnsupportedError
from trackstack.engine.filesystem import Filesystem

if TYPE_CHECKING:
    from trackstack.engine.secrets import SecretsManager

_SALT = "encryptionsalt"
_FILE_MODE = 0o644  # committed beside Pulumi.yaml; its secrets are ciphertexts


@dataclass
class StackSettings:
    """What the file says; change it with `set`, `set_secret`, `remove`, then `save`.

    `config` holds values as YAML has them: scalars, lists, mappings, and secrets as `{"secure": ciphertext}`
    anywhere in them. Keys are `<namespace>:<name>`.
    """

    path: Path
    config: dict[str, Any] = field(default_factory=dict)
    encryption_salt: str | None = None
    files: Filesystem = field(default_factory=Filesystem, repr=False)
    found: bool = False
    """Whether there was a file when it was loaded."""

    @classmethod
    def load(cls, path: Path, files: Filesystem | None = None) -> StackSettings:
        """Reads the file; one that is missing is empty. Raises ConfigError with file and line."""
        settings = cls(path, files=files or Filesystem())
        data = settings.files.read(path)
        settings.found = data is not None
        settings._take(settings._text(data))
        return settings

    def __post_init__(self) -> None:
        self._saved: dict[str, Any] = {}
        self._saved_salt: str | None = None
        self._spelled: dict[str, str] = {}  # as the file has them

    def set(self, key: str, value: Any) -> None:
        """Sets a plain value. Raises ConfigError for a key that is not `<namespace>:<name>`."""
        self.config[_checked_key(key)] = value

    def set_secret(self, key: str, text: str, secrets: SecretsManager) -> None:
        """Sets a value that the file holds encrypted, under its salt, or that of `secrets` if it has none."""
        secrets = secrets.bind(self.encryption_salt) if self.encryption_salt else secrets
        self.set(key, {"secure": secrets.encrypt(text)})
        self.encryption_salt = secrets.state

    def remove(self, key: str) -> None:
        """Removes a value if it is there."""
        self.config.pop(key, None)

    @property
    def secret_keys(self) -> frozenset[str]:
        """The keys whose value is a secret or has one inside."""
        return frozenset(key for key, value in self.config.items() if any(_ciphertexts(value)))

    def plain(self, secrets: SecretsManager | None = None) -> dict[str, str]:
        """The values as a program gets them: text, lists and mappings as JSON, secrets decrypted.

        Raises PassphraseError for a wrong passphrase, ConfigError naming the key of a damaged secret. Without
        `secrets` a secret is `[secret]`.
        """
        if secrets and self.encryption_salt:
            secrets = secrets.bind(self.encryption_salt)
        values = {}
        for key, value in self.config.items():
            try:
                values[key] = as_text(
                    _map_secure(value, secrets.decrypt if secrets else lambda _: "[secret]")
                )
            except StateError as error:
                raise ConfigError(f"{self.path}: {key}: {error}") from error
        return values

    def save(self) -> None:
        """Writes what changed since `load` into the file as it is now, keeping comments and order.

        Raises ConfigError when the file became malformed, StateError when it cannot be written.
        """
        from trackstack.engine import editing  # not needed to read

        text = edited = self._text(self.files.read(self.path))
        if self.encryption_salt != self._saved_salt:
            if self.encryption_salt is None:
                edited = editing.drop(edited, self.path, _SALT)
            else:
                edited = editing.put(edited, self.path, _SALT, self.encryption_salt)
        for key in self._saved.keys() - self.config.keys():
            edited = editing.drop(edited, self.path, self._spelled.get(key, key), section="config")
        for key, value in self.config.items():
            if key not in self._saved or self._saved[key] != value:
                name = self._spelled.get(key, key)
                edited = editing.put(edited, self.path, name, value, section="config")
        if edited != text:
            self._verify(edited)
            self.files.write(self.path, edited.encode("utf-8"), mode=_FILE_MODE)
        self._take(edited)

    def _take(self, text: str) -> None:
        """Holds what the text says."""
        document = documents.read(text, self.path)
        _refuse_foreign(document, self.path)
        config, salt = document.get("config") or {}, document.get(_SALT)
        if not isinstance(config, dict):
            raise self._malformed(text, "`config` is not a mapping of keys to values", "config")
        if salt is not None and not isinstance(salt, str):
            raise self._malformed(text, f"`{_SALT}` is not a text", _SALT)
        self.config, self._spelled = {}, {}
        for spelled, value in config.items():
            try:
                key = _checked_key(spelled)
            except ConfigError as error:
                raise self._malformed(text, str(error), "config", str(spelled)) from None
            self.config[key], self._spelled[key] = value, spelled
        self.encryption_salt = self._saved_salt = salt
        self._saved = deepcopy(self.config)

    def _malformed(self, text: str, problem: str, *keys: str) -> ConfigError:
        return ConfigError(f"{self.path}:{documents.locate(text, *keys)}: {problem}")

    def _verify(self, text: str) -> None:
        """Raises ConfigError when the edited text would not say what is meant (anchors, merge keys)."""
        config = documents.read(text, self.path).get("config") or {}
        for key, value in self.config.items():
            changed = key not in self._saved or self._saved[key] != value
            if changed and config.get(self._spelled.get(key, key)) != value:
                raise ConfigError(
                    f"{self.path}: {key} cannot be edited in place; write the file without anchors"
                )

    def _text(self, data: bytes | None) -> str:
        data = data or b""
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise ConfigError(f"{self.path}:{line}: not UTF-8 text") from error


def as_text(value: Any) -> str:
    """A configuration value as Pulumi hands it to a program."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:  # as Go prints it
        value = int(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _map_secure(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"secure"} and isinstance(value["secure"], str):
            return change(value["secure"])
        return {str(key): _map_secure(inner, change) for key, inner in value.items()}
    return [_map_secure(inner, change) for inner in value] if isinstance(value, list) else value


def _ciphertexts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"secure"} and isinstance(value["secure"], str):
            yield value["secure"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _ciphertexts(inner)


def _checked_key(key: Any) -> str:
    """`ns:config:name` is an old spelling of `ns:name`."""
    parts = key.split(":") if isinstance(key, str) else []
    if len(parts) == 3 and parts[1] == "config":
        parts = [parts[0], parts[2]]
    if len(parts) != 2:
        raise ConfigError(f"{key!r} is no configuration key; it must be of the form namespace:name")
    return ":".join(parts)


def _refuse_foreign(document: Mapping[str, Any], path: Path) -> None:
    provider = document.get("secretsprovider") or ("" if not document.get("encryptedkey") else "cloud")
    if provider and provider != "passphrase":
        raise UnsupportedError(f"the secrets provider {str(provider).split('?')[0]}", str(path))
    if document.get("environment"):
        raise UnsupportedError("Pulumi ESC (`environment:`)", str(path))
