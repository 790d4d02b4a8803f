"""Permissions hold here as everywhere: what a user may not see is in no list and in no total."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import Api
from tests.server.serving import Server

As = Callable[[str], Api]


@pytest.fixture
def as_user(server: Server, client: httpx.Client) -> Iterator[As]:
    """The API with a token of the user of that name."""
    with ExitStack() as clients:

        def sign_in(user: str) -> Api:
            asked = {"name": user, "user": user}
            token = client.post("/api/2.0/trackstack/tokens", json=asked).json()["token"]["content"]
            headers = {"Authorization": f"Bearer {token}"}
            return Api(clients.enter_context(httpx.Client(base_url=server.url, headers=headers)))

        yield sign_in


def test_others_do_not_see_what_they_are_not_granted(as_user: As, name: str) -> None:
    ada, bob = as_user(f"ada-{name}"), as_user(f"bob-{name}")
    experiment = ada.made("", name=name)
    run = ada.made("/runs", experiment_id=experiment)

    assert bob.get("", search=name)["total"] == 0
    assert bob.get("/runs")["total"] == 0
    assert_surface_error(bob("GET", f"/{experiment}"), 403)
    assert_surface_error(bob("GET", f"/runs/{run}"), 403)
    assert_surface_error(bob("POST", "/runs/compare", json={"run_ids": [run, "0" * 32]}), 403)
    assert ada.get(f"/runs/{run}")["user_id"] == f"ada-{name}"


def test_who_may_read_may_not_write_and_who_may_write_may_not_archive(
    as_user: As, client: httpx.Client, name: str
) -> None:
    ada, bob = as_user(f"ada-{name}"), as_user(f"bob-{name}")
    experiment = ada.made("", name=name)
    run = ada.made("/runs", experiment_id=experiment)

    def grant(level: str) -> None:
        entry = {"user_name": f"bob-{name}", "permission_level": level}
        path = f"/api/2.0/permissions/experiments/{experiment}"
        client.put(path, json={"access_control_list": [entry]}).raise_for_status()

    grant("CAN_READ")
    assert bob.get("", search=name)["total"] == bob.get("/runs")["total"] == 1
    assert_surface_error(bob("POST", f"/runs/{run}/log-params", json={"params": {"p": "1"}}), 403)
    assert_surface_error(bob("POST", f"/runs/{run}/log-artifact", files={"file": ("f", b"x")}), 403)

    grant("CAN_EDIT")
    assert bob.post(f"/runs/{run}/log-params", params={"p": "1"})["params"] == 1
    assert_surface_error(bob("DELETE", f"/{experiment}"), 403)

    grant("CAN_MANAGE")
    assert bob("DELETE", f"/{experiment}").status_code == 204
