"""What the life of a type on AWS is, and what all of them are written with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

Properties = Mapping[str, Any]
Aws = Callable[[str], Any]


@dataclass(frozen=True)
class Kind:
    """`create` gives id and outputs besides the inputs, `read` what is there now or None."""

    create: Callable[[Aws, Properties], tuple[str, dict[str, Any]]]
    read: Callable[[Aws, str, Properties], dict[str, Any] | None]
    update: Callable[[Aws, str, Properties], dict[str, Any]]
    delete: Callable[[Aws, str, Properties], Any]
    replaces: frozenset[str] = frozenset({"name", "bucket", "identifier", "region"})


def there(ask: Callable[[], Any]) -> Any:
    """The answer; None for what is not there."""
    try:
        return ask()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "NotFound" in code or code.startswith("NoSuch") or code.startswith("404"):
            return None
        raise


def tag_list(inputs: Properties) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


def tag_map(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def settled(aws: Aws, id: str, inputs: Properties) -> dict[str, Any]:
    """Nothing of it can be changed here."""
    return {}
