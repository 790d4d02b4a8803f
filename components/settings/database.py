"""Where an instance on Kubernetes keeps experiments and runs."""

from typing import Literal, Self

from pydantic import Field, model_validator

from trackstack.components.settings.base import DnsLabel, Quantity, SecretRef, Settings


class DatabaseSettings(Settings):
    """The database, by `kind`."""

    kind: Literal["sqlite", "postgres", "cloudnativepg", "url"] = Field(
        default="sqlite",
        description="sqlite on a volume, postgres of its own, a cloudnativepg cluster, or a given url.",
    )
    storage: Quantity | None = Field(default=None, description="Size of the volume; else the preset's.")
    storage_class: str = Field(default="", description="The volume's class; empty: the cluster's default.")
    keep: bool = Field(default=False, description="Whether the volume outlives the instance.")
    claim: DnsLabel = Field(
        default="",
        description="Of kinds sqlite and postgres: a PersistentVolumeClaim that is there, and stays.",
    )
    image: str = Field(default="postgres:17", description="Image of kind postgres.")
    instances: int = Field(default=1, ge=1, le=9, description="Members of kind cloudnativepg.")
    secret: SecretRef | None = Field(
        default=None,
        description="Of kind url, or with postgres' `claim`: the Secret that holds postgresql://…",
    )
    port: int = Field(
        default=5432, ge=1, le=65535, description="Of kind url: its port, opened in the NetworkPolicy."
    )

    @property
    def served(self) -> bool:
        """Whether several servers may share it."""
        return self.kind != "sqlite"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.claim and self.kind not in ("sqlite", "postgres"):
            raise ValueError(f"`claim` is for the kinds sqlite and postgres, not {self.kind}")
        taken_up = self.kind == "postgres" and bool(self.claim)
        if (self.kind == "url" or taken_up) != (self.secret is not None):
            raise ValueError(
                f"kind {self.kind}{' with a `claim`' if taken_up else ''} needs `secret: {{name, key}}`, "
                "the Secret that holds the URL"
                if self.secret is None
                else f"`secret` is for kind url, or postgres with a `claim`, not {self.kind}"
            )
        if self.instances > 1 and self.kind != "cloudnativepg":
            raise ValueError(f"`instances` is for kind cloudnativepg, not {self.kind}")
        return self
