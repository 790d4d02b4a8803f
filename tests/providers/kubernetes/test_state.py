"""What is recorded, what stays secret in it, and what an interrupted operation leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from tests.providers.kubernetes import killed
from tests.providers.kubernetes.conftest import Bench, NewBench, changed, operations, steps
from tests.providers.kubernetes.programs import config_map, deployment, drawn

from trackstack.engine.errors import EngineError
from trackstack.engine.values import has_secret, is_secret

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

WORD = "a very secret word"


def test_the_state_is_the_plugins(bench: Bench) -> None:
    bench.up(lambda: config_map({"a": "1"}))

    recorded = bench.resource("settings")

    assert recorded.id == f"{bench.namespace}/settings"
    assert recorded.inputs == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": bench.namespace},
        "data": {"a": "1"},
    }
    assert recorded.outputs["__inputs"] == recorded.inputs
    assert recorded.outputs["__initialApiVersion"] == "v1"
    assert recorded.outputs["__fieldManager"].startswith("pulumi-kubernetes-")
    assert recorded.outputs["metadata"]["uid"] == bench.get("configmaps", "settings")["metadata"]["uid"]
    (owner,) = recorded.outputs["metadata"]["managedFields"]
    assert (owner["manager"], owner["operation"]) == (recorded.outputs["__fieldManager"], "Apply")


def test_a_secrets_data_is_secret_in_the_state_however_it_was_given(bench: Bench, tmp_path: Path) -> None:
    def program() -> None:
        k8s.core.v1.Secret("texts", metadata={"name": "texts"}, string_data={"word": WORD})
        k8s.core.v1.Secret(
            "marked", metadata={"name": "marked"}, string_data={"word": pulumi.Output.secret(WORD)}
        )

    bench.up(program)

    for name in ("texts", "marked"):
        recorded = bench.resource(name)
        assert is_secret(recorded.outputs["data"]), name
        assert has_secret(recorded.inputs["stringData"]), name
        assert has_secret(recorded.outputs["__inputs"]["stringData"]), name
    text = (tmp_path / "state/.pulumi/stacks/project/dev.json").read_text()
    assert WORD not in text and "YSB2ZXJ5IHNlY3JldCB3b3Jk" not in text
    assert not bench.preview(program, refresh=True).changed


def test_a_secret_that_others_changed_is_told_and_mended(new_bench: NewBench) -> None:
    bench = new_bench(enableSecretMutable="true", enablePatchForce="true")

    def program() -> None:
        k8s.core.v1.Secret("texts", metadata={"name": "texts"}, string_data={"word": WORD})

    bench.up(program)
    bench.change("secrets", "texts", {"stringData": {"word": "another"}})

    result = bench.up(program, refresh=True)

    assert operations(result, "texts")[-1] == "update"
    assert bench.get("secrets", "texts")["data"]["word"] == "YSB2ZXJ5IHNlY3JldCB3b3Jk"


def test_only_what_is_secret_of_an_object_is_hidden(bench: Bench) -> None:
    bench.up(lambda: config_map({"open": "1", "closed": pulumi.Output.secret(WORD)}))  # type: ignore[dict-item]

    data = bench.resource("settings").outputs["data"]

    assert is_secret(data["closed"])
    assert data["open"] == "1"


def test_a_refusal_does_not_quote_a_secret(bench: Bench) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap(
            "bad", metadata={"name": "bad", "labels": {"word": pulumi.Output.secret(WORD)}}, data={}
        )

    with pytest.raises(EngineError) as refusal:
        bench.up(program)

    assert WORD not in str(refusal.value)


def test_a_refusal_is_shown_in_the_preview(bench: Bench) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    bench.cluster.call("PATCH", f"/api/v1/namespaces/{bench.namespace}", labels)
    pod: dict[str, Any] = {"containers": [{"name": "web", "image": "example.org/web:1"}]}

    with pytest.raises(EngineError, match="violates PodSecurity"):
        bench.preview(lambda: k8s.core.v1.Pod("pod", metadata={"name": "pod"}, spec=pod))
    with pytest.raises(EngineError, match=r"spec\.imagined: field not declared in schema"):
        bench.preview(
            lambda: k8s.apiextensions.CustomResource(
                "odd", "v1", "Service", metadata={"name": "odd"}, spec={"imagined": 1, "ports": [{"port": 1}]}
            )
        )
    assert bench.names("pods") == []


def test_custom_resources_are_served_as_soon_as_they_are_defined(bench: Bench) -> None:
    group = f"{bench.namespace}.example.org"
    fixed = {"rule": "self == oldSelf", "message": "zone is immutable"}
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer"},
                    "zone": {
                        "type": "string",
                        "x_kubernetes_validations": [fixed],
                    },
                },
            }
        },
    }

    def program(size: int, zone: str = "a") -> None:
        crd = k8s.apiextensions.v1.CustomResourceDefinition(
            "widgets",
            metadata={"name": f"widgets.{group}"},
            spec={
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
                "versions": [
                    {"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}
                ],
            },
        )
        k8s.apiextensions.CustomResource(
            "widget",
            f"{group}/v1",
            "Widget",
            metadata={"name": "widget"},
            spec={"size": size, "zone": zone},
            opts=pulumi.ResourceOptions(depends_on=[crd]),
        )

    assert steps(bench.preview(lambda: program(1))) == {"widgets": "create", "widget": "create"}
    bench.up(lambda: program(1))
    assert not bench.preview(lambda: program(1), refresh=True).changed
    assert changed(bench.preview(lambda: program(2)), "widget") == ["spec.size"]
    assert "create-replacement" in operations(bench.preview(lambda: program(1, "b")), "widget")
    bench.destroy()


def test_fields_of_an_object_that_is_not_the_stacks_are_patched_and_let_go(bench: Bench) -> None:
    path = f"/api/v1/namespaces/{bench.namespace}"
    before = bench.cluster.call("GET", path)["metadata"]["labels"]

    def program() -> None:
        k8s.core.v1.NamespacePatch("patch", metadata={"name": bench.namespace, "labels": {"team": "red"}})

    bench.up(program)
    assert bench.cluster.call("GET", path)["metadata"]["labels"] == {**before, "team": "red"}
    assert not bench.preview(program, refresh=True).changed

    bench.destroy()

    assert bench.cluster.call("GET", path)["metadata"]["labels"] == before


@pytest.mark.parametrize(
    "declare, told",
    [
        (
            lambda: pulumi.CustomResource("kubernetes:helm.sh/v3:Release", "chart", {}),
            "kubernetes:helm.sh/v3:Release is not served without the Pulumi CLI: render the chart",
        ),
        (
            lambda: k8s.core.v1.ConfigMap("drawn", metadata={"generate_name": "a-"}),
            "metadata.generateName: a server-side apply needs a name",
        ),
        (
            lambda: pulumi.CustomResource("kubernetes:example.org/v1:Widget", "widget", {"metadata": {}}),
            "the cluster has no kind Widget in example.org/v1; is its CustomResourceDefinition there?",
        ),
    ],
    ids=["helm", "generateName", "no such kind"],
)
def test_what_is_not_served_is_refused_in_one_line(bench: Bench, declare: Any, told: str) -> None:
    with pytest.raises(EngineError) as refusal:
        bench.up(declare)

    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_preview_of_a_hundred_objects_that_did_not_change_asks_once_for_each(bench: Bench) -> None:
    def program() -> None:
        for number in range(100):
            config_map({"number": str(number)}, f"settings-{number}")

    bench.up(program)
    created = bench.requests()

    assert not bench.preview(program, refresh=True).changed
    read = bench.requests()
    assert not bench.preview(program).changed

    assert created == 201  # is it there? make it; and once which kinds there are
    assert read <= 102
    assert bench.requests() <= 1


def test_an_up_that_was_killed_is_continued_with_what_it_made(new_bench: NewBench, tmp_path: Path) -> None:
    bench = new_bench("killed")
    run = subprocess.Popen(
        [sys.executable, "-m", killed.__name__, str(tmp_path), json.dumps(bench.options.config)],
        cwd=Path(__file__).parents[3],
    )
    deadline = time.monotonic() + 60
    while len(bench.names("configmaps")) < 2 or not bench.names("deployments", "apis/apps/v1"):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    made = bench.get("deployments", "web", "apis/apps/v1")["metadata"]["uid"]
    names = bench.names("configmaps")
    bench.stack.unlock()

    def program() -> None:
        deployment()
        config_map({"a": "1"})
        drawn()

    assert steps(bench.preview(program)) == {"web": "create", "settings": "create", "drawn": "create"}
    bench.up(program, refresh=True, clear_pending_creates=True)

    assert bench.get("deployments", "web", "apis/apps/v1")["metadata"]["uid"] == made
    assert bench.names("configmaps") == names
    assert bench.stack.snapshot().pending == []
    assert "annotations" not in bench.get("configmaps", "settings")["metadata"]
    assert not bench.preview(program, refresh=True).changed
