"""The component for programs in other languages: its inputs with the types that a schema can tell.

`PulumiPlugin.yaml` names this folder, and the Pulumi CLI runs it.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi.provider.experimental import component_provider_host

from trackstack import __version__
from trackstack.stacks import component
from trackstack.stacks.spec import InstanceSpec


class TrackingInstanceArgs(TypedDict):
    """The settings of an instance, as InstanceSpec has them."""

    name: NotRequired[str]
    """What people call it: 1 to 64 letters, digits, spaces, _ and -. Else as the component."""
    description: NotRequired[str]
    """What it is for: at most 160 letters, digits, spaces, . : / -."""
    target: NotRequired[str]
    """Where it runs: local (this machine), kubernetes or aws."""
    retention: NotRequired[str]
    """How long deleted experiments are kept: 1d to 90d."""
    labels: NotRequired[dict[str, str]]
    """Labels, as Kubernetes has them."""
    port: NotRequired[int]
    """Its port on loopback; 0: a free one, which it keeps."""
    running: NotRequired[bool]
    """Whether its server runs; a stopped one keeps everything."""
    token_rotation: NotRequired[int]
    """Another number gives it another admin token; the old one ends."""
    kubernetes: NotRequired[dict[str, Any]]
    """Of target kubernetes: cluster, size, database and more, by the keys of Pulumi.<stack>.yaml."""
    aws: NotRequired[dict[str, Any]]
    """Of target aws: region, database, bucket and more, by the keys of Pulumi.<stack>.yaml."""


class TrackingInstance(component.TrackingInstance):
    """A tracking server of a team's own: database, bucket, URL, admin token, retention."""

    def __init__(
        self, name: str, args: TrackingInstanceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        given: dict[str, Any] = {"name": name, **args}
        super().__init__(name, InstanceSpec(**given), opts)


def main() -> None:
    """Serve until the engine ends it."""
    component_provider_host([TrackingInstance], component.PACKAGE, version=__version__)
