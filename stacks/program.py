"""The Pulumi program of every project: a stack's configuration becomes an instance."""

from pathlib import Path

import pulumi
from pulumi.runtime import get_root_directory

from trackstack.components.local.instance import LocalArgs, LocalInstance
from trackstack.components.local.resources import LocalProvider
from trackstack.stacks.errors import InvalidSpec
from trackstack.stacks.project import data_dir
from trackstack.stacks.spec import NAMESPACE, InstanceSpec


def deploy(folder: Path | None = None) -> None:
    """Declare the instance of the current stack. Raises RunError for a configuration that cannot be.

    `folder` is the project's; unknown to the SDK when the Pulumi CLI is handed the program, not the folder.
    """
    try:
        spec = InstanceSpec.from_config(_config())
    except InvalidSpec as error:
        raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from None
    instance = LocalInstance(
        pulumi.get_stack(),
        LocalArgs(
            data_dir=str(data_dir(folder or Path(get_root_directory()), pulumi.get_stack())),
            retention=spec.retention,
            port=spec.port,
            running=spec.running,
            rotation=str(spec.token_rotation or ""),
            description=spec.description,
            labels=spec.labels,
        ),
        pulumi.ResourceOptions(providers=[LocalProvider("local")]),
    )
    for name, output in instance.outputs.items():
        pulumi.export(name, output)


def _config() -> dict[str, str]:
    config = pulumi.Config(NAMESPACE)
    values = {name: config.get(name) for name in InstanceSpec.model_fields}
    return {f"{NAMESPACE}:{name}": value for name, value in values.items() if value is not None}
