"""What an update would change, as the API server says, and whether it needs another object."""

from dataclasses import dataclass, replace
from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.providers.kubernetes import annotations, ownership, paths, replacing, shapes
from trackstack.providers.kubernetes.differences import Difference, compare
from trackstack.providers.kubernetes.errors import ApiError, Conflict, NotServed
from trackstack.providers.kubernetes.objects import Objects, Wanted
from trackstack.providers.kubernetes.state import State
from trackstack.providers.values import has_unknown

Document = dict[str, Any]

_KINDS = {
    "add": (pb.PropertyDiff.ADD, pb.PropertyDiff.ADD_REPLACE),
    "delete": (pb.PropertyDiff.DELETE, pb.PropertyDiff.DELETE_REPLACE),
    "update": (pb.PropertyDiff.UPDATE, pb.PropertyDiff.UPDATE_REPLACE),
}


@dataclass(frozen=True)
class Change:
    """One field that an update would change; `replaces`: only another object can have it so."""

    found: Difference
    replaces: bool = False


def plan(objects: Objects, wanted: Wanted, state: State) -> pb.DiffResponse:
    """The changes. Raises ResourceError where the API server refuses them for good."""
    changes = _changes(objects, wanted, state)
    detailed = {
        paths.write(each.found.path): pb.PropertyDiff(kind=_KINDS[each.found.kind][each.replaces])
        for each in changes
    }
    replaces = [paths.write(each.found.path) for each in changes if each.replaces]
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if changes else pb.DiffResponse.DIFF_NONE,
        diffs=list(detailed),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and _same_name(wanted.inputs, state.live),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _changes(objects: Objects, wanted: Wanted, state: State) -> list[Change]:
    """Compared here first, for nothing; what differs is asked of the server, which knows what is equal."""
    was, new = shapes.normal(state.inputs), shapes.normal(wanted.inputs)
    fields = objects.replaced_by(wanted)

    def told(old: Document, new: Document) -> list[Change]:
        found = (each for each in compare(old, new) if not paths.any_covers(wanted.ignored, each.path))
        return [Change(each, paths.any_covers(fields, each.path)) for each in found]

    changes = told(shapes.prune(state.live, was), new)
    other = any(paths.any_covers(replacing.IDENTITY, each.found.path) for each in changes)
    if not changes or other or has_unknown(new):
        return changes
    try:
        result = objects.tried(wanted, state)
    except (NotServed, Conflict):
        return changes  # a conflict is told by who goes on to update; who only looks sees what differs
    except ApiError as error:
        return _refused(changes, error)
    if result is None:
        return changes
    shape = shapes.union(was, new)
    found = told(shapes.prune(state.live, shape), shapes.prune(result, shape))
    if ownership.to_take_over(state.live):  # in a trial, what is to be taken over and goes is still there
        found += [each for each in changes if each.found.kind == "delete" and each not in found]
    return found


def _refused(changes: list[Change], error: ApiError) -> list[Change]:
    """The changes of what cannot be changed, replacing; where the server names no field, all of them do."""
    named = [paths.parse(field) for field in error.immutable if field]
    if not error.immutable:
        raise error
    told = [
        replace(each, replaces=True)
        if any(
            paths.covers(field, each.found.path) or paths.covers(each.found.path, field) for field in named
        )
        else each
        for each in changes
    ]
    return told if any(each.replaces for each in told) else [replace(each, replaces=True) for each in told]


def _same_name(inputs: Document, live: Document) -> bool:
    """Whether the new object would be where the old one is; a name that was drawn is drawn anew."""
    if annotations.says(inputs, annotations.AUTONAMED):
        return False
    new, old = inputs.get("metadata") or {}, live.get("metadata") or {}
    return new.get("name") == old.get("name") and (new.get("namespace") or "default") == (
        old.get("namespace") or "default"
    )
