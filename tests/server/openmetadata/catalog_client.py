"""OpenMetadata's own client at work; run by the interpreter that has it, as test_client.py tells.

Arguments: the server's URL, a token, a name that nobody else uses.
"""

# mypy: disable-error-code="import-not-found,misc"
# What it imports is in an environment of its own.

import sys
from collections.abc import Callable
from typing import Any

from metadata.generated.schema.api.data.createMlModel import CreateMlModelRequest
from metadata.generated.schema.api.services.createMlModelService import CreateMlModelServiceRequest
from metadata.generated.schema.entity.data.mlmodel import MlModel
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
    OpenMetadataConnection,
)
from metadata.generated.schema.entity.services.mlmodelService import MlModelService
from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig
from metadata.generated.schema.type.changeEvent import ChangeEvent
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.sdk import configure
from metadata.sdk.entities.base import BaseEntity
from metadata.sdk.entities.mlmodels import MLModels

URL, TOKEN, NAME = sys.argv[1:]
FQN = f'"{NAME}"'  # NAME has a dot
TAG = {"tagFQN": "PII.None", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}


class MlModelServices(BaseEntity):
    """The SDK has none of these for ML model services."""

    @classmethod
    def entity_type(cls) -> Any:
        return MlModelService


def connect() -> Any:
    return OpenMetadata(
        OpenMetadataConnection(
            hostPort=f"{URL}/api",
            authProvider="openmetadata",
            securityConfig=OpenMetadataJWTClientConfig(jwtToken=TOKEN),
            enableVersionValidation=True,
        )
    )


def refused(code: int, call: Callable[[], object]) -> None:
    try:
        call()
    except APIError as error:
        assert error.code == error.status_code == code, (error.code, code, str(error))
    else:
        raise AssertionError(f"not refused with {code}")


def service_request(**fields: Any) -> Any:
    config = {"type": "Mlflow", "trackingUri": "http://mlflow:5000", "registryUri": "http://mlflow:5000"}
    named = {"name": NAME, "serviceType": "Mlflow", "connection": {"config": config}}
    return CreateMlModelServiceRequest(**{**named, **fields})


def model_request(name: str, **fields: Any) -> Any:
    return CreateMlModelRequest(name=name, service=FQN, **fields)


def services(client: Any) -> None:
    made = client.create(service_request(description="first", tags=[TAG], domains=["Finance.Risk"]))
    assert made.fullyQualifiedName.root == FQN and made.version.root == 0.1
    refused(409, lambda: client.create(service_request()))

    same = client.create_or_update(service_request(description="first"))
    assert (same.id, same.version.root) == (made.id, 0.1)
    changed = client.create_or_update(service_request(description="second"))
    assert changed.version.root == 0.2 and changed.description == "second"
    assert changed.changeDescription.previousVersion.root == 0.1

    found = client.get_by_name(MlModelService, FQN, fields=["tags", "owners", "domains"])
    assert found.tags[0].tagFQN.root == "PII.None" and found.domains.root[0].name == "Risk"
    assert client.get_by_id(MlModelService, made.id).connection.config.trackingUri == "http://mlflow:5000"
    assert client.get_by_name(MlModelService, "no.such") is None

    bulk = client.bulk_create_or_update(
        [
            CreateMlModelServiceRequest(name=f"{NAME}-{kind}", serviceType=kind)
            for kind in ("Sklearn", "SageMaker", "VertexAI", "CustomMlModel")
        ]
    )
    assert bulk.numberOfRowsProcessed.root == 4 and bulk.numberOfRowsFailed.root == 0
    later = client.bulk_create_or_update(
        [CreateMlModelServiceRequest(name=f"{NAME}-Sklearn", serviceType="Sklearn", description="x")],
        use_async=True,
    )
    assert later.numberOfRowsProcessed.root == 1 and later.status.value == "success"

    names = {one.name.root for one in client.list_all_entities(MlModelService, limit=2)}
    assert {NAME, f"{NAME}-SageMaker", "trackstack"} <= names
    assert len(client.list_services(MlModelService)) <= 10


def models(client: Any) -> None:
    made = client.create(
        model_request(
            "churn",
            algorithm="RandomForest",
            mlHyperParameters=[{"name": "depth", "value": "3"}],
            mlFeatures=[{"name": "age", "dataType": "numerical"}],
            mlStore={"storage": "s3://bucket/churn"},
            server="http://serving:8080/churn",
            target="churned",
            dashboard="superset.churn",
            sourceHash="0" * 32,
            extension={"owner": "team"},
        )
    )
    assert made.service.fullyQualifiedName == FQN
    assert made.mlFeatures[0].fullyQualifiedName.root == f"{FQN}.churn.age"
    assert made.dashboard.fullyQualifiedName == "superset.churn"

    destination = made.model_copy(deep=True)
    destination.description = "by patch"
    patched = client.patch(MlModel, made, destination, if_match='W/"0.1"')
    assert patched.description.root == "by patch" and patched.version.root == 0.2
    stale = patched.model_copy(deep=True)
    stale.displayName = "late"
    refused(
        412,
        lambda: client.patch(MlModel, patched, stale, if_match='W/"0.1"', skip_on_failure=False),
    )
    assert client.patch_description(MlModel, patched, "again", force=True).version.root == 0.3

    breaking = client.create_or_update(model_request("churn", algorithm="Boosting"))
    assert breaking.version.root == 1.3, breaking.version
    history = client.get_list_entity_versions(made.id, MlModel)
    versions = [MlModel.model_validate_json(text).version.root for text in history.versions]
    assert versions == [1.3, 0.3, 0.2, 0.1]
    assert client.get_entity_version(MlModel, made.id, 0.1).algorithm == "RandomForest"

    client.delete(MlModel, made.id)
    assert client.get_by_id(MlModel, made.id) is None
    gone = client.get_by_name(MlModel, f"{FQN}.churn", fields=["tags"], include="deleted")
    assert gone.deleted is True
    assert client.restore(MlModel, made.id).deleted is False

    client.bulk_create_or_update([model_request(f"m{at:02}") for at in range(12)])
    listed = list(client.list_all_entities(MlModel, params={"service": FQN}, limit=5, fields=["tags"]))
    assert [one.name.root for one in listed] == ["churn", *(f"m{at:02}" for at in range(12))]
    page = client.list_entities(MlModel, params={"service": FQN}, limit=5)
    assert (page.total, page.before, len(page.entities)) == (13, None, 5)
    second = client.list_entities(MlModel, params={"service": FQN}, limit=5, after=page.after)
    back = client.list_entities(MlModel, params={"service": FQN}, limit=5, before=second.before)
    assert [one.name for one in back.entities] == [one.name for one in page.entities]

    stale_models = client.delete_stale_entities(MlModel, {"service": FQN}, [f"{FQN}.churn", f"{FQN}.m00"])
    assert stale_models.numberOfRowsPassed.root == 11

    follower = str(made.service.id.root)
    event = client.client.put(f"/mlmodels/{made.id.root}/followers", json=follower)
    assert ChangeEvent(**event).changeDescription.fieldsAdded[0].name.root == "followers"
    assert ChangeEvent(
        **client.client.put(f"/mlmodels/{made.id.root}/vote", json={"updatedVoteType": "votedUp"})
    )
    seen = client.get_by_id(MlModel, made.id, fields=["followers", "votes"])
    assert str(seen.followers.root[0].id.root) == follower and seen.votes.upVotes == 1


def registry(client: Any) -> None:
    """What MLflow registered, listed and read only."""
    own = client.get_by_name(MlModelService, "trackstack", fields=["tags"])
    assert own.connection.config.trackingUri == own.connection.config.registryUri == URL
    (model,) = [
        one
        for one in client.list_all_entities(
            MlModel, params={"service": "trackstack"}, fields=["tags", "extension", "lifeCycle"]
        )
        if one.displayName == f"{NAME} registered"
    ]
    assert {param.name: param.value for param in model.mlHyperParameters} == {"lr": "0.1"}
    assert model.mlStore.storage.endswith("/artifacts/model")
    assert client.get_by_id(MlModel, model.id).name == model.name
    assert client.get_by_name(MlModel, model.fullyQualifiedName).id == model.id
    refused(403, lambda: client.delete(MlModel, model.id))
    refused(403, lambda: client.create_or_update(CreateMlModelRequest(name="x", service="trackstack")))


def sdk() -> None:
    """`X.create` of the SDK is a PUT."""
    configure(host=f"{URL}/api", jwt_token=TOKEN)
    again = MlModelServices.create(service_request(displayName="Shown"))
    assert again.displayName == "Shown"
    assert MlModelServices.retrieve_by_name(FQN).id == again.id
    model = MLModels.create(model_request("sdk"))
    model.description = "updated"
    assert MLModels.update(model).description.root == "updated"
    assert any(one.id == model.id for one in MLModels.list_all(filters={"service": FQN}))
    follower = str(again.id.root)
    assert str(MLModels.add_followers(model.id, [follower]).followers.root[0].id.root) == follower
    assert not MLModels.remove_followers(model.id, [follower]).followers.root
    MLModels.delete(model.id)
    assert MLModels.restore(model.id).deleted is False
    MLModels.delete(model.id)
    assert MLModels.restore_async(model.id).job_id
    MLModels.delete(model.id, hard_delete=True)


def removal(client: Any) -> None:
    service = client.get_by_name(MlModelService, FQN)
    refused(400, lambda: client.delete(MlModelService, service.id))
    client.delete(MlModelService, service.id, recursive=True)
    assert client.get_by_name(MlModel, f"{FQN}.churn") is None
    assert client.restore(MlModelService, service.id).deleted is False
    assert client.get_by_name(MlModel, f"{FQN}.churn") is not None
    job = client.delete_async(MlModelService, service.id, recursive=True, hard_delete=True)
    assert set(job) == {"jobId", "message"}
    assert client.get_by_id(MlModelService, service.id) is None


def main() -> None:
    client = connect()
    assert client.health_check()
    services(client)
    models(client)
    registry(client)
    sdk()
    removal(client)
    assert client.get_lineage_by_name(MlModel, f"{FQN}.churn") is None
    print("the catalog is as its client knows it")


main()
