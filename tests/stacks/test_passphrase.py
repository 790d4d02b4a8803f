from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trackstack.stacks.errors import WrongPassphrase
from trackstack.stacks.passphrase import passphrase, passphrase_file


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text("from the file\n")

    for environment in (
        {"PULUMI_CONFIG_PASSPHRASE": "direct"},
        {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "phrase")},
    ):
        passphrase(make=True, environment=environment)

    assert not passphrase_file().exists()


def test_the_users_own_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    passphrase(make=True)

    path = passphrase_file()
    text = path.read_text()
    assert path == tmp_path / "config" / "trackstack" / "passphrase"
    assert len(text.strip()) >= 43
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    passphrase(make=True)
    assert path.read_text() == text
    assert [entry.name for entry in path.parent.iterdir()] == ["passphrase"]


def test_two_that_make_it_at_once_get_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        phrases = {vars(each)["_phrase"] for each in pool.map(lambda _: passphrase(make=True), range(8))}

    assert len(phrases) == 1


def test_a_passphrase_that_is_gone_is_not_replaced() -> None:
    with pytest.raises(WrongPassphrase, match="the passphrase of your stacks is gone: put it back into /"):
        passphrase()
    assert not passphrase_file().exists()


def test_a_file_that_cannot_be_read_is_named() -> None:
    passphrase_file().parent.mkdir(parents=True)
    passphrase_file().write_bytes(b"\xff\xfe")

    with pytest.raises(WrongPassphrase, match=r"cannot read the passphrase in /.*/passphrase: "):
        passphrase()


def test_the_phrase_shows_in_no_repr(tmp_path: Path) -> None:
    passphrase(make=True)

    assert passphrase_file().read_text().strip() not in repr(passphrase())
