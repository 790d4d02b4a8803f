import pytest
from tests.providers.remote import Remote

from trackstack import tokens

KINDS = ("trackstack:secrets:MintedToken", "trackstack:secrets:Password")


def test_a_token_comes_with_what_a_server_is_told_of_it(remote: Remote) -> None:
    made = remote.create(KINDS[0], {})

    token = tokens.parse(made.outputs["value"])
    assert token
    assert made.outputs["tokenId"] == token.id
    assert made.outputs["digest"] == f"{token.id} {token.digest}"


def test_a_password_needs_no_quoting_in_a_url(remote: Remote) -> None:
    value = remote.create(KINDS[1], {}).outputs["value"]

    assert len(value) == 43
    assert value.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("kind", KINDS)
def test_another_rotation_makes_another_one_in_place(remote: Remote, kind: str) -> None:
    made = remote.create(kind, {})

    diff = remote.diff(made, {"rotation": "2"})
    rotated = remote.update(made, {"rotation": "2"})

    assert list(diff.diffs) == ["rotation"] and not diff.replaces
    assert rotated.outputs["value"] != made.outputs["value"]
    assert not remote.diff(rotated, {"rotation": "2"}).diffs


@pytest.mark.parametrize("kind", KINDS)
def test_it_stays_as_it_is_until_then(remote: Remote, kind: str) -> None:
    made = remote.create(kind, {"rotation": "1"})

    assert remote.read(made).outputs == made.outputs  # type: ignore[union-attr]  # it is never gone
    assert remote.update(made, {"rotation": "1"}).outputs == made.outputs
    assert remote.create(kind, {"rotation": "1"}).outputs["value"] != made.outputs["value"]
