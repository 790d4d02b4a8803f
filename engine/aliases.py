"""Which recorded resource a registration means: its URN first, then the URNs it may have had.

Source: getOldResource, generateAliases, collapseAliasToUrn and inheritedChildAlias of step_generator.go.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from trackstack.engine import urn as urns
from trackstack.engine.errors import ResourceError
from trackstack.engine.goal import Alias, Goal
from trackstack.engine.resource import Resource


@dataclass
class Aliases:
    """The renames of one operation: `new_by_old` and `old_by_new` are filled as resources are found."""

    project: str
    stack: str
    new_by_old: dict[str, str] = field(default_factory=dict)
    old_by_new: dict[str, str] = field(default_factory=dict)

    def find(
        self, urn: str, goal: Goal, olds: Mapping[str, Resource], seen: Container[str]
    ) -> tuple[Resource | None, str, ResourceError | None]:
        """The recorded resource, the old URN by which it was found if that is not its own, and what is wrong.

        It is wrong that two registrations claim one recorded resource.
        """
        problem = ""
        if urn in self.new_by_old:
            other = self.new_by_old[urn]
            problem = f"duplicate resource {urn}: it was already taken as an alias by {other}"
        found, alias = olds.get(urn), ""
        if found is None:
            alias = next((candidate for candidate in self._candidates(goal) if candidate in olds), "")
            if alias:
                found = olds[alias]
                problem = self._claim(alias, urn, seen) or problem
        return found, alias, ResourceError(urn, problem) if problem else None

    def _claim(self, alias: str, urn: str, seen: Container[str]) -> str:
        problem = ""
        if alias in seen:
            problem = f"duplicate alias: {alias} of resource {urn} is itself registered by the program"
        if alias in self.new_by_old:
            problem = f"duplicate alias: {alias} is claimed by {self.new_by_old[alias]} and {urn}"
        self.new_by_old[alias] = urn
        self.old_by_new[urn] = alias
        return problem

    def _candidates(self, goal: Goal) -> list[str]:
        found = [self._collapse(alias, goal) for alias in goal.aliases]
        parent_alias = self.old_by_new.get(goal.parent) if goal.parent else None
        if parent_alias is not None:
            parent_name = urns.name_of(goal.parent)
            found.append(self._inherited(goal.type, goal.name, parent_name, parent_alias))
            for alias in goal.aliases:
                own = self._collapse(alias, goal)
                found.append(self._inherited(urns.type_of(own), urns.name_of(own), parent_name, parent_alias))
        return list(dict.fromkeys(found))

    def _collapse(self, alias: Alias, goal: Goal) -> str:
        if alias.urn:
            return alias.urn
        parent = self.old_by_new.get(alias.parent, alias.parent) if alias.parent else goal.parent
        if alias.no_parent or (parent and urns.qualified_type(parent) == urns.STACK_TYPE):
            parent = ""
        return urns.make(
            alias.stack or self.stack,
            alias.project or self.project,
            parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _inherited(self, type_: str, name: str, parent_name: str, parent_alias: str) -> str:
        """A child named after its parent had the parent's old name in front."""
        if name.startswith(parent_name):
            name = urns.name_of(parent_alias) + name[len(parent_name) :]
        return urns.make(self.stack, self.project, parent_alias, type_, name)
