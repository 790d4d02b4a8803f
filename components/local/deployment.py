"""What serves an instance."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import ServerProcess
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    """Inputs of `Deployment`."""

    data_dir: Input[str]
    host: Input[str]
    port: Input[int]
    artifact_root: Input[str]
    running: Input[bool] = True
    triggers: Sequence[Input[str]] = ()
    """The server is restarted when one of them changes: the identities of what it has open."""


class Deployment(ComponentResource):
    """One server process, detached from whoever started it; healthy when it is made."""

    log_file: Output[str]

    def __init__(self, name: str, args: DeploymentArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:Deployment", name, {}, opts)
        self.server = ServerProcess(
            part(name, "server"),
            {
                "data_dir": args.data_dir,
                "host": args.host,
                "port": args.port,
                "artifact_root": args.artifact_root,
                "running": args.running,
                "triggers": list(args.triggers),
            },
            ResourceOptions(parent=self),
        )
        self.log_file = self.server.log_file
        self.register_outputs({"log_file": self.log_file})
