"""What an instance's pods may reach, and who may reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part

_NAMESPACE = "kubernetes.io/metadata.name"
_OPERATOR_PORT = 8000
"""Where CloudNativePG's operator asks its instances how they are."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Inputs of `Network`."""

    place: Place
    exposed: bool
    """Whether somebody from another namespace may come in."""
    controllers: Sequence[str] = ()
    """The namespaces of who may; none: any."""
    database: Mapping[str, str] | None = None
    """The labels of the database's pods; None where there are none of the instance's own."""
    operated: bool = False
    """Whether an operator in another namespace looks after the database."""
    ports: Sequence[int] = ()
    """The ports of a database and bucket elsewhere."""
    database_port: int = 5432
    networks: Sequence[str] = ()
    """Networks that may be called besides."""


class Network(ComponentResource):
    """In: the way in and the own namespace. Out: DNS, database and bucket, and what else was named."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Network", name, {}, opts)
        place = args.place
        ours = ["server", "retention", "migration"]
        NetworkPolicy(
            part(name, "server"),
            metadata=place.meta("server", "server"),
            spec=NetworkPolicySpecArgs(
                pod_selector=_components(place, ours),
                policy_types=["Ingress", "Egress"],
                ingress=[_from(args, names.PORT)],
                egress=_egress(args),
            ),
            opts=child(self),
        )
        if args.database:
            NetworkPolicy(
                part(name, "database"),
                metadata=place.meta("postgres", "postgres"),
                spec=NetworkPolicySpecArgs(
                    pod_selector=LabelSelectorArgs(match_labels=args.database),
                    policy_types=["Ingress"],
                    ingress=_to_database(args, _components(place, ours)),
                ),
                opts=child(self),
            )
        self.register_outputs({})


def _components(place: Place, components: Sequence[str]) -> LabelSelectorArgs:
    """Chooses the pods of any of them."""
    common = names.selector(place.instance, "")
    del common["app.kubernetes.io/component"]
    among = LabelSelectorRequirementArgs(
        key="app.kubernetes.io/component", operator="In", values=list(components)
    )
    return LabelSelectorArgs(match_labels=common, match_expressions=[among])


def _from(args: NetworkArgs, port: int) -> NetworkPolicyIngressRuleArgs:
    own = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs())
    peers = [own]
    if args.exposed and not args.controllers:
        peers.append(NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs()))
    peers += [
        NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs(match_labels={_NAMESPACE: name}))
        for name in args.controllers
    ]
    return NetworkPolicyIngressRuleArgs(from_=peers, ports=[_tcp(port)])


def _to_database(args: NetworkArgs, ours: LabelSelectorArgs) -> list[NetworkPolicyIngressRuleArgs]:
    members = LabelSelectorArgs(match_labels=args.database)
    callers = [NetworkPolicyPeerArgs(pod_selector=each) for each in (ours, members)]
    rules = [NetworkPolicyIngressRuleArgs(from_=callers, ports=[_tcp(args.database_port)])]
    if args.operated:
        anywhere = NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs())
        ports = [_tcp(args.database_port), _tcp(_OPERATOR_PORT)]
        rules.append(NetworkPolicyIngressRuleArgs(from_=[anywhere], ports=ports))
    return rules


def _tcp(port: int) -> NetworkPolicyPortArgs:
    return NetworkPolicyPortArgs(port=port, protocol="TCP")


def _egress(args: NetworkArgs) -> list[NetworkPolicyEgressRuleArgs]:
    dns = [NetworkPolicyPortArgs(port=53, protocol=protocol) for protocol in ("UDP", "TCP")]
    rules = [NetworkPolicyEgressRuleArgs(ports=dns)]
    if args.database:
        rules.append(
            NetworkPolicyEgressRuleArgs(
                to=[NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=args.database))],
                ports=[_tcp(args.database_port)],
            )
        )
    if args.ports:  # a policy knows addresses, not names: any address, at these ports only
        rules.append(NetworkPolicyEgressRuleArgs(ports=[_tcp(port) for port in args.ports]))
    if args.networks:
        blocks = [NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=each)) for each in args.networks]
        rules.append(NetworkPolicyEgressRuleArgs(to=blocks))
    return rules
