"""Every bad location where an experiment takes one: refused, remembered nowhere, and nobody is called."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from tests.server.artifacts.catalogue import LEGAL_LOCATIONS, REFUSED_LOCATIONS
from tests.server.artifacts.http import API, PROXY, Served


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """Where a server that follows what clients name would be seen to knock."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.setblocking(False)
        yield one


@pytest.mark.parametrize(
    "location", [*REFUSED_LOCATIONS, "s3://our-bucket/prefix/x", "http://127.0.0.1:{port}/"], ids=ascii
)
def test_an_experiment_with_a_bad_location_is_refused(
    folder_server: Served, listener: socket.socket, location: str
) -> None:
    location = location.replace("{port}", str(listener.getsockname()[1]))
    name = f"at {location!a}"[:400]
    reply = folder_server.post(f"{API}/experiments/create", {"name": name, "artifact_location": location})
    assert (reply.status, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), reply.body
    again = folder_server.post(f"{API}/experiments/create", {"name": name})
    assert again.status == 200  # nothing was kept of the first
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("location", [one for one in LEGAL_LOCATIONS if not one.startswith("s3:")], ids=ascii)
def test_an_experiment_keeps_its_files_at_a_location_of_ours(folder_server: Served, location: str) -> None:
    name = f"at {location}"
    created = folder_server.post(f"{API}/experiments/create", {"name": name, "artifact_location": location})
    experiment = created.json()["experiment_id"]
    run = folder_server.post(f"{API}/runs/create", {"experiment_id": experiment}).json()["run"]["info"]
    root = LEGAL_LOCATIONS[location].rstrip("/")
    assert run["artifact_uri"] == f"{root}/{run['run_id']}/artifacts"
    target = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run['run_id']}&path=f"
    assert folder_server.ask("POST", target, b"x").status == 200
    listed = folder_server.ask("GET", f"{API}/artifacts/list?run_id={run['run_id']}").json()["files"]
    assert [file["path"] for file in listed] == ["f"]


def test_the_default_location_is_the_experiments_number(folder_server: Served) -> None:
    created = folder_server.post(f"{API}/experiments/create", {"name": "default location"}).json()
    experiment = folder_server.ask("GET", f"{API}/experiments/get?experiment_id={created['experiment_id']}")
    assert (
        experiment.json()["experiment"]["artifact_location"]
        == f"mlflow-artifacts:/{created['experiment_id']}"
    )


def test_a_run_in_the_servers_bucket_gets_links_to_it(bucket_server: Served) -> None:
    bucket = bucket_server.root.partition("?")[0]
    body = {"name": "straight", "artifact_location": f"{bucket}/straight"}
    experiment = bucket_server.post(f"{API}/experiments/create", body).json()["experiment_id"]
    run = bucket_server.post(f"{API}/runs/create", {"experiment_id": experiment}).json()["run"]["info"][
        "run_id"
    ]

    asked = {"run_id": run, "path": "d/f.txt"}
    up = bucket_server.post(f"{API}/artifacts/presigned-upload-url", asked).json()["presigned_url"]
    assert httpx.put(up, content=b"straight").status_code == 200
    down = bucket_server.post(f"{API}/artifacts/presigned-download-url", asked).json()
    assert down["file_size"] == 8
    assert httpx.get(down["presigned_url"]).content == b"straight"
    assert bucket_server.ask("GET", f"/get-artifact?run_uuid={run}&path=d/f.txt").body == b"straight"


def test_links_are_refused_where_they_do_not_fit(served: Served) -> None:
    run = served.run()
    for link in ("download", "upload"):
        asked = {"run_id": run, "path": "f"}
        proxied = served.post(f"{API}/artifacts/presigned-{link}-url", asked)
        assert (proxied.status, proxied.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert proxied.json()["message"].startswith(f"Presigned {link} is not supported for proxied artifact")
        for expiration in (0, -1, 604_801):
            late = served.post(f"{API}/artifacts/presigned-{link}-url", {**asked, "expiration": expiration})
            assert late.json()["message"].startswith("expiration must be between 1 and 604800 seconds")
    neither = served.post(f"{API}/artifacts/presigned-upload-url", {"path": "f"})
    assert neither.json()["message"] == "Exactly one of run_id and model_id must be provided."


@pytest.mark.parametrize("target", ["mpu/create/d", "mpu/complete/d", "mpu/abort/d"])
def test_a_folder_has_no_uploads_in_parts(folder_server: Served, target: str) -> None:
    reply = folder_server.post(f"{PROXY}/{target}", {"path": "f", "upload_id": "u", "parts": []})
    assert (reply.status, reply.json()) == (
        501,
        {
            "error_code": "NOT_IMPLEMENTED",
            "message": "Multipart upload is not supported for the current artifact repository",
        },
    )
    assert folder_server.ask("GET", f"{PROXY}/presigned/d/f").status == 501
