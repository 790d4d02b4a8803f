"""The steps of a plan: what each does to the world and to the states (pkg/resource/deploy/step.go)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from trackstack.engine import events
from trackstack.engine.checkpoint import now
from trackstack.engine.diffs import Diff, describe, hide
from trackstack.engine.errors import ResourceError
from trackstack.engine.failures import ProviderError
from trackstack.engine.provider import CheckFailure, Properties, Subject
from trackstack.engine.resource import Resource
from trackstack.engine.values import is_secret, secret

if TYPE_CHECKING:
    from trackstack.engine.deployment import Deployment


class Lifecycle(Protocol):
    """What a provider and the registry both do."""

    def check(
        self, subject: Subject, olds: Properties | None, news: Properties, seed: bytes
    ) -> tuple[Properties, list[CheckFailure]]: ...

    def diff(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Diff: ...

    def create(self, subject: Subject, inputs: Properties) -> tuple[str, Properties]: ...

    def update(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Properties: ...

    def delete(self, subject: Subject, inputs: Properties, outputs: Properties) -> None: ...


class ProtectedError(ResourceError):
    """A deletion that `protect` forbids; others go on, so that all of them are told at once."""


class PartialFailure(Exception):
    """The call failed but the resource exists; its state was taken over and must be saved."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


@dataclass(eq=False, kw_only=True)
class Step:
    """One step; `old` and `new` are states of one resource before and after it."""

    op: events.Op
    old: Resource | None = None
    new: Resource | None = None
    diff: Diff = field(default_factory=Diff)

    @property
    def resource(self) -> Resource:
        """The state that remains, or the one that goes."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return self.resource.urn

    @property
    def pending(self) -> str:
        """The pending operation to be recorded while the step runs; empty for none."""
        return ""

    def apply(self, deployment: Deployment) -> None:
        """Do it. Raises ResourceError, ProviderError, or PartialFailure."""

    def complete(self, deployment: Deployment) -> None:
        """What is left to do for a component once its outputs are registered."""

    def told(self) -> events.Step:
        """The step as events and results show it."""
        resource, old, new = self.resource, self.old, self.new
        changes: tuple[events.PropertyChange, ...] = ()
        if old is not None and new is not None and (self.diff.changes or self.diff.replaces):
            changes = describe(self.diff, old.inputs, old.outputs, new.inputs)
            changes = hide(changes, new.hide_diff)
        return events.Step(self.op, resource.urn, resource.type, resource.name, changes, resource.custom)


@dataclass(eq=False, kw_only=True)
class Same(Step):
    """Nothing changes; `skipped` is a creation left out as not targeted, which leaves no state."""

    op: events.Op = "same"
    old: Resource
    new: Resource
    skipped: bool = False
    untargeted: bool = False

    def apply(self, deployment: Deployment) -> None:
        if self.skipped:
            return
        self.new.id, self.new.outputs = self.old.id, self.old.outputs
        if self.new.is_provider and not self.untargeted:
            configured = copy.copy(self.new)
            configured.inputs = self.old.inputs  # a provider without a difference keeps its old configuration
            deployment.registry.same(configured)


@dataclass(eq=False, kw_only=True)
class Create(Step):
    """A new resource; `pends_delete`: the old one of a replacement is deleted at the end."""

    op: events.Op = "create"
    new: Resource
    provider: Lifecycle | None = None
    pends_delete: bool = False

    @property
    def pending(self) -> str:
        return "creating"

    def apply(self, deployment: Deployment) -> None:
        new = self.new
        deployment.hooks.before("Create", None, new)
        failure: ProviderError | None = None
        if self.provider is not None:
            subject = Subject(new.urn, timeout=new.custom_timeouts.get("create", 0))
            try:
                new.id, new.outputs = self.provider.create(subject, new.inputs)
            except ProviderError as error:
                if error.init is None or not error.init.id:
                    raise
                failure = error
                new.id, new.outputs = error.init.id, error.init.properties
                new.init_errors = error.init.reasons
                if error.init.inputs is not None:
                    new.inputs = error.init.inputs
        new.created = new.modified = now()
        if self.pends_delete and self.old is not None:
            self.old.delete = True
        mark_secrets(new, deployment)
        if failure is not None:
            raise PartialFailure(reasons(failure))
        if new.custom:
            deployment.hooks.after("Create", None, new)

    def complete(self, deployment: Deployment) -> None:
        deployment.hooks.after("Create", None, self.new)


@dataclass(eq=False, kw_only=True)
class Update(Step):
    """A change in place."""

    op: events.Op = "update"
    old: Resource
    new: Resource
    provider: Lifecycle | None = None

    @property
    def pending(self) -> str:
        return "updating"

    def apply(self, deployment: Deployment) -> None:
        old, new = self.old, self.new
        new.id, new.created, new.modified = old.id, old.created, old.modified
        deployment.hooks.before("Update", old, new)
        if self.provider is None:
            new.outputs = {}
            return
        subject = Subject(
            new.urn, old.id, new.custom_timeouts.get("update", 0), ignore_changes=tuple(new.ignore_changes)
        )
        failure: ProviderError | None = None
        try:
            new.outputs = self.provider.update(subject, old.inputs, old.outputs, new.inputs)
        except ProviderError as error:
            if error.init is None:
                raise
            failure = error
            new.outputs, new.init_errors = error.init.properties, error.init.reasons
            new.inputs = dict(old.inputs)  # it was not updated with the new ones (pulumi#2011)
        new.modified = now()
        mark_secrets(new, deployment)
        if failure is not None:
            raise PartialFailure(reasons(failure))
        deployment.hooks.after("Update", old, new)

    def complete(self, deployment: Deployment) -> None:
        deployment.hooks.after("Update", self.old, self.new)


@dataclass(eq=False, kw_only=True)
class Delete(Step):
    """The end of a resource; `replacing` as part of a replacement, `before_create` ahead of its successor."""

    op: events.Op = "delete"
    old: Resource
    provider: Callable[[], Lifecycle] | None = None
    replacing: bool = False
    before_create: bool = False

    def __post_init__(self) -> None:
        if self.old.external:
            self.op = "discard-replaced" if self.replacing else "discard"
        elif self.replacing:
            self.op = "delete-replaced"

    @property
    def pending(self) -> str:
        return "deleting"

    def apply(self, deployment: Deployment) -> None:
        old = self.old
        deployment.hooks.before("Delete", old, None)
        if not self.replacing and old.protect:
            raise ProtectedError(
                old.urn,
                f"resource {old.urn} cannot be deleted because it is protected; remove `protect` "
                "from it in the program and run `up` first",
            )
        if self._reaches_provider(deployment) and self.provider is not None:
            subject = Subject(old.urn, old.id, old.custom_timeouts.get("delete", 0))
            self.provider().delete(subject, old.inputs, old.outputs)
        if self.before_create:
            old.pending_replacement = True  # only now: a failed deletion is to be tried again
        deployment.hooks.after("Delete", old, None)

    def _reaches_provider(self, deployment: Deployment) -> bool:
        old = self.old
        return (
            not deployment.preview
            and old.custom
            and not (old.external or old.retain_on_delete)
            and not (old.deleted_with and old.deleted_with in deployment.deleted)
        )


@dataclass(eq=False, kw_only=True)
class Replace(Step):
    """The logical step of a replacement; its halves do the work."""

    op: events.Op = "replace"
    old: Resource
    new: Resource


@dataclass(eq=False, kw_only=True)
class RemovePendingReplace(Step):
    """Forget a resource that was deleted for a replacement that is no longer wanted."""

    op: events.Op = "remove-pending-replace"
    old: Resource


def mark_secrets(resource: Resource, deployment: Deployment) -> None:
    """Outputs that were asked to be secret, or whose input of the same name is, become secret."""
    outputs = resource.outputs
    for key in resource.additional_secret_outputs:
        if key == "id":
            deployment.say("warning", "the 'id' property cannot be made secret", resource.urn)
        elif key in outputs:
            outputs[key] = secret(outputs[key])
    for key, value in outputs.items():
        if is_secret(resource.inputs.get(key)):
            outputs[key] = secret(value)


def reasons(error: ProviderError) -> str:
    """What a partial failure says, in one line."""
    told = error.init.reasons if error.init else []
    return "; ".join([str(error), *(reason for reason in told if reason != str(error))])
