"""Pulumi type tokens of the package: `kubernetes:<group>/<version>:<Kind>`."""

import re

from trackstack.providers.resource import ResourceError

_TOKEN = re.compile(r"kubernetes:(?:(?P<group>[^:/]+)/)?(?P<version>[^:/]+):(?P<kind>[A-Za-z0-9]+)")
_ELSEWHERE = {
    "helm": "render the chart (`helm template`) and declare its objects, or use the Pulumi CLI",
    "yaml": "declare the objects as resources, or use the Pulumi CLI",
    "kustomize": "render it (`kubectl kustomize`) and declare its objects, or use the Pulumi CLI",
}


def refuse_elsewhere(token: str) -> None:
    """Raises ResourceError for what only Pulumi's own plugin does."""
    module = f"{token}:".split(":")[1].split("/")[0].removesuffix(".sh")
    if module in _ELSEWHERE:
        raise ResourceError(f"{token} is not served without the Pulumi CLI: {_ELSEWHERE[module]}")


def parse(token: str) -> tuple[str, str]:
    """API version and kind. Raises ResourceError for a token that names none."""
    refuse_elsewhere(token)
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise ResourceError(f"{token} names no API version and kind, as kubernetes:apps/v1:Deployment does")
    kind = match["kind"].removesuffix("Patch") if is_patch(token) else match["kind"]
    if not match["group"] or match["group"] == "core":
        return match["version"], kind
    return f"{match['group']}/{match['version']}", kind


def is_patch(token: str) -> bool:
    """Whether it is a resource that owns some fields of an object, not the object."""
    kind = token.rpartition(":")[2]
    return kind.endswith("Patch") and kind != "Patch"


def of(urn: str) -> str:
    """The type token of the resource with this URN."""
    return urn.split("::")[2].rpartition("$")[2]
