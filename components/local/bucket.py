"""Where an instance keeps its artifacts."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import Folder
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Inputs of `Bucket`."""

    data_dir: Input[str]


class Bucket(ComponentResource):
    """The folder `artifacts` in the instance's data folder."""

    uri: Output[str]
    """The folder's path."""
    incarnation: Output[str]
    """Another text whenever the folder was made anew: what has it open reopens it."""

    def __init__(self, name: str, args: BucketArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:Bucket", name, {}, opts)
        path = Output.concat(args.data_dir, "/artifacts")
        self.folder = Folder(part(name, "folder"), path=path, opts=ResourceOptions(parent=self))
        self.uri = self.folder.path
        self.incarnation = self.folder.incarnation
        self.register_outputs({"uri": self.uri})
