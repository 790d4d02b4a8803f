"""OpenMetadata's own client at work; run by the interpreter that has it, as test_client.py tells.

Arguments: the control plane's URL, a token of a project with the instances speech and vision, one of another.
"""

# mypy: disable-error-code="import-not-found,misc"
# What it imports is in an environment of its own.

import sys
from typing import Any

from metadata.generated.schema.api.services.createMlModelService import CreateMlModelServiceRequest
from metadata.generated.schema.entity.data.mlmodel import MlModel
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
    OpenMetadataConnection,
)
from metadata.generated.schema.entity.services.mlmodelService import MlModelService
from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.sdk import configure
from metadata.sdk.entities.mlmodels import MLModels

URL, TOKEN, FOREIGN = sys.argv[1:]


def connect(token: str) -> Any:
    return OpenMetadata(
        OpenMetadataConnection(
            hostPort=f"{URL}/api",
            authProvider="openmetadata",
            securityConfig=OpenMetadataJWTClientConfig(jwtToken=token),
            enableVersionValidation=True,
        )
    )


def names(client: Any, kind: Any, limit: int, **params: str) -> list[str]:
    found = client.list_all_entities(kind, limit=limit, params=params, fields=["tags"])
    return [one.fullyQualifiedName.root for one in found]


def main() -> None:
    client, foreign = connect(TOKEN), connect(FOREIGN)
    assert client.health_check()

    assert names(client, MlModelService, 1) == ['"serving.eu"', "speech", '"serving.eu"', "vision"]
    listed = names(client, MlModel, 2)
    assert len(listed) == 10 and listed == names(client, MlModel, 100)
    assert {"speech.churn", 'vision."fraud v1.2"', "vision.a?b#c", '"serving.eu".kept'} <= set(listed)
    for name in listed:
        assert client.get_by_name(MlModel, name).fullyQualifiedName.root == name
    assert len(names(client, MlModel, 100, service="vision")) == 4

    vision = client.get_by_name(MlModelService, "vision", fields=["*"])
    assert vision.connection.config.trackingUri == vision.connection.config.registryUri
    assert client.get_by_id(MlModelService, vision.id).name == vision.name
    churn = client.get_by_name(MlModel, "vision.churn", fields=["tags", "extension", "lifeCycle"])
    assert churn.service.id == vision.id
    assert {param.name: param.value for param in churn.mlHyperParameters} == {"depth": "3"}
    assert client.get_by_id(MlModel, churn.id).name == churn.name

    configure(host=f"{URL}/api", jwt_token=TOKEN)
    assert len(list(MLModels.list_all(filters={"service": "speech"}))) == 4

    try:
        client.create_or_update(CreateMlModelServiceRequest(name="new", serviceType="Sklearn"))
    except APIError as error:
        assert error.code == 405, error.code
    else:
        raise AssertionError("it can be written to")

    assert names(foreign, MlModelService, 100) == ["hidden", '"serving.eu"'][::-1]
    assert not [name for name in names(foreign, MlModel, 100) if name.startswith(("speech", "vision"))]
    assert foreign.get_by_name(MlModel, "vision.churn") is None
    assert foreign.get_by_id(MlModel, churn.id) is None
    print("the catalog is as its client knows it")


main()
