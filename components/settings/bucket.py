"""Where an instance on Kubernetes keeps its artifacts."""

from typing import Literal, Self

from pydantic import Field, model_validator

from trackstack.components.settings.base import DnsLabel, Quantity, SecretRef, Settings

ArtifactMode = Literal["proxied", "direct"]
MODE = "proxied: files pass through the server; direct: by links between bucket and clients that can."


class BucketSettings(Settings):
    """Where the artifacts are, by `kind`."""

    kind: Literal["folder", "s3"] = Field(default="folder", description="folder on a volume, or s3.")
    storage: Quantity | None = Field(default=None, description="Size of the volume; else the preset's.")
    storage_class: str = Field(default="", description="The volume's class; empty: the cluster's default.")
    keep: bool = Field(default=False, description="Whether the volume outlives the instance.")
    claim: DnsLabel = Field(
        default="",
        description="Of kind folder: a PersistentVolumeClaim that is there, and stays.",
    )
    url: str = Field(
        default="",
        pattern=r"^(s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](/[^\s]*)?)?$",
        description="Of kind s3: s3://bucket/prefix.",
    )
    endpoint: str = Field(
        default="",
        pattern=r"^(https?://[^\s/]+/?)?$",
        description="Of kind s3: the service's address, where it is not AWS.",
    )
    region: str = Field(default="", description="Of kind s3: its region, such as eu-central-1.")
    access_key: SecretRef | None = Field(default=None, description="Of kind s3: AWS_ACCESS_KEY_ID.")
    secret_key: SecretRef | None = Field(default=None, description="Of kind s3: AWS_SECRET_ACCESS_KEY.")

    mode: ArtifactMode = Field(default="proxied", description=MODE)

    @property
    def remote(self) -> bool:
        """Whether several servers may share it."""
        return self.kind != "folder"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind == "s3" and not self.url:
            raise ValueError("kind s3 needs `url: s3://bucket/prefix`")
        if self.kind == "folder" and (self.url or self.endpoint or self.access_key or self.secret_key):
            raise ValueError("`url`, `endpoint`, `access_key` and `secret_key` are for kind s3, not folder")
        if self.mode == "direct" and self.kind != "s3":
            raise ValueError(f"`mode: direct` is for kind s3, not {self.kind}")
        if self.claim and self.kind != "folder":
            raise ValueError(f"`claim` is for kind folder, not {self.kind}")
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("`access_key` and `secret_key` go together")
        return self
