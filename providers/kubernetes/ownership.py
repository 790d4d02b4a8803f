"""Who owns an object's fields (metadata.managedFields), and taking over what one-time writes left."""

import copy
from typing import Any

from trackstack.providers.kubernetes.errors import ApiError, Conflict

Document = dict[str, Any]

_BEFORE = frozenset(
    (
        "kubectl",
        "before-first-apply",
        "pulumi-kubernetes",
        "pulumi-kubernetes.exe",
        "pulumi-resource-kubernetes",
    )
)
"""Managers of one-time writes by the same user: pulumi-kubernetes creates with one of these names."""


def applied_by(live: Document, manager: str) -> bool:
    """Whether the object was applied by that manager."""
    return any(e.get("manager") == manager and e.get("operation") == "Apply" for e in _entries(live))


def to_take_over(live: Document) -> bool:
    """Whether fields are held by a one-time write, and stay whoever applies after it."""
    return any(map(_is_before, _entries(live)))


def taken_over(live: Document, manager: str) -> list[Document]:
    """The JSON patch that gives `manager` what one-time writes hold; it fails when the object has changed."""
    kept = [copy.deepcopy(entry) for entry in _entries(live) if not _is_before(entry)]
    own = next((e for e in kept if e.get("manager") == manager and e.get("operation") == "Apply"), None)
    if own is None:
        example = next(filter(_is_before, _entries(live)))
        own = {**copy.deepcopy(example), "manager": manager, "operation": "Apply", "fieldsV1": {}}
        kept.append(own)
    for entry in filter(_is_before, _entries(live)):
        own["fieldsV1"] = _merged(own.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    version = live["metadata"].get("resourceVersion")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def owners(live: Document) -> str:
    """Who has written the object, for a sentence."""
    names = sorted({str(entry.get("manager")) for entry in _entries(live) if not entry.get("subresource")})
    return ", ".join(names) or "somebody unknown"


def conflict(what: str, error: ApiError) -> Conflict:
    """A conflict told with each field, its owner, and what can be done."""
    fields = "; ".join(f"{c.get('field')} ({_owner(str(c.get('message')))})" for c in error.causes)
    return Conflict(
        f"{what}: others own these fields with other values: {fields}. Leave the fields to them, or take "
        'them with the annotation pulumi.com/patchForce: "true"'
    )


def _owner(message: str) -> str:
    return message.removeprefix("conflict with ").replace('"', "'")


def _entries(live: Document) -> list[Document]:
    return list(live.get("metadata", {}).get("managedFields") or ())


def _is_before(entry: Document) -> bool:
    return (
        entry.get("manager") in _BEFORE
        and entry.get("operation") == "Update"
        and not entry.get("subresource")
    )


def _merged(left: Document, right: Document) -> Document:
    """Both sets of fields: a tree of names whose leaves are empty."""
    both = {key: _merged(left[key], right[key]) for key in left.keys() & right.keys()}
    return {**left, **right, **both}
