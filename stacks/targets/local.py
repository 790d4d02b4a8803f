"""This machine."""

from pathlib import Path

import pulumi

from trackstack.components.instance import TrackingInstance
from trackstack.components.local.instance import LocalArgs, LocalInstance
from trackstack.stacks.project import data_dir
from trackstack.stacks.spec import InstanceSpec


def declare(stack: str, spec: InstanceSpec, folder: Path, opts: pulumi.ResourceOptions) -> TrackingInstance:
    """The instance as resources; `folder` is the project's."""
    args = LocalArgs(
        data_dir=str(data_dir(folder, stack)),
        retention=spec.retention,
        port=spec.port,
        running=spec.running,
        rotation=str(spec.token_rotation or ""),
        description=spec.description,
        labels=spec.labels,
    )
    return LocalInstance(stack, args, opts)
