"""Provider resources: loading, checking, configuring and finding the providers of a deployment.

A provider resource (`pulumi:providers:<package>`) goes through the same life as any other; the registry
answers in place of a provider for it (pkg/resource/deploy/providers/registry.go).
"""

from __future__ import annotations

import inspect
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trackstack.engine import urn as urns
from trackstack.engine.diffs import Diff
from trackstack.engine.errors import EngineError, ResourceError, UnsupportedError
from trackstack.engine.provider import CheckFailure, Properties, Provider, Subject
from trackstack.engine.resource import Resource
from trackstack.engine.servicer import Call, in_process
from trackstack.engine.values import UNKNOWN, equal

INTERNAL = "__internal"  # the engine's own settings among a provider's inputs: never sent to the provider
_UNCONFIGURED = "unconfigured"


@dataclass(frozen=True, slots=True)
class PluginRequest:
    """Which plugin a provider resource asks for; empty fields are open."""

    package: str
    version: str = ""
    download_url: str = ""


class Plugins:
    """Opens providers: those given in process first, then plugins found as the Pulumi CLI finds them."""

    def __init__(
        self, given: Mapping[str, Any], root: Path, builtins: Mapping[str, Callable[[], Any]]
    ) -> None:
        self._given = given
        self._root = root
        self._builtins = builtins
        self._lock = threading.Lock()
        self._opened: list[Any] = []

    def open(self, request: PluginRequest) -> Call:
        """A way to call the provider. Raises UnsupportedError when there is none."""
        if request.package in self._given:
            given = self._given[request.package]
            return in_process(given() if inspect.isclass(given) or inspect.isroutine(given) else given)
        if request.package in self._builtins:
            return in_process(self._builtins[request.package]())
        from trackstack.engine import plugins

        plugin = plugins.open_plugin(request.package, request.version, request.download_url, self._root)
        with self._lock:
            self._opened.append(plugin)
        return plugin.call

    def close(self) -> None:
        """End the plugin processes that were started."""
        for plugin in self._opened:
            plugin.close()


class Registry:
    """The providers of one deployment, by reference; for provider resources it takes a provider's part."""

    def __init__(self, plugins: Plugins, *, preview: bool, warn: Callable[[str, str], None]) -> None:
        self._plugins = plugins
        self._preview = preview
        self._warn = warn
        self._lock = threading.RLock()
        self._providers: dict[str, Provider] = {}
        self._aliases: dict[str, str] = {}

    def get(self, reference: str) -> Provider | None:
        """The configured provider of that reference."""
        return self._providers.get(reference)

    def all(self) -> list[Provider]:
        """Every provider that was loaded."""
        return list(self._providers.values())

    def alias(self, urn: str, old: str) -> None:
        """Resources still refer to the provider `urn` by its old URN."""
        if urn != old:
            self._aliases[urn] = old

    def ensure(self, reference: str, olds: Mapping[str, Resource], all_olds: list[Resource]) -> Provider:
        """The provider, loaded with its recorded inputs if need be. Raises EngineError if it has none."""
        with self._lock:
            found = self._providers.get(reference)
            if found is not None:
                return found
            urn, id_ = urns.split_reference(reference)
            recorded = olds.get(urn)
            if recorded is None or recorded.id != id_:
                recorded = next((r for r in all_olds if r.urn == urn and r.id == id_), None)
            if recorded is None:
                raise EngineError(f"unknown provider {reference} in the state")
            self.same(recorded, fresh=True)
            return self._providers[reference]

    def check(
        self, subject: Subject, olds: Properties | None, news: Properties, seed: bytes
    ) -> tuple[Properties, list[CheckFailure]]:
        """Load the plugin and check its configuration."""
        provider = self._load(subject.urn, news)
        inputs, failures = provider.check_config(subject.urn, public(olds or {}), public(news))
        if failures:
            return news, failures
        self._register(subject.urn, _UNCONFIGURED, provider)
        version = news.get("version")
        if version is not None and not equal(inputs.setdefault("version", version), version):
            raise ResourceError(
                subject.urn, f"provider {subject.urn} tried to change its version from {version}"
            )
        if INTERNAL in inputs:
            self._warn(subject.urn, f"the provider set {INTERNAL!r}, which is reserved for the engine")
            del inputs[INTERNAL]
        if INTERNAL in news:
            inputs[INTERNAL] = news[INTERNAL]
        return inputs, []

    def diff(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Diff:
        """Compare configurations; where the plugin cannot tell, old outputs with new inputs."""
        provider = (
            self._providers.get(urns.make_reference(subject.urn, _UNCONFIGURED))
            or self._providers[urns.make_reference(subject.urn, subject.id)]
        )
        diff = provider.diff_config(subject.urn, public(old_inputs), old_outputs, public(news))
        if diff.changes is None:
            diff = replace(diff, changes=not equal(old_outputs, public(news)))
        return diff

    def create(self, subject: Subject, inputs: Properties) -> tuple[str, Properties]:
        """Configure the provider and give it an id."""
        id_ = UNKNOWN if self._preview else str(uuid.uuid4())
        provider = self._take_unconfigured(subject.urn) or self._load(subject.urn, inputs)
        provider.configure(subject.urn, id_, public(inputs))
        self._register(subject.urn, id_, provider)
        return id_, public(inputs)

    def update(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Properties:
        """Configure the provider anew under its id."""
        provider = self._take_unconfigured(subject.urn) or self._load(subject.urn, news)
        provider.configure(subject.urn, subject.id, public(news))
        self._register(subject.urn, subject.id, provider)
        return public(news)

    def same(self, resource: Resource, *, fresh: bool = False) -> None:
        """Configure an unchanged provider, unless it is already; `fresh`: not the one that `check` loaded."""
        if self._providers.get(resource.reference) is not None:
            return
        provider = None if fresh else self._take_unconfigured(resource.urn)
        provider = provider or self._load(resource.urn, resource.inputs)
        provider.configure(resource.urn, resource.id, public(resource.inputs))
        self._register(resource.urn, resource.id, provider)

    def delete(self, subject: Subject, inputs: Properties, outputs: Properties) -> None:
        """Forget the provider; its process ends with the deployment."""
        self._providers.pop(urns.make_reference(subject.urn, subject.id), None)

    def _load(self, urn: str, inputs: Properties) -> Provider:
        package = urns.package_of(urns.type_of(urn))
        internal = inputs.get(INTERNAL) or {}
        if "parameterization" in internal:
            raise UnsupportedError("package parameterization", package)
        request = PluginRequest(
            package, _text(inputs.get("version")), _text(internal.get("pluginDownloadURL"))
        )
        return Provider(self._plugins.open(request), package, preview=self._preview)

    def _register(self, urn: str, id_: str, provider: Provider) -> None:
        with self._lock:
            self._providers[urns.make_reference(urn, id_)] = provider
            if urn in self._aliases:
                self._providers[urns.make_reference(self._aliases[urn], id_)] = provider

    def _take_unconfigured(self, urn: str) -> Provider | None:
        with self._lock:
            return self._providers.pop(urns.make_reference(urn, _UNCONFIGURED), None)


def public(inputs: Properties) -> Properties:
    """A provider's inputs without the engine's own settings."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
