"""Resources to JSON and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.files.states import box, property_maps, texts, urn

from trackstack.engine import values
from trackstack.engine.errors import StateError
from trackstack.engine.resource import Resource

MINIMAL = {"urn": urn("a"), "type": "cloud:index:Box"}

_urns = st.lists(texts, max_size=2)
_members: dict[str, st.SearchStrategy[Any]] = {
    "str": texts,
    "bool": st.booleans(),
    "Properties": property_maps,
    "Value": st.integers() | st.none(),
    "list[str]": _urns,
    "list[Any]": st.lists(st.lists(texts, max_size=2), max_size=2),
    "list[dict[str, str]]": st.lists(st.fixed_dictionaries({"sourcePosition": texts}), max_size=1),
    "dict[str, float]": st.dictionaries(texts, st.floats(1, 99), max_size=2),
    "dict[str, list[str]]": st.dictionaries(texts, _urns, max_size=2),
}
resources = st.builds(
    Resource,
    **{f.name: _members[str(f.type)] for f in dataclasses.fields(Resource) if str(f.type) in _members}
    | {"urn": st.just(urn("a")), "type": st.just("cloud:index:Box")},
    extra=st.dictionaries(st.just("aKeyOfTomorrow"), st.lists(texts | st.integers()), max_size=1),
)


@given(resources)
def test_a_resource_with_unknown_keys_survives_its_json(resource: Resource) -> None:
    document = json.loads(json.dumps(resource.to_json(lambda text: f"x{text}"), allow_nan=False))

    again = Resource.from_json(document, lambda text: text[1:])

    assert repr(dataclasses.astuple(again)) == repr(dataclasses.astuple(resource))


def test_empty_members_are_left_out_as_go_does() -> None:
    assert Resource.from_json(MINIMAL).to_json(str) == {**MINIMAL, "custom": False}


def test_unknown_keys_and_a_false_replacement_trigger_are_kept() -> None:
    document = {**MINIMAL, "custom": True, "replacementTrigger": 0, "somethingNew": {"deep": [1]}}

    assert Resource.from_json(document).to_json(str) == document


def test_gos_null_lists_are_empty_ones() -> None:
    assert Resource.from_json({**MINIMAL, "propertyDependencies": {"a": None}}).property_dependencies == {
        "a": []
    }


@pytest.mark.parametrize(
    "change",
    [
        {"urn": None},
        {"urn": 5},
        {"type": ""},
        {"custom": 1},
        {"inputs": []},
        {"dependencies": [1]},
        {"propertyDependencies": {"a": 5}},
        {"customTimeouts": {"create": "5m"}},
        {"outputs": {"a": {values.SIG: values.SECRET}}},
    ],
)
def test_a_malformed_resource_is_a_state_error(change: dict[str, Any]) -> None:
    with pytest.raises(StateError):
        Resource.from_json(MINIMAL | change)


@pytest.mark.parametrize("document", [None, [], "urn", 5])
def test_what_is_no_object_is_no_resource(document: Any) -> None:
    with pytest.raises(StateError):
        Resource.from_json(document)


def test_a_repr_shows_no_property() -> None:
    assert "hush" not in repr(box("a", inputs={"password": values.secret("hush")}, outputs={"x": "hush"}))


def test_two_states_of_one_urn_are_two_resources() -> None:
    assert box("a") != box("a")
    assert len({box("a"), box("a")}) == 2
