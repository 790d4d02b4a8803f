"""Engines: forms whose files are streamed into the bucket, the registry of their images, their end."""

import json
from typing import Any

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import HEADERS, Sensei
from tests.server.serving import Server

IMAGE = {"location": "registry.example/a:1", "name": "a", "packagingType": "docker"}
TASKS = [{"name": "train", "parameters": [{"key": "k", "value": "v"}]}]


def test_an_engine_comes_back_as_it_was_made(sensei: Sensei) -> None:
    fields: dict[str, Any] = {
        "description": "",
        "type": "PySpark",
        "mlLibrary": "databricks-spark",
        "algorithm": "Classification",
        "language": ["Python", "C++"],
        "documentationUrl": "https://example.org/d",
        "gitRepo": "https://example.org/r.git",
        "iconUrl": "https://example.org/i.png",
        "tags": {"team": "retail"},
        "artifacts": {
            "default": {"image": {**IMAGE, "executionType": "x"}, "defaultMLInstanceConfigs": TASKS},
            "overrides": [
                {"id": "train", "name": "t", "artifact": IMAGE, "defaultMLInstanceConfigs": TASKS[0]}
            ],
        },
    }

    engine = sensei.engine(**fields)

    assert {name: engine[name] for name in fields} == fields
    assert sensei.get(f"/engines/{engine['id']}") == engine
    assert engine["deleted"] is False and engine["created"] == engine["updated"]
    assert engine["_links"]["self"] == {"href": f"/data/sensei/engines/{engine['id']}"}
    assert engine["_links"]["createMLInstance"] == {"href": "/data/sensei/mlInstances", "method": "POST"}
    (summary,) = sensei.get("/engines", property=f"name=={sensei.name}")["children"]
    assert summary["id"] == engine["id"]
    assert "artifacts" not in summary and "tags" not in summary


def test_files_are_kept_and_described(sensei: Sensei, client: httpx.Client) -> None:
    """Larger than any piece that arrives at once, with what looks like a boundary in it."""
    content = b"\r\n--boundary" * 300_000
    files: dict[str, Any] = {
        "engine": (None, json.dumps({"name": sensei.name})),
        "defaultArtifact": ("some dir/my.egg", content),
        "trainOverrideArtifact": ("train.jar", b"jar"),
    }

    reply = sensei.http.post("/engines", files=files)

    assert reply.status_code == 201, reply.text
    artifacts = reply.json()["artifacts"]
    image = artifacts["default"]["image"]
    assert (image["name"], image["packagingType"]) == ("my.egg", "egg")
    path = image["location"].removeprefix("mlflow-artifacts:/")
    assert client.get(f"/api/2.0/mlflow-artifacts/artifacts/{path}").content == content
    (override,) = artifacts["overrides"]
    assert (override["id"], override["artifact"]["packagingType"]) == ("train", "jar")


@pytest.mark.parametrize(
    "files",
    [
        [("defaultArtifact", ("a.egg", b"x"))],
        [("engine", (None, b"{")), ("defaultArtifact", ("a.egg", b"x"))],
        [("engine", (None, b'{"name":""}')), ("defaultArtifact", ("a.egg", b"x"))],
        [("defaultArtifact", ("a.egg", b"x")), ("engine", (None, b'{"name":"late"}'))],
        [("engine", (None, b'{"name":"twice"}')), ("engine", (None, b'{"name":"twice"}'))],
        [("engine", (None, b'{"name":"odd"}')), ("other", ("a.egg", b"x"))],
        [
            ("engine", (None, b'{"name":"two files"}')),
            ("defaultArtifact", ("a.egg", b"x")),
            ("defaultArtifact", ("b.egg", b"x")),
        ],
    ],
    ids=lambda files: "+".join(name for name, _ in files),
)
def test_a_form_that_is_refused_leaves_nothing(
    sensei: Sensei, server: Server, files: list[tuple[str, Any]]
) -> None:
    before = sensei.get("/engines")["_page"]["totalCount"]
    kept = sorted(server.data_dir.glob("artifacts/sensei/**/*.egg"))

    reply = sensei.http.post("/engines", files=files)

    assert_surface_error(reply, reply.status_code)
    assert reply.status_code in (400, 422)
    assert sensei.get("/engines")["_page"]["totalCount"] == before
    assert sorted(server.data_dir.glob("artifacts/sensei/**/*.egg")) == kept


@pytest.mark.parametrize("filename", ["../../up.egg", "", "..", "C:\\temp\\win.egg", "a\tb", "%2e%2e"])
def test_a_files_name_cannot_lead_out_of_its_folder(sensei: Sensei, filename: str) -> None:
    files: dict[str, Any] = {
        "engine": (None, json.dumps({"name": sensei.name})),
        "defaultArtifact": (filename, b"x"),
    }

    reply = sensei.http.post("/engines", files=files)

    assert reply.status_code == 201, reply.text
    image = reply.json()["artifacts"]["default"]["image"]
    folder = f"mlflow-artifacts:/sensei/engines/{reply.json()['id']}/defaultArtifact/"
    assert image["location"].startswith(folder)
    assert "/" not in image["location"].removeprefix(folder)


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"]
)
def test_an_engine_is_made_by_a_form_only(sensei: Sensei, content_type: str) -> None:
    reply = sensei.http.post("/engines", content=b"{}", headers={"content-type": content_type})
    assert_surface_error(reply, 415)


def test_the_registry_is_signed_in_to_with_the_callers_token(sensei: Sensei, server: Server) -> None:
    info = sensei.get("/engines/dockerRegistry")

    assert info == {
        "host": f"127.0.0.1:{server.port}",
        "username": server.token.id,
        "password": server.token.text,
    }


def test_an_engine_ends_with_all_that_was_made_of_it(sensei: Sensei) -> None:
    engine = sensei.engine()
    instance = sensei.instance(engine)
    experiment = sensei.experiment(instance)
    run = sensei.run(experiment)
    service = sensei.post("/mlServices", {"name": sensei.name, "mlInstanceId": instance["id"]})
    other = sensei.experiment()

    reply = sensei.http.delete(f"/engines/{engine['id']}")

    assert reply.json() == {"title": "Success", "status": 200, "detail": "Engine deletion was successful"}
    for path in (
        f"/engines/{engine['id']}",
        f"/mlInstances/{instance['id']}",
        f"/experiments/{experiment['id']}",
        f"/experiments/{experiment['id']}/runs/{run['id']}",
        f"/experiments/{service['trainingExperimentId']}",
        f"/mlServices/{service['id']}",
    ):
        assert_surface_error(sensei.http.get(path), 404)
    assert sensei.get(f"/experiments/{other['id']}")
    (found,) = sensei.get("/engines", property=f"name=={sensei.name},deleted==true")["children"]
    assert found["id"] == engine["id"] and found["deleted"] is True
    assert_surface_error(sensei.http.delete(f"/engines/{engine['id']}"), 404)


def test_a_spark_engine_needs_its_library(sensei: Sensei) -> None:
    for kind in ("PySpark", "Spark"):
        files = {"engine": (None, json.dumps({"name": sensei.name, "type": kind}))}
        reply = sensei.http.post("/engines", files=files)
        assert_surface_error(reply, 422)
        assert "databricks-spark" in reply.json()["detail"]


def test_overwriting_an_engine_replaces_all_of_it(sensei: Sensei) -> None:
    engine = sensei.engine(description="old", tags={"a": "b"})

    reply = sensei.http.put(f"/engines/{engine['id']}", json={"name": "new"})

    assert reply.status_code == 200
    assert reply.json()["name"] == "new"
    assert "description" not in reply.json() and "tags" not in reply.json()
    assert reply.json()["created"] == engine["created"]


def test_a_broken_upload_leaves_no_file(sensei: Sensei, server: Server) -> None:
    """A body that ends in the middle of the file."""
    head = (
        b'--B\r\nContent-Disposition: form-data; name="engine"\r\n\r\n{"name":"cut"}\r\n'
        b'--B\r\nContent-Disposition: form-data; name="defaultArtifact"; filename="cut.egg"\r\n\r\nhalf'
    )
    headers = {**HEADERS, "content-type": "multipart/form-data; boundary=B"}

    reply = sensei.http.post("/engines", content=head, headers=headers)

    assert_surface_error(reply, 400)
    assert not list(server.data_dir.glob("artifacts/sensei/**/cut.egg"))
