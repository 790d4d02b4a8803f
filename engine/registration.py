"""From the SDK's request to a goal: options inherited, providers found, names resolved (source_eval.go)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from pulumi.runtime.proto import resource_pb2 as pb

from trackstack.engine import paths
from trackstack.engine import urn as urns
from trackstack.engine.assets import with_hashes
from trackstack.engine.errors import ResourceError, UnsupportedError
from trackstack.engine.goal import Alias, Goal
from trackstack.engine.providers import INTERNAL
from trackstack.engine.wire import from_struct, from_value

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_HOOKS = {
    f"{when}_{what}": f"{when.capitalize()}{what.capitalize()}"
    for what in ("create", "update", "delete")
    for when in ("before", "after")
}
"""The kinds of hooks, and how the state calls them."""


@dataclass
class Known:
    """What earlier registrations settled for later ones: goals by URN, and components' `providers`."""

    goals: Mapping[str, Goal]
    providers: dict[str, dict[str, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def inherited_provider(self, parent: str, package: str) -> str:
        """The provider that the nearest component above gives for the package."""
        return self.providers.get(parent, {}).get(package, "")


def refuse(request: pb.RegisterResourceRequest) -> None:
    """Raise UnsupportedError for what only the Pulumi CLI does."""
    if request.remote:
        raise UnsupportedError("a remote component", f"{request.type} '{request.name}'")
    if request.packageRef:
        raise UnsupportedError("package parameterization", request.type)
    if request.state_migrations:
        raise UnsupportedError("a state migration", f"{request.type} '{request.name}'")
    if request.envVarMappings:
        raise UnsupportedError("envVarMappings", f"{request.type} '{request.name}'")
    if request.hooks.on_error:
        raise UnsupportedError("an error hook", f"{request.type} '{request.name}'")


class Translator:
    """Makes goals of requests."""

    def __init__(
        self, known: Known, root: Path, default_provider: Callable[[pb.RegisterResourceRequest], str]
    ) -> None:
        self._known = known
        self._root = root.absolute()
        self._default_provider = default_provider

    def goal(self, request: pb.RegisterResourceRequest) -> Goal:
        """The goal of a registration. Raises UnsupportedError, ResourceError."""
        properties = with_hashes(from_struct(request.object), self._root)
        if urns.is_provider_type(request.type):
            plugin_settings(properties, request.version, request.pluginDownloadURL)
        custom, type_ = request.custom, request.type
        if custom and type_.count(":") != 2:
            raise ResourceError(
                "", f"the type {type_!r} of '{request.name}' must have three parts, package:module:Name"
            )
        dependencies = sorted(request.dependencies)
        by_property = {key: sorted(value.urns) for key, value in request.propertyDependencies.items()}
        if not by_property and dependencies:
            by_property = {key: dependencies for key in properties}
        goal = Goal(
            type=type_,
            name=request.name,
            custom=custom,
            parent=request.parent,
            properties=properties,
            dependencies=dependencies,
            property_dependencies=by_property,
            aliases=aliases(request),
            protect=request.protect if request.HasField("protect") else None,
            retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
            delete_before_replace=delete_before_replace(request),
            deleted_with=request.deletedWith,
            replace_with=list(request.replace_with),
            replacement_trigger=from_value(request.replacement_trigger)
            if request.HasField("replacement_trigger")
            else None,
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
            hide_diff=[_path(request, text) for text in request.hideDiffs],
            additional_secret_outputs=list(request.additionalSecretOutputs),
            custom_timeouts=timeouts(request),
            import_id=request.importId,
            hooks=hooks(request),
            source_position=self._position(request.sourcePosition),
            stack_trace=[p for p in (self._position(frame.pc) for frame in request.stackTrace.frames) if p],
        )
        self._inherit(goal)
        goal.provider = self._provider(request, goal)
        return goal

    def _inherit(self, goal: Goal) -> None:
        parent = self._known.goals.get(goal.parent)
        if parent is None:
            return
        goal.deleted_with = goal.deleted_with or parent.deleted_with
        if goal.protect is None:
            goal.protect = parent.protect
        if goal.retain_on_delete is None:
            goal.retain_on_delete = parent.retain_on_delete

    def _provider(self, request: pb.RegisterResourceRequest, goal: Goal) -> str:
        if not goal.custom or urns.is_provider_type(goal.type):
            return ""
        package = urns.package_of(goal.type)
        given = request.provider or request.providers.get(package, "")
        return self.provider_for(given, goal.parent, package) or self._default_provider(request)

    def provider_for(self, given: str, parent: str, package: str) -> str:
        """The provider given, else the parent's if of the package, else what a component above gives."""
        if given:
            return given
        goal = self._known.goals.get(parent)
        if goal is not None and goal.provider:
            above = urns.split_reference(goal.provider)[0]
            if urns.package_of(urns.type_of(above)) == package:
                return goal.provider
        return self._known.inherited_provider(parent, package)

    def remember_providers(self, request: pb.RegisterResourceRequest, urn: str) -> None:
        """A component's `providers` serve what is below it."""
        with self._known.lock:
            above = self._known.providers.get(request.parent, {})
            self._known.providers[urn] = {**above, **dict(request.providers)}

    def _position(self, position: Any) -> str:
        """`project:///<path below the root>#<line>`; nothing for files elsewhere."""
        path = _path_below(self._root, position.uri)
        if not path:
            return ""
        column = f",{position.column}" if position.column else ""
        return f"project:///{path}#{position.line}{column}"


@lru_cache(maxsize=1024)
def _path_below(root: Path, uri: str) -> str:
    parsed = urlparse(uri)
    path = Path(unquote(parsed.path))
    if parsed.scheme != "file" or not path.is_relative_to(root):
        return ""
    return path.relative_to(root).as_posix()


def plugin_settings(inputs: dict[str, Any], version: str, url: str) -> None:
    """Put into a provider's inputs which plugin is wanted."""
    if version:
        inputs["version"] = version
    if version or url:
        internal = inputs.setdefault(INTERNAL, {})
        if url:
            internal["pluginDownloadURL"] = url


def aliases(request: pb.RegisterResourceRequest) -> list[Alias]:
    """The aliases, URNs first."""
    found = [Alias(urn=urn) for urn in request.aliasURNs]
    for alias in request.aliases:
        if alias.HasField("urn"):
            found.append(Alias(urn=alias.urn))
            continue
        spec = alias.spec
        found.append(
            Alias(
                name=spec.name,
                type=spec.type,
                stack=spec.stack,
                project=spec.project,
                parent=spec.parentUrn if spec.HasField("parentUrn") else "",
                no_parent=spec.noParent if spec.HasField("noParent") else False,
            )
        )
    return found


def _path(request: pb.RegisterResourceRequest, text: str) -> str:
    """A property path that is sound. Raises ResourceError."""
    try:
        return paths.render(paths.parse(text))
    except ValueError as error:
        raise ResourceError("", f"hideDiffs of '{request.name}': {error}") from None


def timeouts(request: pb.RegisterResourceRequest) -> dict[str, float]:
    """Custom timeouts in seconds."""
    wanted = {key: getattr(request.customTimeouts, key) for key in ("create", "update", "delete", "read")}
    return {key: seconds(text) for key, text in wanted.items() if text}


def seconds(text: str) -> float:
    """A Go duration (`1h30m`, `500ms`) in seconds. Raises ResourceError if it is none."""
    total, position = 0.0, 0
    for match in _DURATION.finditer(text):
        if match.start() != position:
            break
        total += float(match[1]) * _SECONDS[match[2]]
        position = match.end()
    if not text or position != len(text):
        raise ResourceError("", f"custom timeout {text!r} is not a duration; write it like 90s, 5m or 1h30m")
    return total


def hooks(request: pb.RegisterResourceRequest) -> dict[str, list[str]]:
    """The names of the resource's hooks by kind, as the state has them."""
    wanted = request.hooks
    return {written: list(names) for kind, written in _HOOKS.items() if (names := getattr(wanted, kind))}


def delete_before_replace(request: pb.RegisterResourceRequest) -> bool | None:
    """The option, None if the program leaves it to the provider."""
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        return bool(request.deleteBeforeReplace)
    return None
