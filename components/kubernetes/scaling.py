"""How many pods serve an instance."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.autoscaling.v2 import (
    CrossVersionObjectReferenceArgs,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerSpecArgs,
    MetricSpecArgs,
    MetricTargetArgs,
    ResourceMetricSourceArgs,
)
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from trackstack.components.kubernetes.deployment import COMPONENT
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part
from trackstack.components.settings.kubernetes import KubernetesSettings

_BUSY_PERCENT = 80


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """Inputs of `Scaling`."""

    place: Place
    settings: KubernetesSettings


class Scaling(ComponentResource):
    """An autoscaler where the most pods are more than the fewest; nodes are drained one pod at a time."""

    def __init__(self, name: str, args: ScalingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Scaling", name, {}, opts)
        place, settings = args.place, args.settings
        PodDisruptionBudget(
            part(name, "budget"),
            metadata=place.meta("server", COMPONENT),
            spec=PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=place.selector(COMPONENT)),
            opts=child(self),
        )
        if settings.most > settings.fewest:
            HorizontalPodAutoscaler(
                part(name, "autoscaler"),
                metadata=place.meta("server", COMPONENT),
                spec=HorizontalPodAutoscalerSpecArgs(
                    scale_target_ref=CrossVersionObjectReferenceArgs(
                        api_version="apps/v1", kind="Deployment", name=place.name("server")
                    ),
                    min_replicas=settings.fewest,
                    max_replicas=settings.most,
                    metrics=[_busy("cpu"), _busy("memory")],
                ),
                opts=child(self),
            )
        self.register_outputs({})


def _busy(resource: str) -> MetricSpecArgs:
    target = MetricTargetArgs(type="Utilization", average_utilization=_BUSY_PERCENT)
    return MetricSpecArgs(type="Resource", resource=ResourceMetricSourceArgs(name=resource, target=target))
