"""The database's schema, brought to the server's version before that version serves."""

import hashlib
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.batch.v1 import Job, JobSpecArgs
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs

from trackstack.components.kubernetes.container import Image
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class MigrationArgs:
    """Inputs of `Migration`."""

    place: Place
    image: Image
    ready: tuple[Resource, ...] = ()


class Migration(ComponentResource):
    """A Job, run once for each image and waited for: pods of the new version find the schema they know."""

    job: Job

    def __init__(self, name: str, args: MigrationArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Migration", name, {}, opts)
        place, settings = args.place, args.image.settings
        version = hashlib.sha256(settings.image.encode()).hexdigest()[:8]
        migrate = args.image.container(["migrate"], name="migrate")
        self.job = Job(
            part(name, "job"),
            metadata=place.meta(f"migrate-{version}", "migration"),
            spec=JobSpecArgs(
                backoff_limit=3,
                template=PodTemplateSpecArgs(
                    metadata=place.pod_meta("migration"),
                    spec=args.image.pod(place, [migrate], ends=True),
                ),
            ),
            # A Job cannot be changed: whatever differs is another run of it.
            opts=ResourceOptions.merge(
                child(self, depends_on=args.ready, timeout_s=settings.timeout_s),
                ResourceOptions(replace_on_changes=["spec"]),
            ),
        )
        self.register_outputs({})
