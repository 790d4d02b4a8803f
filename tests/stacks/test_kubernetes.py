"""Instances in a real cluster, brought up by the embedded engine."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.control_plane import LOG_LINES
from tests.cluster.fixtures import Cluster

from trackstack.components.kubernetes.names import dns_name
from trackstack.stacks import fleet, instances, operations
from trackstack.stacks.errors import InvalidSpec, ResourceFailed, StackError
from trackstack.stacks.pods import Pods
from trackstack.stacks.project import Project
from trackstack.stacks.settled import Settled, mark
from trackstack.stacks.spec import InstanceSpec

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

IMAGE = "registry.example.com/trackstack-server:1.0"
SECRETS = {"s3": {"id": "aWQ=", "secret": "c2VjcmV0"}}
LARGE: dict[str, Any] = {
    "size": "medium",
    "database": {"kind": "postgres"},
    "bucket": {
        "kind": "s3",
        "url": "s3://artifacts/team-a",
        "endpoint": "https://s3.example.com:9000",
        "access_key": {"name": "s3", "key": "id"},
        "secret_key": {"name": "s3", "key": "secret"},
    },
    "exposure": {"kind": "ingress", "host": "mlflow.example.com", "path": "/team-a", "class_name": "nginx"},
}


@dataclass(frozen=True)
class Bench:
    """A project whose instances are in one namespace of the cluster."""

    cluster: Cluster
    project: Project
    namespace: str

    def spec(self, name: str = "demo", **kubernetes: Any) -> InstanceSpec:
        given = {"kubeconfig": str(self.cluster.kubeconfig), "namespace": self.namespace, "image": IMAGE}
        settings = {**given, **kubernetes}
        return InstanceSpec(name=name, target="kubernetes", kubernetes=settings)

    def create(self, name: str = "demo", **kubernetes: Any) -> instances.Instance:
        made = operations.create(self.project, self.spec(name, **kubernetes)).instance
        assert made is not None
        return made

    def update(self, **kubernetes: Any) -> operations.Report:
        return operations.update(self.project, "demo", {"kubernetes": kubernetes})

    def get(self, kind: str, name: str, group: str = "apis/apps/v1") -> Any:
        return self.cluster.call("GET", f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def server(self, name: str = "demo") -> Any:
        """The server's Deployment."""
        return self.get("deployments", dns_name(name, "server"))

    def patch(self, patch: Any, kind: str = "deployments", name: str = "demo-server") -> None:
        """Change an object behind the stack's back."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/{kind}/{name}"
        self.cluster.call("PATCH", path, patch, fieldManager="somebody")

    def delete(self, kind: str, name: str, group: str = "api/v1") -> None:
        self.cluster.call("DELETE", f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def names(self, kind: str, group: str = "api/v1") -> list[str]:
        found = self.cluster.call("GET", f"/{group}/namespaces/{self.namespace}/{kind}")["items"]
        return sorted(
            item["metadata"]["name"]
            for item in found
            if item["metadata"]["name"] not in ("kube-root-ca.crt", "default")
        )

    def spec_file(self) -> str:
        return self.project.settings_path("demo").read_text()


NewBench = Callable[..., Bench]


@pytest.fixture
def bench(cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A project, and a namespace that admits restricted pods only."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    made = Bench(cluster, project, cluster.make_namespace(restricted=True))
    for name, data in SECRETS.items():
        body = {"metadata": {"name": name}, "data": data}
        cluster.call("POST", f"/api/v1/namespaces/{made.namespace}/secrets", body)
    return made


@pytest.mark.parametrize("settings", [{}, LARGE], ids=["small", "large"])
def test_an_instance_comes_up_and_stays_as_it_is(bench: Bench, settings: dict[str, Any]) -> None:
    """Strictly validated, in a namespace that enforces the restricted Pod Security Standard."""
    made = bench.create(**settings)

    assert (made.state, made.as_specified) == ("active", True)
    assert not operations.preview(bench.project, "demo").changed
    changes = operations.up(bench.project, "demo").changes
    assert {op for op, count in changes.items() if count} == {"same"}
    assert instances.look(bench.project, made).state == "active"
    assert instances.token(bench.project, "demo").startswith("tsk1.")


def test_an_instance_has_a_namespace_of_its_own(bench: Bench) -> None:
    made = bench.create("Vision 2", namespace="")

    namespace = dns_name("Vision-2")
    found = bench.cluster.call("GET", f"/api/v1/namespaces/{namespace}")
    assert found["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert (made.state, made.namespace) == ("active", namespace)

    operations.delete(bench.project, "Vision 2")
    with pytest.raises(LookupError, match="not found"):
        bench.cluster.call("GET", f"/api/v1/namespaces/{namespace}")


def test_settings_change_in_place(bench: Bench) -> None:
    bench.create(**LARGE)
    claim = bench.get("persistentvolumeclaims", "demo-postgres", "api/v1")["metadata"]["uid"]

    bench.update(replicas=3, most_replicas=3, exposure={"host": "other.example.com"})
    operations.update(bench.project, "demo", {"retention": "7d"})

    assert bench.server()["status"]["readyReplicas"] == 3
    (container,) = bench.server()["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each.get("value") for each in container["env"]}
    assert env["TRACKSTACK_SERVER_RETENTION"] == "7d"
    assert env["TRACKSTACK_SERVER_PUBLIC_URL"] == "http://other.example.com/team-a"
    ingress = bench.get("ingresses", "demo-server", "apis/networking.k8s.io/v1")
    assert ingress["spec"]["rules"][0]["host"] == "other.example.com"
    assert bench.names("horizontalpodautoscalers", "apis/autoscaling/v2") == []
    assert bench.get("persistentvolumeclaims", "demo-postgres", "api/v1")["metadata"]["uid"] == claim
    assert instances.show(bench.project, "demo").url == "http://other.example.com/team-a"


def test_another_token_takes_effect_without_another_pod(bench: Bench) -> None:
    bench.create()
    token, pods = instances.token(bench.project, "demo"), bench.names("pods")

    operations.rotate_token(bench.project, "demo")

    assert instances.token(bench.project, "demo") != token
    assert bench.names("pods") == pods


@pytest.mark.parametrize("settings", [{}, LARGE], ids=["small", "large"])
def test_a_stopped_instance_has_no_pods_and_starts_with_all_it_had(
    bench: Bench, settings: dict[str, Any]
) -> None:
    bench.create(**settings)
    kept = [bench.names("persistentvolumeclaims"), bench.names("secrets")]
    token = instances.token(bench.project, "demo")

    stopped = operations.stop(bench.project, "demo").instance

    assert stopped is not None
    assert (stopped.state, stopped.as_specified) == ("stopped", True)
    while (seen := instances.look(bench.project, stopped).state) == "reconciling":
        time.sleep(0.1)  # a pod is on its way out
    assert seen == "stopped"
    assert bench.server()["spec"]["replicas"] == 0
    assert bench.get("cronjobs", "demo-gc", "apis/batch/v1")["spec"]["suspend"] is True

    started = operations.start(bench.project, "demo").instance

    assert started is not None
    assert started.state == "active"
    assert [bench.names("persistentvolumeclaims"), bench.names("secrets")] == kept
    assert instances.token(bench.project, "demo") == token


def test_another_image_migrates_before_it_serves(bench: Bench) -> None:
    bench.create(**LARGE)
    before = bench.names("jobs", "apis/batch/v1")

    bench.update(image="registry.example.com/trackstack-server:2.0")

    (job,) = bench.names("jobs", "apis/batch/v1")
    assert [job] != before
    migration = bench.get("jobs", job, "apis/batch/v1")
    assert migration["status"]["succeeded"] == 1
    assert migration["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")
    assert bench.server()["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")


def test_an_image_that_does_not_come_up_is_put_back(bench: Bench) -> None:
    bench.create()
    before = bench.spec_file()

    with pytest.raises(StackError) as refused:
        bench.update(
            image="registry.example.com/trackstack-server:2.0",
            pod_annotations={"trackstack.test/fails": "crash"},
        )

    assert "demo did not come up with registry.example.com/trackstack-server:2.0: " in str(refused.value)
    assert "ended with exit code" in str(refused.value)
    assert str(refused.value).endswith(f"; it runs {IMAGE} again, as its file says")
    assert bench.spec_file() == before
    assert bench.server()["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    assert instances.look(bench.project, instances.show(bench.project, "demo")).state == "active"


def test_what_does_not_come_up_is_impaired_and_says_why(bench: Bench) -> None:
    with pytest.raises(ResourceFailed, match="ended with exit code"):
        bench.create(pod_annotations={"trackstack.test/fails": "crash"})

    found = instances.look(bench.project, instances.show(bench.project, "demo"))

    assert found.state == "impaired"


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"spec": {"replicas": 0}}, "spec.replicas"),
        (
            {"spec": {"template": {"spec": {"containers": [{"name": "server", "image": "x:1"}]}}}},
            "spec.template.spec.containers[0].image",
        ),
    ],
    ids=["scaled", "another image"],
)
def test_what_somebody_changed_is_found_and_mended(bench: Bench, patch: Any, found: str) -> None:
    bench.create()
    content = json.loads(json.dumps(patch))
    if "template" in patch["spec"]:
        content["spec"]["template"]["spec"]["containers"] = [
            {**bench.server()["spec"]["template"]["spec"]["containers"][0], "image": "x.example.com/x:1"}
        ]
    bench.patch(content)

    drift = operations.refresh(bench.project, "demo").drift

    assert [change.path for step in drift for change in step.diff] == [found]
    operations.up(bench.project, "demo")
    assert bench.server()["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    assert bench.server()["status"]["readyReplicas"] == 1


def test_what_somebody_deleted_is_found_and_made_again(bench: Bench) -> None:
    bench.create()
    bench.delete("deployments", "demo-server", "apis/apps/v1")
    bench.delete("services", "demo-server")

    found = instances.look(bench.project, instances.show(bench.project, "demo"))
    assert (found.state, found.error.startswith("there is no Deployment")) == ("impaired", True)

    mended = operations.up(bench.project, "demo").instance

    assert mended is not None
    assert mended.state == "active"
    assert bench.names("services") == ["demo-server"]


@pytest.mark.parametrize("keep", [False, True])
def test_a_deleted_instance_leaves_what_it_is_to_keep(bench: Bench, keep: bool) -> None:
    bench.create(database={"keep": keep})

    operations.delete(bench.project, "demo")

    assert bench.names("persistentvolumeclaims") == (["demo-database"] if keep else [])
    assert bench.names("secrets") == (["demo-key", "s3"] if keep else ["s3"])
    assert bench.names("deployments", "apis/apps/v1") == []
    assert instances.list_instances(bench.project) == []


def test_what_was_kept_is_taken_up_again(bench: Bench) -> None:
    bench.create(database={"keep": True})
    operations.delete(bench.project, "demo")

    made = bench.create(database={"claim": "demo-database"}, secret_key={"name": "demo-key", "key": "key"})

    assert made.state == "active"


def test_a_kept_postgres_is_taken_up_with_the_password_that_it_knows(bench: Bench) -> None:
    bench.create(database={"kind": "postgres", "keep": True}, bucket={"keep": True})
    password = bench.get("secrets", "demo-postgres", "api/v1")["data"]
    operations.delete(bench.project, "demo")

    with pytest.raises(
        StackError, match="an earlier instance demo left demo-postgres, demo-artifacts"
    ) as refusal:
        bench.create(database={"kind": "postgres"})
    assert not bench.project.settings_path("demo").exists()
    told = str(refusal.value)
    assert "secret: {name: demo-postgres, key: database-url}}" in told
    assert "delete pvc/demo-postgres pvc/demo-artifacts secret/demo-key secret/demo-postgres`" in told

    settings = yaml.safe_load(told.partition("with the settings ")[2].partition(", or be")[0].join("{}"))
    made = bench.create(**settings)

    assert made.state == "active"
    assert bench.get("secrets", "demo-postgres", "api/v1")["data"] == password
    operations.delete(bench.project, "demo")
    assert bench.names("persistentvolumeclaims") == ["demo-artifacts", "demo-postgres"]


def test_a_settled_instance_is_refreshed_only_until_something_changes(bench: Bench) -> None:
    bench.create()
    assert [intent.op for intent in fleet.plan(bench.project)] == ["same"]
    state = bench.project.stack("demo").snapshot()
    assert Settled(bench.project).load() == {"demo": mark(bench.project, "demo", state)}

    assert [intent.op for intent in fleet.plan(bench.project)] == ["same"]
    bench.delete("services", "demo-server")
    assert [intent.op for intent in fleet.plan(bench.project)] == ["update"]


def test_two_instances_stand_side_by_side(bench: Bench) -> None:
    bench.create("demo")
    bench.create("demo two")

    operations.delete(bench.project, "demo")

    assert instances.show(bench.project, "demo two").state == "active"
    assert bench.names("deployments", "apis/apps/v1") == [dns_name("demo-two", "server")]
    assert not operations.preview(bench.project, "demo two").changed


def test_logs_are_the_pods(bench: Bench) -> None:
    bench.create()

    pods = Pods.of(bench.project.folder, "demo", bench.spec())

    assert pods.logs(100) == LOG_LINES.splitlines()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"context": "nowhere"}, "nowhere"),
        ({"kubeconfig": "/nowhere/config"}, "kubeconfig"),
    ],
)
def test_a_cluster_that_is_not_there_is_told_before_anything_is_made(
    bench: Bench, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(StackError, match=reason) as refused:
        bench.create(**settings)

    assert "\n" not in str(refused.value)
    assert not bench.project.folder.exists()


def test_a_cluster_that_does_not_answer(bench: Bench, tmp_path: Path) -> None:
    config = tmp_path / "config"
    text = bench.cluster.kubeconfig.read_text()
    address = bench.cluster.client.configuration.host
    config.write_text(text.replace(address, "https://127.0.0.1:9"))

    with pytest.raises(StackError, match="does not answer: "):
        bench.create(kubeconfig=str(config))

    assert not bench.project.folder.exists()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"database": {"kind": "postgres"}}, "kubernetes.database.kind"),
        ({"bucket": LARGE["bucket"]}, "kubernetes.bucket.kind"),
        ({"namespace": "default"}, "kubernetes.namespace"),
        ({"replicas": 2}, "replicas 2: only one pod can serve SQLite"),
    ],
)
def test_a_change_that_would_leave_the_data_behind_is_refused(
    bench: Bench, changes: dict[str, Any], key: str
) -> None:
    bench.create()
    before = bench.spec_file()

    with pytest.raises(InvalidSpec, match=key):
        bench.update(**changes)

    assert bench.spec_file() == before


def test_a_file_that_was_edited_to_leave_the_data_behind_is_refused_by_up(bench: Bench) -> None:
    bench.create()
    settings = bench.project.settings("demo")
    settings.config.update(bench.spec(database={"kind": "postgres"}).to_config())
    settings.save()

    with pytest.raises(InvalidSpec, match=r"kubernetes\.database\.kind: 'sqlite' cannot become 'postgres'"):
        operations.up(bench.project, "demo")
    (intent,) = fleet.plan(bench.project)
    assert "put it back in Pulumi.demo.yaml" in intent.error
    assert "demo-database" in bench.names("persistentvolumeclaims")

    settings.config.update(bench.spec().to_config())
    settings.save()
    assert not operations.up(bench.project, "demo").changes.get("update")


CUSTOM = (
    ("monitoring.coreos.com", "ServiceMonitor", "servicemonitors"),
    ("gateway.networking.k8s.io", "HTTPRoute", "httproutes"),
)


def define(cluster: Cluster, group: str, kind: str, plural: str) -> None:
    """Have the cluster serve a kind, whatever it holds, as its operator's installation would."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower()}
    approved = {"api-approved.kubernetes.io": "unapproved, for tests"}
    body = {
        "metadata": {"name": f"{plural}.{group}", "annotations": approved},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    cluster.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)


def test_kinds_of_operators_are_made_where_they_are_defined(bench: Bench) -> None:
    settings: dict[str, Any] = {
        "service_monitor": True,
        "exposure": {"kind": "gateway", "host": "a.example.com", "gateway": {"name": "edge"}},
    }
    with pytest.raises(StackError, match=r"HTTPRoute|ServiceMonitor"):
        bench.create(**settings)
    for definition in CUSTOM:
        define(bench.cluster, *definition)

    operations.up(bench.project, "demo")

    assert bench.names("servicemonitors", "apis/monitoring.coreos.com/v1") == ["demo-server"]
    assert bench.names("httproutes", "apis/gateway.networking.k8s.io/v1") == ["demo-server"]
    assert not operations.preview(bench.project, "demo").changed


def test_an_operators_database_needs_the_operator(bench: Bench) -> None:
    with pytest.raises(StackError, match="Cluster") as refused:
        bench.create(database={"kind": "cloudnativepg"})

    assert "postgresql.cnpg.io/v1" in str(refused.value)
