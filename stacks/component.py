"""A tracking instance as a component of any Pulumi program, beside whatever else the program makes."""

from importlib import import_module
from pathlib import Path

import pulumi
from pulumi.runtime import get_root_directory

from trackstack.components.instance import Outputs
from trackstack.components.local.resources import LocalProvider
from trackstack.stacks.spec import InstanceSpec

PACKAGE = "trackstack-components"
"""What other languages call the package. `trackstack` is the provider of the resources within."""


class TrackingInstance(pulumi.ComponentResource):
    """A tracking server of a team's own: database, bucket, URL, admin token, retention."""

    url: pulumi.Output[str]
    """Where its users reach it."""
    token: pulumi.Output[str]
    """The admin token, a secret; empty where it was given from outside."""

    def __init__(self, name: str, spec: InstanceSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        """Of target local, its data is in `.trackstack/<stack>/instances/<name>` of the program's folder."""
        super().__init__(f"{PACKAGE}:index:TrackingInstance", name, {}, opts)
        mine = pulumi.ResourceOptions(parent=self)
        own = pulumi.ResourceOptions(parent=self, providers=[LocalProvider(f"{name}-local", mine)])
        folder = _program_folder()
        if spec.target == "local":  # where each stack of the program has data of its own
            folder = folder / ".trackstack" / pulumi.get_stack()
        target = import_module(f"trackstack.stacks.targets.{spec.target}")
        instance = target.declare(name, spec, folder, own)
        self.outputs: Outputs = instance.outputs
        self.url, self.token = instance.url, instance.token
        self.register_outputs({"url": self.url, "token": self.token})


def _program_folder() -> Path:
    """Unknown to a component that another language's program makes; the engine starts its host there."""
    try:
        return Path(get_root_directory())
    except Exception:  # the SDK raises nothing more precise
        return Path.cwd()
