"""The rules by which documents are compared, cut and merged, whatever is in them."""

import copy
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trackstack.providers.kubernetes import (
    annotations,
    drift,
    names,
    ownership,
    paths,
    settings,
    shapes,
    tokens,
)
from trackstack.providers.kubernetes.differences import compare
from trackstack.providers.kubernetes.errors import Unreachable
from trackstack.providers.kubernetes.objects import Objects
from trackstack.providers.kubernetes.settings import Settings, failures
from trackstack.providers.kubernetes.state import State, hide
from trackstack.providers.resource import ResourceError
from trackstack.providers.values import has_secret, reveal, secret

INTERNAL = (annotations.AUTONAMED, "enableServerSideApply")

KEYS = st.text('ab.[]"\\/-_', min_size=1, max_size=4)
SCALARS = st.one_of(st.booleans(), st.integers(-2, 2), st.floats(-2, 2), st.text("ab", max_size=2))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
TREES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.just({}), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert not list(compare(document, copy.deepcopy(document)))


@given(DOCUMENTS, DOCUMENTS)
def test_the_differences_are_all_that_is_not_equal(old: dict[str, Any], new: dict[str, Any]) -> None:
    made = copy.deepcopy(old)
    for each in sorted(compare(old, new), key=lambda each: each.kind != "delete"):
        if each.kind == "delete" and isinstance(each.path[-1], str):
            paths.drop(made, each.path)
        elif each.kind != "delete":
            parent = paths.get(made, each.path[:-1])
            value = paths.get(new, each.path)
            if isinstance(parent, list) and each.kind == "add":
                parent.append(value)
            else:
                paths.put(made, each.path, value)
    for each in compare(made, new):  # what is left: elements at the end of lists
        assert each.kind == "delete" and isinstance(each.path[-1], int)


@given(st.lists(st.one_of(KEYS, st.integers(0, 99)), min_size=1, max_size=5))
def test_a_path_is_read_as_it_was_written(steps: list[str | int]) -> None:
    assert paths.parse(paths.write(tuple(steps))) == tuple(steps)


@given(DOCUMENTS, DOCUMENTS)
def test_what_is_cut_to_a_shape_has_nothing_else(value: dict[str, Any], shape: dict[str, Any]) -> None:
    cut = shapes.prune(value, shape)

    assert cut.keys() == value.keys() & shape.keys()
    assert shapes.prune(cut, shape) == cut
    assert shapes.prune(value, value) == value


@given(DOCUMENTS, DOCUMENTS)
def test_a_union_keeps_what_either_shape_keeps(left: dict[str, Any], right: dict[str, Any]) -> None:
    both = shapes.union(left, right)

    assert shapes.prune(right, both) == right
    assert both.keys() == left.keys() | right.keys()


@given(DOCUMENTS, DOCUMENTS)
def test_without_drift_the_inputs_stay_as_they_were_given(inputs: Any, live: Any) -> None:
    assert drift.drifted(inputs, live, copy.deepcopy(live)) == inputs


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_after_drift_the_inputs_ask_for_no_other_fields(inputs: Any, before: Any, after: Any) -> None:
    assert drift.drifted(inputs, before, after).keys() <= inputs.keys()


def test_drift_is_told_in_the_field_that_drifted_alone() -> None:
    inputs = {"cpu": "1000m", "ports": [{"port": 80}], "labels": {"a": "1", "b": "2"}}
    before = {"cpu": "1", "ports": [{"port": 80, "protocol": "TCP"}], "labels": {"a": "1", "b": "2"}}
    after = {"cpu": "1", "ports": [{"port": 81, "protocol": "TCP"}], "labels": {"a": "9", "c": "3"}}

    found = drift.drifted(inputs, before, after)

    assert found == {"cpu": "1000m", "ports": [{"port": 81}], "labels": {"a": "9"}}


@given(DOCUMENTS, DOCUMENTS)
def test_hiding_changes_no_value_and_hides_all_that_was_secret(outputs: Any, sent: Any) -> None:
    assume("kind" not in outputs)
    marked = {key: secret(value) for key, value in sent.items()}

    hidden = hide(outputs, marked)

    assert reveal(hidden) == outputs
    assert all(has_secret(hidden[key]) for key in outputs.keys() & sent.keys())


@given(DOCUMENTS, DOCUMENTS, KEYS, KEYS)
def test_a_state_is_read_as_it_was_written(live: Any, inputs: Any, manager: str, version: str) -> None:
    recorded = State(live, inputs, manager, version)

    assert State.parse(recorded.write(inputs)) == recorded


@given(TREES, TREES)
def test_who_takes_over_owns_all_that_both_owned(own: Any, other: Any) -> None:
    live = {
        "metadata": {
            "resourceVersion": "7",
            "managedFields": [
                {"manager": "me", "operation": "Apply", "fieldsV1": own},
                {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": other},
                {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:x": {}}},
                {"manager": "kubectl", "operation": "Update", "subresource": "status", "fieldsV1": {}},
            ],
        }
    }

    (fields, version) = ownership.taken_over(live, "me")

    assert [entry["manager"] for entry in fields["value"]] == ["me", "kubelet", "kubectl"]
    merged = fields["value"][0]["fieldsV1"]
    assert shapes.prune(own, merged) == own and shapes.prune(other, merged) == other
    assert version["value"] == "7"


@pytest.mark.parametrize(
    "token, known",
    [
        ("kubernetes:core/v1:Pod", ("v1", "Pod")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:cert-manager.io/v1:Certificate", ("cert-manager.io/v1", "Certificate")),
        ("kubernetes:core/v1:NamespacePatch", ("v1", "Namespace")),
    ],
)
def test_a_type_token_names_version_and_kind(token: str, known: tuple[str, str]) -> None:
    assert tokens.parse(token) == known


@pytest.mark.parametrize(
    "token", ["kubernetes:yaml:ConfigFile", "kubernetes:helm.sh/v4:Chart", "kubernetes:x:"]
)
def test_a_type_token_that_is_not_served_is_refused(token: str) -> None:
    with pytest.raises(ResourceError, match=token.replace(".", r"\.")):
        tokens.parse(token)


def test_a_name_is_drawn_once_and_kept() -> None:
    urn = "urn:pulumi:dev::p::kubernetes:core/v1:ConfigMap::settings"
    first: dict[str, Any] = {}
    names.name(first, {}, urn, b"seed")
    again: dict[str, Any] = {"metadata": {"labels": {"a": "1"}}}
    names.name(again, first, urn, b"another seed")
    fresh: dict[str, Any] = {}
    names.name(fresh, {}, urn, b"another seed")

    assert first["metadata"]["name"].startswith("settings-")
    assert again["metadata"]["name"] == first["metadata"]["name"]
    assert again["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert fresh["metadata"]["name"] != first["metadata"]["name"]


@pytest.mark.parametrize(
    "inputs, wrong",
    [
        ({"kubeconfig": "x", "namespace": "team", "version": "4.0.0"}, []),
        ({"renderYamlToDirectory": "out"}, ["renderYamlToDirectory"]),
        ({"enableServerSideApply": "false"}, ["enableServerSideApply"]),
        ({"enablePatchForce": "perhaps"}, ["enablePatchForce"]),
    ],
)
def test_a_providers_inputs_are_checked_by_name(inputs: Any, wrong: list[str]) -> None:
    assert [failure.property for failure in failures(inputs)] == wrong


def test_every_input_and_annotation_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/kubernetes.md").read_text()
    words = [value for value in vars(annotations).values() if str(value).startswith("pulumi.com/")]

    assert [word for word in (*settings.SERVED, *words) if word not in text and word not in INTERNAL] == []


def test_context_and_cluster_choose_within_the_kubeconfig() -> None:
    kubeconfig = """
current-context: one
clusters:
- {name: a, cluster: {server: "https://a.test"}}
- {name: b, cluster: {server: "https://b.test"}}
contexts:
- {name: one, context: {cluster: a, user: me, namespace: team}}
- {name: two, context: {cluster: b, user: me}}
users:
- {name: me, user: {token: secret}}
"""
    host = {
        name: chosen.connect()._transport.configuration.host
        for name, chosen in {
            "current": Settings(kubeconfig),
            "context": Settings(kubeconfig, context="two"),
            "cluster": Settings(kubeconfig, cluster="b"),
        }.items()
    }

    assert host == {"current": "https://a.test", "context": "https://b.test", "cluster": "https://b.test"}
    assert Settings(kubeconfig).default_namespace() == "team"
    assert Settings(kubeconfig, context="two").default_namespace() == "default"
    assert Settings(kubeconfig, namespace="mine").default_namespace() == "mine"
    assert Settings(kubeconfig).cluster_key() == Settings(kubeconfig.replace("secret", "new")).cluster_key()
    with pytest.raises(ResourceError, match="the kubeconfig has no context 'three'"):
        Settings(kubeconfig, context="three").connect()
    with pytest.raises(ResourceError, match="neither a kubeconfig nor the path of one"):
        Settings("/nowhere/config").connect()


def test_a_cluster_that_does_not_answer_is_told_in_one_line() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    kubeconfig = f"""
current-context: one
clusters: [{{name: a, cluster: {{server: "http://{address}"}}}}]
contexts: [{{name: one, context: {{cluster: a, user: me}}}}]
users: [{{name: me, user: {{token: secret}}}}]
"""
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}

    with pytest.raises(Unreachable) as refusal:
        Objects(Settings(kubeconfig)).read(wanted)

    assert str(refusal.value) == f"the cluster at http://{address} does not answer: Connection refused"
    assert Objects(Settings(kubeconfig, delete_unreachable=True)).read(wanted) is None
