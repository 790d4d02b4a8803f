"""What has been planned so far in one operation: the memory that planning and deleting share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

from trackstack.engine.aliases import Aliases
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Goal
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Step
from trackstack.engine.targets import Targets


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
    problem: ResourceError | None = None
    steps: list[Step] = field(default_factory=list)


class Planned:
    """The URNs that were seen and what was planned for them; guarded by the deployment's lock.

    `seen` are claimed URNs; `generated` have steps; `operated` are not to be deleted; `recreating` were
    deleted ahead of what they depend on, with the keys that say why; `condemned` are states (by id) that
    were.
    """

    def __init__(self, deployment: Deployment, targets: Targets) -> None:
        self.deployment = deployment
        self.targets = targets
        self.aliases = Aliases(deployment.project, deployment.stack)
        self.seen: set[str] = set()
        self.generated: set[str] = set()
        self.operated: set[str] = set()
        self.replaced: set[str] = set()
        self.recreating: dict[str, tuple[str, ...]] = {}
        self.condemned: set[int] = set()
        self.skipped_creates: set[str] = set()
        self.providers: dict[str, Resource] = {}
        self._seed = os.urandom(32)

    def mark(self, urn: str, *, replaced: bool = False) -> None:
        """Steps were planned for the URN, and it stays."""
        self.generated.add(urn)
        self.operated.add(urn)
        if replaced:
            self.replaced.add(urn)

    def is_operated_on(self, urn: str) -> bool:
        """Whether a step was planned for the recorded resource, under its own or its new URN."""
        return self.aliases.new_by_old.get(urn, urn) in self.operated

    def seed(self, urn: str) -> bytes:
        """Randomness for the names that a provider makes: another in each operation, the same within one."""
        return hashlib.sha256(self._seed + urn.encode()).digest()

    def refuse(self, error: ResourceError) -> None:
        """Raise the error; a preview only tells it, goes on, and fails at the end."""
        if not self.deployment.preview:
            raise error
        self.deployment.say("error", str(error), error.urn)
        self.deployment.refused.append(error)
