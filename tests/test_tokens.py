"""The token format: what is minted parses, what is not ours does not."""

import re

from hypothesis import given
from hypothesis import strategies as st

from trackstack import tokens


def test_a_minted_token_is_three_base64url_parts_and_parses_to_itself() -> None:
    token = tokens.mint()

    assert re.fullmatch(r"tsk1\.[A-Za-z0-9_-]{12}\.[A-Za-z0-9_-]{32}", token.text)
    assert tokens.parse(token.text) == token


def test_two_tokens_differ_in_id_and_secret() -> None:
    one, other = tokens.mint(), tokens.mint()

    assert one.id != other.id
    assert one.text.rpartition(".")[2] != other.text.rpartition(".")[2]


def test_an_id_is_never_taken_for_an_option() -> None:
    assert not any(tokens.mint().id.startswith("-") for _ in range(1000))


def test_a_token_never_shows_its_secret_in_a_repr() -> None:
    token = tokens.mint()

    assert token.text.rpartition(".")[2] not in repr(token)


def test_a_token_matches_its_own_digest_only() -> None:
    token = tokens.mint()

    assert tokens.matches(token, token.digest)
    assert not tokens.matches(tokens.mint(), token.digest)


@given(st.integers(0, 31), st.sampled_from("ABCDEFGHabcdefgh0123456789-_"))
def test_one_wrong_character_of_the_secret_is_told_by_the_checksum(place: int, letter: str) -> None:
    token = tokens.mint()
    head, _, tail = token.text.rpartition(".")
    wrong = tail[:place] + letter + tail[place + 1 :]

    assert (tokens.parse(f"{head}.{wrong}") is None) == (wrong != tail)


@given(st.text(max_size=80))
def test_any_other_text_is_no_token(text: str) -> None:
    assert tokens.parse(text) is None


def test_a_token_with_a_trailing_newline_is_no_token() -> None:
    assert tokens.parse(tokens.mint().text + "\n") is None
