"""Ids of new runs: UUIDs of version 7 (RFC 9562), in hex as MLflow writes its own of version 4.

They begin with the time. New runs are then beside each other in the index of ids, where random ones each
have a page of their own to be read, written and flushed.
"""

import os
import time

_VERSION = 7 << 76
_VARIANT = 2 << 62
_RANDOM = (1 << 76) - 1 - (0b11 << 62)
"""The bits between version and variant, and those after the variant."""


def new() -> str:
    """An id that no other run has: 48 bits of milliseconds since 1970, 74 random ones."""
    at = time.time_ns() // 1_000_000
    return f"{at << 80 | _VERSION | _VARIANT | int.from_bytes(os.urandom(10)) & _RANDOM:032x}"
