"""What an instance's data is encrypted with."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_aws import kms

from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.naming import part

_OWN = "create"
_DAYS = 30
"""How long a deleted key can be had back: what it encrypted is lost after that."""


@dataclass(frozen=True, kw_only=True)
class KeyArgs:
    """Inputs of `Key`."""

    cloud: Cloud


class Key(ComponentResource):
    """A KMS key of the instance's own that AWS rotates each year, one that is there, or AWS's own."""

    arn: Output[str] | None
    """None for the keys that AWS keeps for each of its services."""

    def __init__(self, name: str, args: KeyArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Key", name, {}, opts)
        cloud, given = args.cloud, args.cloud.settings.kms_key
        chosen: Input[str] | None = given or None
        if given == _OWN:
            key = kms.Key(
                part(name, "kms"),
                description=f"Trackstack instance {cloud.instance}",
                enable_key_rotation=True,
                deletion_window_in_days=_DAYS,
                tags=cloud.tags("key"),
                opts=owned(self),
            )
            kms.Alias(
                part(name, "alias"),
                name=f"alias/{cloud.name()}",
                target_key_id=key.key_id,
                opts=owned(self, protect_name=True),
            )
            chosen = key.arn
        self.arn = Output.from_input(chosen) if chosen is not None else None
        self.register_outputs({"arn": self.arn})
