"""Values: their form in the state and back, masks, comparison."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.files.states import wire_values

from trackstack.engine import values
from trackstack.engine.errors import StateError


def box_up(text: str) -> str:
    return "boxed" + text


def unbox(text: str) -> str:
    assert text.startswith("boxed")
    return text.removeprefix("boxed")


@given(wire_values)
def test_a_value_survives_the_state_and_its_json(value: Any) -> None:
    state = json.loads(json.dumps(values.to_state(value, box_up), allow_nan=False))

    assert repr(values.from_state(state, unbox)) == repr(value)


@given(wire_values)
def test_a_sealed_value_goes_back_into_the_state_as_it_was(value: Any) -> None:
    state = values.to_state(value, box_up)

    sealed = values.from_state(state)

    assert values.to_state(sealed, lambda text: pytest.fail("encrypted again")) == state


@given(wire_values)
def test_a_masked_value_holds_no_secret(value: Any) -> None:
    assert not values.has_secret(values.mask(value))


@given(wire_values)
def test_secretness_makes_no_difference_to_equality(value: Any) -> None:
    assert values.equal(value, values.secret(value))
    assert values.equal(values.unwrap(value), value)


def test_only_the_outermost_secret_is_encrypted() -> None:
    encrypted: list[str] = []

    def encrypt(text: str) -> str:
        encrypted.append(text)
        return "…"

    values.to_state({"a": values.secret({"b": values.secret("deep")}), "c": values.secret(1)}, encrypt)

    assert len(encrypted) == 2
    assert json.loads(encrypted[0]) == {"b": {values.SIG: values.SECRET, "ciphertext": '"deep"'}}


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (0, False), (None, ""), ({}, []), ("1", 1), ([1], [1, 2]), ({"a": 1}, {})]
)
def test_values_of_different_kinds_are_not_equal(one: Any, other: Any) -> None:
    assert not values.equal(one, other)


def test_whole_numbers_are_ints_and_nan_equals_itself() -> None:
    assert repr(values.to_state(5.0, str)) == "5"
    assert repr(values.from_state(5.0)) == "5"
    assert values.equal(float("nan"), float("nan"))


def test_an_output_value_becomes_what_it_holds() -> None:
    output = {values.SIG: values.OUTPUT, "value": 1, "secret": True, "dependencies": []}

    assert values.to_state(output, box_up) == {values.SIG: values.SECRET, "ciphertext": "boxed1"}
    assert values.to_state({values.SIG: values.OUTPUT}, box_up) == values.UNKNOWN
    assert values.has_unknown([{values.SIG: values.OUTPUT}])
    assert values.mask(output) == values.MASK


@pytest.mark.parametrize("kind", sorted(values.UNKNOWNS))
def test_every_unknown_of_the_wire_is_the_one_of_the_state(kind: str) -> None:
    assert values.is_unknown(kind)
    assert values.to_state([kind], str) == [values.UNKNOWN]


@pytest.mark.parametrize(
    "secret",
    [{}, {"ciphertext": ""}, {"ciphertext": 5}, {"ciphertext": "a", "plaintext": "b"}, {"plaintext": "{"}],
)
def test_a_malformed_secret_is_a_state_error(secret: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="secret"):
        values.from_state({values.SIG: values.SECRET, **secret}, unbox)


@given(st.text(max_size=20) | st.none())
def test_a_malformed_float_is_a_state_error_or_a_number(text: str | None) -> None:
    try:
        assert isinstance(values.from_state({values.SIG: values.FLOAT, "value": text}), float)
    except StateError as error:
        assert "number" in str(error)


def test_a_sealed_secret_is_not_unwrapped() -> None:
    with pytest.raises(StateError, match="passphrase"):
        values.unwrap([{values.SIG: values.SECRET, "ciphertext": "x"}])
