"""What targets mean for planning: untargeted resources stay, and nothing may need what was left out."""

from __future__ import annotations

import copy

from trackstack.engine.errors import ResourceError
from trackstack.engine.graph import dependency_urns, provider_urn
from trackstack.engine.planned import Planned
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Same, Step


def refuse_skipped_dependencies(planned: Planned, new: Resource) -> None:
    """Refuse a resource that depends on one that would have to be created but is not targeted."""
    if not planned.skipped_creates:
        return
    wanted = dependency_urns(new) | {new.parent, provider_urn(new)}
    for urn in sorted(wanted & planned.skipped_creates):
        message = f"resource {new.urn} depends on {urn}, which would be created but is not among the targets"
        planned.refuse(ResourceError(new.urn, message))
        planned.skipped_creates.discard(urn)


def keep(planned: Planned, old: Resource) -> list[Step]:
    """Keep an untargeted resource as it is, after everything recorded that it refers to."""
    steps: list[Step] = []
    if old.delete:
        return steps
    planned.seen.add(old.urn)
    planned.mark(old.urn)
    for urn in (provider_urn(old), old.parent, *sorted(dependency_urns(old))):
        if not urn or urn in planned.generated or planned.is_operated_on(urn):
            continue
        dependency = planned.deployment.olds.get(urn)
        if dependency is None:
            message = f"{urn}, on which the untargeted {old.urn} depends, is not in the state"
            raise ResourceError(old.urn, message)
        steps += keep(planned, dependency)
    steps.append(Same(old=old, new=copy.copy(old), untargeted=True))
    return steps
