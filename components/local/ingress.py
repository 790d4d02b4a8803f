"""Where an instance is reached."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import LoopbackAddress
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """Inputs of `Ingress`."""

    port: Input[int] | None = None
    """This port and no other; None: a free one, which is kept."""


class Ingress(ComponentResource):
    """An address on loopback: only this machine reaches the instance."""

    url: Output[str]
    host: Output[str]
    port: Output[int]

    def __init__(self, name: str, args: IngressArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:Ingress", name, {}, opts)
        self.address = LoopbackAddress(
            part(name, "address"), requested_port=args.port, opts=ResourceOptions(parent=self)
        )
        self.url = self.address.url
        self.host = self.address.host
        self.port = self.address.port
        self.register_outputs({"url": self.url})
