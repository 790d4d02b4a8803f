"""The pods' side of an instance on AWS in a real cluster, with the kinds that bring its secrets there."""

import json
import time
from typing import Any

import pytest
from tests.aws.conftest import Cloud
from tests.cluster.fixtures import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
LONGEST_S = 60
TEXT = {"type": "string"}
TEXTS = {"type": "object", "additionalProperties": TEXT}


def record(required: str = "", **fields: Any) -> dict[str, Any]:
    """The schema of an object with exactly these fields."""
    return {"type": "object", "properties": fields, **({"required": required.split()} if required else {})}


def listed(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def one_of(*texts: str) -> dict[str, Any]:
    return {**TEXT, "enum": list(texts)}


KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "SecretProviderClass": (
        "secrets-store.csi.x-k8s.io",
        "secretproviderclasses",
        record(
            parameters=TEXTS,
            provider=TEXT,
            secretObjects=listed(
                record(
                    data=listed(record(key=TEXT, objectName=TEXT)),
                    labels=TEXTS,
                    annotations=TEXTS,
                    secretName=TEXT,
                    type=TEXT,
                )
            ),
        ),
    ),
    "SecretStore": (
        "external-secrets.io",
        "secretstores",
        record(
            "provider",
            provider=record(
                aws=record(
                    "region service",
                    service=one_of("SecretsManager", "ParameterStore"),
                    region=TEXT,
                    role=TEXT,
                    auth=record(jwt=record(serviceAccountRef=record("name", name=TEXT, namespace=TEXT))),
                )
            ),
        ),
    ),
    "ExternalSecret": (
        "external-secrets.io",
        "externalsecrets",
        record(
            refreshInterval=TEXT,
            secretStoreRef=record(name=TEXT, kind=one_of("SecretStore", "ClusterSecretStore")),
            target=record(name=TEXT, creationPolicy=one_of("Owner", "Orphan", "Merge", "None")),
            data=listed(
                record(
                    "remoteRef secretKey",
                    secretKey=TEXT,
                    remoteRef=record("key", key=TEXT, property=TEXT, version=TEXT),
                )
            ),
        ),
    ),
}
"""Group, plural and spec of the kinds, as far as their own projects' definitions have what is used here."""


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """One in which only restricted pods may be, in a cluster that knows the kinds."""
    for kind, (group, plural, spec) in KINDS.items():
        version = {"name": "v1", "served": True, "storage": True}
        schema = {"openAPIV3Schema": record(spec=spec)}
        definition = {
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
                "versions": [{**version, "schema": schema}],
            },
        }
        try:
            cluster.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        except LookupError as error:
            assert "AlreadyExists" in str(error)  # made for another of these tests
        wait_for(cluster, f"/apis/{group}/v1/{plural}")
    return cluster.make_namespace(restricted=True)


def wait_for(cluster: Cluster, path: str) -> None:
    """Until the kind is served, which is a moment after it is defined."""
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            cluster.call("GET", path)
        except LookupError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


@pytest.mark.parametrize(
    ("secrets", "kinds"),
    [
        ("external-secrets", ("SecretStore", "ExternalSecret")),
        ("secrets-store-csi", ("SecretProviderClass",)),
    ],
)
def test_pods_come_up_with_what_brings_their_secrets(
    secrets: str, kinds: tuple[str, ...], cloud: Cloud, cluster: Cluster, namespace: str
) -> None:
    cloud.kubeconfig = str(cluster.kubeconfig)
    cloud.pods = {"namespace": namespace}
    cloud.settings |= {"secrets": secrets, "database": {"deletion_protection": False}}
    del cloud.settings["domain"]

    cloud.up()

    declared = {each.type.rpartition(":")[2]: each for each in cloud.stack.snapshot().resources}
    for kind in kinds:
        group, plural, _ = KINDS[kind]
        found = cluster.call("GET", f"/apis/{group}/v1/namespaces/{namespace}/{plural}/demo-aws")
        assert found["spec"] == declared[kind].inputs["spec"]  # nothing of it was unknown and dropped
    deployed = cluster.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments/demo-server")
    assert deployed["status"]["readyReplicas"] >= 1
    volumes = {each["name"]: each for each in deployed["spec"]["template"]["spec"]["volumes"]}
    assert ("csi" in volumes.get("provided", {})) is (secrets == "secrets-store-csi")
    annotations = cluster.call("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/demo-server")
    role = annotations["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert role == cloud.outputs()["role_arn"]
    assert json.dumps(cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets")).count("demo-aws") == 0
    assert set(cloud.up()) == {"same"}
    cloud.stack.destroy(cloud.options)
    for kind in kinds:
        group, plural, _ = KINDS[kind]
        assert cluster.call("GET", f"/apis/{group}/v1/namespaces/{namespace}/{plural}")["items"] == []
