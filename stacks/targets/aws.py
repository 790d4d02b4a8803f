"""An AWS account, and an EKS cluster in it."""

from pathlib import Path

import pulumi

from trackstack.components.aws.instance import AwsArgs, AwsInstance
from trackstack.components.instance import TrackingInstance
from trackstack.stacks.aws_account import region
from trackstack.stacks.spec import InstanceSpec
from trackstack.stacks.targets.kubernetes import cluster


def declare(stack: str, spec: InstanceSpec, folder: Path, opts: pulumi.ResourceOptions) -> TrackingInstance:
    """The instance as resources, in the account and region of Pulumi's `aws:` configuration."""
    configured = {key: pulumi.Config("aws").get(key) or "" for key in ("region", "profile")}
    args = AwsArgs(
        settings=spec.kubernetes,
        aws=spec.aws,
        region=region(configured),
        retention=spec.retention,
        running=spec.running,
        rotation=str(spec.token_rotation or ""),
        description=spec.description,
        labels=spec.labels,
    )
    pods = pulumi.ResourceOptions(providers=[cluster(stack, spec, folder, opts)])
    return AwsInstance(stack, args, pulumi.ResourceOptions.merge(opts, pods))
