"""Default providers: made on demand, one per package, version and download URL (default_providers.go)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from trackstack.engine import urn as urns
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Goal
from trackstack.engine.options import Options
from trackstack.engine.registration import plugin_settings
from trackstack.engine.resource import Resource
from trackstack.engine.values import secret

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?\Z")


class DefaultProviders:
    """Finds the default provider for a resource or function, registering it the first time."""

    def __init__(self, options: Options, register: Callable[[Goal], Resource]) -> None:
        self._options = options
        self._register = register
        self._lock = threading.Lock()
        self._references: dict[tuple[str, str, str], str] = {}

    def reference(self, package: str, version: str, url: str) -> str:
        """The provider's reference. Raises ResourceError where default providers are disabled."""
        key = (package, _normal(version), url)
        with self._lock:
            if key not in self._references:
                self._references[key] = self._make(*key)
            return self._references[key]

    def _make(self, package: str, version: str, url: str) -> str:
        self._refuse_disabled(package)
        inputs = self._config(package)
        plugin_settings(inputs, version, url)
        goal = Goal(
            type=f"{urns.PROVIDER_PREFIX}{package}",
            name=default_name(version, url),
            custom=True,
            properties=inputs,
        )
        resource = self._register(goal)
        return urns.make_reference(resource.urn, resource.id)

    def _config(self, package: str) -> dict[str, Any]:
        """The stack's configuration of the package; secrets stay secrets."""
        prefix, found = f"{package}:", {}
        for key, value in self._options.config.items():
            if key.startswith(prefix):
                found[key.removeprefix(prefix)] = secret(value) if key in self._options.secret_keys else value
        return found

    def _refuse_disabled(self, package: str) -> None:
        disabled = self._options.config.get("pulumi:disable-default-providers", "")
        if package == "pulumi" or not disabled:
            return
        try:
            barred = [str(name).strip() for name in json.loads(disabled)]
        except (ValueError, TypeError):
            raise ResourceError("", f"pulumi:disable-default-providers is not a list: {disabled!r}") from None
        if "*" in barred or package in barred:
            message = (
                f"the default provider of '{package}' is disabled; give its resources an explicit provider"
            )
            raise ResourceError("", message)


def default_name(version: str, url: str) -> str:
    """`default`, and the parts of version and URL that make it another one."""
    name = "default"
    match = _VERSION.match(version)
    if match:
        major, minor, patch, pre, build = match.groups()
        parts = [major, minor or "0", patch or "0", *_split(pre), *_split(build)]
        name += "".join(f"_{part}" for part in parts)
    if url:
        name += "_" + re.sub(r"[^A-Za-z0-9_./-]", "_", re.sub(r"^\w+://", "", url))
    return name


def _split(text: str | None) -> list[str]:
    return text.split(".") if text else []


def _normal(version: str) -> str:
    """The version with all three numbers. Raises ResourceError if it is none."""
    if not version:
        return ""
    match = _VERSION.match(version)
    if not match:
        raise ResourceError("", f"{version!r} is not a version of a provider; write it like 1.2.3")
    major, minor, patch, pre, build = match.groups()
    return f"{major}.{minor or 0}.{patch or 0}" + (f"-{pre}" if pre else "") + (f"+{build}" if build else "")
