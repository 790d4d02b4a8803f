"""Who depends on whom among resources in topological order (pkg/resource/graph/dependency_graph.go)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from trackstack.engine import urn as urns
from trackstack.engine.resource import Resource


def provider_urn(resource: Resource) -> str:
    """The URN of the resource's provider, empty if it has none."""
    return urns.split_reference(resource.provider)[0] if resource.provider else ""


def dependency_urns(resource: Resource) -> set[str]:
    """All it refers to, but neither its parent nor its provider."""
    found = {*resource.dependencies, *resource.replace_with}
    for dependencies in resource.property_dependencies.values():
        found.update(dependencies)
    if resource.deleted_with:
        found.add(resource.deleted_with)
    return found


class Graph:
    """The dependencies among `resources`, each of which stands after what it refers to."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self._index = {id(resource): index for index, resource in enumerate(resources)}
        self._by_urn: dict[str, list[int]] = {}
        self._children: dict[str, list[int]] = {}
        for index, resource in enumerate(resources):
            self._by_urn.setdefault(resource.urn, []).append(index)
            self._children.setdefault(resource.parent, []).append(index)

    def __contains__(self, resource: Resource) -> bool:
        return id(resource) in self._index

    def depending_on(
        self, root: Resource, ignore: Collection[str] = (), *, children: bool = False
    ) -> list[Resource]:
        """Everything that depends on `root`, directly or not, in topological order."""
        reached = {root.urn}
        dependents = []
        for candidate in self.resources[self._index[id(root)] + 1 :]:
            if candidate.urn in ignore:
                continue
            if (
                not reached.isdisjoint(dependency_urns(candidate))
                or (children and candidate.parent in reached)
                or (candidate.provider and provider_urn(candidate) in reached)
            ):
                dependents.append(candidate)
                reached.add(candidate.urn)
        return dependents

    def dependencies_of(self, resource: Resource) -> list[Resource]:
        """What it depends on directly: provider, parent, references; of a component also its content."""
        own = self._index[id(resource)]
        wanted = dependency_urns(resource)
        if resource.provider:
            wanted.add(provider_urn(resource))
        found: dict[int, Resource] = {}
        for urn in wanted:
            for index in self._by_urn.get(urn, ()):
                if index < own:
                    found[index] = self.resources[index]
                    if not self.resources[index].custom:
                        self._collect_children(urn, own, found)
        for index in self._by_urn.get(resource.parent, ()):
            if index < own:
                found[index] = self.resources[index]
        return list(found.values())

    def _collect_children(self, urn: str, before: int, found: dict[int, Resource]) -> None:
        waiting = [urn]
        while waiting:
            for index in self._children.get(waiting.pop(), ()):
                if index < before and index not in found:
                    found[index] = self.resources[index]
                    waiting.append(self.resources[index].urn)

    def layers(self, condemned: Sequence[Resource]) -> list[list[Resource]]:
        """`condemned` in sets that may be deleted at once, what depends on others first."""
        chosen = {id(resource) for resource in condemned}
        depth: dict[int, int] = {}
        for resource in sorted(condemned, key=lambda r: self._index[id(r)]):
            below = [
                depth[id(d)] for d in self.dependencies_of(resource) if id(d) in chosen and id(d) in depth
            ]
            depth[id(resource)] = max(below, default=-1) + 1
        layers: list[list[Resource]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for resource in condemned:
            layers[depth[id(resource)]].append(resource)
        return layers[::-1]
