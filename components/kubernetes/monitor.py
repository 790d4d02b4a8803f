"""An instance's figures, for Prometheus."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class MonitorArgs:
    """Inputs of `Monitor`."""

    place: Place


class Monitor(ComponentResource):
    """A ServiceMonitor: Prometheus' operator has each pod asked every half minute."""

    def __init__(self, name: str, args: MonitorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Monitor", name, {}, opts)
        place = args.place
        CustomResource(
            part(name, "server"),
            api_version="monitoring.coreos.com/v1",
            kind="ServiceMonitor",
            metadata=place.meta("server", "server"),
            spec={
                "selector": {"matchLabels": names.selector(place.instance, "server")},
                "endpoints": [{"port": "http", "path": "/metrics", "interval": "30s"}],
            },
            opts=child(self),
        )
        self.register_outputs({})
