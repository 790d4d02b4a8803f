"""Property values between protobuf Structs and plain Python, with Pulumi's marks for secrets and unknowns.

The signatures are those of the provider protocol (sdk/go/common/resource/sig, pkg/resource/plugin/rpc.go).
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature, not a secret
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after the resources before it are made (in a preview)."""

Properties = dict[str, Any]


def decode(struct: Struct) -> Properties:
    """The properties as sent: secrets stay wrapped; numbers without a fraction are ints."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> Struct:
    """The properties as a message; a None is sent as null."""
    struct = Struct()
    struct.update(dict(properties))
    return struct


def secret(value: Any) -> Properties:
    """`value` marked as a secret."""
    return {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Whether `value` itself is marked as a secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def reveal(value: Any) -> Any:
    """`value` with the marks of all its secrets taken off."""
    if is_secret(value):
        return reveal(value["value"])
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    return [reveal(item) for item in value] if isinstance(value, list) else value


def has_secret(value: Any) -> bool:
    """Whether there is a secret anywhere in `value`."""
    return is_secret(value) or any(has_secret(item) for item in _items(value))


def has_unknown(value: Any) -> bool:
    """Whether anything in `value` is not known yet."""
    return bool(value == UNKNOWN) or any(has_unknown(item) for item in _items(value))


def keep_secrets(values: Mapping[str, Any], sent: Mapping[str, Any]) -> Properties:
    """`values`, marked as secret wherever the property of the same name in `sent` holds a secret."""
    return {
        key: secret(value) if key in sent and has_secret(sent[key]) and not is_secret(value) else value
        for key, value in values.items()
    }


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _decode(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return decode(value.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return getattr(value, kind) if kind in ("string_value", "bool_value") else None
