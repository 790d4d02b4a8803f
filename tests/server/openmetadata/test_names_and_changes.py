"""Fully qualified names, cursors, versions and patches, for whatever they are made of."""

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackstack import catalog, catalog_requests
from trackstack.server.errors import ApiError
from trackstack.server.openmetadata import patches
from trackstack.server.store.openmetadata import changes

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"'), min_size=1, max_size=20
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["description", "tags", "algorithm", "extension"]), JSON)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_names_come_back_from_the_fqn_that_they_make(names: list[str]) -> None:
    assert catalog.split(catalog.qualified(*names)) == tuple(names)


@given(st.text('ab."', max_size=12))
def test_a_text_is_an_fqn_or_it_is_none(text: str) -> None:
    names = catalog.split(text)
    if names:
        assert catalog.split(catalog.qualified(*names)) == names
        assert all(names)


@given(st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_two_names_never_make_one_fqn(names: list[str]) -> None:
    assert catalog.qualified(names[0], "x") != catalog.qualified(names[1], "x")


@given(NAMES)
def test_a_registered_models_name_is_found_from_the_entitys(name: str) -> None:
    for model in (name, f'{name}"', f'"{name}'):
        entity = catalog.entity_name(model)
        assert '"' not in entity and len(entity) == len(model)
        assert model in catalog.model_names(entity)


@given(TEXT, TEXT)
def test_a_cursor_brings_back_its_key(service: str, name: str) -> None:
    cursor = catalog_requests.encode((service, name))
    assert catalog_requests.decode(cursor) == (service, name)
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=30))
def test_any_other_text_is_no_cursor(text: str) -> None:
    try:
        key = catalog_requests.decode(text)
    except catalog_requests.InvalidRequest as error:
        assert str(error).startswith("Invalid cursor;")
    else:
        assert len(key) == 2


@given(st.lists(st.sampled_from([changes.MINOR, changes.MAJOR]), max_size=60))
def test_versions_stay_tenths(steps: list[int]) -> None:
    """What clients compare as text: no sum of floats would stay so short."""
    version, exact = changes.FIRST, 0.1
    for step in steps:
        version, exact = version + step, round(exact + step / 10, 1)
        assert str(version / 10) == str(exact)
        patches.check(patches.etag(version), version)
        with pytest.raises(ApiError):
            patches.check(patches.etag(version), version + 1)


@given(DOCUMENTS, DOCUMENTS)
def test_a_change_is_told_exactly_where_there_is_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    empty: tuple[object, ...] = (None, "", [], {})
    changed = {
        name
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name) and not (old.get(name) in empty and new.get(name) in empty)
    }

    found = changes.change(old, new)

    named = {entry["name"] for group in found.description.values() for entry in group} if found else set()
    assert named == changed
    if found:
        assert found.step == (changes.MAJOR if "algorithm" in changed else changes.MINOR)


@given(st.dictionaries(TEXT, JSON, max_size=5), st.dictionaries(TEXT, JSON, max_size=5))
def test_a_patch_makes_the_one_of_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    steps, before = jsonpatch.make_patch(old, new).patch, copy.deepcopy(old)

    assert patches.apply(old, steps) == new
    assert old == before


@given(
    st.lists(st.dictionaries(st.sampled_from(["op", "path", "from", "value"]), JSON, max_size=4), max_size=4)
)
def test_any_other_list_is_refused_in_one_way(steps: list[dict[str, Any]]) -> None:
    try:
        patches.apply({"a": [1], "b": {"c": 2}}, patches.operations(json.dumps(steps).encode()))
    except ApiError as error:
        assert error.status == 400
