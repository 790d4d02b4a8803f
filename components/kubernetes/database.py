"""Where an instance keeps its experiments and runs."""

from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import StatefulSet, StatefulSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    ExecActionArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    Secret,
    SecretKeySelectorArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)

from trackstack.components.kubernetes import names, pod
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.kubernetes.volume import claim
from trackstack.components.naming import part
from trackstack.components.secrets import Password
from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.database import DatabaseSettings
from trackstack.components.settings.size import Preset

PORT = 5432
NAME = "trackstack"
"""The database, and the role that owns it."""
URL_KEY = "database-url"
_PASSWORD = "password"  # noqa: S105 - a key's name
_POSTGRES_USER = 999  # of the official image
_AWAKE = {"cnpg.io/hibernation": "off", "pulumi.com/waitFor": "condition=Ready"}
_ASLEEP = {"cnpg.io/hibernation": "on"}


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Inputs of `Database`."""

    place: Place
    settings: DatabaseSettings
    preset: Preset
    running: bool = True
    """Whether it serves; its volume stays."""


class Database(ComponentResource):
    """SQLite on a volume, PostgreSQL in a StatefulSet, a CloudNativePG cluster, or one that is there."""

    url: SecretRef | None
    """Where the server finds postgresql://…; None for SQLite."""
    volume: str | None
    """The claim of SQLite's volume."""
    pods: dict[str, str] | None
    """The labels of the pods that serve the database; None where none of the instance's own do."""
    port: int
    ready: list[Resource]
    """What must be there before a server can use it."""

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Database", name, {}, opts)
        self._name, self._args = name, args
        self.url = self.volume = self.pods = None
        self.port = args.settings.port
        self.ready = []
        {
            "sqlite": self._sqlite,
            "postgres": self._postgres,
            "cloudnativepg": self._cluster,
            "url": self._given,
        }[args.settings.kind]()
        self.register_outputs({})

    @property
    def _storage(self) -> str:
        return self._args.settings.storage or self._args.preset.database_storage

    def _sqlite(self) -> None:
        place, settings = self._args.place, self._args.settings
        if settings.claim:
            self.volume = settings.claim
            return
        made = claim(
            part(self._name, "volume"),
            place,
            "database",
            storage=self._storage,
            storage_class=settings.storage_class,
            keep=settings.keep,
            parent=self,
        )
        self.volume = place.name("database")
        self.ready = [made]

    def _given(self) -> None:
        self.url = self._args.settings.secret

    def _postgres(self) -> None:
        place, settings = self._args.place, self._args.settings
        self.pods, self.port = names.selector(place.instance, "postgres"), PORT
        data = [] if settings.claim else self._own_data()
        url = settings.secret or SecretRef(name=place.name("postgres"), key=URL_KEY)
        service = Service(
            part(self._name, "service"),
            metadata=place.meta("postgres", "postgres", {"pulumi.com/skipAwait": "true"}),
            spec=ServiceSpecArgs(
                cluster_ip="None",
                selector=names.selector(place.instance, "postgres"),
                ports=[ServicePortArgs(name="postgres", port=PORT, target_port="postgres")],
            ),
            opts=child(self),
        )
        server = StatefulSet(
            part(self._name, "server"),
            metadata=place.meta("postgres", "postgres"),
            spec=StatefulSetSpecArgs(
                service_name=place.name("postgres"),
                replicas=int(self._args.running),
                selector=place.selector("postgres"),
                template=PodTemplateSpecArgs(metadata=place.pod_meta("postgres"), spec=self._pod(url.name)),
            ),
            opts=child(self, depends_on=[*data, service]),
        )
        self.url = url
        self.ready = [server]

    def _own_data(self) -> list[Resource]:
        """The server's volume, and the Secret with the password that the volume knows, too."""
        place, settings = self._args.place, self._args.settings
        password = Password(part(self._name, "password"), opts=ResourceOptions(parent=self))
        host = place.name("postgres")
        url = Output.concat("postgresql://", NAME, ":", password.value, "@", host, f":{PORT}/{NAME}")
        secret = Secret(
            part(self._name, "secret"),
            metadata=place.meta("postgres", "postgres"),
            string_data={_PASSWORD: password.value, URL_KEY: url},
            opts=child(self, keep=settings.keep),
        )
        volume = claim(
            part(self._name, "volume"),
            place,
            "postgres",
            storage=self._storage,
            storage_class=settings.storage_class,
            keep=settings.keep,
            parent=self,
        )
        return [secret, volume]

    def _pod(self, secret: str) -> PodSpecArgs:
        place = self._args.place
        ask = ExecActionArgs(command=["pg_isready", "-U", NAME, "-d", NAME])
        password = SecretKeySelectorArgs(name=secret, key=_PASSWORD)
        container = ContainerArgs(
            name="postgres",
            image=self._args.settings.image,
            ports=[ContainerPortArgs(name="postgres", container_port=PORT)],
            env=[
                EnvVarArgs(name="POSTGRES_USER", value=NAME),
                EnvVarArgs(name="POSTGRES_DB", value=NAME),
                EnvVarArgs(name="POSTGRES_PASSWORD", value_from=EnvVarSourceArgs(secret_key_ref=password)),
                # A folder below the volume's root, where lost+found may be.
                EnvVarArgs(name="PGDATA", value="/var/lib/postgresql/data/pgdata"),
            ],
            resources=pod.resources(self._args.preset.database_resources.quantities),
            security_context=pod.container_security(),
            startup_probe=ProbeArgs(exec_=ask, period_seconds=5, failure_threshold=60),
            readiness_probe=ProbeArgs(exec_=ask, period_seconds=10, timeout_seconds=5),
            liveness_probe=ProbeArgs(exec_=ask, period_seconds=30, timeout_seconds=5, failure_threshold=6),
            volume_mounts=[
                pod.mount("data", "/var/lib/postgresql/data"),
                pod.mount("run", "/var/run/postgresql"),
                pod.mount("tmp", "/tmp"),  # noqa: S108 - a volume of the pod's own
            ],
        )
        return PodSpecArgs(
            automount_service_account_token=False,
            security_context=pod.pod_security(_POSTGRES_USER),
            termination_grace_period_seconds=60,
            containers=[container],
            volumes=[
                pod.claimed("data", self._args.settings.claim or place.name("postgres")),
                pod.scratch("run", "16Mi"),
                pod.scratch("tmp", "1Gi"),
            ],
        )

    def _cluster(self) -> None:
        """CloudNativePG makes the role, the database, and a Secret with the URL. It sleeps while stopped."""
        place, settings = self._args.place, self._args.settings
        host = place.name("postgres")
        storage = {"size": self._storage}
        if settings.storage_class:
            storage["storageClass"] = settings.storage_class
        cluster = CustomResource(
            part(self._name, "cluster"),
            api_version="postgresql.cnpg.io/v1",
            kind="Cluster",
            metadata=place.meta("postgres", "postgres", _AWAKE if self._args.running else _ASLEEP),
            spec={
                "instances": settings.instances,
                "storage": storage,
                "bootstrap": {"initdb": {"database": NAME, "owner": NAME}},
                "resources": self._args.preset.database_resources.quantities,
            },
            opts=child(self, keep=settings.keep),
        )
        self.pods, self.port = {"cnpg.io/cluster": host}, PORT
        self.url = SecretRef(name=f"{host}-app", key="uri")
        self.ready = [cluster]
