"""A tracking instance on Kubernetes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import Input, Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret, VolumeArgs

from trackstack.components.instance import Outputs, TrackingInstance
from trackstack.components.kubernetes import container
from trackstack.components.kubernetes.account import Account, AccountArgs
from trackstack.components.kubernetes.bucket import Bucket, BucketArgs
from trackstack.components.kubernetes.container import Image
from trackstack.components.kubernetes.database import Database, DatabaseArgs
from trackstack.components.kubernetes.deployment import Deployment, DeploymentArgs
from trackstack.components.kubernetes.exposure import Exposure, ExposureArgs
from trackstack.components.kubernetes.migration import Migration, MigrationArgs
from trackstack.components.kubernetes.monitor import Monitor, MonitorArgs
from trackstack.components.kubernetes.namespace import Namespace, NamespaceArgs
from trackstack.components.kubernetes.network import Network, NetworkArgs
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.kubernetes.retention import RetentionArgs, RetentionJob
from trackstack.components.kubernetes.scaling import Scaling, ScalingArgs
from trackstack.components.kubernetes.service import Service, ServiceArgs
from trackstack.components.kubernetes.token import TokenArgs, TokenSecret
from trackstack.components.naming import part
from trackstack.components.secrets import Password
from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.kubernetes import KubernetesSettings

_KEY = "key"


@dataclass(frozen=True, kw_only=True)
class KubernetesArgs:
    """Inputs of `KubernetesInstance`."""

    settings: KubernetesSettings = field(default_factory=KubernetesSettings)
    retention: str = "30d"
    """How long deleted experiments are kept."""
    running: bool = True
    """Whether there are pods; a stopped instance keeps everything."""
    rotation: str = ""
    """Any text; another one mints another admin token."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Backing:
    """What a cloud has for an instance whose pods are here."""

    settings: KubernetesSettings
    """The instance's, with the database, bucket and secrets that the cloud made."""
    token: Output[str] | None = None
    """The admin token, where it is not of the cluster."""
    ready: tuple[Resource, ...] = ()
    """What pods wait for."""
    account_annotations: Mapping[str, Input[str]] = field(default_factory=dict)
    """Of the pods' ServiceAccount, besides those of the settings."""
    ingress_annotations: Mapping[str, Input[str]] = field(default_factory=dict)
    """Of the way in, besides those of the settings."""
    volumes: Mapping[str, VolumeArgs] = field(default_factory=dict)
    """Further volumes of the pods by name, for `container.mounts`."""
    addressed: bool = False
    """Whether somebody needs to know at which address the way in is."""


class KubernetesInstance(TrackingInstance):
    """Pods, and everything around them, in a namespace."""

    namespace: Output[str]
    address: Output[str]
    """Of the load balancer of its way in; empty where nobody needs to know."""

    def __init__(self, name: str, args: KubernetesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.description, args.labels, opts)
        settings, preset = args.settings, args.settings.preset
        mine = ResourceOptions(parent=self)
        namespace = Namespace(
            part(name, "namespace"),
            NamespaceArgs(instance=name, given=settings.namespace, labels=args.labels, keep=settings.kept),
            mine,
        )
        place = Place(instance=name, namespace=namespace.name, labels=args.labels)
        backing = self._backing(name, args, place)
        settings = backing.settings
        database = Database(
            part(name, "database"),
            DatabaseArgs(place=place, settings=settings.database, preset=preset, running=args.running),
            mine,
        )
        bucket = Bucket(
            part(name, "bucket"), BucketArgs(place=place, settings=settings.bucket, preset=preset), mine
        )
        token = TokenSecret(
            part(name, "token"),
            TokenArgs(place=place, rotation=args.rotation, given=settings.admin_token),
            mine,
        )
        service = Service(part(name, "service"), ServiceArgs(place=place, namespace=namespace.known), mine)
        url = service.url
        self.address = Output.from_input("")
        if settings.exposure.kind != "none":
            way_in = ExposureArgs(
                place=place,
                settings=settings.exposure,
                service=service.name,
                annotations=backing.ingress_annotations,
                addressed=backing.addressed,
            )
            exposure = Exposure(part(name, "ingress"), way_in, mine)
            url, self.address = exposure.url, exposure.address
        key, keys = self._key(name, place, settings)
        image = Image(
            settings=settings,
            env=container.environment(
                settings,
                artifact_root=bucket.uri,
                database_url=database.url,
                bucket=bucket.env,
                hosts=[*([settings.exposure.host] if settings.exposure.host else []), *service.hosts],
                retention=args.retention,
                name=name,
                url=url,
            ),
            digest=token.digest,
            key=key,
            claims=container.claims(database.volume, bucket.volume),
            volumes=backing.volumes,
        )
        annotations = {**backing.account_annotations, **settings.service_account_annotations}
        account = Account(part(name, "account"), AccountArgs(place=place, annotations=annotations), mine)
        ready: tuple[Resource, ...] = (account, token, *keys, *database.ready, *bucket.ready, *backing.ready)
        if settings.network_policy:
            ready += (Network(part(name, "network"), _network(place, settings, database, bucket), mine),)
        if settings.database.served and args.running:
            migration = MigrationArgs(place=place, image=image, ready=ready)
            ready += (Migration(part(name, "migration"), migration, mine),)
        Deployment(
            part(name, "deployment"),
            DeploymentArgs(
                place=place,
                image=image,
                host=service.name,
                running=args.running,
                scaled=settings.most > settings.fewest,
                ready=ready,
            ),
            mine,
        )
        RetentionJob(
            part(name, "retention"),
            RetentionArgs(place=place, image=image, running=args.running, ready=ready),
            mine,
        )
        if settings.most > 1 and args.running:
            Scaling(part(name, "scaling"), ScalingArgs(place=place, settings=settings), mine)
        if settings.service_monitor:
            Monitor(part(name, "monitor"), MonitorArgs(place=place), mine)
        self.url = Output.from_input(url)
        self.token = token.value if backing.token is None else backing.token
        self.namespace = namespace.name
        told = {
            "service": service.name,
            "service_url": service.url,
            "bucket": bucket.uri,
            "image": settings.image,
            "retention": args.retention,
        }
        self._told = {key: Output.from_input(value) for key, value in told.items()}
        self.register_outputs(dict(self.outputs))

    @property
    def outputs(self) -> Outputs:
        return {
            "url": self.url,
            "token": self.token,
            "namespace": self.namespace,
            **self._told,
        }

    def _backing(self, name: str, args: KubernetesArgs, place: Place) -> Backing:
        """Where a subclass makes what its cloud has for the instance."""
        return Backing(settings=args.settings)

    def _key(self, name: str, place: Place, settings: KubernetesSettings) -> tuple[SecretRef, list[Resource]]:
        """What the server encrypts its users' secrets with, which never changes; and what is made for it."""
        if settings.secret_key:
            return settings.secret_key, []
        key = Password(part(name, "key"), opts=ResourceOptions(parent=self))
        secret = Secret(
            part(name, "key-secret"),
            metadata=place.meta("key", "server"),
            string_data={_KEY: Output.concat(key.value, "=")},  # base64 with its padding
            opts=child(self, keep=settings.kept),
        )
        return SecretRef(name=place.name("key"), key=_KEY), [secret]


def _network(place: Place, settings: KubernetesSettings, database: Database, bucket: Bucket) -> NetworkArgs:
    elsewhere = {bucket.port} if bucket.port else set()
    if settings.database.kind == "url":
        elsewhere.add(database.port)
    return NetworkArgs(
        place=place,
        exposed=settings.exposure.kind != "none" or settings.service_monitor,
        controllers=settings.exposure.namespaces if not settings.service_monitor else (),
        database=database.pods,
        operated=settings.database.kind == "cloudnativepg",
        database_port=database.port,
        ports=sorted(elsewhere),
        networks=settings.egress,
    )
