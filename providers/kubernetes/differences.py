"""Two documents compared, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

from trackstack.providers.kubernetes.paths import Path

_MISSING = object()


@dataclass(frozen=True)
class Difference:
    """One field that is not the same."""

    path: Path
    kind: Literal["add", "delete", "update"]


def compare(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """What makes `new` of `old`; an added or removed part is told as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from compare(old.get(key, _MISSING), new.get(key, _MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip_longest(old, new, fillvalue=_MISSING)):
            yield from compare(before, after, (*path, index))
    elif old is _MISSING:
        yield Difference(path, "add")
    elif new is _MISSING:
        yield Difference(path, "delete")
    elif not _equal(old, new):
        yield Difference(path, "update")


def _equal(old: Any, new: Any) -> bool:
    """As JSON has it: 1 is 1.0, but not true."""
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)
