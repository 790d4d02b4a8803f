"""What became of an object since it was recorded, told in its inputs."""

from typing import Any

from trackstack.providers.kubernetes import shapes

_MISSING = object()


def drifted(inputs: Any, before: Any, after: Any) -> Any:
    """`inputs` with what is another in `after` than it was in `before`; the rest stays as it was given.

    The server writes many values in its own way (`1000m` as `1`): what it wrote counts, not how it was asked.
    """
    if before == after:
        return inputs
    if isinstance(inputs, dict) and isinstance(before, dict) and isinstance(after, dict):
        found = {
            key: drifted(value, before.get(key, _MISSING), after.get(key, _MISSING))
            for key, value in inputs.items()
        }
        return {key: value for key, value in found.items() if value is not _MISSING}
    if (
        isinstance(inputs, list)
        and isinstance(before, list)
        and isinstance(after, list)
        and len(inputs) <= len(before) == len(after)
    ):
        return [drifted(*each) for each in zip(inputs, before, after, strict=False)]
    return after if after is _MISSING else shapes.prune(after, inputs)


def since(inputs: shapes.Document, before: shapes.Document, after: shapes.Document) -> shapes.Document:
    """The inputs of an object that was `before` and is `after`; a Secret's texts are compared as texts."""
    if shapes.is_secret(after) and isinstance(inputs.get("stringData"), dict):
        before, after = shapes.with_texts(before, inputs), shapes.with_texts(after, inputs)
    found: shapes.Document = drifted(inputs, before, after)
    return found
