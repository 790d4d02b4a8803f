"""A Kubernetes cluster."""

from pathlib import Path

import pulumi
import pulumi_kubernetes

from trackstack.components.instance import TrackingInstance
from trackstack.components.kubernetes.instance import KubernetesArgs, KubernetesInstance
from trackstack.stacks.spec import InstanceSpec


def declare(stack: str, spec: InstanceSpec, folder: Path, opts: pulumi.ResourceOptions) -> TrackingInstance:
    """The instance as resources, in the cluster that its settings name."""
    settings = spec.kubernetes
    path = str(folder / Path(settings.kubeconfig).expanduser()) if settings.kubeconfig else None
    cluster = pulumi_kubernetes.Provider("kubernetes", kubeconfig=path, context=settings.context or None)
    args = KubernetesArgs(
        settings=settings,
        retention=spec.retention,
        running=spec.running,
        rotation=str(spec.token_rotation or ""),
        description=spec.description,
        labels=spec.labels,
    )
    return KubernetesInstance(
        stack, args, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[cluster]))
    )
