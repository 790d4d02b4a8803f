"""Planning: from a registration of the program to the steps that fulfil it.

One registration is planned at a time, under the deployment's lock. The rules and their order are those of
pkg/resource/deploy/step_generator.go.
"""

from __future__ import annotations

import copy
from typing import Any

from trackstack.engine import urn as urns
from trackstack.engine.comparison import difference, triggered
from trackstack.engine.diffs import Diff, with_replace_on_changes
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Goal
from trackstack.engine.inputs import check_inputs
from trackstack.engine.planned import Planned, Registration
from trackstack.engine.reads import Import, Read
from trackstack.engine.replacement import recreate, replace, take_ownership
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Create, Replace, Same, Step, Update
from trackstack.engine.targeting import keep, refuse_skipped_dependencies


class Planner:
    """Plans registrations and reads."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._deployment = planned.deployment

    def begin(self, goal: Goal) -> Registration:
        """Identify the resource; an import's steps come first, and `plan` then goes on from what was read."""
        planned = self._planned
        urn = self._claim(goal)
        old, alias, problem = planned.aliases.find(urn, goal, self._deployment.olds, planned.seen)
        self._deployment.goals[urn] = goal
        registration = Registration(goal, urn, old, goal.state(urn, old, alias), problem=problem)
        registration.seed = planned.seed(urn)
        if registration.new.is_provider:
            planned.providers[urn] = registration.new
            if alias:
                planned.providers[alias] = registration.new
                self._deployment.registry.alias(urn, alias)
        if goal.custom:
            registration.provider = self._provider(urn, goal)
        self._plan_import(registration)
        return registration

    def plan(self, registration: Registration) -> list[Step]:
        """The steps for a registration, after those of its import were done."""
        planned, urn = self._planned, registration.urn
        if registration.imported:
            self._take_over_import(registration)
        old, new = registration.old, registration.new
        targeted = planned.targets.includes(new) or new.is_provider or new.is_stack
        check_inputs(planned, registration, targeted=targeted)
        if registration.problem is not None:
            raise registration.problem
        if targeted:
            refuse_skipped_dependencies(planned, new)
            planned.targets.note(new)
        if old is not None and urn in planned.recreating:
            return recreate(planned, registration, old)
        if old is not None and old.external and not registration.imported:
            return take_ownership(planned, registration, old)
        if not targeted:
            return self._untargeted(registration)
        if old is None:
            planned.generated.add(urn)
            return [Create(new=new, provider=registration.provider)]
        return self._compared(registration, old)

    def abandon(self, goal: Goal) -> str:
        """Leave a resource as it is because what it needs has failed; its URN."""
        planned, deployment = self._planned, self._deployment
        urn = urns.make(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
        if urn not in planned.seen:
            planned.seen.add(urn)
            planned.aliases.find(urn, goal, deployment.olds, ())
        planned.mark(urn)
        return urn

    def read(self, goal: Goal, id_: str) -> list[Step]:
        """The step for a `.get`: the resource as it is, not owned by the stack."""
        planned = self._planned
        urn = self._claim(goal)
        old, alias, _ = planned.aliases.find(urn, goal, self._deployment.olds, planned.seen)
        if not id_:
            raise ResourceError(urn, f"expected an ID for {urn}")
        new = goal.state(urn, None, alias)
        new.id, new.external = id_, True
        provider = self._provider(urn, goal)
        if old is not None and not old.external and old.id != id_:
            planned.mark(urn, replaced=True)
            read = Read(op="read-replacement", old=old, new=new, provider=provider)
            return [read, Replace(old=old, new=new)]
        planned.mark(urn)
        return [Read(old=old, new=new, provider=provider)]

    def _claim(self, goal: Goal) -> str:
        seen, deployment = self._planned.seen, self._deployment
        if goal.parent and goal.parent not in seen:
            raise ResourceError(goal.parent, f"could not find parent resource {goal.parent}")
        urn = urns.make(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
        if urn in seen:
            raise ResourceError(urn, f"duplicate resource URN '{urn}'; try giving it a unique name")
        seen.add(urn)
        return urn

    def _provider(self, urn: str, goal: Goal) -> Any:
        deployment = self._deployment
        if urns.is_provider_type(goal.type):
            return deployment.registry
        try:
            return deployment.registry.ensure(goal.provider, deployment.olds, deployment.base.resources)
        except ValueError as error:
            raise ResourceError(urn, f"resource {urn}: {error}") from None

    def _plan_import(self, registration: Registration) -> None:
        goal, old, new = registration.goal, registration.old, registration.new
        if not goal.custom or not goal.import_id:
            return
        known = (old.import_id or old.id) if old is not None else ""
        if old is not None and not old.external and known == goal.import_id:
            return
        registration.imported = True
        original = old if registration.urn not in self._planned.recreating else None
        taken = copy.copy(new)
        step = Import(
            op="import-replacement" if original is not None else "import",
            new=taken,
            provider=registration.provider,
            original=original,
        )
        registration.steps = [step]
        if original is not None:
            registration.steps.append(Replace(old=original, new=taken))
        self._planned.mark(registration.urn, replaced=original is not None)

    def _take_over_import(self, registration: Registration) -> None:
        taken = registration.steps[0].resource
        registration.old = taken
        registration.new = registration.goal.state(registration.urn, taken, "")

    def _untargeted(self, registration: Registration) -> list[Step]:
        if registration.old is not None:
            steps = keep(self._planned, registration.old)
            if steps:
                registration.new = steps[-1].resource
            return steps
        self._planned.mark(registration.urn)
        self._planned.skipped_creates.add(registration.urn)
        return [Same(old=registration.new, new=registration.new, skipped=True)]

    def _compared(self, registration: Registration, old: Resource) -> list[Step]:
        planned, goal, urn, new = self._planned, registration.goal, registration.urn, registration.new
        trigger = triggered(self._deployment, urn, old, new)
        diff = Diff(changes=True) if trigger else difference(planned, registration, old)
        try:
            diff = with_replace_on_changes(diff, goal.replace_on_changes, bool(old.init_errors))
        except ValueError as error:
            raise ResourceError(urn, f"replaceOnChanges of {urn}: {error}") from None
        if old.pending_replacement or (diff.changes and (diff.replaces or trigger)):
            return replace(planned, registration, old, diff)
        if (
            diff.changes or old.init_errors
        ):  # it did not come up last time: let the provider wait for it again
            planned.mark(urn)
            return [Update(old=old, new=new, provider=registration.provider, diff=diff)]
        if registration.imported:
            registration.new = old
            return []
        planned.mark(urn)
        return [Same(old=old, new=new)]
