"""Where an instance keeps its experiments and runs."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import DatabaseFile
from trackstack.components.naming import part

FILE = "tracking.db"
"""The name under which the server looks for it in its data folder."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Inputs of `Database`."""

    data_dir: Input[str]


class Database(ComponentResource):
    """A SQLite database in the instance's data folder."""

    url: Output[str]
    """SQLAlchemy's URL."""
    incarnation: Output[str]
    """Another text whenever the database was made anew: what has it open reopens it."""

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:Database", name, {}, opts)
        path = Output.concat(args.data_dir, "/", FILE)
        self.file = DatabaseFile(part(name, "file"), path=path, opts=ResourceOptions(parent=self))
        self.url = self.file.url
        self.incarnation = self.file.incarnation
        self.register_outputs({"url": self.url})
