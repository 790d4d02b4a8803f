"""A Kubernetes cluster."""

from pathlib import Path

import pulumi
import pulumi_kubernetes

from trackstack.components.instance import TrackingInstance
from trackstack.components.kubernetes.instance import KubernetesArgs, KubernetesInstance
from trackstack.stacks.pods import kubeconfig
from trackstack.stacks.spec import InstanceSpec


def declare(stack: str, spec: InstanceSpec, folder: Path, opts: pulumi.ResourceOptions) -> TrackingInstance:
    """The instance as resources, in the cluster that its settings name."""
    args = KubernetesArgs(
        settings=spec.kubernetes,
        retention=spec.retention,
        running=spec.running,
        rotation=str(spec.token_rotation or ""),
        description=spec.description,
        labels=spec.labels,
    )
    pods = pulumi.ResourceOptions(providers=[cluster(stack, spec, folder, opts)])
    return KubernetesInstance(stack, args, pulumi.ResourceOptions.merge(opts, pods))


def cluster(
    stack: str, spec: InstanceSpec, folder: Path, opts: pulumi.ResourceOptions
) -> pulumi_kubernetes.Provider:
    """The provider of the cluster that the spec names; within a component it has a name of its own."""
    return pulumi_kubernetes.Provider(
        f"{stack}-kubernetes" if opts.parent else "kubernetes",
        kubeconfig=kubeconfig(folder, spec),
        context=spec.kubernetes.context or None,
        enable_secret_mutable=True,  # another token takes effect without another pod
        enable_patch_force=True,  # what is not as the spec says is mended, whoever changed it
        opts=pulumi.ResourceOptions(parent=opts.parent),
    )
