"""On whose behalf the store works: whose what is made becomes, and what searches may find."""

from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """What one may do with an object; each includes the ones before it."""

    NONE = 0
    READ = 1
    EDIT = 2
    MANAGE = 3


class Caller(NamedTuple):
    """Who a transaction runs for.

    What it makes belongs to `user` and `tenant`, each empty for nobody's. With a tenant it sees that
    tenant's objects only; `default` is what it may do with those that nobody granted to it.
    """

    user: str = ""
    tenant: str = ""
    default: Level = Level.MANAGE


ANYBODY = Caller()
"""Who makes what is nobody's, and may do everything."""
