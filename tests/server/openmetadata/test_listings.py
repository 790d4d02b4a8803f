"""Listings: pages both ways, totals, filters, and what is in them beside users' own entities."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.error_shapes import assert_surface_error
from tests.server.openmetadata.conftest import MODELS, SERVICES, Json, Make

OWN = "my.instance"


@pytest.fixture(scope="module")
def stocked(start_server: Start) -> Iterator[httpx.Client]:
    """A server with services and models before, in and after its own."""
    server = start_server(
        TRACKSTACK_SERVER_SERVICE_NAME=OWN, TRACKSTACK_SERVER_PUBLIC_URL="https://ml.example/team/"
    )
    with server.client() as client:
        for service in ("zebra", "apple", "a.b"):
            client.post(SERVICES, json={"name": service, "serviceType": "Sklearn", "domains": [service]})
            fqn = f'"{service}"' if "." in service else service
            rows = [{"name": f"m{at}", "service": fqn} for at in range(4)]
            client.put(f"{MODELS}/bulk", json=rows)
        for name in ("r.1", "r2", 'quo"ted', "ünï", "Z"):
            client.post("/api/2.0/mlflow/registered-models/create", json={"name": name})
        prompt = {"name": "prompt", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}
        client.post("/api/2.0/mlflow/registered-models/create", json=prompt)
        yield client
    server.stop()


def walk(client: httpx.Client, path: str, **query: Any) -> list[str]:
    """Every entity's name, page by page; and the same pages from the last one back."""
    pages: list[Json] = [client.get(path, params=query).json()]
    while after := pages[-1]["paging"].get("after"):
        pages.append(client.get(path, params={**query, "after": after}).json())
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = client.get(path, params={**query, "before": back["paging"]["before"]}).json()
        assert back["data"] == page["data"]
    assert "before" not in back["paging"]
    names = [one["fullyQualifiedName"] for page in pages for one in page["data"]]
    assert {page["paging"]["total"] for page in pages} == {len(names)}
    return names


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_follow_each_other_both_ways(stocked: httpx.Client, limit: int) -> None:
    registered = ["Z", "quo\uff02ted", '"r.1"', "r2", "ünï"]

    assert walk(stocked, SERVICES, limit=limit) == ['"a.b"', f'"{OWN}"', "apple", "zebra"]
    assert walk(stocked, MODELS, limit=limit) == [
        *(f'"a.b".m{at}' for at in range(4)),
        *(f'"{OWN}".{name}' for name in registered),
        *(f"{service}.m{at}" for service in ("apple", "zebra") for at in range(4)),
    ]


def test_filters_narrow_data_and_total(stocked: httpx.Client) -> None:
    assert len(walk(stocked, MODELS, service=f'"{OWN}"', limit=2)) == 5
    assert walk(stocked, MODELS, service="apple", limit=3) == [f"apple.m{at}" for at in range(4)]
    assert walk(stocked, SERVICES, domain="apple") == ["apple"]
    assert walk(stocked, SERVICES, include="deleted") == []
    assert walk(stocked, MODELS, service="nowhere") == []
    assert_surface_error(stocked.get(MODELS, params={"service": "a.b.c"}), 404)


def test_ten_are_shown_unless_more_are_asked_for(stocked: httpx.Client) -> None:
    page = stocked.get(MODELS).json()
    none = stocked.get(MODELS, params={"limit": 0}).json()

    assert (len(page["data"]), page["paging"]["total"]) == (10, 17)
    assert none == {"data": [], "paging": {"total": 17}}


def test_the_instance_is_a_service_at_its_own_url(stocked: httpx.Client) -> None:
    service = stocked.get(f'{SERVICES}/name/"{OWN}"').json()

    assert service["serviceType"] == "Mlflow"
    assert service["connection"]["config"]["trackingUri"] == "https://ml.example/team"
    assert service["connection"]["config"]["registryUri"] == "https://ml.example/team"
    assert service["href"] == f"https://ml.example/team{SERVICES}/{service['id']}"
    assert stocked.get(f"{SERVICES}/{service['id']}").json() == service
    assert_surface_error(stocked.get(f"{SERVICES}/{service['id']}", params={"include": "deleted"}), 404)


def test_a_registered_model_is_a_model_of_it(stocked: httpx.Client) -> None:
    run = stocked.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0", "user_id": "ada"}).json()
    id_ = run["run"]["info"]["run_id"]
    stocked.post(
        "/api/2.0/mlflow/runs/log-batch",
        json={
            "run_id": id_,
            "params": [{"key": "lr", "value": "0.1"}],
            "tags": [{"key": "estimator_name", "value": "LogisticRegression"}],
        },
    )
    source = {"source": f"runs:/{id_}/model", "run_id": id_}
    stocked.post("/api/2.0/mlflow/model-versions/create", json={"name": "r.1", **source})
    stocked.post(
        "/api/2.0/mlflow/registered-models/set-tag", json={"name": "r.1", "key": "team", "value": "x"}
    )
    change = {"name": "r.1", "description": "detects"}
    stocked.patch("/api/2.0/mlflow/registered-models/update", json=change)

    model = stocked.get(f'{MODELS}/name/"{OWN}"."r.1"', params={"fields": "*"}).json()

    assert model["mlHyperParameters"] == [{"name": "lr", "value": "0.1"}]
    assert model["mlStore"] == {"storage": f"{run['run']['info']['artifact_uri']}/model"}
    assert (model["algorithm"], model["description"]) == ("LogisticRegression", "detects")
    assert (model["displayName"], model["updatedBy"]) == ("r.1", "ada")
    assert [tag["tagFQN"] for tag in model["tags"]] == ["Mlflow.team=x"]
    assert model["extension"] == {"latestVersion": "1", "stage": "None", "aliases": {}}
    assert model["service"]["fullyQualifiedName"] == f'"{OWN}"'
    assert model["sourceUrl"] == "https://ml.example/team/#/models/r.1"
    assert stocked.get(f"{MODELS}/{model['id']}", params={"fields": "*"}).json() == model
    history = stocked.get(f"{MODELS}/{model['id']}/versions").json()
    assert len(history["versions"]) == 1


def test_a_name_with_quotation_marks_is_found(stocked: httpx.Client) -> None:
    model = stocked.get(f'{MODELS}/name/"{OWN}".quo\uff02ted').json()

    assert model["displayName"] == 'quo"ted'
    assert stocked.get(f"{MODELS}/{model['id']}").json() == model


def test_nobody_writes_to_what_is_the_instances_own(stocked: httpx.Client) -> None:
    service = stocked.get(f'{SERVICES}/name/"{OWN}"').json()
    model = stocked.get(f'{MODELS}/name/"{OWN}".r2').json()
    request, patch = {"name": "x", "service": f'"{OWN}"'}, {"content-type": "application/json-patch+json"}
    user = "0b9b3c1e-7c0b-4d0a-9a55-6f1f0c6f6f2d"
    for reply in (
        stocked.put(SERVICES, json={"name": OWN, "serviceType": "Mlflow"}),
        stocked.post(SERVICES, json={"name": OWN, "serviceType": "Mlflow"}),
        stocked.post(MODELS, json=request),
        stocked.put(MODELS, json=request),
        stocked.put(f"{SERVICES}/restore", json={"id": service["id"]}),
        stocked.put(f"{MODELS}/restore", json={"id": model["id"]}),
        stocked.put(f"{MODELS}/{model['id']}/followers", json=user),
        stocked.put(f"{MODELS}/{model['id']}/vote", json={}),
        stocked.put(f"{SERVICES}/{service['id']}/testConnectionResult", json={"steps": []}),
        stocked.request(
            "DELETE",
            f"{MODELS}/deleteStale",
            json={"scopeFqn": f'"{OWN}"', "scopeEntityType": "service", "seenFqns": []},
        ),
        *(
            stocked.request(
                method, f"{path}/{rest}", content=b"[]" if method == "PATCH" else b"", headers=patch
            )
            for path, one in ((SERVICES, service), (MODELS, model))
            for rest in (one["id"], f"name/{one['fullyQualifiedName']}")
            for method in ("PATCH", "DELETE")
        ),
        *(
            stocked.delete(f"{path}/async/{one['id']}")
            for path, one in ((SERVICES, service), (MODELS, model))
        ),
    ):
        assert_surface_error(reply, 403)
        assert reply.json()["errorType"] == "FORBIDDEN"
        assert "through MLflow" in reply.json()["message"]


def test_only_what_is_asked_for_is_shown(client: httpx.Client, make: Make) -> None:
    model = make(extension={"a": 1}, domains=["X"], lifeCycle={"created": {"timestamp": 1}}, sourceHash="x")
    path = f"{MODELS}/{model['id']}"

    bare, asked = client.get(path).json(), client.get(path, params={"fields": "extension, owners"}).json()

    assert not {"extension", "owners", "tags", "domains", "followers", "votes", "lifeCycle"} & bare.keys()
    assert asked.keys() - bare.keys() == {"extension", "owners"}


def test_a_tenants_catalog_is_its_own(client: httpx.Client, name: str) -> None:
    tokens = {}
    for tenant in ("one", "two"):
        made = client.post(
            "/api/2.0/trackstack/tokens",
            json={"name": tenant, "scope": "write", "tenant": f"{name}-{tenant}"},
        )
        tokens[tenant] = {"Authorization": f"Bearer {made.json()['token']['content']}"}
    service = client.post(
        SERVICES, json={"name": name, "serviceType": "Mlflow"}, headers=tokens["one"]
    ).json()

    path = f"{SERVICES}/{service['id']}"
    assert client.get(path, headers=tokens["one"]).status_code == 200
    assert_surface_error(client.get(path, headers=tokens["two"]), 404)
    assert_surface_error(client.delete(path, headers=tokens["two"]), 404)
    assert_surface_error(
        client.post(SERVICES, json={"name": name, "serviceType": "Mlflow"}, headers=tokens["two"]), 409
    )
    names = [
        one["name"]
        for one in client.get(SERVICES, params={"limit": 1000}, headers=tokens["two"]).json()["data"]
    ]
    assert names == ["trackstack"]
