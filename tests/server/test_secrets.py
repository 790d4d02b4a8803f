"""Secrets at rest: what seals them, what opens them, and where the key comes from."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackstack.server.config import ConfigError, Settings
from trackstack.server.errors import ApiError
from trackstack.server.secrets import Secrets

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(Settings(data_dir=tmp_path))


@given(text=st.text(), purpose=st.text())
def test_a_sealed_text_opens_to_what_it_was_and_does_not_show_it(text: str, purpose: str) -> None:
    one = Secrets(Settings(secret_key=KEY))
    sealed = one.seal(text, purpose)

    assert one.open(sealed, purpose) == text
    assert sealed != one.seal(text, purpose)  # a fresh nonce each time
    assert len(text) < 4 or text not in sealed


def test_another_purpose_does_not_open_it(secrets: Secrets) -> None:
    sealed = secrets.seal("hunter2", "webhook 1")

    with pytest.raises(ApiError, match="does not open"):
        secrets.open(sealed, "webhook 2")


@pytest.mark.parametrize("broken", ["", "1.", "1.AAAA", "1.***", "2.AAAA", "x" * 500])
def test_what_was_never_sealed_does_not_open(secrets: Secrets, broken: str) -> None:
    with pytest.raises(ApiError, match="does not open"):
        secrets.open(broken, "p")


def test_every_changed_character_is_noticed(secrets: Secrets) -> None:
    sealed = secrets.seal("s", "p")
    for at in range(2, len(sealed) - 4):  # the last ones hold padding bits
        other = "A" if sealed[at] != "A" else "B"
        with pytest.raises(ApiError):
            secrets.open(sealed[:at] + other + sealed[at + 1 :], "p")


def test_the_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda at: Secrets(settings).seal(str(at), "p"), range(16)))

    assert [Secrets(settings).open(one, "p") for one in sealed] == [str(at) for at in range(16)]
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_no_key_is_made_before_there_is_a_secret(tmp_path: Path, secrets: Secrets) -> None:
    assert secrets
    assert not list(tmp_path.iterdir())


def test_a_key_of_the_settings_wins_and_opens_on_every_server(tmp_path: Path) -> None:
    file = tmp_path / "shared"
    file.write_text(KEY + "\n")
    by_value = Secrets(Settings(data_dir=tmp_path, secret_key=KEY))
    by_file = Secrets(Settings(data_dir=tmp_path, secret_key_file=str(file)))

    assert by_file.open(by_value.seal("s", "p"), "p") == "s"
    assert not (tmp_path / "secret-key").exists()


def test_another_key_does_not_open_it(tmp_path: Path, secrets: Secrets) -> None:
    with pytest.raises(ApiError, match="Set it again"):
        Secrets(Settings(secret_key=KEY)).open(secrets.seal("s", "p"), "p")


@pytest.mark.parametrize("key", ["password", "QUJD", "*" * 44, KEY[:-4], KEY + "AAAA"])
def test_a_key_that_does_not_do_is_refused_at_once(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="TRACKSTACK_SERVER_SECRET_KEY must hold 32 bytes") as refusal:
        Secrets(Settings(secret_key=key))
    assert key not in str(refusal.value)

    file = tmp_path / "key"
    file.write_text(key)
    with pytest.raises(ConfigError, match="must hold 32 bytes in base64"):
        Secrets(Settings(secret_key_file=str(file)))


def test_a_missing_or_binary_key_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Secrets(Settings(secret_key_file=str(tmp_path / "none")))
    (tmp_path / "binary").write_bytes(b"\xff" * 32)
    with pytest.raises(ConfigError, match="must hold 32 bytes"):
        Secrets(Settings(secret_key_file=str(tmp_path / "binary")))


def test_a_folder_that_cannot_hold_the_key_refuses_secrets_only(tmp_path: Path) -> None:
    secrets = Secrets(Settings(data_dir=tmp_path / "absent"))

    with pytest.raises(ApiError, match="SECRET_KEY_FILE"):
        secrets.seal("s", "p")


def test_settings_do_not_show_the_key() -> None:
    assert KEY not in repr(Settings(secret_key=KEY))
