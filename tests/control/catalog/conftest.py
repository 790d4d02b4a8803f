"""A control plane with two instances of one project and one of another, which all hold models."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from tests.control.serving import OTHER_PROJECT, PROJECT, ControlPlane, made

from trackstack.control.access.tokens import AccessFile

SERVICES = "/api/v1/services/mlmodelServices"
MODELS = "/api/v1/mlmodels"

Json = dict[str, Any]


class Fleet(NamedTuple):
    """`ours` sees the instances speech and vision, `theirs` the instance hidden, `all` every one."""

    plane: ControlPlane
    instances: dict[str, Json]
    ours: httpx.Client
    theirs: httpx.Client
    all: httpx.Client

    def within(self, stack: str) -> httpx.Client:
        """A client of the instance's own server."""
        project = OTHER_PROJECT if stack == "hidden" else PROJECT
        api = self.plane.client(project=project)
        token = api.post(f"/instances/{self.instances[stack]['id']}/tokens", json={"name": "t"}).json()
        headers = {"Authorization": f"Bearer {token['token']['content']}"}
        client = httpx.Client(base_url=self.instances[stack]["url"], headers=headers, timeout=60)
        self.plane.clients.append(client)
        return client


def reader(plane: ControlPlane, project: str) -> httpx.Client:
    """A client that may look at one project."""
    token = AccessFile.of(plane.project).create("test", project, "viewer", timedelta(hours=1)).text
    client = httpx.Client(base_url=plane.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    plane.clients.append(client)
    return client


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Tests leave it so."""
    plane = ControlPlane(tmp_path_factory.mktemp("fleet"))
    try:
        plane.start()
        yield filled(plane)
    finally:
        plane.switch_off()


def filled(plane: ControlPlane) -> Fleet:
    """The plane with its instances, and models in them."""
    instances = {
        "speech": made(plane.client(), name="speech", description="all that talks"),
        "vision": made(plane.client(), name="vision"),
        "hidden": made(plane.client(project=OTHER_PROJECT), name="hidden"),
    }
    fleet = Fleet(plane, instances, reader(plane, PROJECT), reader(plane, OTHER_PROJECT), reader(plane, "*"))
    for stack in instances:
        fill(fleet.within(stack), stack)
    return fleet


def fill(client: httpx.Client, stack: str) -> None:
    """Four registered models, of which one has a version, and two of a service that users keep."""

    def post(path: str, **body: Any) -> Any:
        return client.post(path, json=body).raise_for_status().json()

    run = post("/api/2.0/mlflow/runs/create", experiment_id="0")["run"]["info"]["run_id"]
    post("/api/2.0/mlflow/runs/log-batch", run_id=run, params=[{"key": "depth", "value": "3"}])
    for name in ("churn", "fraud v1.2", "a?b#c", f"only {stack}"):
        post("/api/2.0/mlflow/registered-models/create", name=name)
    post("/api/2.0/mlflow/model-versions/create", name="churn", source=f"runs:/{run}/model", run_id=run)
    post(SERVICES, name="serving.eu", serviceType="CustomMlModel", domains=["Risk"])
    for name in ("kept", "gone"):
        entity = post(MODELS, name=name, service='"serving.eu"')
    client.delete(f"{MODELS}/{entity['id']}").raise_for_status()
