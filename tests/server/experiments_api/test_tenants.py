"""X-Tenant-ID and tokens of tenants: each sees and writes its own."""

from typing import Any

import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import Api


def test_an_experiment_is_the_tenants_that_the_header_names(api: Api, name: str) -> None:
    id_ = api.made("", tenant="acme", name=name)

    assert api.get(f"/{id_}")["tenant_id"] == "acme"
    assert [one["id"] for one in api.get("", tenant="acme", search=name)["experiments"]] == [id_]
    assert api.get("", tenant="other", search=name)["total"] == 0
    assert api.get("", search=name)["total"] == 1


def test_a_tenants_token_needs_no_header(acme: Api, api: Api, name: str) -> None:
    id_ = acme.made("", name=name)
    run = acme.made("/runs", experiment_id=id_)

    assert api.get(f"/{id_}")["tenant_id"] == "acme"
    assert acme.get(f"/runs/{run}", tenant="acme")["experiment_id"] == id_
    assert run in [one["run_id"] for one in acme.get("/runs")["runs"]]


def test_a_tenants_token_is_for_no_other_tenant(acme: Api) -> None:
    assert_surface_error(acme("GET", "", tenant="other"), 403)


OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/{id}", {}),
    ("PATCH", "/{id}", {"json": {"description": "theirs"}}),
    ("DELETE", "/{id}", {}),
    ("POST", "/{id}/restore", {}),
    ("GET", "/runs?experiment_id={id}", {}),
    ("GET", "/runs/{run}", {}),
    ("POST", "/runs/{run}/log-metrics", {"json": {"metrics": {"m": 1}}}),
    ("POST", "/runs/{run}/log-params", {"json": {"params": {"p": "1"}}}),
    ("POST", "/runs/{run}/log-batch", {"json": {"tags": [{"key": "k", "value": "v"}]}}),
    ("POST", "/runs/{run}/log-artifact", {"files": {"file": ("f", b"x")}}),
    ("POST", "/runs/{run}/end", {}),
]


@pytest.mark.parametrize("owner", ["other", ""])
@pytest.mark.parametrize(("method", "path", "request_"), OPERATIONS, ids=lambda value: str(value)[:30])
def test_what_is_anothers_is_refused(
    api: Api, acme: Api, name: str, owner: str, method: str, path: str, request_: dict[str, Any]
) -> None:
    id_ = api.made("", tenant=owner, name=name)
    run = api.made("/runs", experiment_id=id_)
    before = (api.get(f"/{id_}"), api.get(f"/runs/{run}"))

    reply = acme(method, path.format(id=id_, run=run), **request_)
    by_header = api(method, path.format(id=id_, run=run), tenant="acme", **request_)

    assert_surface_error(reply, 403)
    assert_surface_error(by_header, 403)
    assert (api.get(f"/{id_}"), api.get(f"/runs/{run}")) == before


def test_runs_are_not_made_in_anothers_experiment_nor_compared(api: Api, acme: Api, name: str) -> None:
    theirs = api.made("", tenant="other", name=name)
    run = api.made("/runs", experiment_id=theirs)
    own = acme.made("/runs", experiment_id=acme.made("", name=f"{name}-own"))

    assert_surface_error(acme("POST", "/runs", json={"experiment_id": theirs}), 403)
    assert_surface_error(acme("POST", "/runs/compare", json={"run_ids": [own, run]}), 403)
    assert run not in [one["run_id"] for one in acme.get("/runs", limit=1000)["runs"]]


@pytest.mark.parametrize("tenant", ["a b", "a/b", "x" * 65, "ä".encode().decode("latin-1")])
def test_a_tenant_has_a_plain_name(api: Api, tenant: str) -> None:
    assert_surface_error(api("GET", "", headers={"X-Tenant-ID": tenant.encode("latin-1")}), 400)
