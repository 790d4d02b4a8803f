"""JSON Patch (RFC 6902) of entities, and the precondition that it may carry."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Literal

import jsonpatch
import jsonpointer
import msgspec
from msgspec import UNSET, Struct, UnsetType

from trackstack.server.errors import ApiError, invalid
from trackstack.server.openmetadata import reading

PRECONDITION_FAILED = "PRECONDITION_FAILED"
MOST_OPERATIONS = 1000
MOST_BYTES = 4 * 1024 * 1024
"""Of the entity that a patch leaves: its copies could double it with each operation."""

_TAGS = re.compile(r'(?:W/)?"([^"]*)"')

Json = dict[str, Any]


class Operation(Struct, rename={"from_": "from"}, omit_defaults=True):
    """One step of a patch."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    from_: str | UnsetType = UNSET
    value: Any = UNSET


def operations(raw: bytes) -> list[Json]:
    """The steps in a request's body; raises ApiError for what is no patch."""
    value = reading.decode(raw)
    if not isinstance(value, list):
        raise invalid("A JSON Patch is a list of operations (RFC 6902), such as [{'op': 'add', …}].")
    if len(value) > MOST_OPERATIONS:
        raise invalid(f"A patch has {MOST_OPERATIONS} operations at most, not {len(value)}.")
    for operation in (reading.convert(one, Operation) for one in value):
        if operation.op in ("move", "copy") and operation.from_ is UNSET:
            raise invalid(f"The operation {operation.op} needs 'from'.")
        if operation.op in ("add", "replace", "test") and operation.value is UNSET:
            raise invalid(f"The operation {operation.op} needs 'value'.")
    return value


def apply(document: Mapping[str, Any], steps: list[Json]) -> Json:
    """The document after all steps; raises ApiError where one cannot be done, or a test fails."""
    result: Any = deepcopy(dict(document))
    try:
        for step in steps:
            result = jsonpatch.JsonPatch([step]).apply(result, in_place=True)
            if step["op"] == "copy" and len(msgspec.json.encode(result)) > MOST_BYTES:
                raise invalid(f"The patch makes an entity of more than {MOST_BYTES} bytes.")
    except jsonpatch.JsonPatchTestFailed as error:
        raise invalid(f"A test of the patch failed: {_first_line(error)}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise invalid(f"The patch cannot be applied: {_first_line(error)}") from None
    except (TypeError, KeyError, IndexError, ValueError, RecursionError):
        raise invalid(
            "The patch cannot be applied: a path leads where the entity has nothing such."
        ) from None
    if not isinstance(result, dict):
        raise invalid("The patch leaves no entity: it replaces the whole of it.")
    return result


def etag(version: int) -> str:
    """The weak validator of a version, as OpenMetadata's client sends it."""
    return f'W/"{version / 10}"'


def check(precondition: str | None, version: int) -> None:
    """Raises ApiError (412) where If-Match names other versions than this one."""
    if precondition is None or precondition.strip() == "*":
        return
    if str(version / 10) not in _TAGS.findall(precondition):
        raise ApiError(
            PRECONDITION_FAILED,
            f"The entity has version {version / 10} now, not {precondition[:100]}. Get it, and patch that.",
            412,
        )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
