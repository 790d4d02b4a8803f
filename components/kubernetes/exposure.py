"""The way into an instance from outside its cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import (
    HTTPIngressPathArgs,
    HTTPIngressRuleValueArgs,
    Ingress,
    IngressBackendArgs,
    IngressRuleArgs,
    IngressServiceBackendArgs,
    IngressSpecArgs,
    IngressTLSArgs,
    ServiceBackendPortArgs,
)

from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part
from trackstack.components.settings.exposure import ExposureSettings

_ISSUER = "cert-manager.io/cluster-issuer"
_NO_WAIT = {"pulumi.com/skipAwait": "true"}
"""Its address is the controller's, which may have none to tell."""
_ADDRESS_S = 900
"""A cloud's load balancer comes within minutes."""


@dataclass(frozen=True, kw_only=True)
class ExposureArgs:
    """Inputs of `Exposure`."""

    place: Place
    settings: ExposureSettings
    service: str
    annotations: Mapping[str, Input[str]] = field(default_factory=dict)
    """Besides those of the settings, which win."""
    addressed: bool = False
    """Whether to wait for the address of an Ingress."""


class Exposure(ComponentResource):
    """An Ingress, or an HTTPRoute of the Gateway API."""

    url: str
    """Where users reach the instance."""
    address: Output[str]
    """The host name of an Ingress' load balancer; empty unless it was waited for."""

    def __init__(self, name: str, args: ExposureArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Exposure", name, {}, opts)
        settings = args.settings
        self.address = Output.from_input("")
        if settings.kind == "ingress":
            self._ingress(part(name, "ingress"), args)
        else:
            self._route(part(name, "route"), args)
        self.url = settings.url
        self.register_outputs({"url": self.url})

    def _ingress(self, name: str, args: ExposureArgs) -> None:
        settings, place = args.settings, args.place
        waiting = {} if args.addressed else _NO_WAIT
        annotations = {**waiting, **args.annotations, **settings.annotations}
        if settings.cluster_issuer:
            annotations[_ISSUER] = settings.cluster_issuer
        certificate = settings.tls_secret or (place.name("tls") if settings.cluster_issuer else None)
        backend = IngressServiceBackendArgs(name=args.service, port=ServiceBackendPortArgs(number=names.PORT))
        path = HTTPIngressPathArgs(
            path=settings.prefix or "/", path_type="Prefix", backend=IngressBackendArgs(service=backend)
        )
        made = Ingress(
            name,
            metadata=place.meta("server", "ingress", annotations),
            spec=IngressSpecArgs(
                ingress_class_name=settings.class_name or None,
                rules=[IngressRuleArgs(host=settings.host, http=HTTPIngressRuleValueArgs(paths=[path]))],
                tls=[IngressTLSArgs(hosts=[settings.host], secret_name=certificate)] if certificate else None,
            ),
            opts=child(self, timeout_s=_ADDRESS_S if args.addressed else None),
        )
        if args.addressed:
            self.address = made.status.apply(_host_name)

    def _route(self, name: str, args: ExposureArgs) -> None:
        settings, place = args.settings, args.place
        assert settings.gateway is not None
        parent = {"name": settings.gateway.name}
        if settings.gateway.namespace:
            parent["namespace"] = settings.gateway.namespace
        if settings.gateway.section:
            parent["sectionName"] = settings.gateway.section
        matches = [{"path": {"type": "PathPrefix", "value": settings.prefix or "/"}}]
        backends = [{"name": args.service, "port": names.PORT}]
        CustomResource(
            name,
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=place.meta("server", "ingress", {**args.annotations, **settings.annotations}),
            spec={
                "parentRefs": [parent],
                "hostnames": [settings.host],
                "rules": [{"matches": matches, "backendRefs": backends}],
            },
            opts=child(self),
        )


def _host_name(status: Any) -> str:
    """Of the first load balancer that has one; empty in a plan, and where there is none yet."""
    found = (status and status.load_balancer and status.load_balancer.ingress) or []
    return next((each.hostname for each in found if each.hostname), "")
