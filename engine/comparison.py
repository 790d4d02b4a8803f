"""How the wanted resource differs from the recorded one: the engine's own reasons, then the provider's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trackstack.engine import urn as urns
from trackstack.engine.deployment import Deployment
from trackstack.engine.diffs import Diff, compare, replacing
from trackstack.engine.errors import ResourceError
from trackstack.engine.inputs import ignored
from trackstack.engine.planned import Planned, Registration
from trackstack.engine.provider import DiffUnavailableError, Subject
from trackstack.engine.providers import public
from trackstack.engine.resource import Resource
from trackstack.engine.values import equal, has_unknown


def difference(planned: Planned, registration: Registration, old: Resource) -> Diff:
    """The difference in the order of the rules. Raises ProviderError."""
    urn, new, provider = registration.urn, registration.new, registration.provider
    if planned.targets.replaces(urn):
        return replacing("id")
    if not planned.replaced.isdisjoint(new.replace_with):
        return replacing("replaceWith")
    if new.deleted_with and new.deleted_with in planned.replaced:
        return replacing("deletedWith")
    if _provider_changed(planned, old, new):
        return replacing("provider")
    if provider is None:
        return Diff(changes=not equal(old.inputs, new.inputs))
    try:
        return provider_diff(
            planned.deployment, provider, old, new.inputs, registration.goal.ignore_changes, urn=urn
        )
    except DiffUnavailableError as error:
        planned.deployment.say("warning", str(error), urn)
        return Diff(changes=True)


def triggered(deployment: Deployment, urn: str, old: Resource, new: Resource) -> bool:
    """Whether the replacement trigger has changed. Raises ResourceError if it is unknown in an update."""
    before, after = old.replacement_trigger, new.replacement_trigger
    if not deployment.preview and has_unknown(after):
        raise ResourceError(urn, f"the replacement trigger of {urn} contains unknowns")
    if has_unknown(before) or has_unknown(after):
        return True
    return before is not None and after is not None and not equal(before, after)


def provider_diff(
    deployment: Deployment,
    provider: Any,
    old: Resource,
    inputs: dict[str, Any],
    ignore_changes: Sequence[str],
    *,
    urn: str = "",
) -> Diff:
    """The provider's answer, or the engine's own comparison where the provider cannot tell."""
    subject = Subject(urn or old.urn, old.id, ignore_changes=tuple(ignore_changes))
    diff: Diff = provider.diff(subject, old.inputs, old.outputs, inputs)
    if diff.changes is not None:
        return diff
    own = compare(old.inputs, ignored(deployment, old, inputs, ignore_changes))
    return replace(own, replace_keys=diff.replace_keys, delete_before_replace=diff.delete_before_replace)


def _provider_changed(planned: Planned, old: Resource, new: Resource) -> bool:
    """Whether another provider means another resource: the new one is asked to compare the configurations."""
    if old.provider == new.provider:
        return False
    if not old.provider or not new.provider:
        return True
    old_urn, _ = urns.split_reference(old.provider)
    new_urn, _ = urns.split_reference(new.provider)
    if planned.aliases.new_by_old.get(old_urn) == new_urn:
        return False
    provider = planned.deployment.registry.get(new.provider)
    before, after = planned.deployment.olds.get(old_urn), planned.providers.get(new_urn)
    if provider is None or before is None or after is None:
        return True
    return provider.diff_config(new_urn, public(before.inputs), before.outputs, public(after.inputs)).replaces
