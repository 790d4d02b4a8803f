"""The states of a running operation: what each step leaves, in memory and journal (backend/snapshot.go).

The list of resources is at any moment: the new states in the order in which their steps ended, then the old
states that no step has dealt with, in their old order.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import cast

from trackstack.engine import urn as urns
from trackstack.engine.graph import dependency_urns, provider_urn
from trackstack.engine.journal import Journal
from trackstack.engine.reads import Import, Read
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import PendingKind, PendingOperation, Snapshot
from trackstack.engine.steps import Create, Delete, RemovePendingReplace, Same, Step, Update


class Ledger:
    """Takes note of each step's begin and end; without a journal (a preview) in memory only."""

    def __init__(self, base: Snapshot, journal: Journal | None, *, settle_creates: bool) -> None:
        self._lock = threading.Lock()
        self._journal = journal
        self._base = base
        self._settle_creates = settle_creates
        self._start(base)

    def _start(self, base: Snapshot) -> None:
        self._news: dict[int, Resource] = {}
        self._olds = {id(resource): resource for resource in base.resources}
        self._running: dict[int, PendingOperation] = {}
        self._carried = [operation for operation in base.pending if operation.kind == "creating"]
        self._referring: dict[str, list[Resource]] | None = None

    def begin(self, step: Step) -> int | None:
        """Before the provider is called; durable when it returns."""
        resource = step.resource
        if not step.pending or self._journal is None or not resource.custom or resource.is_provider:
            return None
        kind = cast(PendingKind, step.pending)
        operation = self._journal.begin(kind, step.resource)
        with self._lock:
            self._running[operation] = PendingOperation(kind, step.resource)
        return operation

    def end(self, operation: int | None, step: Step) -> None:
        """The step succeeded, or failed in part so that its state counts."""
        with self._lock:
            self._settle(operation, step)
            new, done, changed = _effect(step)
            if done is not None:
                self._news.pop(id(done), None)
                self._olds.pop(id(done), None)
            if new is not None:
                self._news[id(new)] = new
                changed += self._rename(new)
            if self._journal is None:
                return
            if isinstance(step, Same) and new is not None and not _must_write(step):
                self._journal.same(step.old, new)
                return
        if operation is not None or new is not None or done is not None or changed:
            self._journal.end(operation, new=new, done=done, changed=changed)

    def fail(self, operation: int | None) -> None:
        """The step failed and changed nothing."""
        if operation is None or self._journal is None:
            return
        with self._lock:
            self._running.pop(operation, None)
        self._journal.fail(operation)

    def outputs(self, resource: Resource) -> None:
        """A component's or the stack's outputs were registered."""
        if self._journal is not None and id(resource) in self._news:
            self._journal.outputs(resource)

    def snapshot(self) -> Snapshot:
        """The states as they are now."""
        with self._lock:
            resources = [*self._news.values(), *self._olds.values()]
            return replace(self._base, resources=resources, pending=[*self._running.values(), *self._carried])

    def forget_creates(self) -> None:
        """Carry interrupted creations no further, those not repeated among them."""
        with self._lock:
            self._carried = []

    def rebase(self, base: Snapshot) -> None:
        """Go on from these states, as a refresh found them."""
        with self._lock:
            self._base = base
            self._start(base)
        self.commit()

    def commit(self) -> None:
        """Write the checkpoint."""
        if self._journal is not None:
            self._journal.commit(self.snapshot())

    def close(self) -> None:
        """Record nothing more."""
        with self._lock:
            journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()

    def _settle(self, operation: int | None, step: Step) -> None:
        if operation is not None:
            self._running.pop(operation, None)
        if self._settle_creates and isinstance(step, Create):
            self._carried = [pending for pending in self._carried if pending.resource.urn != step.urn]

    def _rename(self, new: Resource) -> list[Resource]:
        """A resource found by an alias: whatever still names it by its old URN now names the new one."""
        changed: list[Resource] = []
        for old_urn in new.aliases:
            for resource in self._referring_to(old_urn):
                if id(resource) in self._olds or id(resource) in self._news:
                    rewrite(resource, old_urn, new.urn)
                    self._referring_to(new.urn).append(resource)
                    changed.append(resource)
        new.aliases = []
        return changed

    def _referring_to(self, urn: str) -> list[Resource]:
        if self._referring is None:
            self._referring = {}
            for resource in [*self._olds.values(), *self._news.values()]:
                for reference in dependency_urns(resource) | {resource.parent, provider_urn(resource)}:
                    self._referring.setdefault(reference, []).append(resource)
        return self._referring.setdefault(urn, [])


def rewrite(resource: Resource, old: str, new: str) -> None:
    """Let all references of the resource to `old` be to `new`."""

    def renamed(urns_: list[str]) -> list[str]:
        return [new if urn == old else urn for urn in urns_]

    resource.parent = new if resource.parent == old else resource.parent
    resource.deleted_with = new if resource.deleted_with == old else resource.deleted_with
    resource.dependencies = renamed(resource.dependencies)
    resource.replace_with = renamed(resource.replace_with)
    resource.property_dependencies = {key: renamed(v) for key, v in resource.property_dependencies.items()}
    if resource.provider:
        provider, id_ = urns.split_reference(resource.provider)
        if provider == old:
            resource.provider = urns.make_reference(new, id_)


def _effect(step: Step) -> tuple[Resource | None, Resource | None, list[Resource]]:
    """The state that joins, the one that goes, and those that changed in place."""
    if isinstance(step, Same):
        return (None, None, []) if step.skipped else (step.new, step.old, [])
    if isinstance(step, Update):
        return step.new, step.old, []
    if isinstance(step, Create):
        if step.old is None:
            return step.new, None, []
        return (step.new, None, [step.old]) if step.pends_delete else (step.new, step.old, [])
    if isinstance(step, Read):
        if step.op == "read-replacement" and step.old is not None:
            return step.new, None, [step.old]
        return step.new, step.old, []
    if isinstance(step, Import):
        return step.new, None, [step.original] if step.original is not None else []
    if isinstance(step, Delete):
        return (None, None, [step.old]) if step.before_create else (None, step.old, [])
    if isinstance(step, RemovePendingReplace):
        return None, step.old, []
    return None, None, []


def _must_write(step: Same) -> bool:
    """Whether an unchanged resource has something new to record (sameSnapshotMutation.mustWrite)."""
    old, new = step.old, step.new
    return (
        old.urn != new.urn
        or old.type != new.type
        or old.custom != new.custom
        or old.custom_timeouts != new.custom_timeouts
        or old.retain_on_delete != new.retain_on_delete
        or old.provider != new.provider
        or old.parent != new.parent
        or old.deleted_with != new.deleted_with
        or old.replace_with != new.replace_with
        or old.protect != new.protect
        or old.inputs != new.inputs
        or old.outputs != new.outputs
        or sorted(old.dependencies) != sorted(new.dependencies)
        or old.property_dependencies != new.property_dependencies
        or old.resource_hooks != new.resource_hooks
        or old.replacement_trigger != new.replacement_trigger
        or old.additional_secret_outputs != new.additional_secret_outputs
        or old.ignore_changes != new.ignore_changes
        or old.replace_on_changes != new.replace_on_changes
        or bool(old.init_errors) != bool(new.init_errors)
    )
