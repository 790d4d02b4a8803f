"""How long an instance keeps what was deleted."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import RetentionSchedule
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class RetentionArgs:
    """Inputs of `RetentionJob`."""

    data_dir: Input[str]
    retention: Input[str]
    """A duration such as 30d."""


class RetentionJob(ComponentResource):
    """Has the server remove for good what was soft-deleted longer than `retention` ago.

    The server does it itself and takes another retention without a restart.
    """

    retention: Output[str]

    def __init__(self, name: str, args: RetentionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:RetentionJob", name, {}, opts)
        self.schedule = RetentionSchedule(
            part(name, "schedule"),
            data_dir=args.data_dir,
            retention=args.retention,
            opts=ResourceOptions(parent=self),
        )
        self.retention = self.schedule.retention
        self.register_outputs({"retention": self.retention})
