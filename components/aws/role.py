"""The database's role and database of an instance, made from inside the cluster."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_kubernetes.batch.v1 import Job, JobSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    LocalObjectReferenceArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SecretKeySelectorArgs,
    ServiceAccount,
    VolumeArgs,
)

from trackstack.components.aws.identity import Identity
from trackstack.components.kubernetes import pod
from trackstack.components.kubernetes.container import mounts
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part
from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.kubernetes import KubernetesSettings

ROLE = "database"
"""The part whose service account and role the job has."""
_PROGRAM = Path(__file__).with_name("prepare.py")
_RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


@dataclass(frozen=True, kw_only=True)
class RoleArgs:
    """Inputs of `DatabaseRole`."""

    place: Place
    settings: KubernetesSettings
    identity: Identity
    admin_secret: Input[str]
    """The ARN of the administrator's secret."""
    region: str
    database_url: SecretRef
    volumes: Mapping[str, VolumeArgs]
    """Further volumes of the pod by name, for `container.mounts`."""
    ready: tuple[Resource, ...]


class DatabaseRole(ComponentResource):
    """A Job with an account of its own, the only one that may read the administrator's password: that never
    is in the stack's state, nor in a Kubernetes Secret.
    """

    job: Job

    def __init__(self, name: str, args: RoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:DatabaseRole", name, {}, opts)
        place, program = args.place, _PROGRAM.read_text("utf-8")
        account = ServiceAccount(
            part(name, "account"),
            metadata=place.meta(ROLE, "migration", args.identity.annotations),
            automount_service_account_token=False,
            opts=child(self),
        )
        version = hashlib.sha256(program.encode()).hexdigest()[:8]
        self.job = Job(
            part(name, "job"),
            metadata=place.meta(f"{ROLE}-{version}", "migration"),
            spec=JobSpecArgs(
                backoff_limit=6,
                template=PodTemplateSpecArgs(
                    # As the migration: to DNS, the database and AWS, and nowhere else.
                    metadata=place.pod_meta("migration"),
                    spec=_pod(args, program),
                ),
            ),
            opts=ResourceOptions.merge(
                child(
                    self,
                    depends_on=[account, *args.identity.ready, *args.ready],
                    timeout_s=args.settings.timeout_s,
                ),
                ResourceOptions(replace_on_changes=["spec"]),
            ),
        )
        self.register_outputs({})


def _pod(args: RoleArgs, program: str) -> PodSpecArgs:
    settings, url = args.settings, args.database_url
    selected = SecretKeySelectorArgs(name=url.name, key=url.key)
    prepare = ContainerArgs(
        name="prepare",
        image=settings.image,
        command=["python", "-c", program],
        env=[
            EnvVarArgs(name="ADMIN_SECRET", value=args.admin_secret),
            EnvVarArgs(name="AWS_REGION", value=args.region),
            EnvVarArgs(name="DATABASE_URL", value_from=EnvVarSourceArgs(secret_key_ref=selected)),
        ],
        resources=pod.resources(_RESOURCES),
        security_context=pod.container_security(),
        volume_mounts=mounts(args.volumes) or None,
    )
    return PodSpecArgs(
        service_account_name=args.place.name(ROLE),
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.pod_security(),
        restart_policy="Never",
        image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in settings.pull_secrets] or None,
        containers=[prepare],
        volumes=list(args.volumes.values()) or None,
        node_selector=dict(settings.node_selector) or None,
    )
