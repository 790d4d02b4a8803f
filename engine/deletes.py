"""The end of an operation: deleting what was replaced or is not wanted (GenerateDeletes, ScheduleDeletes)."""

from __future__ import annotations

import copy

from trackstack.engine.cascade import dependents_to_replace
from trackstack.engine.errors import ResourceError
from trackstack.engine.executor import Executor
from trackstack.engine.planned import Planned
from trackstack.engine.replacement import deletion
from trackstack.engine.resource import Resource
from trackstack.engine.steps import RemovePendingReplace, Same, Step


def delete_rest(planned: Planned, executor: Executor) -> None:
    """Delete what the program did not register, in layers: what depends on others first.

    What a resource depends on that has failed, here or before, stays. Errors are noted by the executor.
    """
    deployment = planned.deployment
    with deployment.lock:
        allowed = _allowed(planned)
        keeps, deletions = _plan(planned, allowed)
        layers = deployment.graph.layers([step.resource for step in deletions])
    steps = {id(step.resource): step for step in deletions}
    for keep in keeps:
        executor.run([keep])
    blocked = _needed_by_failed(planned, executor)
    for layer in layers:
        if executor.stopping:
            return
        executor.run_all([steps[id(resource)] for resource in layer if id(resource) not in blocked])
        for resource in layer:
            if id(resource) in blocked or resource.urn in executor.failed:
                blocked.update(id(dependency) for dependency in deployment.graph.dependencies_of(resource))


def _needed_by_failed(planned: Planned, executor: Executor) -> set[int]:
    """By id, the states on which those depend that stay as they were because they have failed."""
    graph, renamed = planned.deployment.graph, planned.aliases.new_by_old
    needed: set[int] = set()
    for resource in reversed(graph.resources):
        failed = not resource.delete and renamed.get(resource.urn, resource.urn) in executor.failed
        if failed or id(resource) in needed:
            needed.update(id(dependency) for dependency in graph.dependencies_of(resource))
    return needed


def _plan(planned: Planned, allowed: set[str] | None) -> tuple[list[Step], list[Step]]:
    deployment = planned.deployment
    keeps: list[Step] = []
    deletions: list[Step] = []
    for resource in deployment.base.resources:
        if allowed is not None and resource.urn not in allowed:
            if not resource.delete and not planned.is_operated_on(resource.urn):
                keeps.append(Same(old=resource, new=copy.copy(resource), untargeted=True))
            continue
        if resource.delete:
            if id(resource) not in planned.condemned:
                deployment.deleted.add(resource.urn)
                deletions.append(deletion(deployment, resource, replacing=True))
        elif not planned.is_operated_on(resource.urn) and not _recreated(planned, resource):
            deployment.deleted.add(resource.urn)
            if resource.pending_replacement:
                deletions.append(RemovePendingReplace(old=resource))
            else:
                deletions.append(deletion(deployment, resource, replacing=False))
    return keeps, deletions


def _recreated(planned: Planned, resource: Resource) -> bool:
    return (
        planned.aliases.new_by_old.get(resource.urn, resource.urn) in planned.generated
        and not resource.delete
    )


def _allowed(planned: Planned) -> set[str] | None:
    """The URNs that may be deleted; None for all. Whatever depends on a target goes with it or is refused."""
    deployment, targets = planned.deployment, planned.targets
    if not targets.constrained:
        return None
    graph = deployment.graph
    allowed: set[str] = set()
    for resource in deployment.base.resources:
        if targets.names(resource.urn):
            allowed.add(resource.urn)
            allowed.update(dependent.urn for dependent in graph.depending_on(resource, children=True))
    for resource in deployment.base.resources:
        if resource.urn in allowed:
            allowed.update(d.urn for d, _ in dependents_to_replace(planned, resource, resource.urn))
    if not targets.dependents:
        for resource in deployment.base.resources:
            going = resource.delete or not planned.is_operated_on(resource.urn)
            if resource.urn in allowed and going and not targets.names(resource.urn):
                raise ResourceError(
                    resource.urn,
                    f"resource {resource.urn} would be deleted but is not among the targets; "
                    "name it too, or target dependents as well",
                )
    return allowed
