"""Objects that others change or delete, conflicts with them, and objects that others made."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from tests.providers.kubernetes.conftest import Bench, NewBench, changed, steps
from tests.providers.kubernetes.programs import config_map, deployment

from trackstack.engine.errors import EngineError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def labelled(team: str, **annotations: str) -> Callable[[], Any]:
    """A ConfigMap with a label and annotations."""
    metadata = {"labels": {"team": team}, "annotations": {"example.org/by": "tests", **annotations}}
    return lambda: config_map({"a": "1"}, metadata=metadata)


def test_drift_is_told_field_by_field_and_mended(bench: Bench) -> None:
    bench.up(labelled("red"))
    bench.change("configmaps", "settings", {"metadata": {"labels": {"team": "blue"}}, "data": {"b": "2"}})

    found = bench.refresh()

    assert changed(found, "settings") == ["metadata.labels.team"]  # `b` is nobody's of ours
    bench.set(enablePatchForce="true")
    assert changed(bench.preview(labelled("red")), "settings") == ["metadata.labels.team"]
    bench.up(labelled("red"))
    assert bench.get("configmaps", "settings")["metadata"]["labels"] == {"team": "red"}


def test_what_the_server_adds_is_no_drift(bench: Bench) -> None:
    bench.up(deployment)

    assert not bench.refresh().changed
    assert steps(bench.preview(deployment)) == {"web": "same"}


def test_a_deleted_object_is_made_again(bench: Bench) -> None:
    bench.up(labelled("red"))
    bench.delete("configmaps", "settings")

    assert steps(bench.preview(labelled("red"), refresh=True))["settings"] == "create"
    bench.up(labelled("red"), refresh=True)

    assert bench.names("configmaps") == ["settings"]


def test_an_update_makes_again_what_was_deleted_meanwhile(bench: Bench) -> None:
    bench.up(labelled("red"))
    bench.delete("configmaps", "settings")

    bench.up(labelled("blue"))

    assert bench.get("configmaps", "settings")["metadata"]["labels"] == {"team": "blue"}


def test_a_conflict_names_field_and_owner_and_is_won_by_force(bench: Bench) -> None:
    bench.up(labelled("red"))
    patch = {"metadata": {"labels": {"team": "blue"}}}
    bench.change("configmaps", "settings", patch, fieldManager="somebody-else")

    with pytest.raises(EngineError) as refusal:
        bench.preview(labelled("green"))
    told = str(refusal.value)
    assert "ConfigMap" in told and "others own these fields" in told
    assert ".metadata.labels.team ('somebody-else'" in told
    assert 'pulumi.com/patchForce: "true"' in told
    with pytest.raises(EngineError, match="others own these fields"):
        bench.up(labelled("green"))

    bench.up(labelled("green", **{"pulumi.com/patchForce": "true"}))
    assert bench.get("configmaps", "settings")["metadata"]["labels"] == {"team": "green"}


def test_what_others_may_change_is_left_to_them(bench: Bench) -> None:
    def program(image: str) -> None:
        options = pulumi.ResourceOptions(ignore_changes=["spec.replicas"])
        deployment(replicas=1, image=image, opts=options)

    bench.up(lambda: program("example.org/web:1"))
    bench.change("deployments", "web", {"spec": {"replicas": 3}}, "apis/apps/v1", fieldManager="autoscaler")

    assert not bench.preview(lambda: program("example.org/web:1"), refresh=True).changed
    bench.up(lambda: program("example.org/web:2"), refresh=True)

    found = bench.get("deployments", "web", "apis/apps/v1")
    assert found["spec"]["replicas"] == 3
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "example.org/web:2"


def test_an_object_that_others_made_is_refused_with_its_owner(bench: Bench) -> None:
    path = f"/api/v1/namespaces/{bench.namespace}/configmaps"
    bench.cluster.call(
        "POST", path, {"metadata": {"name": "settings"}, "data": {"a": "2"}}, fieldManager="somebody-else"
    )

    with pytest.raises(EngineError, match="exists already, written by somebody-else; import it"):
        bench.preview(labelled("red"))
    with pytest.raises(EngineError, match="exists already, written by somebody-else; import it"):
        bench.up(labelled("red"))


def test_a_second_stack_of_the_same_name_does_not_take_the_firsts_objects(
    new_bench: NewBench, bench: Bench
) -> None:
    bench.up(labelled("red"))
    other = new_bench(namespace=bench.namespace, state="elsewhere")
    assert other.stack.name == bench.stack.name

    with pytest.raises(EngineError, match="exists already, written by pulumi-kubernetes-"):
        other.up(labelled("red"))


def test_an_object_is_taken_over_where_the_provider_may(new_bench: NewBench) -> None:
    bench = new_bench(upsertExistingObjects="true")
    path = f"/api/v1/namespaces/{bench.namespace}/configmaps"
    bench.cluster.call("POST", path, {"metadata": {"name": "settings"}, "data": {"z": "0"}})

    bench.up(labelled("red"))

    assert bench.get("configmaps", "settings")["data"] == {"a": "1", "z": "0"}


def test_an_object_is_imported_as_it_is(bench: Bench) -> None:
    path = f"/api/v1/namespaces/{bench.namespace}/configmaps"
    bench.cluster.call("POST", path, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
    identity = f"{bench.namespace}/settings"

    result = bench.up(lambda: config_map({"a": "1"}, opts=pulumi.ResourceOptions(import_=identity)))

    assert steps(result) == {"settings": "import"}
    assert steps(bench.preview(lambda: config_map({"a": "1"}), refresh=True)) == {"settings": "same"}


def test_an_object_that_others_made_is_read(bench: Bench) -> None:
    path = f"/api/v1/namespaces/{bench.namespace}/configmaps"
    bench.cluster.call("POST", path, {"metadata": {"name": "settings"}, "data": {"a": "1"}})

    def program() -> None:
        pulumi.export("a", k8s.core.v1.ConfigMap.get("theirs", f"{bench.namespace}/settings").data["a"])

    assert bench.up(program).outputs["a"] == "1"
    bench.destroy()
    assert bench.names("configmaps") == ["settings"]


def test_fields_that_the_plugin_wrote_once_are_taken_over(bench: Bench) -> None:
    """pulumi-kubernetes creates by a plain write; what it owns so must not outlive a removal."""
    bench.up(labelled("red"))
    bench.delete("configmaps", "settings")
    body = {"metadata": {"name": "settings", "labels": {"team": "red"}}, "data": {"a": "1"}}
    path = f"/api/v1/namespaces/{bench.namespace}/configmaps"
    bench.cluster.call("POST", path, body, fieldManager="pulumi-kubernetes")
    bench.refresh()

    bench.up(lambda: config_map({"a": "1"}))

    assert "labels" not in bench.get("configmaps", "settings")["metadata"]
    assert not bench.preview(lambda: config_map({"a": "1"}), refresh=True).changed


def test_what_the_plugin_wrote_once_is_as_it_was_given_in_other_words(bench: Bench) -> None:
    """pulumi-kubernetes records `1000m` as the `1` that the server makes of it."""

    def quota(cpu: str) -> Callable[[], Any]:
        return lambda: k8s.core.v1.ResourceQuota(
            "quota", metadata={"name": "quota"}, spec={"hard": {"cpu": cpu}}
        )

    bench.up(quota("1"))
    bench.delete("resourcequotas", "quota")
    body = {"metadata": {"name": "quota"}, "spec": {"hard": {"cpu": "1"}}}
    path = f"/api/v1/namespaces/{bench.namespace}/resourcequotas"
    bench.cluster.call("POST", path, body, fieldManager="pulumi-kubernetes")
    bench.refresh()

    assert steps(bench.preview(quota("1000m"), refresh=True)) == {"quota": "same"}
    assert steps(bench.preview(quota("1001m"), refresh=True)) == {"quota": "update"}
