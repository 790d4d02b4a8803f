"""What must go before a resource that is deleted before its replacement (calculateDependentReplacements)."""

from __future__ import annotations

from trackstack.engine.comparison import provider_diff
from trackstack.engine.diffs import with_replace_on_changes
from trackstack.engine.graph import provider_urn
from trackstack.engine.planned import Planned
from trackstack.engine.provider import DiffUnavailableError
from trackstack.engine.resource import Resource
from trackstack.engine.values import UNKNOWN

Dependent = tuple[Resource, tuple[str, ...]]


def dependents_to_replace(planned: Planned, root: Resource, urn: str) -> list[Dependent]:
    """The recorded resources that go with `root`, in dependency order, each with the keys that say why."""
    deployment = planned.deployment
    found: list[Dependent] = []
    done = planned.generated | planned.operated | deployment.deleted | planned.aliases.new_by_old.keys()
    if root in deployment.graph:
        replaced = {root.urn}
        for dependent in deployment.graph.depending_on(root, done):
            keys = _why(planned, dependent, replaced)
            if keys is not None:
                found.append((dependent, keys))
                replaced.add(dependent.urn)
    done |= {urn, *(dependent.urn for dependent, _ in found)}
    found += [
        (resource, ())
        for resource in deployment.olds.values()
        if resource.urn not in done and (urn in resource.replace_with or resource.deleted_with == urn)
    ]
    return found


def _why(planned: Planned, resource: Resource, replaced: set[str]) -> tuple[str, ...] | None:
    """The keys for which a dependent is replaced too; None when it can stay."""
    deployment = planned.deployment
    if not resource.custom or resource.external:
        return None
    if resource.provider and provider_urn(resource) in replaced:
        return ()
    if resource.deleted_with in replaced:
        return ()
    changing = {
        key for key in resource.inputs if not replaced.isdisjoint(resource.property_dependencies.get(key, ()))
    }
    if not changing:
        return None
    if resource.is_provider:
        deployment.registry.same(resource, fresh=True)
    inputs = {key: UNKNOWN if key in changing else value for key, value in resource.inputs.items()}
    provider = deployment.provider_of(resource)
    try:
        diff = provider_diff(deployment, provider, resource, inputs, resource.ignore_changes)
    except DiffUnavailableError:
        return None
    diff = with_replace_on_changes(diff, resource.replace_on_changes, init_errors=False)
    return diff.replace_keys if diff.replaces else None
