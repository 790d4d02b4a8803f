"""Who an instance's pods are: nobody in the cluster, and in a cloud what the annotations say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_kubernetes.core.v1 import ServiceAccount

from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """Inputs of `Account`."""

    place: Place
    annotations: Mapping[str, Input[str]] = field(default_factory=dict)


class Account(ComponentResource):
    """A ServiceAccount without a token for the cluster's API."""

    account: ServiceAccount

    def __init__(self, name: str, args: AccountArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Account", name, {}, opts)
        self.account = ServiceAccount(
            part(name, "server"),
            metadata=args.place.meta("server", "server", args.annotations),
            automount_service_account_token=False,
            opts=child(self),
        )
        self.register_outputs({})
