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
    cluster = pulumi_kubernetes.Provider(
        "kubernetes",
        kubeconfig=path,
        context=settings.context or None,
        enable_secret_mutable=True,  # another token takes effect without another pod
        enable_patch_force=True,  # what is not as the spec says is mended, whoever changed it
    )
    args = KubernetesArgs(
        name=spec.name,
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
