"""The steps that read: `.get`, import and refresh."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from trackstack.engine import events
from trackstack.engine import urn as urns
from trackstack.engine.checkpoint import now
from trackstack.engine.diffs import describe
from trackstack.engine.errors import ResourceError
from trackstack.engine.failures import ProviderError
from trackstack.engine.provider import Properties, ReadResult, Subject
from trackstack.engine.resource import Resource
from trackstack.engine.steps import PartialFailure, Step, mark_secrets, reasons
from trackstack.engine.values import UNKNOWN, equal

if TYPE_CHECKING:
    from trackstack.engine.deployment import Deployment


class Reader(Protocol):
    """What a provider does besides."""

    def read(self, subject: Subject, inputs: Properties | None, state: Properties | None) -> ReadResult: ...


@dataclass(eq=False, kw_only=True)
class Read(Step):
    """An existing resource that Pulumi does not own, looked up for the program."""

    op: events.Op = "read"
    new: Resource
    provider: Reader

    @property
    def pending(self) -> str:
        return "reading"

    def apply(self, deployment: Deployment) -> None:
        old, new = self.old, self.new
        failure: ProviderError | None = None
        if new.id == UNKNOWN:
            new.outputs = {}
        else:
            try:
                found = self.provider.read(Subject(new.urn, new.id), new.inputs, new.inputs)
            except ProviderError as error:
                if error.init is None:
                    raise
                failure = error
                new.init_errors = error.init.reasons
                found = ReadResult(error.init.id, error.init.properties, error.init.inputs)
            if found.outputs is None:
                raise ResourceError(new.urn, f"resource '{new.id}' does not exist")
            new.id, new.outputs = found.id or new.id, found.outputs
        if self.op == "read-replacement" and old is not None:
            old.delete = True
        if old is not None:
            new.created, new.modified = old.created, old.modified
        mark_secrets(new, deployment)
        if old is not None and not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs)):
            new.modified = now()
        if failure is not None:
            raise PartialFailure(reasons(failure))


@dataclass(eq=False, kw_only=True)
class Import(Step):
    """An existing resource taken over as it is; what the program wants of it is planned after."""

    op: events.Op = "import"
    new: Resource
    provider: Reader
    original: Resource | None = None

    @property
    def pending(self) -> str:
        return "importing"

    def apply(self, deployment: Deployment) -> None:
        new = self.new
        try:
            found = self.provider.read(
                Subject(new.urn, new.import_id, new.custom_timeouts.get("read", 0)), None, None
            )
        except ProviderError as error:
            if error.init is None:
                raise
            new.init_errors = error.init.reasons
            found = ReadResult(error.init.id, error.init.properties, error.init.inputs)
        if found.outputs is None:
            raise ResourceError(new.urn, f"resource '{new.import_id}' does not exist")
        if found.inputs is None:
            package = urns.package_of(new.type)
            raise ResourceError(
                new.urn, f"the provider does not support importing resources; update the '{package}' plugin"
            )
        new.id = found.id or new.import_id
        new.inputs, new.outputs = found.inputs, found.outputs
        new.created = new.modified = now()
        mark_secrets(new, deployment)
        if self.original is not None:
            self.original.delete = True


@dataclass(eq=False, kw_only=True)
class Refresh(Step):
    """The recorded state brought to what is; `new` None after it means that the resource is gone."""

    op: events.Op = "refresh"
    old: Resource
    provider: Callable[[], Any] | None = None
    gone: bool = False

    def apply(self, deployment: Deployment) -> None:
        old = self.old
        self.new = old
        if self.provider is None:
            return
        provider = self.provider()
        init_errors: list[str] = []
        try:
            found = provider.read(
                Subject(old.urn, old.id, old.custom_timeouts.get("read", 0)), old.inputs, old.outputs
            )
        except ProviderError as error:
            if error.init is None:
                raise
            init_errors = error.init.reasons
            found = ReadResult(error.init.id, error.init.properties, error.init.inputs)
            deployment.say(
                "warning", "refreshed resource is in an unhealthy state: " + "; ".join(init_errors), old.urn
            )
        if found.outputs is None or not found.id:
            self.new, self.gone = None, True
            return
        new = self.new = copy.copy(old)
        new.id, new.outputs, new.init_errors = found.id, found.outputs, init_errors
        if found.inputs is not None:
            new.inputs = found.inputs
        mark_secrets(new, deployment)
        if not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs)):
            new.modified = now()
        if not old.external:
            self.diff = deployment.drift(provider, old, new)

    @property
    def result(self) -> events.Op:
        """What the refresh found, as the Pulumi CLI counts it."""
        if self.gone or self.new is None:
            return "delete"
        if self.new is self.old:
            return "same"
        if self.old.external:
            return "same" if equal(self.old.outputs, self.new.outputs) else "update"
        return "update" if self.diff.changes else "same"

    def told(self) -> events.Step:
        old = self.old
        if self.gone:
            change = events.PropertyChange("id", "delete", old.id, None)
            return events.Step(self.op, old.urn, old.type, old.name, (change,), old.custom)
        if self.new is None or self.result == "same":
            return events.Step(self.op, old.urn, old.type, old.name, custom=old.custom)
        changes = describe(self.diff, old.inputs, old.outputs, self.new.inputs)
        return events.Step(self.op, old.urn, old.type, old.name, changes, old.custom)
