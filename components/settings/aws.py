"""What can be said about an instance on AWS; its pods are said as on any Kubernetes."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from trackstack.components.settings.base import SecretRef, Settings
from trackstack.components.settings.bucket import MODE, ArtifactMode
from trackstack.components.settings.size import SizeName

_ARN = re.compile(r"arn:aws[-a-z]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+")


def _arn(text: str) -> str:
    if text and not _ARN.fullmatch(text):
        raise ValueError("write an ARN such as arn:aws:kms:eu-central-1:123456789012:key/…")
    return text


Arn = Annotated[str, AfterValidator(_arn)]
"""An Amazon Resource Name; may be empty."""

SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
GroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]


class RdsPreset(Settings):
    """What a size means for the database."""

    instance_class: str
    storage_gb: int
    multi_az: bool
    backup_days: int
    min_capacity: float
    max_capacity: float


RDS_PRESETS: dict[SizeName, RdsPreset] = {
    "small": RdsPreset(
        instance_class="db.t4g.micro",
        storage_gb=20,
        multi_az=False,
        backup_days=7,
        min_capacity=0.5,
        max_capacity=2,
    ),
    "medium": RdsPreset(
        instance_class="db.t4g.medium",
        storage_gb=50,
        multi_az=False,
        backup_days=14,
        min_capacity=0.5,
        max_capacity=8,
    ),
    "large": RdsPreset(
        instance_class="db.m7g.large",
        storage_gb=200,
        multi_az=True,
        backup_days=30,
        min_capacity=2,
        max_capacity=32,
    ),
}
"""About 25, 50 and 100 users, as the sizes of the pods."""


class RdsSettings(Settings):
    """The database, by `kind`; what is not said is the size's."""

    kind: Literal["rds", "aurora", "shared"] = Field(
        default="rds",
        description="An RDS instance, an Aurora Serverless v2 cluster, or a database in a server there is.",
    )
    engine_version: str = Field(
        default="17", pattern=r"^[0-9]+(\.[0-9]+)?$", description="PostgreSQL's version; minor ones follow."
    )
    instance_class: str = Field(default="", pattern=r"^(db\.[a-z0-9.-]+)?$", description="Of kind rds.")
    storage_gb: int | None = Field(default=None, ge=20, le=65536, description="Of kind rds, at first.")
    max_storage_gb: int | None = Field(
        default=None, ge=20, le=65536, description="Of kind rds: how far it grows; else five times as much."
    )
    min_capacity: float | None = Field(
        default=None, ge=0, le=256, multiple_of=0.5, description="Of kind aurora, ACUs; 0 pauses it."
    )
    max_capacity: float | None = Field(
        default=None, ge=1, le=256, multiple_of=0.5, description="Of kind aurora, ACUs."
    )
    multi_az: bool | None = Field(default=None, description="Whether a second zone stands by.")
    backup_days: int | None = Field(default=None, ge=1, le=35, description="How long backups are kept.")
    deletion_protection: bool = Field(default=True, description="Whether AWS refuses to delete it.")
    final_snapshot: bool = Field(default=True, description="Whether a snapshot stays of what is deleted.")
    performance_insights: bool = Field(default=True, description="Whether its load is recorded for 7 days.")
    ca_secret: SecretRef | None = Field(
        default=None,
        description="A Secret with the authorities its certificate is compared with; none: encrypted only.",
    )
    host: str = Field(default="", description="Of kind shared: its address.")
    port: int = Field(default=5432, ge=1, le=65535, description="Of kind shared.")
    admin_secret: Arn = Field(
        default="",
        description="Of kind shared: the secret with {username, password} that may make roles and databases.",
    )
    admin_kms_key: Arn = Field(
        default="", description="Of kind shared: the key that secret is encrypted with."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        shared = self.kind == "shared"
        if shared != bool(self.host and self.admin_secret) or (
            not shared and (self.host or self.admin_secret)
        ):
            raise ValueError("kind shared needs `host` and `admin_secret`, and no other kind takes them")
        if self.kind != "rds" and (self.instance_class or self.storage_gb or self.max_storage_gb):
            raise ValueError(f"instance_class and storage are for kind rds, not {self.kind}")
        if self.kind != "aurora" and (self.min_capacity is not None or self.max_capacity is not None):
            raise ValueError(f"capacities are for kind aurora, not {self.kind}")
        return self


class S3Settings(Settings):
    """The bucket."""

    name: str = Field(
        default="",
        pattern=r"^([a-z0-9][-a-z0-9.]{1,61}[a-z0-9])?$",
        description="What it is called; empty: after the instance.",
    )
    existing: bool = Field(default=False, description="Whether it is there already, and none of ours.")
    prefix: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?$",
        description="Where in it artifacts are; empty: the instance's stack.",
    )
    mode: ArtifactMode = Field(default="proxied", description=MODE)
    versioning: bool = Field(default=True, description="Whether what is overwritten is kept for a while.")
    noncurrent_days: int = Field(default=30, ge=1, le=3650, description="For how many days.")
    force_destroy: bool = Field(default=False, description="Whether it is deleted with all that is in it.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.existing and not self.name:
            raise ValueError("an existing bucket needs its `name`")
        if self.existing and self.force_destroy:
            raise ValueError("force_destroy is for a bucket of the instance's own, not an existing one")
        return self


class DomainSettings(Settings):
    """The name under which an instance is reached, which is the host of `kubernetes.exposure`."""

    zone: str = Field(
        default="", pattern=r"^[A-Z0-9]{0,32}$", description="The id of the Route 53 zone that holds it."
    )
    certificate: Arn = Field(
        default="", description="An ACM certificate that is there; empty: one made in the zone."
    )
    scheme: Literal["internal", "internet-facing"] = Field(
        default="internal", description="Who reaches the load balancer."
    )
    group: str = Field(default="", description="The load balancer's group, to share one; empty: its own.")


class AwsSettings(Settings):
    """The AWS target. Region, profile, role and endpoints are Pulumi's own `aws:` configuration."""

    cluster: str = Field(default="", max_length=100, description="The EKS cluster's name.")
    vpc: str = Field(default="", pattern=r"^(vpc-[0-9a-f]{8,17})?$", description="The cluster's VPC.")
    subnets: tuple[SubnetId, ...] = Field(default=(), description="The database's, in two zones at least.")
    security_groups: tuple[GroupId, ...] = Field(
        default=(), description="The cluster's nodes' or pods': who may reach the database."
    )
    identity: Literal["irsa", "pod-identity"] = Field(default="irsa", description="How pods get their role.")
    oidc_provider: Arn = Field(default="", description="Of identity irsa: the cluster's OIDC provider.")
    permissions_boundary: Arn = Field(default="", description="A policy that bounds every role made.")
    kms_key: str = Field(
        default="",
        pattern=r"^(create|arn:aws[-a-z]*:kms:.+)?$",
        description="What encrypts: a key's ARN, create for one of the instance's own, empty for AWS's keys.",
    )
    secrets: Literal["kubernetes", "external-secrets", "secrets-store-csi"] = Field(
        default="kubernetes",
        description="How pods get their secrets: a Secret, an ExternalSecret, the Secrets Store CSI driver.",
    )
    owner: str = Field(default="", max_length=256, description="The tag trackstack:owner of everything.")
    tags: dict[str, str] = Field(default={}, description="Further tags of everything.")
    database: RdsSettings = Field(default=RdsSettings(), description="Where runs are kept.")
    bucket: S3Settings = Field(default=S3Settings(), description="Where artifacts are kept.")
    domain: DomainSettings = Field(default=DomainSettings(), description="DNS name and certificate.")

    def missing(self) -> str:
        """What has to be said besides, as a sentence; empty where nothing has."""
        wanted = {"cluster": self.cluster, "vpc": self.vpc}
        if self.identity == "irsa":
            wanted["oidc_provider"] = self.oidc_provider
        if self.database.kind != "shared":
            wanted |= {"security_groups": " ".join(self.security_groups), "subnets": " ".join(self.subnets)}
        names = [f"aws.{name}" for name, value in wanted.items() if not value]
        if names:
            return f"the target aws needs {', '.join(names)}"
        if self.database.kind != "shared" and len(self.subnets) < 2:
            return f"aws.subnets: {self.subnets[0]} alone cannot be used; name two, in different zones"
        return ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.secrets == "external-secrets" and self.identity != "irsa":
            raise ValueError(
                "secrets external-secrets asks with the pods' account, which needs identity irsa"
            )
        for key in self.tags:
            if key.startswith(("aws:", "trackstack:")):
                raise ValueError(f"tags: {key!r} cannot be used; aws: and trackstack: are not yours")
        return self
