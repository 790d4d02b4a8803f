"""How long an instance keeps what was deleted."""

from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob, CronJobSpecArgs, JobSpecArgs, JobTemplateSpecArgs
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    PodAffinityArgs,
    PodAffinityTermArgs,
    PodTemplateSpecArgs,
)

from trackstack.components.kubernetes.container import Image
from trackstack.components.kubernetes.deployment import COMPONENT as SERVER
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part

COMPONENT = "retention"
_RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


@dataclass(frozen=True, kw_only=True)
class RetentionArgs:
    """Inputs of `RetentionJob`."""

    place: Place
    image: Image
    running: bool = True
    """Whether there are runs of it; a stopped instance has none."""
    ready: tuple[Resource, ...] = ()


class RetentionJob(ComponentResource):
    """A CronJob that removes for good what was deleted longer ago than the instance's retention."""

    def __init__(self, name: str, args: RetentionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:RetentionJob", name, {}, opts)
        place, image = args.place, args.image
        collect = image.container(["gc"], name="gc", resources=_RESOURCES)
        beside = _beside_the_server(place) if image.claims else None
        spec = image.pod(place, [collect], ends=True, affinity=beside)
        CronJob(
            part(name, "gc"),
            metadata=place.meta("gc", COMPONENT),
            spec=CronJobSpecArgs(
                suspend=not args.running,
                schedule=image.settings.gc_schedule,
                concurrency_policy="Forbid",
                starting_deadline_seconds=3600,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=JobTemplateSpecArgs(
                    spec=JobSpecArgs(
                        backoff_limit=2,
                        active_deadline_seconds=6 * 3600,
                        template=PodTemplateSpecArgs(metadata=place.pod_meta(COMPONENT), spec=spec),
                    )
                ),
            ),
            opts=child(self, depends_on=args.ready),
        )
        self.register_outputs({})


def _beside_the_server(place: Place) -> AffinityArgs:
    """A volume that one node may mount is mounted where the server is."""
    beside = PodAffinityTermArgs(label_selector=place.selector(SERVER), topology_key="kubernetes.io/hostname")
    return AffinityArgs(
        pod_affinity=PodAffinityArgs(required_during_scheduling_ignored_during_execution=[beside])
    )
