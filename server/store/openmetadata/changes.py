"""What a change of an entity is called, and which version it makes.

A version counts tenths. What clients must adapt to - a model's algorithm, server or target - adds 1.0,
everything else 0.1, and nothing at all adds nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

Json = dict[str, Any]

FIRST = 1
MINOR = 1
MAJOR = 10
_BREAKING = frozenset({"algorithm", "server", "target"})
_UNVERSIONED = frozenset({"testConnectionResult"})
_encode = msgspec.json.Encoder(order="deterministic").encode


class Change(NamedTuple):
    """`description`: fieldsAdded, fieldsUpdated, fieldsDeleted; `step`: tenths that the version grows by."""

    description: Json
    step: int


def change(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change | None:
    """What made `new` of `old`; None where they say the same."""
    found: dict[str, list[Json]] = {"fieldsAdded": [], "fieldsUpdated": [], "fieldsDeleted": []}
    names = sorted((old.keys() | new.keys()) - _UNVERSIONED)
    changed = [name for name in names if not _same(old.get(name), new.get(name))]
    for name in changed:
        for group, entry in _entries(old.get(name), new.get(name)):
            found[group].append({"name": name, **entry})
    return Change(found, MAJOR if _BREAKING & set(changed) else MINOR) if changed else None


def _same(old: Any, new: Any) -> bool:
    """Nothing is said by an empty text, list or object as by none."""
    return bool(old == new) or (_empty(old) and _empty(new))


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _entries(old: Any, new: Any) -> Iterator[tuple[str, Json]]:
    if _is_items(old) and _is_items(new):
        yield from _items(_by_identity(old or []), _by_identity(new or []))
    elif _empty(old):
        yield "fieldsAdded", {"newValue": _shown(new)}
    elif _empty(new):
        yield "fieldsDeleted", {"oldValue": _shown(old)}
    else:
        yield "fieldsUpdated", {"oldValue": _shown(old), "newValue": _shown(new)}


def _items(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Json]]:
    """What came, what went, and what is the same thing with other properties, or in another order."""
    added = [item for key, item in new.items() if key not in old]
    deleted = [item for key, item in old.items() if key not in new]
    kept = [key for key in old if key in new and old[key] != new[key]]
    if added:
        yield "fieldsAdded", {"newValue": _shown(added)}
    if deleted:
        yield "fieldsDeleted", {"oldValue": _shown(deleted)}
    if not (added or deleted or kept):
        kept = list(old)
    if kept:
        before, after = [old[key] for key in kept], [new[key] for key in kept]
        if before == after:
            after = list(new.values())
        yield "fieldsUpdated", {"oldValue": _shown(before), "newValue": _shown(after)}


def _is_items(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _by_identity(items: list[Json]) -> dict[str, Json]:
    return {identity(item): item for item in items}


def identity(item: Mapping[str, Any]) -> str:
    """What makes two items of a list the same thing: a label's tag, a reference's id, a name."""
    for key in ("tagFQN", "id", "name"):
        if key in item:
            return f"{key}:{item.get('source', '') if key == 'tagFQN' else ''}:{item[key]}"
    return _encode(item).decode()


def _shown(value: Any) -> Any:
    """Texts, numbers and flags as they are, everything else as JSON text, as OpenMetadata has it."""
    return _encode(value).decode() if isinstance(value, (dict, list)) else value
