"""The `trackstack` provider's resources, as Pulumi classes."""

from collections.abc import Mapping
from typing import Any

from pulumi import CustomResource, Input, Output, ProviderResource, ResourceOptions
from pydantic.alias_generators import to_camel, to_snake


class LocalProvider(ProviderResource):
    """The provider, to be made by the program for all resources of an instance.

    A default provider would be given the project's whole configuration, since project and package share
    their name; and Pulumi reads a provider's `name` and `version` as its own.
    """

    def __init__(self, name: str, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack", name, {}, opts)


class LocalResource(CustomResource):
    """A resource of the provider: inputs as given, outputs filled in; camelCase only on the wire."""

    module = "local"

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Input[Any]],
        outputs: tuple[str, ...] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        properties = dict.fromkeys(outputs) | dict(inputs)
        super().__init__(f"trackstack:{self.module}:{type(self).__name__}", name, properties, opts)

    def translate_input_property(self, prop: str) -> str:
        """The wire's name of an input."""
        return to_camel(prop)

    def translate_output_property(self, prop: str) -> str:
        """Python's name of an output."""
        return to_snake(prop)


class Folder(LocalResource):
    """A folder of the stack's own, deleted with everything in it."""

    path: Output[str]
    incarnation: Output[str]
    """Another text whenever the folder was made anew."""

    def __init__(self, name: str, *, path: Input[str], opts: ResourceOptions | None = None) -> None:
        super().__init__(name, {"path": path}, ("incarnation",), opts)


class DatabaseFile(LocalResource):
    """A SQLite database file."""

    path: Output[str]
    url: Output[str]
    incarnation: Output[str]
    """Another text whenever the file was made anew."""

    def __init__(self, name: str, *, path: Input[str], opts: ResourceOptions | None = None) -> None:
        super().__init__(name, {"path": path}, ("url", "incarnation"), opts)


class LoopbackAddress(LocalResource):
    """A port on loopback: the one that was asked for, or a free one that is kept."""

    host: Output[str]
    port: Output[int]
    url: Output[str]

    def __init__(
        self, name: str, *, requested_port: Input[int] | None = None, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"requested_port": requested_port}, ("host", "port", "url"), opts)


class AdminToken(LocalResource):
    """The bootstrap admin token; another `rotation` mints another one."""

    token_id: Output[str]
    value: Output[str]
    """The whole token: a secret."""

    def __init__(
        self,
        name: str,
        *,
        data_dir: Input[str],
        rotation: Input[str] = "",
        opts: ResourceOptions | None = None,
    ) -> None:
        secret = ResourceOptions(additional_secret_outputs=["value"])
        inputs = {"data_dir": data_dir, "rotation": rotation}
        super().__init__(name, inputs, ("token_id", "value", "digest"), ResourceOptions.merge(opts, secret))


class RetentionSchedule(LocalResource):
    """How long the server keeps what was deleted."""

    retention: Output[str]

    def __init__(
        self, name: str, *, data_dir: Input[str], retention: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"data_dir": data_dir, "retention": retention}, (), opts)


class ServerProcess(LocalResource):
    """The tracking server's process; the inputs are the provider's (`providers/local/server.py`)."""

    log_file: Output[str]
    running: Output[bool]

    def __init__(
        self, name: str, inputs: Mapping[str, Input[Any]], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(name, inputs, ("log_file", "command", "version", "pid", "started"), opts)
