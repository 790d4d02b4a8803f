"""Objects cut to what was asked for, and put into the one form that they are compared and applied in."""

import base64
import copy
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]

SERVERS_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Metadata that the API server writes, never a user."""

_NOTES_OF_OTHERS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


def prune(value: Any, shape: Any) -> Any:
    """`value` without what `shape` does not have: what a live object says of the fields that were given.

    Lists are cut element by element; an empty shape of an object or a list leaves nothing.
    """
    if isinstance(value, dict) and isinstance(shape, dict):
        return {key: prune(item, shape[key]) for key, item in value.items() if key in shape}
    if isinstance(value, list) and isinstance(shape, list):
        return [prune(item, model) for item, model in zip(value, shape, strict=False)]
    return value


def union(left: Any, right: Any) -> Any:
    """A shape with all that either has; where they are of different kinds, the right one's."""
    if isinstance(left, dict) and isinstance(right, dict):
        both = {key: union(left[key], right[key]) for key in left.keys() & right.keys()}
        return {**left, **right, **both}
    if isinstance(left, list) and isinstance(right, list):
        longer = left if len(left) > len(right) else right
        return [union(a, b) for a, b in zip(left, right, strict=False)] + longer[min(len(left), len(right)) :]
    return right


def normal(inputs: Document) -> Document:
    """Inputs as compared and applied: no nulls, nothing that the server writes, a Secret in `data`."""
    found: Document = _without_nulls(inputs)
    metadata = found.get("metadata")
    if isinstance(metadata, dict):
        for key in SERVERS_METADATA:
            metadata.pop(key, None)
    if is_secret(found) and isinstance(found.get("stringData"), dict):
        given = found.pop("stringData")
        data = found.get("data")
        found["data"] = {**(data if isinstance(data, dict) else {}), **_encoded(given)}
    return found


def desired(live: Document) -> Document:
    """The inputs that would make a live object: what is imported."""
    found = {key: copy.deepcopy(value) for key, value in live.items() if key != "status"}
    metadata = found.get("metadata", {})
    for key in SERVERS_METADATA:
        metadata.pop(key, None)
    annotations = metadata.get("annotations", {})
    for key in _NOTES_OF_OTHERS:
        annotations.pop(key, None)
    if not annotations:
        metadata.pop("annotations", None)
    return found


def with_texts(live: Document, inputs: Document) -> Document:
    """A live Secret with the `stringData` that it was given as, which the server never shows."""
    data = live.get("data") or {}
    texts = {
        key: base64.b64decode(data[key]).decode(errors="replace")
        for key in inputs["stringData"]
        if key in data
    }
    return {**live, "stringData": texts}


def is_secret(found: Document) -> bool:
    """Whether it is a Secret of the core group."""
    return found.get("kind") == "Secret" and found.get("apiVersion") == "v1"


def to_wire(value: Any) -> Any:
    """Keys as Kubernetes has them: `x_kubernetes_…` in a CRD's schema is written with dashes."""
    return _renamed(value, lambda key: key.replace("_", "-") if key.startswith("x_kubernetes_") else key)


def from_wire(value: Any) -> Any:
    """Keys as the SDK has them, the other way round."""
    return _renamed(value, lambda key: key.replace("-", "_") if key.startswith("x-kubernetes-") else key)


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(key): _renamed(item, rename) for key, item in value.items()}
    return [_renamed(item, rename) for item in value] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _encoded(texts: Document) -> Document:
    return {
        key: base64.b64encode(text.encode()).decode() if isinstance(text, str) else text
        for key, text in texts.items()
    }
