"""Limits of an operation: the URNs it is to touch and those it is to replace."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trackstack.engine.graph import dependency_urns, provider_urn
from trackstack.engine.resource import Resource


class Targets:
    """`targets` and `replace` of the options; with `dependents`, what depends on a target is one too.

    In a pattern `*` stands for anything but `:`, `**` for anything.
    """

    def __init__(
        self, targets: Iterable[str], replace: Iterable[str] = (), *, dependents: bool = False
    ) -> None:
        self.literals = [text for text in (*targets, *replace) if "*" not in text]
        self._replace = [_pattern(text) for text in replace]
        self._patterns = [_pattern(text) for text in (*targets, *replace)] if targets else []
        self.dependents = dependents
        self._noted: set[str] = set()

    @property
    def constrained(self) -> bool:
        """Whether anything is left out."""
        return bool(self._patterns)

    def includes(self, resource: Resource) -> bool:
        """Whether the operation may change the resource."""
        if not self._patterns or self.names(resource.urn):
            return True
        if not self.dependents:
            return False
        references = dependency_urns(resource) | {resource.parent, provider_urn(resource)}
        return not references.isdisjoint(self._noted)

    def names(self, urn: str) -> bool:
        """Whether the URN itself is targeted."""
        return any(pattern.fullmatch(urn) for pattern in self._patterns)

    def note(self, resource: Resource) -> None:
        """Remember a targeted resource for its dependents."""
        if self._patterns and self.includes(resource):
            self._noted.add(resource.urn)

    def replaces(self, urn: str) -> bool:
        """Whether the URN is to be replaced whatever its difference."""
        return any(pattern.fullmatch(urn) for pattern in self._replace)


def _pattern(text: str) -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\*\*", ".*").replace(r"\*", "[^:]*")
    return re.compile(escaped)
