"""The life of instances: as callers of the API see it, and as everybody else sees the same stacks."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
import yaml
from tests.control.serving import OTHER_PROJECT, PROJECT, ControlPlane, assert_error, made, settled

DEFAULT_PROJECT = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_an_instance_lives_from_create_to_delete(plane: ControlPlane, version: str) -> None:
    client = plane.client(version=version)
    answer = client.post(
        "/instances",
        json={
            "name": f"life {version}",
            "description": "a: b",
            "deletedExperimentRetention": "1d12h",
            "labels": {"a": "b"},
        },
    )

    assert answer.status_code == 202, answer.text
    assert answer.json()["message"] == "successfully created instance"
    created = answer.json()["instance"]
    assert created["state"] == "creating"
    assert created["url"].startswith("http://127.0.0.1:")
    assert created["bucketName"] == f"model-experiments-{UUID(created['id']).hex}"
    assert created["deletedExperimentRetention"] == "1d12h"
    assert_error(client.patch(f"/instances/{created['id']}", json={}), 409, "is creating")
    assert_error(client.get(f"/instances/{created['id']}/tokens"), 409, "is creating")

    active = settled(client, created["id"])
    assert active == created | {"state": "active"}
    assert httpx.get(f"{active['url']}/health").status_code == 200

    answer = client.patch(
        f"/instances/{created['id']}",
        json={
            "name": "another",
            "description": "",
            "deletedExperimentRetention": "2d",
            "labels": {"a": None, "c": ""},
        },
    )
    assert answer.status_code == 202, answer.text
    changed = answer.json()["instance"]
    assert "description" not in changed
    assert changed == {key: value for key, value in active.items() if key != "description"} | {
        "state": "updating",
        "name": "another",
        "deletedExperimentRetention": "2d",
        "labels": {"c": ""},
    }
    assert settled(client, created["id"]) == changed | {"state": "active"}

    answer = client.delete(f"/instances/{created['id']}")
    assert answer.status_code == 202 and answer.json()["instance"]["state"] == "deleting"
    assert settled(client, created["id"])["state"] == "gone"
    assert created["id"] not in client.get("/instances").text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{active['url']}/health")


def test_the_command_line_sees_what_the_api_made(plane: ControlPlane, demo: dict[str, Any]) -> None:
    listed = json.loads(plane.command("list", "--json"))["instances"]

    (instance,) = (each for each in listed if each["id"] == demo["id"])
    assert (instance["name"], instance["project"], instance["region"]) == ("demo", PROJECT, "eu01")
    assert (instance["url"], instance["state"]) == (demo["url"], "active")
    config = yaml.safe_load((plane.folder / "Pulumi.demo.yaml").read_text())["config"]
    assert config["trackstack:id"] == demo["id"] and config["trackstack:labels"] == {"team": "vision"}


def test_the_api_shows_what_the_command_line_made(plane: ControlPlane) -> None:
    plane.command("create", "by-hand", "--label", "stackit-x=y")
    client = plane.client(project=DEFAULT_PROJECT)

    (instance,) = client.get("/instances").json()["instances"]

    assert (instance["name"], instance["state"], instance["region"]) == ("by-hand", "active", "eu01")
    assert client.patch(f"/instances/{instance['id']}", json={"description": "by the API"}).status_code == 202
    assert settled(client, instance["id"])["description"] == "by the API"
    assert json.loads(plane.command("show", "by-hand", "--json"))["description"] == "by the API"
    plane.command("delete", "by-hand", "--yes", "by-hand")
    assert_error(client.get(f"/instances/{instance['id']}"), 404)


def test_an_instance_that_the_command_line_gives_to_a_project_is_seen_there(plane: ControlPlane) -> None:
    plane.command("create", "given", "--project-id", OTHER_PROJECT, "--region", "eu01")
    client = plane.client(project=OTHER_PROJECT)

    (instance,) = (each for each in client.get("/instances").json()["instances"] if each["name"] == "given")

    assert (instance["state"], instance["region"]) == ("active", "eu01")
    for command in ("list", "status"):
        listed = json.loads(plane.command(command, "--json"))["instances"]
        (shown,) = (each for each in listed if each["stack"] == "given")
        assert (shown["project"], shown["region"]) == (OTHER_PROJECT, "eu01")
    assert OTHER_PROJECT in plane.command("show", "given")
    plane.command("delete", "given", "--yes", "given")


def test_a_file_from_git_is_pending_until_it_is_brought_up(plane: ControlPlane) -> None:
    file = plane.folder / "Pulumi.from-git.yaml"
    file.write_text(f"config:\n  trackstack:name: from git\n  trackstack:project: {OTHER_PROJECT}\n")
    client = plane.client(project=OTHER_PROJECT)

    (instance,) = client.get("/instances").json()["instances"]

    assert instance["state"] == "pending" and instance["url"]
    file.write_text("config: [")
    assert client.get("/instances").json()["instances"] == []  # nobody knows whose it is now
    (broken,) = plane.client(project=DEFAULT_PROJECT).get("/instances").json()["instances"]
    assert broken["state"] == "impaired" and str(plane.folder) not in broken["errorMessage"]
    assert_error(plane.client(project=DEFAULT_PROJECT).patch(f"/instances/{broken['id']}", json={}), 409)
    file.unlink()


def test_projects_may_use_the_same_name_and_see_only_their_own(
    plane: ControlPlane, demo: dict[str, Any]
) -> None:
    other = plane.client(project=OTHER_PROJECT)
    answer = other.post("/instances", json={"name": "demo"})
    namesake = answer.json()["instance"]
    assert answer.status_code == 202 and namesake["id"] != demo["id"] and namesake["url"] != demo["url"]

    assert [each["id"] for each in other.get("/instances").json()["instances"]] == [namesake["id"]]
    assert_error(other.get(f"/instances/{demo['id']}"), 404)
    assert_error(other.patch(f"/instances/{demo['id']}", json={}), 404)
    assert_error(other.delete(f"/instances/{demo['id']}"), 404)
    assert_error(other.get(f"/instances/{demo['id']}/tokens"), 404)
    assert settled(other, namesake["id"])["state"] == "active"
    assert (plane.folder / f"Pulumi.demo-{namesake['id'][:8]}.yaml").exists()
    other.delete(f"/instances/{namesake['id']}")
    assert settled(other, namesake["id"])["state"] == "gone"
    assert plane.client().get(f"/instances/{demo['id']}").json()["instance"] == demo


@pytest.mark.parametrize("name", ["-", "_ _", "\t", "-x", "Team A"])
def test_every_name_that_the_api_allows_makes_an_instance(plane: ControlPlane, name: str) -> None:
    client = plane.client()
    instance = made(client, name=name)
    assert instance["name"] == name
    client.delete(f"/instances/{instance['id']}")
    assert settled(client, instance["id"])["state"] == "gone"


def test_work_of_the_command_line_is_seen_and_waited_for(plane: ControlPlane, demo: dict[str, Any]) -> None:
    client = plane.client()
    with plane.project.backend.store("trackstack", "demo").lock().held():
        assert client.get(f"/instances/{demo['id']}").json()["instance"]["state"] == "reconciling"
        assert_error(client.patch(f"/instances/{demo['id']}", json={}), 409, "is reconciling")
        assert_error(client.delete(f"/instances/{demo['id']}"), 409)
    assert client.get(f"/instances/{demo['id']}").json()["instance"] == demo
