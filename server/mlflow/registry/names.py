"""What names, numbers and tags of the registry may look like, in MLflow's words."""

import posixpath
import re
from collections.abc import Iterable

from trackstack.server import validation
from trackstack.server.bodies import Message
from trackstack.server.errors import invalid

NAME_LENGTH = 256
ALIAS_LENGTH = 255
TAG_VALUE_LENGTH = 100_000
STAGES = ("None", "Staging", "Production", "Archived")
ACTIVE_STAGES = ("Staging", "Production")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ALIAS = re.compile(r"[\w\-]+\Z")
_ALIAS_OF_NUMBER = re.compile(r"[vV]\d+\Z")
_NUMBER = re.compile(r"-?\d{1,18}\Z", re.ASCII)


class TagItem(Message):
    key: str = ""
    value: str = ""


def model_name(name: str, field: str = "name") -> str:
    if not name.strip():
        raise invalid(f"Missing value for required parameter '{field}'.")
    if "/" in name or ":" in name or _CONTROL.search(name):
        raise invalid(f"Invalid model name '{name[:NAME_LENGTH]}'. Names cannot contain '/' or ':'.")
    if posixpath.normpath(name) != name or name in (".", ".."):
        raise validation.wrong(
            "name",
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names when "
            f"treated as such. This name would resolve to {posixpath.normpath(name)!r}",
        )
    return validation.limited(name, NAME_LENGTH, "name")


def alias(name: str) -> str:
    if not _ALIAS.match(name):
        raise invalid(
            f"Invalid alias name: '{name[:ALIAS_LENGTH]}'. Names may only contain alphanumerics, "
            "underscores (_), and dashes (-)."
        )
    return validation.limited(name, ALIAS_LENGTH, "Registered model alias name")


def new_alias(name: str) -> str:
    """An alias that may be set: not one that stands for the newest version or for a number."""
    if name.lower() == "latest":
        raise invalid("'latest' alias name (case insensitive) is reserved.")
    if _ALIAS_OF_NUMBER.match(name):
        raise invalid(f"Version alias name '{name[:ALIAS_LENGTH]}' is reserved.")
    return alias(name)


def version(text: str) -> int:
    if not _NUMBER.match(text):
        raise invalid(f"Parameter 'version' must be an integer, got '{text[:100]}'.")
    return int(text)


def stage(text: str) -> str:
    """The stage by its canonical name."""
    for name in STAGES:
        if name.lower() == text.lower():
            return name
    raise invalid(f"Invalid Model Version stage: {text[:100]}. Value must be one of {', '.join(STAGES)}.")


def tag(key: str, value: str) -> tuple[str, str]:
    validation.key(key, "key", "key")
    if key == "mlflow.prompt.text" and len(value) > TAG_VALUE_LENGTH:
        raise invalid(f"Prompt text exceeds max length of {TAG_VALUE_LENGTH} characters.")
    return key, validation.limited(value, TAG_VALUE_LENGTH, "value")


def tags(items: Iterable[TagItem]) -> dict[str, str]:
    """Of several with one key the last one holds."""
    return dict(tag(item.key, item.value) for item in items)
