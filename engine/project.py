"""A project's file, `Pulumi.yaml`: name, program, backend and the schema of its stacks' configuration."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trackstack.engine import documents
from trackstack.engine.backend import Backend
from trackstack.engine.errors import ConfigError
from trackstack.engine.filesystem import Filesystem
from trackstack.engine.settings import StackSettings, as_text

FILE_NAMES = ("Pulumi.yaml", "Pulumi.yml")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class ConfigKey:
    """One declared key. `type` is `string`, `integer`, `boolean`, `object`, `array<…>`, or None for any."""

    key: str
    type: str | None = None
    default: Any = None
    secret: bool = False
    description: str = ""


@dataclass(frozen=True)
class Project:
    """A project folder's Pulumi.yaml; `document` is all of it."""

    folder: Path
    name: str
    main: str = ""
    backend_url: str = ""
    stack_config_dir: str = ""
    config: tuple[ConfigKey, ...] = ()
    plugins: Mapping[str, Path] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path, files: Filesystem | None = None) -> Project:
        """Reads the folder's Pulumi.yaml. Raises ConfigError with file, and line where it is malformed."""
        files = files or Filesystem()
        for path in (folder / name for name in FILE_NAMES):
            data = files.read(path)
            if data is not None:
                return cls._parse(folder, path, data.decode("utf-8-sig", "replace"))
        raise ConfigError(f"{folder} has no Pulumi.yaml")

    @classmethod
    def _parse(cls, folder: Path, path: Path, text: str) -> Project:
        document = documents.read(text, path)
        name = document.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigError(f"{path}: `name` must be of letters, digits, `.`, `_` and `-`, not {name!r}")
        config = document.get("config") or {}
        directory = document.get("stackConfigDir") or (config if isinstance(config, str) else "")
        schema = config if isinstance(config, dict) else {}
        backend = _section(document, "backend", path)
        providers = _section(document, "plugins", path).get("providers") or []
        return cls(
            folder=folder,
            name=name,
            main=str(document.get("main") or ""),
            backend_url=str(backend.get("url") or ""),
            stack_config_dir=str(directory),
            config=tuple(_config_key(name, key, value, path) for key, value in sorted(schema.items())),
            plugins=_plugins(providers, folder, path),
            document=document,
        )

    @property
    def program(self) -> Path:
        """The folder of the Pulumi program, or its file."""
        return self.folder / self.main

    def settings_path(self, stack: str) -> Path:
        """Where `Pulumi.<stack>.yaml` is."""
        return self.folder / self.stack_config_dir / f"Pulumi.{stack}.yaml"

    def settings(self, stack: str) -> StackSettings:
        """The stack's settings as its file has them, defaults not applied. Raises ConfigError."""
        return StackSettings.load(self.settings_path(stack))

    def backend(self, environment: Mapping[str, str] = os.environ) -> Backend:
        """PULUMI_BACKEND_URL, else the project's own; relative ones start at the project's folder.

        Raises ConfigError when neither is there, UnsupportedError for what is not `file://`.
        """
        url = environment.get("PULUMI_BACKEND_URL") or self.backend_url
        if not url:
            raise ConfigError(
                f"{self.folder / FILE_NAMES[0]} names no backend: add `backend: {{url: file://./state}}`, "
                "or set PULUMI_BACKEND_URL"
            )
        return Backend.open(url, base=self.folder)

    def complete(self, stack: str, values: Mapping[str, str], secret_keys: frozenset[str]) -> dict[str, str]:
        """A stack's values with the project's defaults, checked against its schema.

        Raises ConfigError naming every missing key, or one whose value is of a wrong type or not a secret.
        """
        complete = dict(values)
        missing = []
        for declared in self.config:
            if declared.key not in complete and declared.default is not None:
                complete[declared.key] = as_text(declared.default)
            if declared.key not in complete:
                missing.append(declared.key.removeprefix(f"{self.name}:"))
                continue
            if declared.secret and declared.key not in secret_keys:
                raise ConfigError(
                    f"stack {stack}: {declared.key} must be a secret (`pulumi config set --secret`)"
                )
            if declared.type and not _is_of(declared.type, complete[declared.key]):
                raise ConfigError(f"stack {stack}: {declared.key} must be of type {declared.type}")
        if missing:
            raise ConfigError(f"stack {stack} is missing the configuration of {', '.join(missing)}")
        return complete


def _section(document: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    section = document.get(key) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: `{key}` is not a mapping")
    return section


def _plugins(providers: Any, folder: Path, path: Path) -> dict[str, Path]:
    try:
        return {plugin["name"]: folder / plugin["path"] for plugin in providers}
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: each of `plugins: providers:` needs a `name` and a `path`") from error


def _config_key(project: str, key: str, value: Any, path: Path) -> ConfigKey:
    """A declaration, or the short form that is only the default (or another namespace's value)."""
    own = ":" not in key or key.startswith(f"{project}:")
    qualified = key if ":" in key else f"{project}:{key}"
    if not isinstance(value, dict):
        return ConfigKey(qualified, default=value)
    if not own and ("type" in value or "default" in value or "value" not in value):
        raise ConfigError(f"{path}: {key} is not of project {project}: it must have a `value`, and no type")
    declared = ConfigKey(
        qualified,
        type=_type(value, key, path) if value.get("type") else None,
        default=value["default"] if value.get("default") is not None else value.get("value"),
        secret=bool(value.get("secret")),
        description=str(value.get("description") or ""),
    )
    default = value.get("default")
    if declared.type and default is not None and not _is_of(declared.type, as_text(default)):
        raise ConfigError(f"{path}: the default of {key} is not of type {declared.type}")
    return declared


def _type(declaration: Mapping[str, Any], key: str, path: Path) -> str:
    name = declaration.get("type")
    if name in ("string", "integer", "boolean", "object"):
        return str(name)
    items = declaration.get("items")
    if name == "array" and isinstance(items, dict):
        return f"array<{_type(items, key, path)}>"
    wanted = "it needs `items` with a type" if name == "array" else f"{name!r} is no type"
    raise ConfigError(f"{path}: {key}: {wanted}; use string, integer, boolean, object or array")


def _is_of(name: str, text: str) -> bool:
    if name == "string":
        return True
    if name == "integer":
        return re.fullmatch(r"[-+]?[0-9]+", text) is not None
    if name == "boolean":
        return text in ("true", "false")
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return _matches(name, value)


def _matches(name: str, value: Any) -> bool:
    if name == "object":
        return isinstance(value, dict)
    if name.startswith("array<"):
        inner = name.removeprefix("array<").removesuffix(">")
        return isinstance(value, list) and all(_matches(inner, item) for item in value)
    if name == "string":
        return isinstance(value, str)
    return not isinstance(value, dict | list) and _is_of(name, as_text(value))
