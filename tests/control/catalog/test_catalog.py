"""The catalog over all instances: who sees what of it, page by page, one by one, and what is refused."""

import signal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.control.catalog.conftest import MODELS, SERVICES, Fleet, Json
from tests.control.serving import PROJECT, assert_error, until

from trackstack.catalog_requests import encode

REGISTERED = ["a?b#c", "churn", "fraud v1.2", "only {}"]
"""Registered models of each instance, in order."""
UNKNOWN = "792ff0e7-be72-4135-91fa-74adab5cec77"


def names(page: Json) -> list[str]:
    return [one["fullyQualifiedName"] for one in page["data"]]


def walked(client: httpx.Client, path: str, limit: int, **query: str) -> list[str]:
    """Everything, forwards; each page is the same backwards."""
    found: list[str] = []
    page = client.get(path, params={**query, "limit": limit}).json()
    while True:
        found += names(page)
        after = page["paging"].get("after")
        if after is None:
            return found
        following = client.get(path, params={**query, "limit": limit, "after": after}).json()
        before = {**query, "limit": limit, "before": following["paging"]["before"]}
        assert names(client.get(path, params=before).json()) == names(page)
        page = following


def of_models(stack: str) -> list[str]:
    """The names of an instance's models, in the order of its own pages."""
    own = [f'{stack}."{name}"' if "." in name else f"{stack}.{name}" for name in REGISTERED]
    return ['"serving.eu".kept', *(name.format(stack) for name in own)]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 100])
def test_models_of_all_instances_follow_each_other(fleet: Fleet, limit: int) -> None:
    assert walked(fleet.ours, MODELS, limit) == of_models("speech") + of_models("vision")
    everything = [*of_models("hidden"), *of_models("speech"), *of_models("vision")]
    assert walked(fleet.all, MODELS, limit) == everything
    assert fleet.all.get(MODELS).json()["paging"]["total"] == len(everything)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_each_instance_is_a_service_beside_those_that_users_keep(fleet: Fleet, limit: int) -> None:
    expected = ['"serving.eu"', "speech", '"serving.eu"', "vision"]
    assert walked(fleet.ours, SERVICES, limit) == expected


def test_a_service_tells_what_instance_it_is(fleet: Fleet) -> None:
    service = fleet.ours.get(f"{SERVICES}/name/speech", params={"fields": "*"}).json()

    instance = fleet.instances["speech"]
    assert service["serviceType"] == "Mlflow" and service["displayName"] == "speech"
    config = service["connection"]["config"]
    assert config["trackingUri"] == config["registryUri"] == instance["url"]
    assert service["description"].startswith("all that talks\n\nThe instance speech is active.")
    assert service["href"] == f"{fleet.plane.url}{SERVICES}/{service['id']}"
    assert fleet.ours.get(f"{SERVICES}/{service['id']}", params={"fields": "*"}).json() == service


def test_a_model_is_found_by_its_id_and_by_its_name(fleet: Fleet) -> None:
    listed = fleet.all.get(MODELS, params={"limit": 100, "fields": "*"}).json()["data"]
    assert len({one["id"] for one in listed}) == len(listed)
    for one in listed:
        assert fleet.all.get(f"{MODELS}/{one['id']}", params={"fields": "*"}).json() == one
        found = fleet.all.get(f"{MODELS}/name/{quote(one['fullyQualifiedName'], safe='')}").json()
        assert found["fullyQualifiedName"] == one["fullyQualifiedName"]
        assert one["href"] == f"{fleet.plane.url}{MODELS}/{one['id']}"
        assert one["service"]["href"].startswith(f"{fleet.plane.url}{SERVICES}/")


def test_a_model_is_as_its_instance_shows_it(fleet: Fleet) -> None:
    theirs = fleet.within("vision").get(f"{MODELS}/name/vision.churn", params={"fields": "*"}).json()

    ours = fleet.ours.get(f"{MODELS}/name/vision.churn", params={"fields": "*"}).json()

    for one in (theirs, ours):
        del one["href"], one["service"]["href"]
    assert ours == theirs
    assert ours["mlHyperParameters"] == [{"name": "depth", "value": "3"}]


def test_another_project_sees_nothing(fleet: Fleet) -> None:
    id_ = fleet.ours.get(f"{MODELS}/name/vision.churn").json()["id"]

    assert walked(fleet.theirs, MODELS, 100) == of_models("hidden")
    assert walked(fleet.theirs, SERVICES, 100) == ["hidden", '"serving.eu"'][::-1]
    for path in (f"{MODELS}/{id_}", f"{MODELS}/name/vision.churn", f"{SERVICES}/name/vision"):
        assert_error(fleet.theirs.get(path), 404, "not found")
    assert "vision" not in fleet.theirs.get(MODELS, params={"service": "vision"}).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"service": "vision"}, of_models("vision")[1:]),
        ({"service": '"serving.eu"'}, ['"serving.eu".kept'] * 2),
        ({"service": "nowhere"}, []),
        ({"include": "deleted"}, ['"serving.eu".gone'] * 2),
        ({"include": "all", "service": '"serving.eu"'}, ['"serving.eu".gone', '"serving.eu".kept'] * 2),
        ({"domain": "Risk"}, []),
        ({"limit": "0"}, []),
    ],
)
def test_pages_have_what_is_asked_for(fleet: Fleet, query: dict[str, str], found: list[str]) -> None:
    page = fleet.ours.get(MODELS, params={"limit": "100", **query}).json()

    assert names(page) == found
    assert page["paging"] == {"total": len(found) if query != {"limit": "0"} else 10}


def test_fields_are_shown_that_are_asked_for(fleet: Fleet) -> None:
    path = f"{MODELS}/name/vision.churn"
    assert "extension" not in fleet.ours.get(path).json()
    assert "extension" in fleet.ours.get(path, params={"fields": "extension,tags"}).json()


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        (MODELS, "limit=-1", "limit must be a whole number"),
        (MODELS, "limit=1000001", "limit must be a whole number"),
        (MODELS, "after=x", "Invalid cursor"),
        (MODELS, f"after={encode(('speech', 'x'))}", "Invalid cursor"),
        (MODELS, "after=x&before=x", "Only one of the parameters"),
        (MODELS, "include=some", "include must be one of"),
        (MODELS, "fields=colour", "Invalid field name colour"),
        (SERVICES, "fields=mlStore", "Invalid field name mlStore"),
        (SERVICES, "fields=%00", "NUL character"),
        (SERVICES, "fields=%ff", "The query cannot be read"),
        (SERVICES, "a=1&" * 101, "The query cannot be read"),
        (f"{MODELS}/{UNKNOWN}", "fields=colour", "Invalid field name colour"),
    ],
)
def test_what_cannot_be_is_refused(fleet: Fleet, path: str, query: str, message: str) -> None:
    assert_error(fleet.ours.get(f"{path}?{query}"), 400, message)


@pytest.mark.parametrize(
    "path",
    [
        f"{MODELS}/{UNKNOWN}",
        f"{MODELS}/x",
        f"{MODELS}/name/vision",
        f"{MODELS}/name/vision.nothing",
        f"{MODELS}/name/a.b.c",
        f"{MODELS}/name/%22",
        f"{SERVICES}/{UNKNOWN}",
        f"{SERVICES}/name/vision.churn",
        f"{SERVICES}/name/nothing",
        f"{MODELS}?service=a.b",
        "/api/v1/tables",
    ],
)
def test_what_is_not_there_is_not_found(fleet: Fleet, path: str) -> None:
    assert_error(fleet.ours.get(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_only_read(fleet: Fleet, method: str) -> None:
    for path in (MODELS, SERVICES, f"{MODELS}/{UNKNOWN}", f"{SERVICES}/name/vision"):
        assert_error(fleet.ours.request(method, path, json={}), 405, "only read here")


def test_the_version_needs_no_token(fleet: Fleet) -> None:
    served = httpx.get(f"{fleet.plane.url}/api/v1/system/version")
    assert served.json() == fleet.within("vision").get("/api/v1/system/version").json()
    assert_error(httpx.get(f"{fleet.plane.url}{MODELS}"), 401)


@pytest.mark.slow
def test_an_instance_that_does_not_answer_hides_its_models_alone(fleet: Fleet) -> None:
    def page(path: str) -> Any:
        return fleet.ours.get(path, params={"limit": 100}).raise_for_status().json()

    (server,) = [each for each in fleet.plane.servers() if "instances/vision" in " ".join(each.cmdline())]
    before = {path: page(path) for path in (MODELS, SERVICES)}
    server.send_signal(signal.SIGKILL)
    try:
        until(lambda: names(page(MODELS)) == of_models("speech"), "the others are listed")
        (service,) = [one for one in page(SERVICES)["data"] if one["name"] == "vision"]
        assert service["id"] in {one["id"] for one in before[SERVICES]["data"]}
        assert "is impaired." in service["description"]
        assert "It does not answer now" in service["description"]
        assert page(SERVICES)["paging"]["total"] == 3
        assert fleet.ours.get(f"{SERVICES}/{service['id']}").json() == service
        assert fleet.ours.get(f"{SERVICES}/name/vision").json() == service
        assert_error(fleet.ours.get(f"{MODELS}/name/vision.churn"), 404)
    finally:
        api = fleet.plane.client(project=PROJECT)
        api.patch(f"/instances/{fleet.instances['vision']['id']}", json={}).raise_for_status()
        until(lambda: page(MODELS) == before[MODELS], "it is back")
