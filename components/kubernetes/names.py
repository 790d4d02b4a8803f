"""What objects are called in a cluster, and how they are labelled."""

import hashlib
import re
from collections.abc import Mapping

LONGEST = 63
PORT = 5000
"""Where every server pod listens."""

_DIGITS = 8
_DERIVED = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}$")


def dns_name(instance: str, part: str = "") -> str:
    """A name for an object of the instance: a DNS label, always the same, and another instance's is another.

    An instance's name that is no DNS label, too long, or looks like one of these, is told apart by a few
    digits of its SHA-256.
    """
    tail = f"-{part}" if part else ""
    plain = re.sub(r"[^a-z0-9]+", "-", instance.lower()).strip("-")
    room = LONGEST - len(tail)
    if plain != instance or len(plain) > room or plain[:1].isdigit() or _DERIVED.search(plain):
        digits = hashlib.sha256(instance.encode()).hexdigest()[:_DIGITS]
        # A Service's name has to begin with a letter.
        start = plain if plain[:1].isalpha() else f"i-{plain}"
        plain = f"{start[: room - _DIGITS - 1].rstrip('-')}-{digits}"
    return plain + tail


def service_url(service: str, namespace: str) -> str:
    """Where a service of server pods is reached within the cluster."""
    return f"http://{service}.{namespace}.svc:{PORT}"


def selector(instance: str, component: str) -> dict[str, str]:
    """The labels that tell a component's pods from all others; they never change."""
    return {
        "app.kubernetes.io/name": "trackstack",
        "app.kubernetes.io/instance": dns_name(instance),
        "app.kubernetes.io/component": component,
    }


def labels(instance: str, component: str, own: Mapping[str, str]) -> dict[str, str]:
    """All labels of an object: the instance's own, then ours."""
    return {**own, **selector(instance, component), "app.kubernetes.io/managed-by": "trackstack"}
