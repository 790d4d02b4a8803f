"""How large an instance on Kubernetes is."""

from typing import Literal, Self

from pydantic import Field

from trackstack.components.settings.base import Quantity, Settings

SizeName = Literal["small", "medium", "large"]


class Resources(Settings):
    """What each server pod gets; what is not said is the preset's."""

    cpu: Quantity | None = Field(default=None, description="Requested CPU.")
    cpu_limit: Quantity | None = Field(default=None, description="Most CPU.")
    memory: Quantity | None = Field(default=None, description="Requested memory.")
    memory_limit: Quantity | None = Field(default=None, description="Most memory.")

    def changed(self, changes: Self) -> Self:
        """These, but for what `changes` say."""
        return self.model_copy(update=changes.model_dump(exclude_none=True))

    @property
    def quantities(self) -> dict[str, dict[str, str]]:
        """Requests and limits, as Kubernetes has them."""
        requests = {"cpu": self.cpu, "memory": self.memory}
        limits = {"cpu": self.cpu_limit, "memory": self.memory_limit}
        return {
            "requests": {name: value for name, value in requests.items() if value},
            "limits": {name: value for name, value in limits.items() if value},
        }


class Preset(Settings):
    """One size: the resources of a pod, and how many pods where the database and bucket allow it."""

    resources: Resources
    replicas: int
    most_replicas: int
    scratch: Quantity
    """Of each pod, for what passes through."""
    database_storage: Quantity
    database_resources: Resources
    artifact_storage: Quantity


def _resources(cpu: str, cpu_limit: str, memory: str, memory_limit: str) -> Resources:
    return Resources(cpu=cpu, cpu_limit=cpu_limit, memory=memory, memory_limit=memory_limit)


PRESETS: dict[SizeName, Preset] = {
    "small": Preset(
        resources=_resources("100m", "1", "160Mi", "320Mi"),
        replicas=1,
        most_replicas=1,
        scratch="1Gi",
        database_storage="10Gi",
        database_resources=_resources("250m", "1", "512Mi", "1Gi"),
        artifact_storage="20Gi",
    ),
    "medium": Preset(
        resources=_resources("250m", "2", "256Mi", "512Mi"),
        replicas=2,
        most_replicas=4,
        scratch="2Gi",
        database_storage="50Gi",
        database_resources=_resources("500m", "2", "1Gi", "2Gi"),
        artifact_storage="100Gi",
    ),
    "large": Preset(
        resources=_resources("500m", "2", "512Mi", "1Gi"),
        replicas=3,
        most_replicas=6,
        scratch="5Gi",
        database_storage="200Gi",
        database_resources=_resources("2", "4", "4Gi", "8Gi"),
        artifact_storage="500Gi",
    ),
}
"""About 25, 50 and 100 users. The server idles at 50 MB and stays below 100 MB under load, a tenth of
MLflow's, so the requests are a tenth of what its charts ask for; the database's are theirs."""
