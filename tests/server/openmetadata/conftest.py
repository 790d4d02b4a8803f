"""Services and models of a test's own, over plain HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

SERVICES = "/api/v1/services/mlmodelServices"
MODELS = "/api/v1/mlmodels"
PATCH = {"content-type": "application/json-patch+json"}

Json = dict[str, Any]
Make = Callable[..., Json]


@pytest.fixture
def service(client: httpx.Client, name: str) -> Json:
    """A service that no other test uses."""
    made = client.post(SERVICES, json={"name": name, "serviceType": "CustomMlModel"})
    assert made.status_code == 201, made.text
    return dict(made.json())


@pytest.fixture
def make(client: httpx.Client, service: Json) -> Make:
    """Makes models of that service."""

    def model(name: str = "m", **fields: Any) -> Json:
        request = {"name": name, "service": service["fullyQualifiedName"], **fields}
        made = client.post(MODELS, json=request)
        assert made.status_code == 201, made.text
        return dict(made.json())

    return model


@pytest.fixture
def model(make: Make) -> Json:
    """One of them."""
    return make()
