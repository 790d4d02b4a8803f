"""The `kubernetes` package of resources without Pulumi's plugin: any kind that a cluster serves."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackstack.providers.kubernetes.provider import Kubernetes as Kubernetes

__all__ = ["Kubernetes"]


def __getattr__(name: str) -> Any:
    """`Kubernetes` on first use: it imports pulumi; the client comes only when a cluster is spoken to."""
    if name == "Kubernetes":
        from trackstack.providers.kubernetes.provider import Kubernetes

        return Kubernetes
    raise AttributeError(name)
