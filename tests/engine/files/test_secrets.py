"""The passphrase provider: Pulumi's formats, both ways."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.files.states import PHRASE

from trackstack.engine.errors import PassphraseError, StateError, UnsupportedError
from trackstack.engine.secrets import Passphrase, provider_state

# Made by the Pulumi CLI 3.260.0 with the passphrase "hello".
CLI_STATE = "v1:CyQ1xmRb4ns=:v1:RN5+mKa7vhg0kRQW:o4vCzG0R5voEx5+LwNURkGUljUfd5A=="
CLI_SECRET = "v1:OmYB88b6z5gZ12m+:mWvG+C0enKQRWaRqUpQ8X09y5l/0jv9JSNmo73saBFYuZVsXew=="


def test_what_the_cli_encrypted_is_decrypted() -> None:
    assert Passphrase("hello", CLI_STATE).decrypt(CLI_SECRET) == '{"n":"inner","x":"y"}'


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=50, deadline=None)
def test_a_text_survives_encryption(text: str) -> None:
    secrets = Passphrase("hello", CLI_STATE)

    assert secrets.decrypt(secrets.encrypt(text)) == text


def test_no_ciphertext_comes_twice(passphrase: Passphrase) -> None:
    assert len({passphrase.encrypt("same") for _ in range(100)}) == 100


def test_a_new_state_is_of_the_clis_form_and_opens_with_the_phrase(passphrase: Passphrase) -> None:
    version, salt, inner_version, nonce, proof = passphrase.state.split(":")

    assert (version, inner_version) == ("v1", "v1")
    assert (len(base64.b64decode(salt)), len(base64.b64decode(nonce))) == (8, 12)
    assert len(base64.b64decode(proof)) == len("pulumi") + 16
    Passphrase(PHRASE, passphrase.state).verify()


def test_another_phrase_is_refused(passphrase: Passphrase) -> None:
    with pytest.raises(PassphraseError, match="incorrect passphrase"):
        Passphrase("wrong", passphrase.state).decrypt(passphrase.encrypt("x"))


def test_a_stacks_own_state_takes_the_place_of_a_new_one(passphrase: Passphrase) -> None:
    assert Passphrase("hello").bind(CLI_STATE).state == CLI_STATE
    assert passphrase.bind(passphrase.state) is passphrase


@pytest.mark.parametrize(
    "ciphertext", ["", "v1:x", "v2:AAAA:AAAA", "v1:AAAA:AAAA", "v1:!:!", CLI_SECRET[:-4] + "AA=="]
)
def test_a_damaged_ciphertext_is_a_state_error(ciphertext: str) -> None:
    with pytest.raises(StateError, match="ciphertext is damaged"):
        Passphrase("hello", CLI_STATE).decrypt(ciphertext)


@pytest.mark.parametrize("state", ["", "v1", "v2:AAAA:v1:x:y", "v1:!!:v1:x:y"])
def test_a_damaged_state_is_a_state_error(state: str) -> None:
    with pytest.raises(StateError, match="malformed"):
        Passphrase("hello", state).verify()


def test_other_providers_are_refused_by_name_and_without_their_query() -> None:
    provider = {"type": "cloud", "state": {"url": "awskms://alias/x?region=eu", "encryptedkey": "AAAA"}}

    with pytest.raises(UnsupportedError, match=r"`cloud` \(awskms://alias/x\).*install the Pulumi CLI"):
        provider_state(provider)
    with pytest.raises(UnsupportedError, match="`service`"):
        provider_state({"type": "service"})


def test_no_provider_has_no_state_and_a_damaged_one_is_an_error() -> None:
    assert provider_state(None) is None
    assert provider_state({"type": "passphrase", "state": {"salt": CLI_STATE}}) == CLI_STATE
    with pytest.raises(StateError, match="no salt"):
        provider_state({"type": "passphrase", "state": {}})


def test_the_phrase_comes_from_the_variables_that_the_cli_reads(tmp_path: Path) -> None:
    file = tmp_path / "phrase"
    file.write_text("hello\n")

    Passphrase.from_environment({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}).bind(CLI_STATE).verify()
    Passphrase.from_environment({"PULUMI_CONFIG_PASSPHRASE": "hello"}).bind(CLI_STATE).verify()
    assert Passphrase.from_environment({"PULUMI_CONFIG_PASSPHRASE": ""})
    with pytest.raises(PassphraseError, match="set PULUMI_CONFIG_PASSPHRASE"):
        Passphrase.from_environment({})
    with pytest.raises(PassphraseError, match="cannot read"):
        Passphrase.from_environment({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")})


def test_a_repr_hides_the_phrase() -> None:
    assert "hello" not in repr(Passphrase("hello", CLI_STATE))
