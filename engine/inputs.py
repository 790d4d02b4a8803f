"""The pipeline of a resource's inputs: ignored changes first, then the provider's Check."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from trackstack.engine import paths
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import ResourceError
from trackstack.engine.planned import Planned, Registration
from trackstack.engine.provider import Subject
from trackstack.engine.resource import Resource
from trackstack.engine.values import has_unknown


def check_inputs(planned: Planned, registration: Registration, *, targeted: bool) -> None:
    """Let `registration.new` have the inputs that its provider agrees to. Raises ResourceError."""
    goal, old, new = registration.goal, registration.old, registration.new
    if old is not None and goal.ignore_changes:
        new.inputs = ignored(planned.deployment, old, new.inputs, goal.ignore_changes)
    if registration.provider is None:
        return
    if not targeted:
        if old is not None:
            new.inputs = old.inputs
    elif (
        old is None
        or (old.external and not registration.imported)
        or registration.urn in planned.recreating
        or planned.targets.replaces(registration.urn)
    ):
        check_afresh(planned.deployment, registration)
    else:
        _check(planned.deployment, registration, old.inputs, new.inputs)


def check_afresh(deployment: Deployment, registration: Registration) -> None:
    """Check what the program gave, without old inputs: the old one's names and defaults do not carry over.

    Those of an interrupted creation do, so that its repetition finds what the first may have made.
    """
    interrupted = deployment.interrupted(registration.urn)
    olds = interrupted.inputs if interrupted is not None else None
    _check(deployment, registration, olds, registration.goal.properties)


def _check(
    deployment: Deployment, registration: Registration, olds: dict[str, Any] | None, news: dict[str, Any]
) -> None:
    new, urn = registration.new, registration.urn
    inputs, failures = registration.provider.check(Subject(urn), olds, news, registration.seed)
    if failures:
        told = "; ".join(f"{f.property}: {f.reason}" if f.property else f.reason for f in failures)
        raise ResourceError(urn, f"{new.type} resource '{new.name}' has a problem: {told}")
    if has_unknown(inputs) and not deployment.preview:
        raise ResourceError(urn, f"resource {urn}: the provider returned unknown inputs from Check")
    new.inputs = inputs


def ignored(
    deployment: Deployment, old: Resource, inputs: dict[str, Any], patterns: Sequence[str]
) -> dict[str, Any]:
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
        told = ", ".join(invalid)
        deployment.say(
            "info", f"cannot ignore changes in added or removed elements of the path: {told}", old.urn
        )
    return inputs
