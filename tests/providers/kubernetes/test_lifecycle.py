"""Objects created, changed, replaced and deleted, and previews of all that."""

import pulumi
import pulumi_kubernetes as k8s
import pytest
from tests.providers.kubernetes.conftest import Bench, NewBench, changed, operations, steps
from tests.providers.kubernetes.programs import config_map, deployment

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_deployment_is_created_and_waited_for(bench: Bench) -> None:
    def program() -> None:
        made = deployment(replicas=2)
        pulumi.export("available", made.status.available_replicas)

    result = bench.up(program)

    assert steps(result) == {"web": "create"}
    assert result.outputs["available"] == 2
    assert bench.get("deployments", "web", "apis/apps/v1")["status"]["availableReplicas"] == 2


def test_what_did_not_change_is_planned_as_the_same(bench: Bench) -> None:
    bench.up(deployment)

    plan = bench.preview(deployment, refresh=True)

    assert steps(plan) == {"web": "same"}
    assert not plan.changed


def test_a_changed_field_is_updated_and_the_rollout_waited_for(bench: Bench) -> None:
    bench.up(deployment)

    def program() -> None:
        deployment(image="example.org/web:2")

    plan = bench.preview(program)
    assert steps(plan) == {"web": "update"}
    assert changed(plan, "web") == ["spec.template.spec.containers[0].image"]

    assert steps(bench.up(program)) == {"web": "update"}
    found = bench.get("deployments", "web", "apis/apps/v1")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "example.org/web:2"
    assert found["status"]["updatedReplicas"] == 1


def test_another_way_to_write_a_value_is_no_change(bench: Bench) -> None:
    def program(cpu: str) -> None:
        k8s.core.v1.ResourceQuota("quota", metadata={"name": "quota"}, spec={"hard": {"limits.cpu": cpu}})

    bench.up(lambda: program("2"))

    assert steps(bench.preview(lambda: program("2000m"))) == {"quota": "same"}


def test_a_removed_field_goes_from_the_object(bench: Bench) -> None:
    bench.up(lambda: config_map({"a": "1"}, metadata={"labels": {"team": "a", "tier": "gold"}}))

    def program() -> None:
        config_map({"a": "1"}, metadata={"labels": {"team": "a"}})

    assert changed(bench.preview(program), "settings") == ["metadata.labels.tier"]
    bench.up(program)
    assert bench.get("configmaps", "settings")["metadata"]["labels"] == {"team": "a"}


def test_an_immutable_field_replaces_the_object_of_a_fixed_name_by_deleting_it_first(bench: Bench) -> None:
    def program(labels: dict[str, str]) -> None:
        k8s.apps.v1.Deployment(
            "web",
            metadata={"name": "web"},
            spec={
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "web", "image": "example.org/web:1"}]},
                },
            },
        )

    bench.up(lambda: program({"app": "web"}))
    before = bench.get("deployments", "web", "apis/apps/v1")["metadata"]["uid"]

    result = bench.up(lambda: program({"app": "other"}))

    assert operations(result, "web") == [
        "delete-replaced",
        "replace",
        "create-replacement",
    ]
    assert bench.get("deployments", "web", "apis/apps/v1")["metadata"]["uid"] != before


def test_what_only_the_server_knows_to_be_immutable_replaces_too(bench: Bench) -> None:
    def program(group: str) -> None:
        k8s.core.v1.Service(
            "web", metadata={"name": "web"}, spec={"ports": [{"port": 80}], "ipFamilies": [group]}
        )
        k8s.coordination.v1.Lease("lease", metadata={"name": "lease"}, spec={"holderIdentity": group})
        k8s.scheduling.v1.PriorityClass(
            "priority", metadata={"name": f"{bench.namespace}"}, value=len(group), description="tests"
        )

    bench.up(lambda: program("IPv4"))

    plan = bench.preview(
        lambda: k8s.scheduling.v1.PriorityClass(
            "priority", metadata={"name": f"{bench.namespace}"}, value=9, description="tests"
        )
    )

    assert "create-replacement" in operations(plan, "priority")
    bench.destroy()


def test_an_object_without_a_name_gets_one_and_is_replaced_before_it_is_deleted(bench: Bench) -> None:
    def program(value: str) -> None:
        k8s.core.v1.ConfigMap("auto", data={"a": value})

    bench.up(lambda: program("1"))
    (first,) = bench.names("configmaps")
    assert first.startswith("auto-")
    assert steps(bench.preview(lambda: program("1"), refresh=True)) == {"auto": "same"}

    result = bench.up(lambda: program("2"))

    assert operations(result, "auto") == [
        "create-replacement",
        "replace",
        "delete-replaced",
    ]
    (second,) = bench.names("configmaps")
    assert second != first


def test_config_maps_that_may_change_are_updated(new_bench: NewBench) -> None:
    bench = new_bench(enableConfigMapMutable="true")
    bench.up(lambda: config_map({"a": "1"}))

    assert steps(bench.up(lambda: config_map({"a": "2"}))) == {"settings": "update"}
    assert bench.get("configmaps", "settings")["data"] == {"a": "2"}


def test_destroying_leaves_nothing_and_again_is_nothing_to_do(bench: Bench) -> None:
    bench.up(deployment)
    bench.delete("deployments", "web", "apis/apps/v1")

    bench.destroy()

    assert bench.names("deployments", "apis/apps/v1") == []
    assert bench.names("pods") == []


def test_a_namespace_and_what_is_in_it_come_and_go_together(bench: Bench) -> None:
    name = f"{bench.namespace}-inner"

    def program() -> None:
        inner = k8s.core.v1.Namespace("inner", metadata={"name": name})
        k8s.core.v1.ConfigMap(
            "inside", metadata={"name": "inside", "namespace": inner.metadata.name}, data={}
        )

    assert steps(bench.preview(program)) == {"inner": "create", "inside": "create"}
    bench.up(program)
    plan = bench.preview(program, refresh=True)
    assert changed(plan, "inside") == []
    assert steps(plan) == {"inner": "same", "inside": "same"}

    bench.destroy()

    with pytest.raises(LookupError, match="not found"):
        bench.cluster.call("GET", f"/api/v1/namespaces/{name}")


def test_two_stacks_share_a_namespace(new_bench: NewBench) -> None:
    one = new_bench("one")
    two = new_bench("two", one.namespace)
    one.up(lambda: config_map({"a": "1"}, "first"))
    two.up(lambda: config_map({"a": "1"}, "second"))

    one.destroy()

    assert one.names("configmaps") == ["second"]
    assert steps(two.preview(lambda: config_map({"a": "1"}, "second"), refresh=True)) == {"second": "same"}
