"""A tracking instance: everything that one team's tracking server needs, on whichever target."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions

Outputs = Mapping[str, Output[Any]]


class TrackingInstance(ComponentResource):
    """A tracking server of a team's own: database, bucket, URL, admin token, retention."""

    url: Output[str]
    """Where its users reach it."""
    token: Output[str]
    """The admin token, a secret; empty where it was given from outside."""

    def __init__(
        self, name: str, description: str, labels: Mapping[str, str], opts: ResourceOptions | None = None
    ) -> None:
        described = {"description": description, "labels": dict(labels)}
        super().__init__("trackstack:index:TrackingInstance", name, described, opts)

    @property
    @abstractmethod
    def outputs(self) -> Outputs:
        """Everything a user of the instance may need, by name: what a program exports."""
