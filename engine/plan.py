"""Planning: from a registration of the program to the steps that fulfil it.

One registration is planned at a time, under the deployment's lock. The rules and their order are those of
pkg/resource/deploy/step_generator.go.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trackstack.engine import paths
from trackstack.engine import urn as urns
from trackstack.engine.aliases import Aliases
from trackstack.engine.deployment import Deployment
from trackstack.engine.diffs import Diff, compare, replacing, with_replace_on_changes
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Goal
from trackstack.engine.provider import DiffUnavailableError, ProviderError, Subject
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Create, Delete, Import, Read, Replace, Same, Step, Update
from trackstack.engine.targets import Targets
from trackstack.engine.values import equal, has_unknown


@dataclass(eq=False)
class Registration:
    """One resource on its way from the program to the steps."""

    goal: Goal
    urn: str
    old: Resource | None
    new: Resource
    provider: Any = None
    seed: bytes = b""
    imported: bool = False
    steps: list[Step] = field(default_factory=list)


class Planner:
    """Plans registrations, and remembers what was planned."""

    def __init__(self, deployment: Deployment, targets: Targets) -> None:
        self._deployment = deployment
        self._targets = targets
        self._seed = os.urandom(32)
        self.aliases = Aliases(deployment.project, deployment.stack)
        self.seen: set[str] = set()
        self.operated: set[str] = set()
        self.replaced: set[str] = set()
        self.generated: set[str] = set()
        self.recreating: dict[str, tuple[str, ...]] = {}
        self.condemned: set[int] = set()
        self.providers: dict[str, Resource] = {}
        self.skipped_creates: set[str] = set()

    # -- registrations -------------------------------------------------------------------------------------------

    def begin(self, goal: Goal) -> Registration:
        """Identify the resource; the steps of an import come first, and `plan` then goes on from what was read."""
        urn = self._claim(goal.parent, goal.type, goal.name)
        old, alias = self.aliases.find(urn, goal, self._deployment.olds, self.seen - {urn})
        self._deployment.goals[urn] = goal
        new = state_of(goal, urn, old, alias)
        if alias and new.is_provider:
            self._deployment.registry.alias(urn, alias)
        if new.is_provider:
            self.providers[urn] = new
            if alias:
                self.providers[alias] = new
        registration = Registration(goal, urn, old, new)
        registration.seed = hashlib.sha256(self._seed + urn.encode()).digest()
        if goal.custom:
            registration.provider = self._provider(urn, goal)
        self._plan_import(registration)
        return registration

    def plan(self, registration: Registration) -> list[Step]:
        """The steps for a registration, after those of its import were done."""
        goal, urn, new = registration.goal, registration.urn, registration.new
        if registration.imported:
            self._take_over_import(registration)
            new = registration.new
        old = registration.old
        targeted = (
            self._targets.includes(new) or new.is_provider or urns.qualified_type(urn) == urns.STACK_TYPE
        )
        self._check_inputs(registration, targeted)
        if targeted:
            self._targets.note(new)
        if urn in self.recreating:
            return self._recreate(registration)
        if old is not None and old.external and not registration.imported:
            self._mark(urn, replaced=True)
            return [
                Create(
                    op="create-replacement",
                    old=old,
                    new=new,
                    provider=registration.provider,
                    pends_delete=True,
                ),
                Replace(old=old, new=new),
            ]
        if old is None:
            self.generated.add(urn)
            if not targeted:
                self.operated.add(urn)
                self.skipped_creates.add(urn)
                return [Same(old=new, new=new, skipped=True)]
            self._refuse_skipped_dependencies(new)
            return [Create(new=new, provider=registration.provider)]
        if not targeted:
            return self._untargeted(old, goal)
        self._refuse_skipped_dependencies(new)
        return self._steps_from_diff(registration, old)

    def _claim(self, parent: str, type_: str, name: str) -> str:
        if parent and parent not in self.seen:
            raise ResourceError(parent, f"could not find parent resource {parent}")
        urn = urns.make(self._deployment.stack, self._deployment.project, parent, type_, name)
        if urn in self.seen:
            raise ResourceError(urn, f"duplicate resource URN '{urn}'; try giving it a unique name")
        self.seen.add(urn)
        return urn

    def _mark(self, urn: str, *, replaced: bool = False) -> None:
        self.generated.add(urn)
        self.operated.add(urn)
        if replaced:
            self.replaced.add(urn)

    def _provider(self, urn: str, goal: Goal) -> Any:
        registry = self._deployment.registry
        if urns.is_provider_type(goal.type):
            return registry
        provider = registry.get(goal.provider)
        if provider is None:
            try:
                provider = registry.ensure(
                    goal.provider, self._deployment.olds, self._deployment.base.resources
                )
            except ValueError as error:
                raise ResourceError(urn, f"resource {urn}: {error}") from None
        return provider

    # -- import --------------------------------------------------------------------------------------------------

    def _plan_import(self, registration: Registration) -> None:
        goal, old, new = registration.goal, registration.old, registration.new
        if not goal.custom or not goal.import_id:
            return
        known = (old.import_id or old.id) if old is not None else ""
        if old is not None and not old.external and known == goal.import_id:
            return
        registration.imported = True
        replacing_old = old is not None and registration.urn not in self.recreating
        taken = copy.copy(new)
        step = Import(
            op="import-replacement" if replacing_old else "import",
            new=taken,
            provider=registration.provider,
            reset=self._ignore_changes,
            original=old if replacing_old else None,
        )
        registration.steps = [step]
        if replacing_old and old is not None:
            registration.steps.append(Replace(old=old, new=taken))
        self._mark(registration.urn, replaced=replacing_old)

    def _take_over_import(self, registration: Registration) -> None:
        step = registration.steps[0]
        taken = step.resource
        new = state_of(registration.goal, registration.urn, taken, "")
        new.aliases = taken.aliases
        registration.old, registration.new = taken, new
        if registration.new.is_provider:
            self.providers[registration.urn] = new

    # -- inputs --------------------------------------------------------------------------------------------------

    def _check_inputs(self, registration: Registration, targeted: bool) -> None:
        goal, old, new = registration.goal, registration.old, registration.new
        if old is not None and goal.ignore_changes:
            new.inputs = self._ignore_changes(old, new.inputs)
        if registration.provider is None:
            return
        if not targeted:
            if old is not None:
                new.inputs = old.inputs
            return
        fresh = (
            old is None
            or (old.external and not registration.imported)
            or registration.urn in self.recreating
            or self._targets.replaces(registration.urn)
        )
        if fresh:
            self._check(registration, None, goal.properties)
        else:
            assert old is not None  # noqa: S101 - for the type checker: `fresh` covers None
            self._check(registration, old.inputs, new.inputs)

    def _check(self, registration: Registration, olds: dict[str, Any] | None, news: dict[str, Any]) -> None:
        new, urn = registration.new, registration.urn
        inputs, failures = registration.provider.check(Subject(urn), olds, news, registration.seed)
        if failures:
            told = "; ".join(f"{f.property}: {f.reason}" if f.property else f.reason for f in failures)
            raise ResourceError(urn, f"{new.type} resource '{new.name}' has a problem: {told}")
        if has_unknown(inputs) and not self._deployment.preview:
            raise ResourceError(urn, f"resource {urn}: the provider returned unknown inputs from Check")
        new.inputs = inputs

    def _ignore_changes(self, old: Resource, inputs: dict[str, Any]) -> dict[str, Any]:
        goal = self._deployment.goals[self.aliases.new_by_old.get(old.urn, old.urn)]
        return self.ignored(old, inputs, goal.ignore_changes)

    def ignored(self, old: Resource, inputs: dict[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
        """`inputs` with what the paths in `patterns` find set back to what `old` has."""
        if not patterns:
            return inputs
        inputs, olds = copy.deepcopy(inputs), copy.deepcopy(old.inputs)
        invalid = []
        for pattern in patterns:
            try:
                path = paths.parse(pattern)
            except ValueError:
                continue
            if path and not paths.reset(path, olds, inputs):
                invalid.append(pattern)
        if invalid:
            text = f"cannot ignore changes in added or removed elements of the path: {', '.join(invalid)}"
            self._deployment.say("info", text, old.urn)
        return inputs

    # -- differences ---------------------------------------------------------------------------------------------

    def _steps_from_diff(self, registration: Registration, old: Resource) -> list[Step]:
        goal, urn, new = registration.goal, registration.urn, registration.new
        triggered = self._triggered(urn, old, new)
        diff = Diff(changes=True) if triggered else self._diff(registration, old)
        diff = with_replace_on_changes(diff, goal.replace_on_changes, bool(old.init_errors))
        if diff.changes or old.pending_replacement:
            if diff.replaces or triggered or old.pending_replacement:
                return self._replace(registration, old, diff)
            return self._update(registration, old, diff)
        if old.init_errors:  # it did not come up last time: let the provider go on waiting for it
            return self._update(registration, old, diff)
        if registration.imported:
            new.id = old.id
            registration.new = old
            return []
        self._mark(urn)
        return [Same(old=old, new=new)]

    def _update(self, registration: Registration, old: Resource, diff: Diff) -> list[Step]:
        self._mark(registration.urn)
        return [Update(old=old, new=registration.new, provider=registration.provider, diff=diff)]

    def _triggered(self, urn: str, old: Resource, new: Resource) -> bool:
        if not self._deployment.preview and has_unknown(new.replacement_trigger):
            raise ResourceError(urn, f"replacement trigger contains unknowns for {urn}")
        if has_unknown(old.replacement_trigger) or has_unknown(new.replacement_trigger):
            return True
        if old.replacement_trigger is None or new.replacement_trigger is None:
            return False
        return not equal(old.replacement_trigger, new.replacement_trigger)

    def _diff(self, registration: Registration, old: Resource) -> Diff:
        urn, new, provider = registration.urn, registration.new, registration.provider
        if self._targets.replaces(urn):
            return replacing("id")
        if not self.replaced.isdisjoint(new.replace_with):
            return replacing("replaceWith")
        if new.deleted_with and new.deleted_with in self.replaced:
            return replacing("deletedWith")
        if self._provider_changed(old, new):
            return replacing("provider")
        if provider is None:
            return Diff(changes=not equal(old.inputs, new.inputs))
        try:
            return self.provider_diff(provider, old, new.inputs, registration.goal.ignore_changes)
        except DiffUnavailableError as error:
            self._deployment.say("warning", str(error), urn)
            return Diff(changes=True)

    def provider_diff(
        self, provider: Any, old: Resource, inputs: dict[str, Any], ignore_changes: Sequence[str]
    ) -> Diff:
        """The provider's answer, or the engine's own comparison where the provider cannot tell."""
        subject = Subject(old.urn, old.id, ignore_changes=tuple(ignore_changes))
        diff: Diff = provider.diff(subject, old.inputs, old.outputs, inputs)
        if diff.changes is not None:
            return diff
        own = compare(old.inputs, self.ignored(old, inputs, ignore_changes))
        return Diff(
            own.changes, diff.replace_keys, own.changed_keys, own.detailed, diff.delete_before_replace
        )

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        old_urn, _ = urns.split_reference(old.provider)
        new_urn, _ = urns.split_reference(new.provider)
        if self.aliases.new_by_old.get(old_urn) == new_urn:
            return False
        provider = self._deployment.registry.get(new.provider)
        before, after = self._deployment.olds.get(old_urn), self.providers.get(new_urn)
        if provider is None or before is None or after is None:
            return True
        from trackstack.engine.providers import public

        diff = provider.diff_config(new_urn, public(before.inputs), before.outputs, public(after.inputs))
        return diff.replaces

    # -- replacement ---------------------------------------------------------------------------------------------

    def _replace(self, registration: Registration, old: Resource, diff: Diff) -> list[Step]:
        goal, urn, new = registration.goal, registration.urn, registration.new
        if new.protect and old.protect:
            self._refuse_protected(urn)
        if goal.import_id:
            message = (
                "previously-imported resources that still specify an ID may not be replaced; "
                f"remove the `import_` option from {urn} in the program"
            )
            if not self._deployment.preview:
                raise ResourceError(urn, message)
            self._deployment.say("warning", message, urn)
        self._mark(urn, replaced=True)
        if registration.provider is not None and not self._targets.replaces(urn):
            self._check(
                registration, None, goal.properties
            )  # names and defaults of the old one do not carry over
        before = diff.delete_before_replace
        if goal.delete_before_replace is not None:
            before = goal.delete_before_replace
        if before:
            return self._delete_then_create(registration, old, diff)
        return [
            Create(
                op="create-replacement",
                old=old,
                new=new,
                provider=registration.provider,
                pends_delete=True,
                diff=diff,
            ),
            Replace(old=old, new=new, diff=diff),
        ]

    def _refuse_protected(self, urn: str) -> None:
        error = ResourceError(
            urn,
            f"unable to replace resource {urn} because it is protected; "
            "remove `protect` from it in the program and run `up` first",
        )
        if not self._deployment.preview:
            raise error
        self._deployment.say("error", str(error), urn)
        self._deployment.refused.append(error)

    def _delete_then_create(self, registration: Registration, old: Resource, diff: Diff) -> list[Step]:
        from trackstack.engine.cascade import dependents_to_replace

        deployment, urn = self._deployment, registration.urn
        steps: list[Step] = []
        for dependent, keys in reversed(dependents_to_replace(deployment, self, old, urn)):
            if id(dependent) in self.condemned:
                continue
            if dependent.protect and not dependent.delete:
                raise ResourceError(
                    dependent.urn,
                    f"unable to replace resource {dependent.urn} as part of replacing {urn} because it is "
                    "protected; remove `protect` from it in the program and run `up` first",
                )
            self.recreating[dependent.urn] = keys
            self.condemned.add(id(dependent))
            deployment.deleted.add(dependent.urn)
            steps.append(self.deletion(dependent, replacing_it=not dependent.delete, before_create=True))
        if not old.pending_replacement:
            deployment.deleted.add(old.urn)
            steps.append(self.deletion(old, replacing_it=True, before_create=True))
        steps.append(Replace(old=old, new=registration.new, diff=diff))
        steps.append(
            Create(
                op="create-replacement",
                old=old,
                new=registration.new,
                provider=registration.provider,
                diff=diff,
            )
        )
        return steps

    def _recreate(self, registration: Registration) -> list[Step]:
        """It was deleted ahead of what it depends on; here it comes back."""
        urn, old, new = registration.urn, registration.old, registration.new
        assert old is not None  # noqa: S101 - only a recorded resource can have been deleted
        self._deployment.deleted.discard(urn)
        diff = Diff(changes=True, replace_keys=self.recreating.pop(urn))
        self._mark(urn, replaced=True)
        return [
            Replace(old=old, new=new, diff=diff),
            Create(op="create-replacement", old=old, new=new, provider=registration.provider, diff=diff),
        ]

    def deletion(self, resource: Resource, *, replacing_it: bool, before_create: bool = False) -> Delete:
        """The step that deletes a recorded resource."""
        deployment = self._deployment
        provider = None
        if resource.custom and not resource.external:
            provider = lambda: deployment.provider_of(resource)  # noqa: E731 - loaded only if it is called
        return Delete(old=resource, provider=provider, replacing=replacing_it, before_create=before_create)

    # -- targets -------------------------------------------------------------------------------------------------

    def _refuse_skipped_dependencies(self, new: Resource) -> None:
        from trackstack.engine.graph import dependency_urns, provider_urn

        if not self.skipped_creates:
            return
        wanted = dependency_urns(new) | {new.parent, provider_urn(new)}
        for urn in sorted(wanted & self.skipped_creates):
            error = ResourceError(
                new.urn,
                f"resource {new.urn} depends on {urn}, which was not specified in the targets to be created",
            )
            if not self._deployment.preview:
                raise error
            self._deployment.say("error", str(error), new.urn)
            self._deployment.refused.append(error)
            self.skipped_creates.discard(urn)

    def _untargeted(self, old: Resource, goal: Goal) -> list[Step]:
        """Keep an untargeted resource as it is, after everything recorded that it refers to."""
        from trackstack.engine.graph import dependency_urns, provider_urn

        steps: list[Step] = []
        if old.delete:
            return steps
        self.seen.add(old.urn)
        self._mark(old.urn)
        references = [provider_urn(old), old.parent, *sorted(dependency_urns(old))]
        for urn in references:
            if not urn or urn in self.generated or self.is_operated_on(urn):
                continue
            dependency = self._deployment.olds.get(urn)
            if dependency is None:
                raise ResourceError(
                    old.urn, f"{urn}, on which untargeted {old.urn} depends, has no old state"
                )
            steps += self._untargeted(dependency, goal)
        steps.append(Same(old=old, new=copy.copy(old), untargeted=True))
        return steps

    def abandon(self, goal: Goal) -> str:
        """Leave a resource as it is because what it needs has failed; its URN."""
        urn = urns.make(self._deployment.stack, self._deployment.project, goal.parent, goal.type, goal.name)
        if urn not in self.seen:
            self.seen.add(urn)
            self.aliases.find(urn, goal, self._deployment.olds, ())
        self._mark(urn)
        return urn

    # -- reads ---------------------------------------------------------------------------------------------------

    def read(self, goal: Goal, id_: str) -> list[Step]:
        """The step for a `.get`: the resource as it is, not owned by the stack."""
        urn = self._claim(goal.parent, goal.type, goal.name)
        old, alias = self.aliases.find(urn, goal, self._deployment.olds, self.seen - {urn})
        if not id_:
            raise ResourceError(urn, f"expected an ID for {urn}")
        new = state_of(goal, urn, None, alias)
        new.id, new.external = id_, True
        provider = self._provider(urn, goal)
        if old is not None and not old.external and old.id != id_:
            self._mark(urn, replaced=True)
            read = Read(op="read-replacement", old=old, new=new, provider=provider)
            return [read, Replace(old=old, new=new)]
        self._mark(urn)
        return [Read(old=old, new=new, provider=provider)]

    def is_operated_on(self, urn: str) -> bool:
        """Whether a step was planned for the recorded resource, under its own or its new URN."""
        return self.aliases.new_by_old.get(urn, urn) in self.operated


def state_of(goal: Goal, urn: str, old: Resource | None, alias: str) -> Resource:
    """The state that a goal leads to, before its provider has spoken."""
    return Resource(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        inputs=dict(goal.properties),
        parent=goal.parent,
        protect=bool(goal.protect),
        dependencies=list(goal.dependencies),
        provider=goal.provider,
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=[alias] if alias else [],
        custom_timeouts=goal.custom_timeouts,
        import_id=goal.import_id,
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        created=old.created if old is not None else "",
        modified=old.modified if old is not None else "",
        source_position=goal.source_position,
        stack_trace=[{"sourcePosition": position} for position in goal.stack_trace],
        ignore_changes=goal.ignore_changes,
        hide_diff=list(goal.hide_diff),
        replace_on_changes=goal.replace_on_changes,
        replacement_trigger=goal.replacement_trigger,
        resource_hooks=goal.hooks,
    )


__all__ = ["Planner", "ProviderError", "Registration", "state_of"]
