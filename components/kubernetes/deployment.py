"""What serves an instance."""

from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.apps.v1 import (
    Deployment as KubernetesDeployment,
)
from pulumi_kubernetes.apps.v1 import (
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import PodSpecArgs, PodTemplateSpecArgs, TopologySpreadConstraintArgs

from trackstack.components.kubernetes import container
from trackstack.components.kubernetes.container import Image
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part

COMPONENT = "server"


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    """Inputs of `Deployment`."""

    place: Place
    image: Image
    host: str
    """The name under which the pods are asked by probes."""
    running: bool = True
    """Whether there are pods; without any, everything is kept."""
    scaled: bool = False
    """Whether an autoscaler decides how many there are."""
    ready: tuple[Resource, ...] = ()
    """What must be there first."""


class Deployment(ComponentResource):
    """The server's pods. They are replaced one after the other where several may serve the instance,
    and otherwise the old one ends before the new one begins."""

    deployment: KubernetesDeployment

    def __init__(self, name: str, args: DeploymentArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Deployment", name, {}, opts)
        settings, place = args.image.settings, args.place
        replicas: int | None = settings.fewest if args.running else 0
        if args.scaled and args.running:
            replicas = None
        self.deployment = KubernetesDeployment(
            part(name, "server"),
            metadata=place.meta("server", COMPONENT),
            spec=DeploymentSpecArgs(
                replicas=replicas,
                revision_history_limit=3,
                progress_deadline_seconds=settings.timeout_s,
                strategy=_strategy(settings.shared),
                selector=place.selector(COMPONENT),
                template=PodTemplateSpecArgs(
                    metadata=place.pod_meta(COMPONENT, settings.pod_annotations), spec=_pod(args)
                ),
            ),
            opts=child(self, depends_on=args.ready, timeout_s=settings.timeout_s),
        )
        self.register_outputs({})


def _strategy(shared: bool) -> DeploymentStrategyArgs:
    if not shared:
        return DeploymentStrategyArgs(type="Recreate")
    rolling = RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
    return DeploymentStrategyArgs(type="RollingUpdate", rolling_update=rolling)


def _pod(args: DeploymentArgs) -> PodSpecArgs:
    image, place = args.image, args.place
    serve = image.container(["serve"], name="server", probes=container.probes(args.host), drained=True)
    # Where the database is the pod's own, the pod migrates it; a shared one has a Job for that.
    first = [] if image.settings.database.served else [image.container(["migrate"], name="migrate")]
    spread = TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key="kubernetes.io/hostname",
        when_unsatisfiable="ScheduleAnyway",
        label_selector=place.selector(COMPONENT),
    )
    return image.pod(place, [serve], first=first, spread=[spread] if image.settings.most > 1 else [])
