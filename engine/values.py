"""Property values as wire JSON, and their form in the state.

A value is plain JSON data; what JSON lacks is a dict with the signature key, as Pulumi's gRPC wire has it:
`{SIG: SECRET, "value": v}` is a secret, and so on. An unknown is the string `UNKNOWN`; integral floats are
ints; NaN and infinities are Python's own. In the state a secret holds `ciphertext` instead of `value`; as
long as nobody asked for its plain text it stays *sealed* so, and is written back as it was read.
Source of the rules: pulumi `sdk/go/common/resource/sig`, `pkg/resource/stack/deployment.go`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from trackstack.engine.errors import StateError

Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Any]

SIG = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's signature, not a secret
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
BYTES = "803fd3297a5875dc03ca845dda5d2a98"
FLOAT = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
MASK = "[secret]"


def secret(value: Value) -> Properties:
    """The value as a secret; a secret stays as it is."""
    return value if is_secret(value) else {SIG: SECRET, "value": value}


def signature(value: Value) -> str | None:
    """What special kind of value this is, None when it is plain data."""
    found = value.get(SIG) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def is_secret(value: Value) -> bool:
    """Whether the value itself (not something inside it) is a secret, open or sealed."""
    return isinstance(value, dict) and value.get(SIG) == SECRET


def is_sealed(value: Value) -> bool:
    """Whether the value is a secret whose plain text is not known here."""
    return is_secret(value) and "value" not in value


def is_unknown(value: Value) -> bool:
    """Whether the value itself is not known yet."""
    if isinstance(value, str):
        return value in UNKNOWNS
    return isinstance(value, dict) and value.get(SIG) == OUTPUT and "value" not in value


def any_value(value: Value, test: Callable[[Value], bool]) -> bool:
    """Whether the test holds for the value or for anything inside it."""
    if test(value):
        return True
    if isinstance(value, dict):
        return any(any_value(inner, test) for inner in value.values())
    return isinstance(value, list) and any(any_value(inner, test) for inner in value)


def has_secret(value: Value) -> bool:
    """Whether a secret, or an output value marked secret, is anywhere inside."""
    return any_value(value, lambda v: is_secret(v) or (signature(v) == OUTPUT and bool(v.get("secret"))))


def has_unknown(value: Value) -> bool:
    """Whether anything inside is not known yet."""
    return any_value(value, is_unknown)


def map_values(value: Value, change: Callable[[Value], Value]) -> Value:
    """A copy with `change` applied from the leaves up; `change` returns what it leaves alone."""
    if isinstance(value, dict):
        return change({key: map_values(inner, change) for key, inner in value.items()})
    if isinstance(value, list):
        return change([map_values(inner, change) for inner in value])
    return change(value)


def unwrap(value: Value) -> Value:
    """The value without any secret or output wrapper, at any depth; raises StateError when one is sealed."""

    def bare(v: Value) -> Value:
        kind = signature(v)
        if kind == OUTPUT:
            return v.get("value", UNKNOWN)
        if kind != SECRET:
            return v
        if "value" not in v:
            raise StateError("a secret was asked for before it was decrypted; give the stack's passphrase")
        return v["value"]

    return map_values(value, bare)


def mask(value: Value) -> Value:
    """The value fit to be shown: `[secret]` in place of each secret, without looking inside."""
    if is_secret(value) or (signature(value) == OUTPUT and value.get("secret")):
        return MASK
    if signature(value) == OUTPUT:
        return mask(value.get("value", UNKNOWN))
    if isinstance(value, dict):
        return {key: mask(inner) for key, inner in value.items()}
    return [mask(inner) for inner in value] if isinstance(value, list) else value


def equal(one: Value, other: Value) -> bool:
    """Equality of the data, whether secret or not; 1 equals 1.0 but not true."""
    one, other = _peel(one), _peel(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    return bool(one == other)


def _peel(value: Value) -> Value:
    while isinstance(value, dict) and value.get(SIG) in (SECRET, OUTPUT):
        if "value" not in value:
            return UNKNOWN if value[SIG] == OUTPUT else value
        value = value["value"]
    return value


def number(value: float) -> int | float:
    """A number as the engine holds it: whole ones are ints, as Go prints them."""
    return int(value) if value.is_integer() else value


def to_state(value: Value, encrypt: Callable[[str], str]) -> Value:
    """The value as the state has it: each outermost secret is encrypted once, sealed ones pass unchanged.

    Secrets within a secret keep their mark but are not encrypted again.
    """
    if isinstance(value, float):
        if math.isfinite(value):
            return number(value)
        return {SIG: FLOAT, "value": struct.pack(">d", value).hex()}
    if isinstance(value, list):
        return [to_state(inner, encrypt) for inner in value]
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if not isinstance(value, dict):
        return value
    return _special_to_state(value, encrypt)


def _special_to_state(value: Properties, encrypt: Callable[[str], str]) -> Value:
    kind = value.get(SIG)
    if kind == SECRET:
        if "value" not in value:
            return value
        plain = json.dumps(to_state(value["value"], _bare), separators=(",", ":"))
        return {SIG: SECRET, "ciphertext": encrypt(plain)}
    if kind == OUTPUT:
        inner = value.get("value", UNKNOWN)
        return to_state(secret(inner) if value.get("secret") else inner, encrypt)
    if kind == RESOURCE:
        kept = {key: value[key] for key in (SIG, "urn", "id") if key in value}
        return {**kept, "packageVersion": value.get("packageVersion", "")}
    return {key: to_state(inner, encrypt) for key, inner in value.items()}


def _bare(text: str) -> str:
    return text


def from_state(value: Value, decrypt: Callable[[str], str] | None = None) -> Value:
    """The value as the engine holds it, secrets sealed unless `decrypt` is given; StateError if malformed."""
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else value
    if isinstance(value, list):
        return [from_state(inner, decrypt) for inner in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(SIG)
    if kind == SECRET:
        return _secret_from_state(value, decrypt)
    if kind == FLOAT:
        return _float_from_state(value)
    if kind == RESOURCE and not value.get("packageVersion"):
        return {key: inner for key, inner in value.items() if key != "packageVersion"}
    return {key: from_state(inner, decrypt) for key, inner in value.items()}


def _secret_from_state(value: Mapping[str, Any], decrypt: Callable[[str], str] | None) -> Value:
    if "value" in value:
        return dict(value)
    ciphertext, plain = value.get("ciphertext"), value.get("plaintext")
    if not isinstance(ciphertext or plain, str) or (ciphertext and plain):
        raise StateError("a secret must have exactly one of `ciphertext` and `plaintext`")
    if ciphertext:
        if decrypt is None:
            return dict(value)
        plain = decrypt(ciphertext)
    try:
        inner = json.loads(str(plain))
    except (ValueError, RecursionError) as error:
        raise StateError("the plain text of a secret is not JSON") from error
    return {SIG: SECRET, "value": from_state(inner, _bare)}


def _float_from_state(value: Mapping[str, Any]) -> float:
    try:
        return float(struct.unpack(">d", bytes.fromhex(value["value"]))[0])
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise StateError(f"malformed number in the state: {value.get('value')!r}") from error
