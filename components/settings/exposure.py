"""How an instance on Kubernetes is reached from outside its cluster."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from trackstack.components.settings.base import DnsLabel, Host, Settings

_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+|/?")


class GatewayRef(Settings):
    """The Gateway that an HTTPRoute is attached to."""

    name: DnsLabel = Field(min_length=1, description="Of kind gateway: the Gateway's name.")
    namespace: DnsLabel = Field(default="", description="Its namespace; empty: the instance's.")
    section: str = Field(default="", description="Its listener; empty: any that fits.")


class ExposureSettings(Settings):
    """The way in, by `kind`."""

    kind: Literal["none", "ingress", "gateway"] = Field(
        default="none", description="none: within the cluster only; an ingress, or a gateway's route."
    )
    host: Host = Field(default="", description="The name under which it is reached.")
    path: str = Field(default="/", description="The path below which it is reached, such as /team-a.")
    class_name: str = Field(default="", description="Of kind ingress: the class; empty: the default one.")
    annotations: dict[str, str] = Field(default={}, description="Of the Ingress or HTTPRoute.")
    tls_secret: DnsLabel = Field(default="", description="Of kind ingress: the Secret with the certificate.")
    cluster_issuer: str = Field(
        default="", description="Of kind ingress: the cert-manager issuer that makes the certificate."
    )
    tls: bool = Field(default=False, description="Whether the way in speaks https without either of these.")
    gateway: GatewayRef | None = Field(default=None, description="Of kind gateway.")
    namespaces: tuple[DnsLabel, ...] = Field(
        default=(), description="Where the controllers run that may reach the pods; none: any namespace."
    )

    @property
    def secure(self) -> bool:
        """Whether users reach it over https."""
        return bool(self.tls or self.tls_secret or self.cluster_issuer)

    @property
    def prefix(self) -> str:
        """The path without its last slash; empty for the root."""
        return self.path.rstrip("/")

    @property
    def url(self) -> str:
        """Where users reach the instance; empty where there is no way in."""
        if self.kind == "none":
            return ""
        return f"{'https' if self.secure else 'http'}://{self.host}{self.prefix}"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"path {self.path!r}: write a path such as /team-a")
        if self.kind == "none" and (self.host or self.prefix):
            raise ValueError("host and path need kind ingress or gateway")
        if self.kind != "none" and not self.host:
            raise ValueError(f"kind {self.kind} needs a host")
        if (self.kind == "gateway") != (self.gateway is not None):
            raise ValueError("kind gateway needs `gateway: {name, namespace}`, and no other kind takes it")
        if self.kind != "ingress" and (self.class_name or self.tls_secret or self.cluster_issuer):
            raise ValueError("class_name, tls_secret and cluster_issuer are for kind ingress")
        return self
