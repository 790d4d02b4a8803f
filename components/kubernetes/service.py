"""The one address of an instance's pods within the cluster."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.core.v1 import Service as KubernetesService
from pulumi_kubernetes.core.v1 import ServicePortArgs, ServiceSpecArgs

from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """Inputs of `Service`."""

    place: Place
    namespace: str
    """The namespace's name, which is known beforehand."""


class Service(ComponentResource):
    """Sends to the pods that are ready; it need not wait for any, for a stopped instance has none."""

    name: str
    hosts: tuple[str, ...]
    """The names under which pods of the cluster reach it."""
    url: str
    """Where they do."""

    def __init__(self, name: str, args: ServiceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Service", name, {}, opts)
        place = args.place
        self.name = place.name("server")
        KubernetesService(
            part(name, "server"),
            metadata=place.meta("server", "server", {"pulumi.com/skipAwait": "true"}),
            spec=ServiceSpecArgs(
                type="ClusterIP",
                selector=names.selector(place.instance, "server"),
                ports=[ServicePortArgs(name="http", port=names.PORT, target_port="http")],
            ),
            opts=child(self),
        )
        within = f"{self.name}.{args.namespace}"
        self.hosts = (self.name, within, f"{within}.svc", f"{within}.svc.cluster.local")
        self.url = names.service_url(self.name, args.namespace)
        self.register_outputs({"url": self.url})
