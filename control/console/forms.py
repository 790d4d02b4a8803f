"""Forms: between what people type and the API's payloads, and the API's refusals beside their fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from trackstack.control import bodies
from trackstack.control.errors import ApiError, invalid

T = TypeVar("T")

_RULE = re.compile("expected `str` (matching regex '.*'|of length .*)", re.DOTALL)
_FIELD = re.compile(r"([a-zA-Z]+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Refusal:
    """Why a form was refused; `field` is empty where it is about no single one."""

    field: str
    message: str

    @classmethod
    def of(cls, error: ApiError, fields: Mapping[str, str]) -> "Refusal":
        """What the API says, beside the field that it names."""
        match = _FIELD.fullmatch(error.message)
        if match and match[1] in fields:
            said = _RULE.sub("write it as it says above.", match[2])  # where the rule is in words
            return cls(match[1], said[:1].upper() + said[1:])
        return cls("", error.message)


NO_REFUSAL = Refusal("", "")


def payload(type: type[T], values: Mapping[str, Any]) -> T:
    """The API's payload of these values, with the API's own rules. Raises ApiError 400."""
    return bodies.decode(type, msgspec.json.encode(values), "application/json")


def labels(text: str) -> dict[str, str]:
    """The labels of a text, `key=value` a line. Raises ApiError 400."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        key, equals, value = line.partition("=")
        if not equals:
            raise invalid(f"labels: {line[:100]!r} is no label; write key=value, one a line.")
        if key.strip() in found:
            raise invalid(f"labels: {key.strip()[:100]!r} is there twice.")
        found[key.strip()] = value.strip()
    return found


def lines(labels: Mapping[str, str]) -> str:
    """The labels as `labels` reads them."""
    return "\n".join(f"{key}={value}" for key, value in labels.items())
