"""A folder given by its URI: clients write it on their own, and the server reads the same files."""

from pathlib import Path

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def server(start_server: Start, root: Path) -> Server:
    return start_server("--artifact-root", root.as_uri())


def test_clients_are_told_the_folders_uri_and_the_server_serves_what_they_wrote(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", server.token.text)
    client = MlflowClient(server.url)
    experiment = client.get_experiment(client.create_experiment("direct"))
    assert experiment.artifact_location == f"{root.as_uri()}/{experiment.experiment_id}"
    run = client.create_run(experiment.experiment_id).info

    client.log_text(run.run_id, "hello", "notes/a.txt")

    on_disk = root / experiment.experiment_id / run.run_id / "artifacts" / "notes" / "a.txt"
    assert on_disk.read_text() == "hello"
    assert [file.path for file in client.list_artifacts(run.run_id, "notes")] == ["notes/a.txt"]
    with server.client() as plain:
        served = plain.get("/get-artifact", params={"run_uuid": run.run_id, "path": "notes/a.txt"})
        assert (served.status_code, served.text) == (200, "hello")
        listed = plain.get("/api/2.0/mlflow/artifacts/list", params={"run_id": run.run_id, "path": "notes"})
        assert listed.json()["files"] == [{"path": "notes/a.txt", "is_dir": False, "file_size": 5}]


@pytest.mark.parametrize("place", ["file:///etc", "../..", "%2e%2e/x"])
def test_a_place_outside_the_folder_is_refused(server: Server, root: Path, place: str) -> None:
    location = place if place.startswith("file:") else f"{root.as_uri()}/{place}"

    reply = httpx.post(
        f"{server.url}/api/2.0/mlflow/experiments/create",
        json={"name": place, "artifact_location": location},
        headers={"Authorization": f"Bearer {server.token.text}"},
    )

    assert reply.status_code == 400
