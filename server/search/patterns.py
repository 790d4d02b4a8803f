"""Regular expressions of filters: matched in linear time, whatever the pattern.

Only what RE2 takes is a pattern here: PostgreSQL, which matches on its own, has no back references to try
then.
"""

from functools import lru_cache
from typing import Any

from trackstack.server.errors import invalid

MAX_CHARACTERS = 1000


def check(pattern: str) -> None:
    """Raises ApiError for what is no pattern."""
    if len(pattern) > MAX_CHARACTERS:
        raise invalid(f"The pattern has {len(pattern)} characters; at most {MAX_CHARACTERS} are allowed.")
    _compiled(pattern)


def matches(pattern: str, text: str | None) -> bool | None:
    """SQLite's `text REGEXP pattern`: whether the pattern is found anywhere in the text."""
    return None if text is None else _compiled(pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2  # type: ignore[import-untyped]  # here, as few servers are ever asked for a pattern

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20  # bytes
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error
        raise invalid(f"Invalid RLIKE pattern '{pattern[:100]}': {why}") from None
