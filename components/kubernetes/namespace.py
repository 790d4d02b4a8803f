"""Where an instance's objects are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Namespace as KubernetesNamespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.place import child
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """Inputs of `Namespace`."""

    instance: str
    given: str = ""
    """One that is there already; empty: one of the instance's own."""
    labels: Mapping[str, str] = field(default_factory=dict)
    keep: bool = False
    """Whether it outlives the instance, with what is in it then."""


class Namespace(ComponentResource):
    """A namespace of the instance's own that admits restricted pods only, or the one that was given."""

    name: Output[str]
    """Known once it is there."""
    known: str
    """The same, known beforehand."""

    def __init__(self, name: str, args: NamespaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Namespace", name, {}, opts)
        self.known = args.given or names.dns_name(args.instance)
        chosen: Input[str] = self.known
        if not args.given:
            labels = names.labels(args.instance, "namespace", args.labels)
            restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
            self.namespace = KubernetesNamespace(
                part(name, "own"),
                metadata=ObjectMetaArgs(name=self.known, labels={**labels, **restricted}),
                opts=child(self, keep=args.keep),
            )
            chosen = self.namespace.metadata.name
        self.name = Output.from_input(chosen)
        self.register_outputs({"name": self.name})
