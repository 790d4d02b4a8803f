"""What is told of objects that do not come up, and that they are recorded nevertheless."""

from collections.abc import Callable
from threading import Timer
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from tests.providers.kubernetes.conftest import Bench, steps
from tests.providers.kubernetes.programs import config_map, deployment

from trackstack.engine.errors import EngineError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

SHORT = {"annotations": {"pulumi.com/timeoutSeconds": "3"}}


def refused(bench: Bench, program: Callable[[], Any]) -> str:
    """What an `up` that fails tells."""
    with pytest.raises(EngineError) as failure:
        bench.up(program)
    return str(failure.value)


def test_an_image_that_cannot_be_pulled_is_named(bench: Bench) -> None:
    told = refused(bench, lambda: deployment(image="example.org/absent:9", fails="image", metadata=SHORT))

    assert f"Deployment {bench.namespace}/web is not ready after 3 s" in told
    assert "container web: ImagePullBackOff: Back-off pulling image example.org/absent:9" in told
    recorded = bench.resource("web")
    assert recorded.init_errors and recorded.id == f"{bench.namespace}/web"


def test_a_deployment_that_did_not_come_up_is_mended_by_the_next_up(bench: Bench) -> None:
    refused(bench, lambda: deployment(fails="image", metadata=SHORT))

    assert steps(bench.up(lambda: deployment(metadata=SHORT))) == {"web": "update"}
    assert not bench.resource("web").init_errors


def test_a_crash_loop_is_told_at_once_with_the_last_lines_of_the_log(bench: Bench) -> None:
    told = refused(bench, lambda: deployment(fails="crash"))

    assert "container web ended with exit code 1 (Error), 6 restarts; it said last:" in told
    assert "line 31: cannot reach the database" in told and "line 40:" in told
    assert "line 30:" not in told


def test_a_pod_without_a_node_is_told_with_the_schedulers_words(bench: Bench) -> None:
    pod = {"nodeSelector": {"disk": "ssd"}}

    told = refused(bench, lambda: deployment(pod=pod, metadata=SHORT))

    assert "has no node: 0/1 nodes are available" in told


def test_pods_that_admission_refuses_are_told(bench: Bench) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    bench.cluster.call("PATCH", f"/api/v1/namespaces/{bench.namespace}", labels)

    told = refused(bench, deployment)

    assert 'violates PodSecurity "restricted:latest"' in told


def test_a_used_up_quota_is_told(bench: Bench) -> None:
    def program() -> None:
        quota = k8s.core.v1.ResourceQuota("quota", metadata={"name": "quota"}, spec={"hard": {"pods": "0"}})
        deployment(metadata=SHORT, opts=pulumi.ResourceOptions(depends_on=[quota]))

    assert "exceeded quota: quota, requested: pods=1" in refused(bench, program)


def test_a_job_is_waited_for_and_its_failure_told(bench: Bench) -> None:
    def job(name: str, fails: str = "") -> None:
        k8s.batch.v1.Job(
            name,
            metadata={"name": name},
            spec={
                "backoffLimit": 0,
                "template": {
                    "metadata": {"annotations": {"trackstack.test/fails": fails}},
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "run", "image": "example.org/job:1"}],
                    },
                },
            },
        )

    bench.up(lambda: job("good"))
    assert bench.get("jobs", "good", "apis/batch/v1")["status"]["succeeded"] == 1

    told = refused(bench, lambda: job("bad", "exit"))

    assert "the job failed: Job has reached the specified backoff limit" in told
    assert "container run ended with exit code 3 (Error)" in told


def test_stateful_and_daemon_sets_and_claims_are_waited_for(bench: Bench) -> None:
    pod = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    selector = {"matchLabels": {"app": "x"}}

    def program() -> None:
        k8s.core.v1.PersistentVolumeClaim(
            "data",
            metadata={"name": "data"},
            spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        )
        k8s.apps.v1.StatefulSet(
            "db", metadata={"name": "db"}, spec={"replicas": 2, "selector": selector, "template": pod}
        )
        spec = {"selector": selector, "template": pod}
        k8s.apps.v1.DaemonSet("agent", metadata={"name": "agent"}, spec=spec)

    bench.up(program)

    assert bench.get("persistentvolumeclaims", "data")["status"]["phase"] == "Bound"
    assert bench.get("statefulsets", "db", "apis/apps/v1")["status"]["readyReplicas"] == 2
    assert bench.get("daemonsets", "agent", "apis/apps/v1")["status"]["numberAvailable"] == 1
    assert not bench.preview(program, refresh=True).changed


def test_an_address_is_waited_for_as_long_as_asked(bench: Bench) -> None:
    def program() -> None:
        k8s.core.v1.Service(
            "web",
            metadata={"name": "web"},
            spec={"type": "LoadBalancer", "ports": [{"port": 80}]},
            opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s")),
        )

    told = refused(bench, program)

    assert "is not ready after 2 s, it waits for an address from the load balancer's controller" in told


def test_nothing_is_waited_for_where_the_annotation_says_so(bench: Bench) -> None:
    skip = {"annotations": {"pulumi.com/skipAwait": "true"}}

    assert steps(bench.up(lambda: deployment(fails="never", metadata=skip))) == {"web": "create"}


def test_other_conditions_can_be_waited_for(bench: Bench) -> None:
    def program(expression: str) -> None:
        annotations = {"pulumi.com/waitFor": expression, "pulumi.com/timeoutSeconds": "2"}
        config_map({"a": "1"}, metadata={"annotations": annotations})

    bench.up(lambda: program("jsonpath={.data.a}=1"))

    told = refused(bench, lambda: program('["jsonpath={.data.a}", "condition=Ready"]'))
    assert "it waits for condition=Ready" in told
    assert "got 'status'" in refused(bench, lambda: program("status"))


def test_a_namespace_that_cannot_go_tells_what_holds_it(bench: Bench) -> None:
    name = f"{bench.namespace}-held"

    def program() -> None:
        inner = k8s.core.v1.Namespace(
            "inner",
            metadata={"name": name},
            opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="12s")),
        )
        held = {"name": "held", "namespace": inner.metadata.name, "finalizers": ["example.org/held"]}
        k8s.core.v1.ConfigMap(
            "held", metadata=held, opts=pulumi.ResourceOptions(retain_on_delete=True, parent=inner)
        )

    bench.up(program)

    with pytest.raises(EngineError, match=r"is still there after 12 s: .*example\.org/held"):
        bench.destroy()

    path = f"/api/v1/namespaces/{name}/configmaps/held"
    bench.cluster.call("PATCH", path, {"metadata": {"finalizers": None}})
    bench.destroy()


def test_an_up_that_is_cancelled_gives_up_waiting_and_records_what_it_made(bench: Bench) -> None:
    cancel = Timer(3, bench.options.cancellation.cancel)
    cancel.start()

    with pytest.raises(EngineError):
        bench.up(lambda: deployment(fails="never"))

    cancel.join()
    recorded = bench.resource("web")
    assert "given up while waiting for 1 pods to be available" in str(recorded.init_errors)
    made = bench.get("deployments", "web", "apis/apps/v1")
    assert recorded.outputs["metadata"]["uid"] == made["metadata"]["uid"]
