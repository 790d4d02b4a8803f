"""What all parts of one running operation share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trackstack.engine import events
from trackstack.engine.diffs import Diff, compare
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Goal
from trackstack.engine.graph import Graph
from trackstack.engine.provider import DiffUnavailableError, Subject
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from trackstack.engine.callbacks import Hooks
    from trackstack.engine.options import Options
    from trackstack.engine.providers import Registry


@dataclass(eq=False, kw_only=True)
class Deployment:
    """One operation on one stack: its settings, the states before, and what is known of those after."""

    project: str
    stack: str
    preview: bool
    options: Options
    base: Snapshot
    registry: Registry
    hooks: Hooks
    tell: Callable[[events.Event], None]
    lock: threading.RLock = field(default_factory=threading.RLock)
    olds: dict[str, Resource] = field(init=False)
    graph: Graph = field(init=False)
    goals: dict[str, Goal] = field(default_factory=dict)
    news: dict[str, Resource] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    refused: list[ResourceError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rebase(self.base.resources)

    def rebase(self, resources: list[Resource]) -> None:
        """Start from these states (at first, and after a refresh)."""
        self.base.resources = resources
        self.olds = {resource.urn: resource for resource in resources if not resource.delete}
        self.graph = Graph(resources)

    @property
    def late_errors(self) -> list[ResourceError]:
        """Errors that stop nothing but fail the operation: what a preview found, and failed after-hooks."""
        return [*self.refused, *self.hooks.errors]

    def interrupted(self, urn: str) -> Resource | None:
        """What an interrupted creation, which is to be repeated, was to make; it may be there."""
        if not self.options.clear_pending_creates:
            return None
        creations = (pending.resource for pending in self.base.pending if pending.kind == "creating")
        return next((resource for resource in creations if resource.urn == urn), None)

    def say(self, severity: events.Severity, message: str, urn: str = "") -> None:
        """A message to the user."""
        self.tell(events.Diagnostic(severity, message, urn))

    def provider_of(self, resource: Resource) -> Any:
        """The provider of a recorded resource, loaded if need be; the registry for a provider itself."""
        if resource.is_provider:
            return self.registry
        return self.registry.ensure(resource.provider, self.olds, self.base.resources)

    def drift(self, provider: Any, old: Resource, new: Resource) -> Diff:
        """What an `up` of an unchanged program would do after the refresh, told the other way round."""
        subject = Subject(new.urn, new.id, ignore_changes=tuple(old.ignore_changes))
        try:
            diff: Diff = provider.diff(subject, new.inputs, new.outputs, old.inputs)
        except DiffUnavailableError:
            return Diff()
        if diff.changes is None:
            diff = compare(new.inputs, old.inputs)
        return diff.inverted()
