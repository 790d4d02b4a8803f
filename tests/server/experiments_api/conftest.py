"""The Experiments API over plain HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from tests.server.experiments_api.http import Api
from tests.server.serving import Server


@pytest.fixture(scope="session")
def api(client: httpx.Client) -> Api:
    """With the admin token."""
    return Api(client)


@pytest.fixture
def acme(server: Server, client: httpx.Client) -> Iterator[Api]:
    """With a token that is bound to the tenant acme."""
    asked = {"name": "acme's", "tenant": "acme"}
    token = client.post("/api/2.0/trackstack/tokens", json=asked).json()["token"]["content"]
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as bound:
        yield Api(bound)


@pytest.fixture
def experiment(api: Api, name: str) -> str:
    """The id of an experiment of its own."""
    return api.made("", name=name)


@pytest.fixture
def run(api: Api, experiment: str) -> str:
    """The id of a run that has logged nothing."""
    return api.made("/runs", experiment_id=experiment)
