"""Replacing a resource: the new one made first, or the old one deleted first with all that hangs on it."""

from __future__ import annotations

from functools import partial

from trackstack.engine.cascade import dependents_to_replace
from trackstack.engine.deployment import Deployment
from trackstack.engine.diffs import Diff
from trackstack.engine.errors import ResourceError
from trackstack.engine.inputs import check_afresh
from trackstack.engine.planned import Planned, Registration
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Create, Delete, Replace, Step

_UNPROTECT = "because it is protected; remove `protect` from it in the program and run `up` first"


def replace(planned: Planned, registration: Registration, old: Resource, diff: Diff) -> list[Step]:
    """The steps of a replacement. Raises ResourceError where protection or an import forbids it."""
    goal, urn, new = registration.goal, registration.urn, registration.new
    deployment = planned.deployment
    if new.protect and old.protect:
        planned.refuse(ResourceError(urn, f"unable to replace resource {urn} {_UNPROTECT}"))
    if goal.import_id:
        _refuse_imported(deployment, urn)
    planned.mark(urn, replaced=True)
    if registration.provider is not None and not planned.targets.replaces(urn):
        check_afresh(deployment, registration)
    before = diff.delete_before_replace
    if goal.delete_before_replace is not None:
        before = goal.delete_before_replace
    if before:
        return _delete_then_create(planned, registration, old, diff)
    return [_creation(registration, old, diff, pends_delete=True), Replace(old=old, new=new, diff=diff)]


def recreate(planned: Planned, registration: Registration, old: Resource) -> list[Step]:
    """It was deleted ahead of what it depends on; here it comes back."""
    planned.deployment.deleted.discard(registration.urn)
    diff = Diff(changes=True, replace_keys=planned.recreating.pop(registration.urn))
    planned.mark(registration.urn, replaced=True)
    return [Replace(old=old, new=registration.new, diff=diff), _creation(registration, old, diff)]


def take_ownership(planned: Planned, registration: Registration, old: Resource) -> list[Step]:
    """What was only read before is now to be managed: a new one is made."""
    planned.mark(registration.urn, replaced=True)
    return [
        _creation(registration, old, Diff(), pends_delete=True),
        Replace(old=old, new=registration.new),
    ]


def deletion(
    deployment: Deployment, resource: Resource, *, replacing: bool, before_create: bool = False
) -> Delete:
    """The step that deletes a recorded resource; its provider is loaded only if it is called."""
    provider = None
    if resource.custom and not resource.external:
        provider = partial(deployment.provider_of, resource)
    return Delete(old=resource, provider=provider, replacing=replacing, before_create=before_create)


def _creation(registration: Registration, old: Resource, diff: Diff, *, pends_delete: bool = False) -> Create:
    return Create(
        op="create-replacement",
        old=old,
        new=registration.new,
        provider=registration.provider,
        pends_delete=pends_delete,
        diff=diff,
    )


def _refuse_imported(deployment: Deployment, urn: str) -> None:
    message = (
        "previously-imported resources that still specify an ID may not be replaced; "
        f"remove the `import_` option from {urn} in the program"
    )
    if not deployment.preview:
        raise ResourceError(urn, message)
    deployment.say("warning", message, urn)


def _delete_then_create(
    planned: Planned, registration: Registration, old: Resource, diff: Diff
) -> list[Step]:
    deployment, urn = planned.deployment, registration.urn
    steps: list[Step] = []
    for dependent, keys in reversed(dependents_to_replace(planned, old, urn)):
        if id(dependent) in planned.condemned:
            continue
        if dependent.protect and not dependent.delete:
            message = f"unable to replace resource {dependent.urn} as part of replacing {urn} {_UNPROTECT}"
            raise ResourceError(dependent.urn, message)
        planned.recreating[dependent.urn] = keys
        planned.condemned.add(id(dependent))
        deployment.deleted.add(dependent.urn)
        steps.append(deletion(deployment, dependent, replacing=not dependent.delete, before_create=True))
    if not old.pending_replacement:
        deployment.deleted.add(old.urn)
        steps.append(deletion(deployment, old, replacing=True, before_create=True))
    steps.append(Replace(old=old, new=registration.new, diff=diff))
    steps.append(_creation(registration, old, diff))
    return steps
