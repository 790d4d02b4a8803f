"""How a service is reached: the `config` of each type of service, checked and completed.

No secret of a connection is kept: nothing here connects anywhere, so it becomes OpenMetadata's mask.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct

from trackstack.server.errors import invalid
from trackstack.server.openmetadata.values import Given, Value, url

MASK = "*********"

Json = dict[str, Any]
ServiceType = Literal["Mlflow", "Sklearn", "CustomMlModel", "SageMaker", "VertexAI"]


class FilterPattern(Value):
    includes: list[str] | Given = UNSET
    excludes: list[str] | Given = UNSET


class Config(Value):
    mlModelFilterPattern: FilterPattern | Given = UNSET
    supportsMetadataExtraction: bool | Given = UNSET


class Mlflow(Config, kw_only=True):
    trackingUri: str
    type: Literal["Mlflow"] | Given = UNSET
    registryUri: str | Given = UNSET


class Sklearn(Config):
    type: Literal["Sklearn"] | Given = UNSET


class CustomMlModel(Struct):
    """What else it has belongs to the user's own class."""

    type: Literal["CustomMlModel"]
    sourcePythonClass: str | Given = UNSET
    connectionOptions: dict[str, str] | Given = UNSET
    mlModelFilterPattern: FilterPattern | Given = UNSET
    supportsMetadataExtraction: bool | Given = UNSET


class AwsCredentials(Value):
    awsRegion: str
    enabled: bool | Given = UNSET
    awsAccessKeyId: str | Given = UNSET
    awsSecretAccessKey: str | Given = UNSET
    awsSessionToken: str | Given = UNSET
    endPointURL: str | Given = UNSET
    profileName: str | Given = UNSET
    assumeRoleArn: str | Given = UNSET
    assumeRoleSessionName: str | Given = UNSET
    assumeRoleSourceIdentity: str | Given = UNSET


class SageMaker(Config):
    type: Literal["SageMaker"] | Given = UNSET
    awsConfig: AwsCredentials | Given = UNSET


class GcpValues(Value, tag_field="type", tag="service_account"):
    projectId: str | list[str] | Given = UNSET
    privateKeyId: str | Given = UNSET
    privateKey: str | Given = UNSET
    clientEmail: str | Given = UNSET
    clientId: str | Given = UNSET
    authUri: str | Given = UNSET
    tokenUri: str | Given = UNSET
    authProviderX509CertUrl: str | Given = UNSET
    clientX509CertUrl: str | Given = UNSET


class GcpPath(Value, tag_field="type", tag="gcp_credential_path"):
    path: str | Given = UNSET
    projectId: str | list[str] | Given = UNSET


class GcpExternalAccount(Value, tag_field="type", tag="external_account"):
    externalType: Literal["external_account"] | Given = UNSET
    audience: str | Given = UNSET
    subjectTokenType: str | Given = UNSET
    tokenURL: str | Given = UNSET
    credentialSource: dict[str, str] | Given = UNSET


class GcpDefault(Value, tag_field="type", tag="gcp_adc"):
    projectId: str | list[str] | Given = UNSET


class Impersonation(Value):
    impersonateServiceAccount: str | Given = UNSET
    lifetime: int | Given = UNSET


class GcpCredentials(Value):
    gcpConfig: GcpValues | GcpPath | GcpExternalAccount | GcpDefault
    gcpImpersonateServiceAccount: Impersonation | Given = UNSET


class VertexAI(Config, kw_only=True):
    credentials: GcpCredentials
    location: str
    type: Literal["VertexAI"] | Given = UNSET


class Connection(Value):
    config: Json | Given = UNSET


_CONFIGS: dict[str, Any] = {
    "Mlflow": Mlflow,
    "Sklearn": Sklearn,
    "CustomMlModel": CustomMlModel,
    "SageMaker": SageMaker,
    "VertexAI": VertexAI,
}
_SECRETS = frozenset({"awsSecretAccessKey", "awsSessionToken", "privateKey"})
_URLS = frozenset({"endPointURL", "authUri", "tokenUri", "authProviderX509CertUrl", "clientX509CertUrl"})


def stored(service_type: str, connection: Connection) -> Json | None:
    """The connection as it is kept; raises ApiError for a config that the type of service cannot have."""
    if connection.config is None or connection.config is UNSET:
        return None
    config: Json = _cleaned(connection.config)
    config.setdefault("type", service_type)
    credentials = config.get("credentials")
    if isinstance(credentials, dict) and isinstance(credentials.get("gcpConfig"), dict):
        credentials["gcpConfig"].setdefault("type", "service_account")
    try:
        msgspec.convert(config, _CONFIGS[service_type])
    except msgspec.ValidationError as error:
        raise invalid(f"The connection's config is not one of {service_type}: {error}.") from None
    if service_type == "Mlflow":
        config.setdefault("registryUri", config["trackingUri"])
    return {"config": config}


def readable(connection: Json) -> bool:
    """Whether clients can read it: not one of SageMaker's without its credentials."""
    config = connection["config"]
    return config["type"] != "SageMaker" or "awsConfig" in config


def _cleaned(value: Any, name: str = "") -> Any:
    """Without nulls and without secrets; its URLs are URLs."""
    if isinstance(value, str):
        if name in _URLS:
            url(value, name)
        return MASK if name in _SECRETS else value
    if isinstance(value, dict):
        return {key: _cleaned(item, key) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value
