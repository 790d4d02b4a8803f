"""Where the parts of an instance are, and what they are called there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import CustomTimeouts, Input, Resource, ResourceOptions
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from trackstack.components.kubernetes import names


@dataclass(frozen=True, kw_only=True)
class Place:
    """An instance's namespace, and the labels that all its objects carry."""

    instance: str
    """The stack's name."""
    namespace: Input[str]
    labels: Mapping[str, str] = field(default_factory=dict)

    def name(self, part: str) -> str:
        """What the object that is this part of the instance is called."""
        return names.dns_name(self.instance, part)

    def selector(self, component: str) -> LabelSelectorArgs:
        """Chooses the component's pods."""
        return LabelSelectorArgs(match_labels=names.selector(self.instance, component))

    def meta(
        self, part: str, component: str, annotations: Mapping[str, Input[str]] | None = None
    ) -> ObjectMetaArgs:
        """The metadata of the object `part`, which belongs to `component`."""
        return ObjectMetaArgs(
            name=self.name(part),
            namespace=self.namespace,
            labels=self.object_labels(component),
            annotations=dict(annotations) if annotations else None,
        )

    def pod_meta(self, component: str, annotations: Mapping[str, Input[str]] | None = None) -> ObjectMetaArgs:
        """The metadata of a component's pods."""
        return ObjectMetaArgs(
            labels=self.object_labels(component), annotations=dict(annotations) if annotations else None
        )

    def object_labels(self, component: str) -> dict[str, str]:
        """Every label of the component's objects."""
        return names.labels(self.instance, component, self.labels)


def child(
    parent: Resource,
    *,
    depends_on: Sequence[Resource] = (),
    keep: bool = False,
    timeout_s: int | None = None,
) -> ResourceOptions:
    """The options of a part's object. Names are fixed, so one that must be replaced goes first.

    `keep`: the object outlives the stack, as a volume may. `timeout_s`: the longest wait for it.
    """
    timeout = f"{timeout_s}s"
    return ResourceOptions(
        parent=parent,
        delete_before_replace=True,
        depends_on=list(depends_on),
        retain_on_delete=keep or None,
        custom_timeouts=CustomTimeouts(create=timeout, update=timeout) if timeout_s else None,
    )
