"""What can be said about an instance on Kubernetes."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from trackstack import __version__
from trackstack.components.settings.base import DnsLabel, Quantity, SecretRef, Settings
from trackstack.components.settings.bucket import BucketSettings
from trackstack.components.settings.database import DatabaseSettings
from trackstack.components.settings.exposure import ExposureSettings
from trackstack.components.settings.size import PRESETS, Preset, Resources, SizeName

_IMAGE = re.compile(
    r"[a-z0-9][-a-z0-9._/:]*[a-z0-9](:[A-Za-z0-9_][-A-Za-z0-9._]{0,127})?(@sha256:[0-9a-f]{64})?"
)


def _image(text: str) -> str:
    name, _, tag = text.partition("@")[0].rpartition(":")
    if not _IMAGE.fullmatch(text) or (not ("@" in text or name) or "/" in tag):
        raise ValueError("write an image with its tag or digest, such as registry.example.com/trackstack:1.2")
    if tag == "latest" and "@" not in text:
        raise ValueError("latest is another image every day: write the version's own tag")
    return text


Image = Annotated[str, AfterValidator(_image)]


class Toleration(Settings):
    """A taint of nodes that pods may run on all the same, as Kubernetes has it."""

    key: str = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""


class KubernetesSettings(Settings):
    """The Kubernetes target. Raises ValueError naming the key for what cannot be."""

    context: str = Field(default="", description="The kubeconfig's context; empty: its current one.")
    kubeconfig: str = Field(
        default="", description="Path of the kubeconfig; empty: KUBECONFIG, ~/.kube/config, or the pod's own."
    )
    namespace: DnsLabel = Field(
        default="", description="A namespace that is there; empty: one of the instance's own."
    )
    image: Image = Field(
        default=f"trackstack-server:{__version__}", description="The server's image, pinned by tag or digest."
    )
    pull_secrets: tuple[DnsLabel, ...] = Field(
        default=(), description="Secrets that open the image's registry."
    )
    size: SizeName = Field(default="small", description="small, medium or large.")
    resources: Resources = Field(default=Resources(), description="What differs from the size's, for a pod.")
    replicas: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Fewest pods; else the size's, where they can share.",
    )
    most_replicas: int | None = Field(
        default=None, ge=1, le=100, description="Most pods; more than `replicas` scales with the load."
    )
    scratch: Quantity | None = Field(default=None, description="Of each pod, for what passes through.")
    database: DatabaseSettings = Field(default=DatabaseSettings(), description="Where runs are kept.")
    bucket: BucketSettings = Field(default=BucketSettings(), description="Where artifacts are kept.")
    exposure: ExposureSettings = Field(default=ExposureSettings(), description="How it is reached.")
    network_policy: bool = Field(default=True, description="Whether pods reach only what they need.")
    egress: tuple[str, ...] = Field(
        default=(), description="Networks that pods may call besides, such as 10.0.0.0/8 for webhooks."
    )
    service_monitor: bool = Field(default=False, description="Whether Prometheus' operator scrapes the pods.")
    service_account_annotations: dict[str, str] = Field(
        default={}, description="Such as eks.amazonaws.com/role-arn, for a cloud identity."
    )
    pod_annotations: dict[str, str] = Field(default={}, description="Of the server's pods.")
    node_selector: dict[str, str] = Field(default={}, description="Labels of the nodes it may run on.")
    tolerations: tuple[Toleration, ...] = Field(default=(), description="As a pod has them.")
    env: dict[str, str] = Field(default={}, description="Further environment of the server.")
    env_secrets: dict[str, SecretRef] = Field(default={}, description="Further environment, from Secrets.")
    admin_token: SecretRef | None = Field(
        default=None,
        description="A Secret's key with `<token id> <SHA-256>`, instead of a token made by the stack.",
    )
    secret_key: SecretRef | None = Field(
        default=None,
        description="A Secret's key with the key of stored secrets, 32 bytes in base64, instead of one made.",
    )
    gc_schedule: str = Field(
        default="17 3 * * *",
        pattern=r"^(\S+ ){4}\S+$",
        description="When deleted things are removed, as cron has it.",
    )
    timeout_s: int = Field(default=600, ge=10, le=86400, description="Longest wait for the pods, seconds.")

    @property
    def preset(self) -> Preset:
        """The size's numbers."""
        return PRESETS[self.size]

    @property
    def shared(self) -> bool:
        """Whether more than one pod may serve the instance."""
        return self.database.served and self.bucket.remote

    @property
    def kept(self) -> bool:
        """Whether a volume outlives the instance, and so what one needs to read it."""
        return self.database.keep or self.bucket.keep

    @property
    def fewest(self) -> int:
        """How many pods there are at least."""
        if self.replicas is not None:
            return self.replicas
        return self.preset.replicas if self.shared else 1

    @property
    def most(self) -> int:
        """How many pods there are at most."""
        if self.most_replicas is not None:
            return self.most_replicas
        if self.replicas is not None or not self.shared:
            return self.fewest
        return self.preset.most_replicas

    @property
    def pod_resources(self) -> dict[str, dict[str, str]]:
        """The resources of a server pod, as Kubernetes has them."""
        return self.preset.resources.changed(self.resources).quantities

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.most < self.fewest:
            raise ValueError(f"most_replicas {self.most} is less than replicas {self.fewest}")
        if self.most > 1 and not self.shared:
            kept = "SQLite" if not self.database.served else "a folder"
            instead = "database.kind postgres" if not self.database.served else "bucket.kind s3"
            raise ValueError(
                f"replicas {self.most}: only one pod can serve {kept} on a volume; "
                f"choose {instead}, or 1 replica"
            )
        return self
