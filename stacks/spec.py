"""What an instance is to be: the one model behind the command line, `Pulumi.<stack>.yaml` and the REST API.

Its rules are those of the Model Experiments API, so that every instance can be shown there.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from trackstack import durations
from trackstack.components.settings.aws import AwsSettings
from trackstack.components.settings.kubernetes import KubernetesSettings
from trackstack.stacks.errors import InvalidSpec

NAMESPACE = "trackstack"
"""The project, and the prefix of its configuration keys."""
MIN_RETENTION, MAX_RETENTION = timedelta(days=1), timedelta(days=90)

_TYPES = {
    "labels": "object",
    "port": "integer",
    "running": "boolean",
    "token_rotation": "integer",
    "kubernetes": "object",
    "aws": "object",
}
"""The settings that are no texts, as Pulumi.yaml calls their types."""
_NAME = re.compile(r"[0-9A-Za-z\s_-]{1,64}", re.ASCII)
_DESCRIPTION = re.compile(r"[0-9A-Za-z\s.:/-]{0,160}", re.ASCII)
_REGION = re.compile(r"[0-9a-z-]{0,32}")
_LABEL = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]")


_NO_CLUSTER, _NO_ACCOUNT = KubernetesSettings(), AwsSettings()


class InstanceSpec(BaseModel):
    """An instance as it is wanted. Raises InvalidSpec naming each setting that cannot be, and its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="What people call it: 1 to 64 letters, digits, spaces, _ and -.")
    description: str = Field(
        default="", description="What it is for: at most 160 letters, digits, spaces, . : / -."
    )
    target: Literal["local", "kubernetes", "aws"] = Field(
        default="local", description="Where it runs: local (this machine), kubernetes or aws."
    )
    retention: str = Field(default="30d", description="How long deleted experiments are kept: 1d to 90d.")
    labels: dict[str, str] = Field(default={}, description="Labels, as Kubernetes has them.")
    port: int | None = Field(default=None, description="Its port on loopback; 0: a free one, which it keeps.")
    running: bool = Field(
        default=True, description="Whether its server runs; a stopped one keeps everything."
    )
    token_rotation: int = Field(
        default=0, ge=0, description="Another number gives it another admin token; the old one ends."
    )
    id: str = Field(default="", description="Its UUID in the control plane; else one follows from its stack.")
    project: str = Field(default="", description="UUID of its project in the control plane.")
    region: str = Field(default="", description="Its region in the control plane, such as eu01.")

    # The factories hand out one and the same, which cannot change; pydantic would copy a default each time.
    kubernetes: KubernetesSettings = Field(
        default_factory=lambda: _NO_CLUSTER,
        description="Of target kubernetes: cluster, size, database and more.",
    )
    aws: AwsSettings = Field(
        default_factory=lambda: _NO_ACCOUNT,
        description="Of target aws: EKS cluster, VPC, database, bucket, domain and more.",
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidSpec("; ".join(map(_sentence, error.errors()))) from None

    @property
    def stack(self) -> str:
        """The name of its stack, if it has no other: its own with a `-` for each run of white space.

        Raises InvalidSpec for a name without a letter or digit.
        """
        if not re.search("[0-9A-Za-z]", self.name):
            raise InvalidSpec(f"name: {self.name!r} cannot be used; write one letter or digit at least")
        return stack_name(self.name)

    @property
    def in_cluster(self) -> bool:
        """Whether its server is pods of a cluster, not a process of this machine."""
        return self.target != "local"

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The spec with `changes`; mappings are merged, and what is None goes. Raises InvalidSpec.

        Another name does not move the instance: its stack is called as before.
        """
        return type(self)(**_merged(self._decided(), changes))

    def to_config(self) -> dict[str, Any]:
        """The stack's configuration as YAML has it: what was decided, and nothing that is empty."""
        values = self._decided()
        for name in ("running", "token_rotation"):
            if values[name] == type(self).model_fields[name].default:
                del values[name]
        return {f"{NAMESPACE}:{key}": value for key, value in values.items() if value not in ("", {})}

    def _decided(self) -> dict[str, Any]:
        """Every setting that has a value; of a target's, those that differ from its defaults."""
        values = self.model_dump(exclude_none=True, exclude={"kubernetes", "aws"})
        if self.in_cluster:
            # The image is written even where it is the default, for another toolkit has another one.
            own = {
                "image": self.kubernetes.image,
                **self.kubernetes.model_dump(mode="json", exclude_defaults=True),
            }
            values["kubernetes"] = own
        if self.target == "aws":
            values["aws"] = self.aws.model_dump(mode="json", exclude_defaults=True)
        return values

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> Self:
        """The spec in a stack's configuration, as the Pulumi CLI hands it out. Raises InvalidSpec."""
        values = {}
        for key, text in config.items():
            namespace, _, name = key.partition(":")
            if namespace == NAMESPACE:
                values[name] = _decoded(name, text)
        return cls(**values)

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        if not self.in_cluster and self.kubernetes != _NO_CLUSTER:
            raise ValueError(f"kubernetes is for the targets kubernetes and aws, not {self.target}")
        if self.target != "aws" and self.aws != _NO_ACCOUNT:
            raise ValueError(f"aws is for the target aws, not {self.target}")
        if self.target == "aws":
            self._check_aws()
        if self.target != "local" and self.port:
            raise ValueError(f"port is for the target local, not {self.target}")
        return self

    def _check_aws(self) -> None:
        pods, domain = self.kubernetes, self.aws.domain
        if missing := self.aws.missing():
            raise ValueError(missing)
        for name, kept in (("database", pods.database), ("bucket", pods.bucket)):
            if kept != type(kept)():
                raise ValueError(f"kubernetes.{name} is for the target kubernetes; aws.{name} is for aws")
        if pods.admin_token:
            raise ValueError("kubernetes.admin_token is for the target kubernetes; aws makes its own")
        if (domain.zone or domain.certificate) and pods.exposure.kind != "ingress":
            raise ValueError("aws.domain needs kubernetes.exposure with kind ingress and a host")

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("write 1 to 64 letters, digits, spaces, _ and -")
        return name

    @field_validator("description")
    @classmethod
    def _check_description(cls, description: str) -> str:
        if not _DESCRIPTION.fullmatch(description):
            raise ValueError("write at most 160 letters, digits, spaces, . : / and -")
        return description

    @field_validator("retention")
    @classmethod
    def _check_retention(cls, retention: str) -> str:
        """Kept as it is written, for it is shown again so."""
        if not MIN_RETENTION <= _duration(retention) <= MAX_RETENTION:
            raise ValueError("write 1d to 90d, such as 30d or 1d12h")
        return retention

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        for key, value in labels.items():
            if not _LABEL.fullmatch(key) or not (value == "" or _LABEL.fullmatch(value)):
                rule = "1 to 63 letters, digits, - _ and . that begin and end with a letter or digit"
                raise ValueError(f"{key}={value}: write keys and values of {rule}")
        return labels

    @field_validator("id", "project")
    @classmethod
    def _check_uuid(cls, text: str) -> str:
        try:
            return text and str(UUID(text))
        except ValueError:
            raise ValueError("write a UUID, such as 792ff0e7-be72-4135-91fa-74adab5cec76") from None

    @field_validator("region")
    @classmethod
    def _check_region(cls, region: str) -> str:
        if not _REGION.fullmatch(region):
            raise ValueError("write at most 32 lower-case letters, digits and -")
        return region

    @field_validator("port")
    @classmethod
    def _check_port(cls, port: int | None) -> int | None:
        if port is not None and not 0 <= port <= 65535:
            raise ValueError("write 1 to 65535, or 0 for a free one")
        return port or None


def stack_name(name: str) -> str:
    """The stack of the instance of that name."""
    return re.sub(r"\s+", "-", name)


def config_schema() -> dict[str, dict[str, Any]]:
    """The `config` of Pulumi.yaml: a key for each setting, with its type, sentence and default."""
    return {name: _declared(name) for name in InstanceSpec.model_fields}


def _declared(name: str) -> dict[str, Any]:
    field = InstanceSpec.model_fields[name]
    declared = {"type": _TYPES.get(name, "string"), "description": str(field.description)}
    if field.is_required():
        return declared
    # Pulumi requires every key that has no default, so none may be without.
    default = {} if field.default_factory else field.default
    return {**declared, "default": 0 if name == "port" else default}


def _decoded(name: str, text: str) -> Any:
    """A value as Pulumi has it: a text that is JSON unless the setting is a text itself."""
    if name not in _TYPES:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if name == "labels" and isinstance(value, dict):  # YAML reads `tier: 1` as a number
        return {key: item if isinstance(item, str) else json.dumps(item) for key, item in value.items()}
    return value


def _duration(text: str) -> timedelta:
    try:
        return durations.parse(text)
    except ValueError:
        return timedelta(0)


def _sentence(error: Any) -> str:
    """One error of pydantic's as ours: the setting, its value, what to do."""
    if not error["loc"]:  # what settings are together
        return str(error["ctx"]["error"])
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return f"{key} is no setting of an instance; there are {', '.join(InstanceSpec.model_fields)}"
    if error["type"] == "extra_forbidden":
        return f"{key} is no setting of an instance"
    if error["type"] == "missing":
        return f"{key} is missing"
    advice = error["ctx"]["error"] if error["type"] == "value_error" else error["msg"]
    if isinstance(error["input"], dict):
        return f"{key}: {advice}"
    return f"{key}: {error['input']!r} cannot be used; {advice}"


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with `changes`; mappings are merged, and what is None goes."""
    values = dict(old)
    for key, value in changes.items():
        if isinstance(value, Mapping):
            value = _merged(values.get(key) or {}, value)
        values[key] = value
    return {key: value for key, value in values.items() if value is not None}
