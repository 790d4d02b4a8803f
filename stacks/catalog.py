"""All instances of a project, each read again only when its files change: for who looks often."""

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from trackstack.engine.backend import read_checkpoints
from trackstack.engine.folders import SETTLED_NS, Memory, Stamp
from trackstack.stacks import instances
from trackstack.stacks.errors import InstanceNotFound
from trackstack.stacks.instances import Instance, Recorded
from trackstack.stacks.project import Project


@dataclass(frozen=True)
class _Known:
    """What was read of a stack. `locked`: somebody held it; without a change of stamps nobody new does."""

    stamps: tuple[Stamp, ...]
    recorded: Recorded
    locked: bool

    @cached_property
    def at_rest(self) -> Instance:
        """The instance while nobody holds the stack, and no process of it can end."""
        return self.recorded.now(locked=False)


class Catalog:
    """The instances of a project as they are at each call, which costs a look at the times of their files.

    Not for several threads at once.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, _Known] = {}
        self._checkpoints = Memory(read_checkpoints)

    def instances(self) -> list[Instance]:
        """Every instance, by stack name; what cannot be read is among them, impaired. Raises StackError."""
        stamps = self._project.stamps(self._checkpoints)
        settled = time.time_ns() - SETTLED_NS
        known = {}
        for stack in sorted(stamps):
            with suppress(InstanceNotFound):  # deleted since they were listed
                known[stack] = self._look(stack, stamps[stack])
        self._known = {
            stack: each
            for stack, each in known.items()
            if each is self._known.get(stack) or all(changed < settled for changed, _, _ in each.stamps)
        }
        return [self._now(each) for each in known.values()]

    def _look(self, stack: str, stamps: tuple[Stamp, ...]) -> _Known:
        known = self._known.get(stack)
        if known is None or known.stamps != stamps:
            recorded = instances.recorded(self._project, stack)
            known = _Known(stamps, recorded, recorded.made and self._is_locked(stack))
        return known

    def _now(self, known: _Known) -> Instance:
        if not (known.locked or known.recorded.has_process):
            return known.at_rest
        return known.recorded.now(locked=known.locked and self._is_locked(known.recorded.stack))

    def _is_locked(self, stack: str) -> bool:
        return self._project.stack(stack).lock_holder() is not None
