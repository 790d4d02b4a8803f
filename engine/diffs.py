"""Differences between two states of a resource: the provider's answer, or the engine's own comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from trackstack.engine import paths
from trackstack.engine.events import ChangeKind, PropertyChange
from trackstack.engine.values import equal, is_secret, mask

HIDDEN = "[hidden]"
INIT_ERROR = "#initerror"  # the key that stands for "its initialization failed" in replaceOnChanges
_INVERSE = {
    "add": "delete",
    "delete": "add",
    "update": "update",
    "add-replace": "delete-replace",
    "delete-replace": "add-replace",
    "update-replace": "update-replace",
}


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    """One entry of a detailed diff; `of_inputs`: old inputs are compared with new ones, not old outputs."""

    kind: ChangeKind
    of_inputs: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """`changes` is None where the provider does not know, which the engine resolves by comparing inputs."""

    changes: bool | None = False
    replace_keys: tuple[str, ...] = ()
    changed_keys: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] = field(default_factory=dict)
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        """Whether the resource cannot be updated in place."""
        return bool(self.replace_keys) or any(d.kind.endswith("replace") for d in self.detailed.values())

    def inverted(self) -> Diff:
        """The same difference seen from the other side (a refresh asks the provider backwards)."""
        detailed = {
            path: replace(entry, kind=cast(ChangeKind, _INVERSE[entry.kind]))
            for path, entry in self.detailed.items()
        }
        return replace(self, detailed=detailed)


def replacing(key: str) -> Diff:
    """A replacement that the engine itself decided, blamed on `key`."""
    return Diff(changes=True, replace_keys=(key,))


def compare(old: Any, new: Any) -> Diff:
    """The engine's own comparison of inputs, ignoring what is secret."""
    detailed = {paths.render(path): PropertyDiff(kind, True) for path, kind in walk(old, new)}
    keys = tuple(key for key in {**old, **new} if not _same_member(old, new, key))
    return Diff(changes=bool(keys), changed_keys=keys, detailed=detailed)


def _same_member(old: dict[str, Any], new: dict[str, Any], key: str) -> bool:
    return key in old and key in new and equal(old[key], new[key])


def walk(old: Any, new: Any, at: paths.Path = ()) -> Iterator[tuple[paths.Path, ChangeKind]]:
    """Each deepest place where two values differ."""
    while is_secret(old) and "value" in old:
        old = old["value"]
    while is_secret(new) and "value" in new:
        new = new["value"]
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if key not in new:
                yield (*at, key), "delete"
            elif key not in old:
                yield (*at, key), "add"
            else:
                yield from walk(old[key], new[key], (*at, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                yield (*at, index), "delete"
            elif index >= len(old):
                yield (*at, index), "add"
            else:
                yield from walk(old[index], new[index], (*at, index))
    elif not equal(old, new):
        yield at, "update"


def with_replace_on_changes(diff: Diff, patterns: Sequence[str], init_errors: bool) -> Diff:
    """Turn changes below one of the paths into replacements (also `*` and `#initerror`)."""
    if not patterns or (not diff.changes and not init_errors):
        return diff
    wanted = [paths.parse(pattern) for pattern in patterns]

    def hit(path: str) -> bool:
        return any(paths.contains(pattern, paths.parse(path)) for pattern in wanted)

    detailed = {path: _replacing(entry) if hit(path) else entry for path, entry in diff.detailed.items()}
    keys = [
        *diff.replace_keys,
        *(key for key in diff.changed_keys if key not in diff.replace_keys and hit(key)),
    ]
    if init_errors and hit(INIT_ERROR):
        keys.append(INIT_ERROR)
        diff = replace(diff, changes=True)
    return replace(diff, detailed=detailed, replace_keys=tuple(keys))


def _replacing(entry: PropertyDiff) -> PropertyDiff:
    if entry.kind.endswith("replace"):
        return entry
    return replace(entry, kind=cast(ChangeKind, f"{entry.kind}-replace"))


def describe(diff: Diff, old_inputs: Any, old_outputs: Any, new_inputs: Any) -> tuple[PropertyChange, ...]:
    """The difference with values, secrets masked, for people."""
    if diff.detailed:
        return tuple(
            PropertyChange(
                path,
                entry.kind,
                _masked_at(path, old_inputs if entry.of_inputs else old_outputs),
                _masked_at(path, new_inputs),
            )
            for path, entry in sorted(diff.detailed.items())
        )
    changes = []
    for key in dict.fromkeys((*diff.changed_keys, *diff.replace_keys)):
        kind = "delete" if key not in new_inputs else "update" if key in old_inputs else "add"
        suffix = "-replace" if key in diff.replace_keys else ""
        old, new = mask(old_inputs.get(key)), mask(new_inputs.get(key))
        changes.append(PropertyChange(key, cast(ChangeKind, kind + suffix), old, new))
    return tuple(changes)


def hide(changes: tuple[PropertyChange, ...], patterns: Sequence[str]) -> tuple[PropertyChange, ...]:
    """The changes without the values at or below the paths in `patterns` (the option `hideDiffs`)."""
    if not patterns:
        return changes
    hidden = [paths.parse(pattern) for pattern in patterns]
    return tuple(
        replace(change, old=HIDDEN, new=HIDDEN) if _is_below(change.path, hidden) else change
        for change in changes
    )


def _is_below(path: str, patterns: Sequence[paths.Path]) -> bool:
    try:
        elements = paths.parse(path)
    except ValueError:  # a provider may name a place in words of its own
        return False
    return any(paths.contains(pattern, elements) for pattern in patterns)


def _masked_at(path: str, values: Any) -> Any:
    try:
        elements = paths.parse(path)
    except ValueError:
        return None
    for element in elements:
        if is_secret(values):
            return mask(values)
        try:
            values = values[element]
        except (LookupError, TypeError):
            return None
    return mask(values)
