"""Messages to plain values and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackstack.engine.values import OUTPUT, RESOURCE, SIG, UNKNOWN, is_secret
from trackstack.engine.wire import from_struct, to_struct

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=3))
def test_plain_values_survive_the_wire(values: dict[str, Any]) -> None:
    assert from_struct(to_struct(values)) == values


def test_whole_numbers_come_back_as_integers() -> None:
    assert repr(from_struct(to_struct({"a": 5.0, "b": 0.5, "c": True}))) == "{'a': 5, 'b': 0.5, 'c': True}"


@pytest.mark.parametrize("text", [UNKNOWN, "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"])
def test_every_kind_of_unknown_is_the_unknown(text: str) -> None:
    assert from_struct(to_struct({"a": text})) == {"a": UNKNOWN}


def test_output_values_become_what_they_hold() -> None:
    values = from_struct(
        to_struct(
            {
                "open": {SIG: OUTPUT, "value": 1, "dependencies": ["urn"]},
                "secret": {SIG: OUTPUT, "value": 1, "secret": True},
                "unknown": {SIG: OUTPUT},
            }
        )
    )

    assert values["open"] == 1
    assert is_secret(values["secret"])
    assert values["unknown"] == UNKNOWN


def test_a_reference_keeps_its_urn_and_id() -> None:
    reference = {SIG: RESOURCE, "urn": "urn:pulumi:dev::project::test:index:Thing::a", "id": "a-1"}

    assert from_struct(to_struct({"a": reference})) == {"a": reference}
