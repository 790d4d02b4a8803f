"""The Pulumi program of every project: a stack's configuration becomes an instance."""

from importlib import import_module
from pathlib import Path

import pulumi
from pulumi.runtime import get_root_directory

from trackstack.components.local.resources import LocalProvider
from trackstack.stacks.errors import InvalidSpec
from trackstack.stacks.spec import NAMESPACE, InstanceSpec


def deploy(folder: Path | None = None) -> None:
    """Declare the instance of the current stack. Raises RunError for a configuration that cannot be.

    `folder` is the project's; unknown to the SDK when the Pulumi CLI is handed the program, not the folder.
    """
    try:
        spec = InstanceSpec.from_config(_config())
    except InvalidSpec as error:
        raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from None
    target = import_module(f"trackstack.stacks.targets.{spec.target}")
    own = pulumi.ResourceOptions(providers=[LocalProvider("local")])
    instance = target.declare(pulumi.get_stack(), spec, folder or Path(get_root_directory()), own)
    for name, output in instance.outputs.items():
        pulumi.export(name, output)


def _config() -> dict[str, str]:
    config = pulumi.Config(NAMESPACE)
    values = {name: config.get(name) for name in InstanceSpec.model_fields}
    return {f"{NAMESPACE}:{name}": value for name, value in values.items() if value is not None}
