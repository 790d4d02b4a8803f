"""A stack's recorded resources, and the rules that make such a record sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from trackstack.engine.errors import StateError
from trackstack.engine.resource import Resource
from trackstack.engine.values import Properties

PendingKind = Literal["creating", "updating", "deleting", "reading", "importing"]


@dataclass(eq=False)
class PendingOperation:
    """A provider call that was begun and whose end nobody recorded: its process was killed."""

    kind: PendingKind
    resource: Resource


@dataclass
class Snapshot:
    """What a checkpoint holds.

    `resources` is in topological order: whatever a resource refers to stands before it. `secrets_provider`
    is the state's own record (`{"type": "passphrase", "state": {"salt": …}}`). The `…extra` members hold
    JSON keys that this engine does not know and writes back.
    """

    stack: str
    resources: list[Resource] = field(default_factory=list)
    pending: list[PendingOperation] = field(default_factory=list)
    secrets_provider: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    checkpoint_extra: dict[str, Any] = field(default_factory=dict)
    document_extra: dict[str, Any] = field(default_factory=dict)
    journal: str = ""
    """The journal whose content the checkpoint took in."""
    digest: str = ""
    """Of the checkpoint's bytes, as they were read."""
    sealed_bytes: bool = False
    """Whether the state declares byte strings, which may be inside sealed secrets."""

    def all_resources(self) -> list[Resource]:
        """The resources and those of pending operations."""
        return [*self.resources, *(operation.resource for operation in self.pending)]

    @property
    def root(self) -> Resource | None:
        """The stack resource, absent before the first `up`."""
        return next((resource for resource in self.resources if resource.is_stack), None)

    @property
    def outputs(self) -> Properties:
        """The stack's outputs as recorded, secrets sealed unless they were opened."""
        return self.root.outputs if self.root else {}

    def find(self, urn: str) -> Resource | None:
        """The resource of that URN that is not waiting to be deleted."""
        return next((r for r in self.resources if r.urn == urn and not r.delete), None)

    def verify(self) -> None:
        """Pulumi's integrity rules (Snapshot.VerifyIntegrity); raises StateError naming URN and rule."""
        verify(self.resources)


def verify(resources: list[Resource]) -> None:
    """Raises StateError unless references point backwards, providers exist and live URNs are unique."""
    seen: set[str] = set()
    live: set[str] = set()
    providers: set[str] = set()
    for index, resource in enumerate(resources):
        _verify_alone(resource)
        if resource.is_provider:
            providers.add(resource.reference)
        if resource.provider and not resource.pending_replacement and resource.provider not in providers:
            raise StateError(f"resource {resource.urn} refers to unknown provider {resource.provider}")
        for what, urn in references(resource):
            if urn not in seen:
                later = any(other.urn == urn for other in resources[index + 1 :])
                where = "comes after it" if later else "is missing"
                raise StateError(f"resource {resource.urn}: its {what} {urn} {where}")
        seen.add(resource.urn)
        if not resource.delete:
            if resource.urn in live:
                raise StateError(f"resource {resource.urn} is recorded twice (not marked for deletion)")
            live.add(resource.urn)


def _verify_alone(resource: Resource) -> None:
    if not resource.urn.startswith("urn:pulumi:") or resource.urn.count("::") < 3:
        raise StateError(f"{resource.urn!r} is not a URN")
    if not resource.type:
        raise StateError(f"resource {resource.urn} has no type")
    if not resource.custom and resource.id:
        raise StateError(f"resource {resource.urn} is a component but has the id {resource.id!r}")
    if resource.is_provider and not resource.id:
        raise StateError(f"provider {resource.urn} has no id, nothing can refer to it")
    if resource.provider and len(resource.provider.split("::")) < 5:
        raise StateError(f"resource {resource.urn}: {resource.provider!r} is not a provider reference")


def references(resource: Resource) -> Iterator[tuple[str, str]]:
    """Whatever must stand before the resource, as (role, URN); its provider apart."""
    if resource.parent:
        yield "parent", resource.parent
    for urn in resource.dependencies:
        yield "dependency", urn
    for key, urns in resource.property_dependencies.items():
        for urn in urns:
            yield f"property dependency (from property {key})", urn
    if resource.deleted_with:
        yield "deletedWith", resource.deleted_with
    for urn in resource.replace_with:
        yield "replaceWith", urn
