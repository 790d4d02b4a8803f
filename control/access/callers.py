"""A caller, and the role that it has in each project."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

EVERY_PROJECT = "*"


class Role(IntEnum):
    """What a caller may do in a project; each includes the ones before it."""

    NOBODY = 0
    VIEWER = 1
    """Look at instances and at what their tokens are called."""
    EDITOR = 2
    """Create and change instances; create, change and revoke their tokens."""
    OWNER = 3
    """Delete instances."""


NOBODY, VIEWER, EDITOR, OWNER = Role


@dataclass(frozen=True)
class Caller:
    """Who calls: a name for the log and for limits, never a secret; its roles by project UUID or `*`."""

    name: str
    roles: Mapping[str, Role]

    def role(self, project: str) -> Role:
        """What it may do in the project."""
        return max(self.roles.get(project, NOBODY), self.roles.get(EVERY_PROJECT, NOBODY))

    @property
    def highest(self) -> Role:
        """What it may do in the project in which it may do most."""
        return max(self.roles.values(), default=NOBODY)
