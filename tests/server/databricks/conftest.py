"""Databricks' own client on the tests' server."""

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.config import Config
from databricks.sdk.service import ml
from tests.server.conftest import Start
from tests.server.serving import Server

SOURCE = "s3://bucket/model"


def workspace_of(server: Server, token: str = "") -> WorkspaceClient:
    """The client with a token, the administrator's without one."""
    config = Config(
        host=server.url, token=token or server.token.text, auth_type="pat", retry_timeout_seconds=2
    )
    return WorkspaceClient(config=config)


def mask(*paths: str) -> FieldMask:
    """What an update names."""
    return FieldMask(list(paths))  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def workspace(server: Server) -> WorkspaceClient:
    return workspace_of(server)


@pytest.fixture
def experiments(workspace: WorkspaceClient) -> ml.ExperimentsAPI:
    return workspace.experiments


@pytest.fixture
def registry(workspace: WorkspaceClient) -> ml.ModelRegistryAPI:
    return workspace.model_registry


@pytest.fixture
def experiment(experiments: ml.ExperimentsAPI, name: str) -> str:
    """A new experiment's id."""
    made = experiments.create_experiment(name).experiment_id
    assert made is not None
    return made


@pytest.fixture
def model(registry: ml.ModelRegistryAPI, name: str) -> str:
    """A new registered model's name; it has the versions 1 to 3."""
    registry.create_model(name)
    for _ in range(3):
        registry.create_model_version(name, SOURCE)
    return name


@pytest.fixture(scope="session")
def inward(start_server: Start) -> Iterator[Server]:
    """A server that may call private addresses."""
    yield start_server(TRACKSTACK_SERVER_PRIVATE_WEBHOOKS="true")
