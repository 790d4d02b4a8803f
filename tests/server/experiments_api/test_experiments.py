"""Experiments: made, found, changed, archived, restored - the same ones that MLflow's clients see."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import Api

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_new_experiment_is_answered_with_201(api: Api, name: str) -> None:
    before = datetime.now(UTC)

    reply = api("POST", "", json={"name": name, "description": "why", "tags": {"team": "fraud"}})

    assert reply.status_code == 201
    made = reply.json()
    created = datetime.fromisoformat(made.pop("created_at"))
    assert abs((created - before).total_seconds()) < 60
    assert made.pop("last_updated").endswith("Z")
    id_ = made.pop("id")
    assert made == {
        "name": name,
        "description": "why",
        "artifact_location": f"mlflow-artifacts:/{id_}",
        "lifecycle_stage": "active",
        "tenant_id": "",
        "tags": {"team": "fraud"},
    }
    assert api.get(f"/{id_}")["name"] == name


def test_it_is_mlflows_experiment(api: Api, tracking: "MlflowClient", name: str) -> None:
    id_ = api.made("", name=name, description="why", tags={"team": "fraud"})

    experiment = tracking.get_experiment(id_)

    assert experiment.name == name
    assert experiment.tags == {"team": "fraud", "mlflow.note.content": "why"}


def test_a_place_in_the_store_may_be_named(api: Api, name: str) -> None:
    reply = api("POST", "", json={"name": name, "artifact_location": f"mlflow-artifacts:/{name}/below"})

    assert reply.json()["artifact_location"] == f"mlflow-artifacts:/{name}/below"


def test_a_name_is_taken_once_archived_ones_too(api: Api, name: str) -> None:
    id_ = api.made("", name=name)

    assert_surface_error(api("POST", "", json={"name": name}), 409)
    assert api("DELETE", f"/{id_}").status_code == 204
    assert_surface_error(api("POST", "", json={"name": name}), 409)


def test_a_change_leaves_what_it_does_not_name(api: Api, name: str) -> None:
    id_ = api.made("", name=name, description="why", tags={"a": "1", "b": "2"})

    changed = api("PATCH", f"/{id_}", json={"tags": {"a": None, "c": "3"}}).json()

    assert (changed["name"], changed["description"]) == (name, "why")
    assert changed["tags"] == {"b": "2", "c": "3"}
    assert api("PATCH", f"/{id_}", json={"description": None}).json()["description"] == ""
    assert api("PATCH", f"/{id_}", json={"name": f"{name}2"}).json()["name"] == f"{name}2"
    assert api.get(f"/{id_}")["tags"] == {"b": "2", "c": "3"}


def test_a_change_is_made_whole_or_not(api: Api, name: str) -> None:
    taken = f"{name}-taken"
    api.made("", name=taken)
    id_ = api.made("", name=name, tags={"a": "1"})

    reply = api("PATCH", f"/{id_}", json={"name": taken, "description": "d", "tags": {"a": "2"}})

    assert_surface_error(reply, 409)
    experiment = api.get(f"/{id_}")
    assert (experiment["name"], experiment["description"], experiment["tags"]) == (name, "", {"a": "1"})


def test_archived_with_its_runs_and_restored_with_them(api: Api, experiment: str, run: str) -> None:
    reply = api("DELETE", f"/{experiment}")

    assert (reply.status_code, reply.content) == (204, b"")
    assert "content-length" not in reply.headers
    assert api.get(f"/{experiment}")["lifecycle_stage"] == "deleted"
    assert api.get(f"/runs/{run}")["lifecycle_stage"] == "deleted"
    assert api.get("/runs", experiment_id=experiment)["total"] == 0
    assert_surface_error(api("DELETE", f"/{experiment}"), 404)
    assert_surface_error(api("PATCH", f"/{experiment}", json={"description": "d"}), 400)
    assert_surface_error(api("POST", "/runs", json={"experiment_id": experiment}), 400)

    restored = api("POST", f"/{experiment}/restore")

    assert restored.status_code == 200
    assert restored.json()["lifecycle_stage"] == "active"
    assert api.get("/runs", experiment_id=experiment)["total"] == 1
    assert_surface_error(api("POST", f"/{experiment}/restore"), 404)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_there_is_no_such_experiment(api: Api, method: str) -> None:
    assert_surface_error(api(method, "/999999999"), 404)


def test_lists_are_by_stage_and_newest_first(api: Api, name: str) -> None:
    ids = [api.made("", name=f"{name}-{at}") for at in range(3)]
    api("DELETE", f"/{ids[1]}")

    active = api.get("", search=name)
    deleted = api.get("", search=name, lifecycle_stage="deleted")

    assert [one["id"] for one in active["experiments"]] == [ids[2], ids[0]]
    assert (active["total"], active["limit"], active["offset"]) == (2, 100, 0)
    assert [one["id"] for one in deleted["experiments"]] == [ids[1]]


@given(limit=st.integers(1, 8), offset=st.integers(0, 9))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_are_slices_of_the_whole(api: Api, many: str, limit: int, offset: int) -> None:
    whole = api.get("", search=many)["experiments"]

    page = api.get("", search=many, limit=limit, offset=offset)

    assert page["total"] == len(whole) == 7
    assert page["experiments"] == whole[offset : offset + limit]


@pytest.fixture(scope="module")
def many(api: Api) -> str:
    """The part of seven names that no other has."""
    part = "seven-of-pages"
    for at in range(7):
        api.made("", name=f"{part}-{at}")
    return part


PIECES = ["a", "B", "z", "%", "_", "\\", "*", "'", '"', "é", "ß", " ", "["]


@pytest.fixture(scope="module")
def odd(api: Api) -> list[str]:
    """Names of every two of the pieces that may mean something to a search."""
    names = [f"odd-names {one}{two}" for one in PIECES for two in PIECES]
    for name in names:
        api.made("", name=name)
    return names


@given(part=st.lists(st.sampled_from([*PIECES, "A", "b"]), min_size=1, max_size=2).map("".join))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_search_is_for_any_part_of_the_name_in_whatever_case(api: Api, odd: list[str], part: str) -> None:
    found = api.get("", search=f"ODD-names {part}", limit=1000)["experiments"]

    wanted = f"odd-names {part}".lower()
    assert {one["name"] for one in found} == {name for name in odd if wanted in name.lower()}


def test_heads_and_methods(client: httpx.Client) -> None:
    assert client.head("/api/v1/experiments").status_code == 200
    reply = client.put("/api/v1/experiments")
    assert_surface_error(reply, 405)
    assert reply.headers["allow"] == "GET, HEAD, POST"
