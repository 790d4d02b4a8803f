"""The control plane that the other tests stand on does what a cluster does."""

import time
from typing import Any

import pytest
from tests.cluster.control_plane import LOG_LINES
from tests.cluster.fixtures import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

POD: dict[str, Any] = {
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "web", "image": "example.org/web:1"}]},
}


def phase(cluster: Cluster, namespace: str, wanted: str) -> str:
    """The pod's phase, once it is the wanted one or time is up."""
    deadline = time.monotonic() + 30
    while True:
        found: str = cluster.call("GET", f"/api/v1/namespaces/{namespace}/pods/web")["status"]["phase"]
        if found == wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_a_pod_is_scheduled_and_comes_up(cluster: Cluster) -> None:
    namespace = cluster.make_namespace()

    cluster.call("POST", f"/api/v1/namespaces/{namespace}/pods", POD)

    assert phase(cluster, namespace, "Running") == "Running"


def test_a_containers_log_can_be_read(cluster: Cluster) -> None:
    namespace = cluster.make_namespace()
    cluster.call("POST", f"/api/v1/namespaces/{namespace}/pods", POD)
    phase(cluster, namespace, "Running")
    request = cluster.client.param_serialize(
        "GET", f"/api/v1/namespaces/{namespace}/pods/web/log", auth_settings=["BearerToken"]
    )

    answer = cluster.client.call_api(*request)

    assert answer.read().decode() == LOG_LINES


def test_a_restricted_namespace_refuses_a_pod_that_may_be_root(cluster: Cluster) -> None:
    namespace = cluster.make_namespace(restricted=True)

    with pytest.raises(LookupError, match="violates PodSecurity"):
        cluster.call("POST", f"/api/v1/namespaces/{namespace}/pods", POD)


def test_a_claim_gets_a_volume(cluster: Cluster) -> None:
    namespace = cluster.make_namespace()
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    cluster.call("POST", path, claim)

    deadline = time.monotonic() + 30
    while (found := cluster.call("GET", f"{path}/data")["status"]["phase"]) != "Bound":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
