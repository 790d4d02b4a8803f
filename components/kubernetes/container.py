"""The server's container: what every pod that runs the image is given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    HTTPGetActionArgs,
    HTTPHeaderArgs,
    LifecycleArgs,
    LifecycleHandlerArgs,
    LocalObjectReferenceArgs,
    PodSpecArgs,
    ProbeArgs,
    SecretKeySelectorArgs,
    SleepActionArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from trackstack.components.kubernetes import names, pod
from trackstack.components.kubernetes.bucket import FOLDER
from trackstack.components.kubernetes.place import Place
from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.kubernetes import KubernetesSettings, Toleration

DATA = "/data"
SECRETS = "/etc/trackstack"
_GRACE_S = 45
"""The drain, the requests under way, and then some."""
_DRAIN_S = 5
"""How long a pod that ends goes on serving, until no proxy sends it requests any more."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """How the image is run, whatever its command."""

    settings: KubernetesSettings
    env: Mapping[str, str | SecretRef]
    """The server's environment: plain, or from a Secret."""
    digest: SecretRef
    """`<token id> <SHA-256>` of the admin token."""
    key: SecretRef
    """The key that the instance's secrets are encrypted with."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Volumes by path: the claims' names."""
    volumes: Mapping[str, VolumeArgs] = field(default_factory=dict)
    """Further volumes by name, for `mounts`."""

    def container(
        self,
        command: Sequence[str],
        *,
        name: str,
        probes: Mapping[str, ProbeArgs] | None = None,
        resources: Mapping[str, Mapping[str, str]] | None = None,
        drained: bool = False,
    ) -> ContainerArgs:
        """The container that runs `trackstack-server` with these arguments."""
        drain = LifecycleHandlerArgs(sleep=SleepActionArgs(seconds=_DRAIN_S))
        return ContainerArgs(
            name=name,
            image=self.settings.image,
            args=list(command),
            env=[_variable(key, value) for key, value in self.env.items()],
            ports=[ContainerPortArgs(name="http", container_port=names.PORT)] if probes else None,
            resources=pod.resources(resources or self.settings.pod_resources),
            security_context=pod.container_security(),
            volume_mounts=self._mounts(),
            lifecycle=LifecycleArgs(pre_stop=drain) if drained else None,
            startup_probe=probes["startup"] if probes else None,
            readiness_probe=probes["ready"] if probes else None,
            liveness_probe=probes["live"] if probes else None,
        )

    def pod(
        self,
        place: Place,
        containers: Sequence[ContainerArgs],
        *,
        first: Sequence[ContainerArgs] = (),
        ends: bool = False,
        affinity: AffinityArgs | None = None,
        spread: Sequence[TopologySpreadConstraintArgs] = (),
    ) -> PodSpecArgs:
        """A pod of such containers; `first` run before, and with `ends` they are run once."""
        settings = self.settings
        return PodSpecArgs(
            service_account_name=place.name("server"),
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod.pod_security(),
            restart_policy="Never" if ends else None,
            termination_grace_period_seconds=None if ends else _GRACE_S,
            image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in settings.pull_secrets]
            or None,
            init_containers=list(first) or None,
            containers=list(containers),
            volumes=self._volumes(),
            node_selector=dict(settings.node_selector) or None,
            tolerations=[_toleration(each) for each in settings.tolerations] or None,
            affinity=affinity,
            topology_spread_constraints=list(spread) or None,
        )

    def _volumes(self) -> list[VolumeArgs]:
        return [
            *(pod.claimed(path.strip("/"), claim) for path, claim in self.claims.items()),
            *(pod.scratch(path.strip("/"), self._scratch) for path in self._scratches),
            pod.secret("admin", self.digest, "admin-token"),
            pod.secret("key", self.key, "key"),
            *self.volumes.values(),
        ]

    def _mounts(self) -> list[VolumeMountArgs]:
        folders = [*self.claims, *self._scratches]
        return [
            *(pod.mount(path.strip("/"), path) for path in folders),
            *mounts(["admin", "key", *self.volumes]),
        ]

    @property
    def _scratches(self) -> list[str]:
        """Nothing else may be written: the root file system is read-only."""
        return ["/tmp", *({DATA} - self.claims.keys())]  # noqa: S108 - a volume of the pod's own

    @property
    def _scratch(self) -> str:
        return self.settings.scratch or self.settings.preset.scratch


def environment(
    settings: KubernetesSettings,
    *,
    artifact_root: str,
    database_url: SecretRef | None,
    bucket: Mapping[str, str | SecretRef],
    hosts: Sequence[str],
    retention: str,
    name: str,
    url: str,
) -> dict[str, str | SecretRef]:
    """The server's environment; what the user adds wins. `url` is where users reach it, `name` its own."""
    env: dict[str, str | SecretRef] = {
        "TRACKSTACK_SERVER_HOST": "0.0.0.0",  # noqa: S104 - within the pod, behind the NetworkPolicy
        "TRACKSTACK_SERVER_PORT": str(names.PORT),
        "TRACKSTACK_SERVER_DATA_DIR": DATA,
        "TRACKSTACK_SERVER_ARTIFACT_ROOT": artifact_root,
        "TRACKSTACK_SERVER_ADMIN_TOKEN_FILE": f"{SECRETS}/admin/admin-token",
        "TRACKSTACK_SERVER_SECRET_KEY_FILE": f"{SECRETS}/key/key",
        "TRACKSTACK_SERVER_RETENTION": retention,
        # The CronJob does it.
        "TRACKSTACK_SERVER_RETENTION_CHECK_S": "0",
        "TRACKSTACK_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        "TRACKSTACK_SERVER_LOG_FORMAT": "json",
        "TRACKSTACK_SERVER_SERVICE_NAME": name,
        "TRACKSTACK_SERVER_PUBLIC_URL": url,
    }
    if settings.service_monitor:
        env["TRACKSTACK_SERVER_METRICS_OPEN"] = "true"
    if settings.exposure.kind != "none":
        # Whoever is not the way in is kept out by the NetworkPolicy.
        env["TRACKSTACK_SERVER_FORWARDED_FROM"] = "*"
    if settings.exposure.prefix:
        env["TRACKSTACK_SERVER_ROOT_PATH"] = settings.exposure.prefix
    if database_url:
        env["TRACKSTACK_SERVER_DATABASE_URL"] = database_url
    return {**env, **bucket, **settings.env, **settings.env_secrets}


def mounts(names: Iterable[str]) -> list[VolumeMountArgs]:
    """The volumes of those names, each in a folder of its name below SECRETS, to be read only."""
    return [pod.mount(name, f"{SECRETS}/{name}", read_only=True) for name in names]


def probes(host: str) -> dict[str, ProbeArgs]:
    """Started within five minutes, ready when the database answers, alive while the process does."""

    def ask(path: str, *, every_s: int, failures: int) -> ProbeArgs:
        headers = [HTTPHeaderArgs(name="Host", value=host)]
        get = HTTPGetActionArgs(path=path, port="http", http_headers=headers)
        return ProbeArgs(http_get=get, timeout_seconds=5, period_seconds=every_s, failure_threshold=failures)

    return {
        "startup": ask("/health", every_s=2, failures=150),
        "ready": ask("/ready", every_s=5, failures=2),
        "live": ask("/health", every_s=10, failures=6),
    }


def claims(database: str | None, bucket: str | None) -> dict[str, str]:
    """The claims by the paths at which they are mounted."""
    found = {DATA: database, FOLDER: bucket}
    return {path: claim for path, claim in found.items() if claim}


def _toleration(toleration: Toleration) -> TolerationArgs:
    return TolerationArgs(
        key=toleration.key or None,
        operator=toleration.operator,
        value=toleration.value or None,
        effect=toleration.effect or None,
    )


def _variable(name: str, value: str | SecretRef) -> EnvVarArgs:
    if isinstance(value, str):
        return EnvVarArgs(name=name, value=value)
    selected = SecretKeySelectorArgs(name=value.name, key=value.key)
    return EnvVarArgs(name=name, value_from=EnvVarSourceArgs(secret_key_ref=selected))
