"""Refresh: the recorded states brought to what providers find (deployment_executor.refresh)."""

from __future__ import annotations

from collections.abc import Iterable

from trackstack.engine.deployment import Deployment
from trackstack.engine.executor import Executor
from trackstack.engine.ledger import Ledger
from trackstack.engine.reads import Refresh
from trackstack.engine.resource import Resource
from trackstack.engine.targets import Targets


def refresh(deployment: Deployment, executor: Executor, ledger: Ledger, targets: Targets) -> None:
    """Read all resources, take over what was found, and start again from there.

    Interrupted operations are settled by it, but for creations: nobody knows whether they happened.
    """
    steps = [
        _step(deployment, resource) for resource in deployment.base.resources if targets.includes(resource)
    ]
    for resource in deployment.base.resources:
        targets.note(resource)
    for step in steps:
        if step.provider is not None:
            deployment.provider_of(
                step.old
            )  # opened one after another: they may need one another's processes
    executor.run_all(steps)
    found = {id(step.old): step for step in steps if step.new is not None or step.gone}
    resources: list[Resource] = []
    for old in deployment.base.resources:
        seen = found.get(id(old))
        if seen is None or not seen.gone:
            resources.append(seen.resource if seen is not None else old)
    prune(resources)
    deployment.base.pending = [pending for pending in deployment.base.pending if pending.kind == "creating"]
    deployment.rebase(resources)
    ledger.rebase(deployment.base)


def _step(deployment: Deployment, resource: Resource) -> Refresh:
    readable = resource.custom and not resource.is_provider and not resource.pending_replacement
    return Refresh(old=resource, provider=(lambda: deployment.provider_of(resource)) if readable else None)


def prune(resources: Iterable[Resource]) -> None:
    """Drop references to resources that are no longer there, those to parents too."""
    living: set[str] = set()
    for resource in resources:
        if resource.parent not in living:
            resource.parent = ""
        if any(urn not in living for urn in resource.dependencies):
            resource.dependencies = [urn for urn in resource.dependencies if urn in living]
        resource.property_dependencies = {
            key: kept
            for key, urns in resource.property_dependencies.items()
            if (kept := [urn for urn in urns if urn in living])
        }
        if any(urn not in living for urn in resource.replace_with):
            resource.replace_with = [urn for urn in resource.replace_with if urn in living]
        if resource.deleted_with not in living:
            resource.deleted_with = ""
        living.add(resource.urn)
