"""The published SDK of the API, through the whole life of instances and tokens, with mlflow's own client."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from stackit.modelexperiments import (
    ApiException,
    CreateInstancePayload,
    CreateInstanceTokenPayload,
    PartialUpdateInstancePayload,
    PartialUpdateInstanceTokenPayload,
)
from stackit.modelexperiments.api.default_api import DefaultApi
from stackit.modelexperiments.exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from tests.control.serving import PROJECT, ControlPlane, until

WHERE = (UUID(PROJECT), "eu01")


@pytest.fixture
def api(plane: ControlPlane) -> Iterator[DefaultApi]:
    yield plane.genuine()


def active(api: DefaultApi, id_: UUID) -> Any:
    """The instance once it is active, as Terraform waits for it."""

    def look() -> Any:
        instance = api.get_instance(*WHERE, id_).instance
        assert instance.state != "impaired", instance.error_message
        return instance.state == "active" and instance

    return until(look)


def gone(ask: Callable[[], Any]) -> bool:
    """Whether it is not found any more."""
    try:
        ask()
    except NotFoundException as error:
        assert cast(Any, error.data).code == 404
        return True
    return False


@pytest.mark.slow
def test_the_sdk_leads_an_instance_through_its_life(
    api: DefaultApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = api.create_instance(
        *WHERE,
        CreateInstancePayload(
            name="sdk",
            description="by the SDK",
            deletedExperimentRetention="45d",
            labels={"team": "a", "b": "c"},
        ),
    ).instance
    assert (created.state, created.deleted_experiment_retention) == ("creating", "45d")
    assert created.url and created.bucket_name
    instance = active(api, created.id)
    assert (instance.url, instance.bucket_name) == (created.url, created.bucket_name)

    token = api.create_instance_token(
        *WHERE, created.id, CreateInstanceTokenPayload(name="ci", description="training", ttlDuration="30d")
    ).token
    assert train(instance.url, token.content, tmp_path, monkeypatch) == 0.5

    changed = api.partial_update_instance(
        *WHERE,
        created.id,
        PartialUpdateInstancePayload(
            name="sdk two", deletedExperimentRetention="7d", labels={"team": None, "d": "e"}
        ),
    ).instance
    assert (changed.name, changed.deleted_experiment_retention) == ("sdk two", "7d")
    assert changed.labels == {"b": "c", "d": "e"} and changed.description == "by the SDK"
    active(api, created.id)

    rotated = api.create_instance_token(*WHERE, created.id, CreateInstanceTokenPayload(name="ci")).token
    renamed = api.partial_update_instance_token(
        *WHERE, rotated.id, created.id, PartialUpdateInstanceTokenPayload(name="ci two", labels={"a": "b"})
    ).token
    assert (renamed.name, renamed.labels) == ("ci two", {"a": "b"})
    assert api.delete_instance_token(*WHERE, token.id, created.id).token.state == "deleting"
    until(lambda: gone(lambda: api.get_instance_token(*WHERE, token.id, created.id)))
    assert [each.id for each in api.list_instance_tokens(*WHERE, created.id).tokens] == [rotated.id]
    assert train(instance.url, rotated.content, tmp_path, monkeypatch) == 0.5
    time.sleep(1)
    with pytest.raises(Exception, match="not valid here"):
        train(instance.url, token.content, tmp_path, monkeypatch)

    assert api.delete_instance(*WHERE, created.id).instance.state == "deleting"
    until(lambda: gone(lambda: api.get_instance(*WHERE, created.id)))
    assert created.id not in [each.id for each in api.list_instances(*WHERE).instances]


def train(url: str, token: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> float:
    """Log a run with a metric and an artifact; the metric as it is read back."""
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    client = MlflowClient(url)
    run = client.create_run("0").info.run_id
    client.log_metric(run, "loss", 0.5)
    (folder / "notes.txt").write_text("done")
    client.log_artifact(run, str(folder / "notes.txt"))
    assert [file.path for file in client.list_artifacts(run)] == ["notes.txt"]
    return float(client.get_run(run).data.metrics["loss"])


def test_the_sdk_understands_every_declared_error(plane: ControlPlane, api: DefaultApi) -> None:
    viewer = plane.genuine(
        plane.command("access", "create", "--project-id", PROJECT, "--role", "viewer").strip()
    )
    nobody = UUID("57d11a2b-7366-46a7-9f45-2e0ebd079142")
    payload = CreateInstancePayload(name="errors")
    created = api.create_instance(*WHERE, payload).instance
    cases: list[tuple[type[ApiException], int, Callable[[], Any]]] = [
        (
            BadRequestException,
            400,
            lambda: api.create_instance(
                *WHERE, CreateInstancePayload(name="x", deletedExperimentRetention="91d")
            ),
        ),
        (UnauthorizedException, 401, lambda: plane.genuine("nobody").list_instances(*WHERE)),
        (ForbiddenException, 403, lambda: viewer.create_instance(*WHERE, payload)),
        (NotFoundException, 404, lambda: api.get_instance(*WHERE, nobody)),
        (NotFoundException, 404, lambda: api.list_instances(nobody, "eu02")),
        (ConflictException, 409, lambda: api.delete_instance(*WHERE, created.id)),
    ]
    for kind, status, ask in cases:
        with pytest.raises(kind) as raised:
            ask()
        assert raised.value.status == status
        document = cast(Any, raised.value.data)
        assert (document.code, bool(document.message)) == (status, True)
    active(api, created.id)
    api.delete_instance(*WHERE, created.id)
    until(lambda: gone(lambda: api.get_instance(*WHERE, created.id)))


def test_the_sdk_understands_being_told_to_wait(own: ControlPlane) -> None:
    own.flags = ("--requests-per-s", "1", "--requests-burst", "3")
    own.start()
    api = own.genuine()

    with pytest.raises(ApiException) as raised:
        for _ in range(10):
            api.list_instances(*WHERE)

    answered = cast(Any, raised.value)
    assert answered.status == 429 and answered.data.code == 429
    assert int(answered.headers["Retry-After"]) >= 1
