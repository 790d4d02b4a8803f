"""Protobuf Structs to and from plain Python values (wire JSON, see values.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from trackstack.engine.values import OUTPUT, SIG, UNKNOWN, UNKNOWNS, secret


def from_value(value: Value) -> Any:
    """One value; integral numbers become ints, as Go prints them."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "struct_value":
        return _from_object(
            {key: from_value(item) for key, item in sorted(value.struct_value.fields.items(), key=_key)}
        )
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def from_struct(struct: Struct) -> dict[str, Any]:
    """The fields of a message, sorted as Go sorts them: a message has no order of its own."""
    return {key: from_value(value) for key, value in sorted(struct.fields.items(), key=_key)}


def _key(field: tuple[str, Value]) -> str:
    return field[0]


def _from_object(fields: dict[str, Any]) -> Any:
    """Output values become what they hold: dependencies come apart from them in every request we take."""
    if fields.get(SIG) != OUTPUT:
        return fields
    inner = fields.get("value", UNKNOWN)
    return secret(inner) if fields.get("secret") else inner


def fill(target: Value, value: Any) -> None:
    """Put one plain value into a message."""
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        fields = target.struct_value.fields
        for key, item in value.items():
            fill(fields[key], item)
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        values = target.list_value.values
        for item in value:
            fill(values.add(), item)
    else:
        target.null_value = 0  # type: ignore[assignment]  # the generated type wants the enum


def to_struct(properties: Mapping[str, Any]) -> Struct:
    """A message with these fields."""
    struct = Struct()
    fields = struct.fields
    for key, value in properties.items():
        fill(fields[key], value)
    return struct
