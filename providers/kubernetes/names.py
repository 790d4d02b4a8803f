"""Names of objects that were given none, and of the field manager that owns what was applied."""

import hashlib
from typing import Any

from trackstack.providers.kubernetes import annotations
from trackstack.providers.resource import ResourceError
from trackstack.providers.values import UNKNOWN

Document = dict[str, Any]

_HEX = 8  # digits, as Pulumi's SDK draws them
_LONGEST = 253


def name(inputs: Document, old: Document, urn: str, seed: bytes) -> None:
    """Give `inputs` a name where they have none: the old one if that was given so, else `<name>-<hex>`.

    Raises ResourceError where no name can be given.
    """
    metadata = inputs.setdefault("metadata", {})
    if not isinstance(metadata, dict) or metadata.get("name"):
        return
    if metadata.get("generateName"):
        raise ResourceError("metadata.generateName: a server-side apply needs a name, give metadata.name")
    given = old.get("metadata") or {}
    if annotations.says(old, annotations.AUTONAMED) and given.get("name"):
        metadata["name"] = given["name"]
    else:
        metadata["name"] = _drawn(urn.split("::", 3)[3], seed)
    if metadata.get("annotations") != UNKNOWN:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), annotations.AUTONAMED: "true"}


def field_manager(provider: str, urn: str) -> str:
    """The manager of one resource's fields.

    It follows from the stack's own provider resource, so that an interrupted create is known again by it, and
    a stack of the same name elsewhere has another.
    """
    return f"pulumi-kubernetes-{hashlib.sha256(f'{provider} {urn}'.encode()).hexdigest()[:_HEX]}"


def _drawn(logical: str, seed: bytes) -> str:
    drawn = f"{logical}-{hashlib.sha256(seed).hexdigest()[:_HEX]}"
    if len(drawn) > _LONGEST:
        raise ResourceError(f"{logical!r} is too long to make a name of it, give metadata.name")
    return drawn
