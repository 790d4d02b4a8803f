"""What the registry hands out, in MLflow's JSON shape."""

from dataclasses import dataclass

from msgspec import Struct, field

from trackstack.server.store.entities import Tag


class Alias(Struct):
    alias: str
    version: str


class ModelVersion(Struct, omit_defaults=True, kw_only=True):
    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    description: str | None = None
    source: str
    run_id: str  # "" for none
    status: str
    tags: list[Tag] = field(default_factory=list)
    run_link: str
    aliases: list[str] = field(default_factory=list)


class RegisteredModel(Struct, omit_defaults=True, kw_only=True):
    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str | None = None
    latest_versions: list[ModelVersion] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to make; `storage_location` is where `source` was found to lie."""

    name: str
    source: str
    storage_location: str
    run_id: str | None
    run_link: str
    description: str
    tags: dict[str, str]
