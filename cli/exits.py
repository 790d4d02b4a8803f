"""Exit codes, the same for every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script can rely on."""

    OK = 0
    FAILED = 1
    USAGE = 2
    LOCKED = 3
    DRIFT = 4
