"""What an object's `pulumi.com/` annotations ask of the provider; the names are pulumi-kubernetes'."""

from collections.abc import Mapping
from typing import Any

from trackstack.providers.resource import ResourceError

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT = "pulumi.com/timeoutSeconds"
PATCH_FORCE = "pulumi.com/patchForce"
FIELD_MANAGER = "pulumi.com/patchFieldManager"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"

_POLICIES = {"orphan": "Orphan", "background": "Background"}
_SECONDS = 600.0


def value(found: Mapping[str, Any], key: str) -> str:
    """The annotation's text; empty when it is not there."""
    metadata = found.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = annotations.get(key) if isinstance(annotations, Mapping) else None
    return text if isinstance(text, str) else ""


def says(found: Mapping[str, Any], key: str) -> bool:
    """Whether the annotation is there and true."""
    return value(found, key) == "true"


def timeout(found: Mapping[str, Any], asked: float) -> float:
    """Seconds to wait for the object: customTimeouts before the annotation before ten minutes."""
    if asked:
        return asked
    text = value(found, TIMEOUT)
    try:
        return float(text) if text else _SECONDS
    except ValueError:
        raise ResourceError(f"the annotation {TIMEOUT} takes a number of seconds, got {text!r}") from None


def propagation(found: Mapping[str, Any]) -> str:
    """What a deletion does with what the object owns: deletes it first unless the annotation says other."""
    return _POLICIES.get(value(found, PROPAGATION).lower(), "Foreground")
