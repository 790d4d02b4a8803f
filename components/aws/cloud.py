"""What an instance's resources on AWS are called, and how they are tagged."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import Resource, ResourceOptions

from trackstack.components.kubernetes.names import dns_name
from trackstack.components.settings.aws import AwsSettings
from trackstack.components.settings.size import SizeName

_ROOM = 36
"""Characters of an instance's name in others: S3 and RDS take 63 in all."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """An instance's account and region, and the names and tags of what it has there."""

    instance: str
    """The stack's name."""
    settings: AwsSettings
    region: str
    size: SizeName = "small"
    labels: Mapping[str, str] = field(default_factory=dict)

    def name(self, part: str = "") -> str:
        """What that part is called: unique in the account, for every cluster is another's digits."""
        seed = "/".join((self.settings.vpc, self.settings.cluster, self.instance))
        digits = hashlib.sha256(seed.encode()).hexdigest()[:8]
        start = dns_name(self.instance)[:_ROOM].rstrip("-")
        return "-".join(filter(None, (start, digits, part)))

    def tags(self, part: str) -> dict[str, str]:
        """The tags of that part: the instance's labels and the settings' tags, then ours."""
        owner = {"trackstack:owner": self.settings.owner} if self.settings.owner else {}
        own = {"Name": self.name(part), "trackstack:instance": self.instance}
        return {**self.labels, **self.settings.tags, **owner, **own}

    @property
    def partition(self) -> str:
        """The first word of every ARN after `arn`."""
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for prefix, name in prefixes.items() if self.region.startswith(prefix)), "aws")


def owned(parent: Resource, *, protect_name: bool = False) -> ResourceOptions:
    """The options of a part's resource; with `protect_name`, one that must be replaced goes first."""
    return ResourceOptions(parent=parent, delete_before_replace=protect_name or None)
