from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trackstack.engine.secrets import provider_state
from trackstack.stacks import fleet, operations
from trackstack.stacks.errors import WrongPassphrase
from trackstack.stacks.instances import token
from trackstack.stacks.passphrase import passphrase, passphrase_file
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


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


def create(project: Project, name: str) -> None:
    operations.create(project, InstanceSpec(name=name, running=False))


def salt(project: Project, stack: str) -> str | None:
    """What is in both places where Pulumi has it."""
    found = project.settings(stack).encryption_salt
    assert found == provider_state(project.stack(stack).snapshot().secrets_provider)
    return found


def test_the_keys_of_a_whole_fleet_are_derived_once(project: Project) -> None:
    project.make()
    for name in "abcdef":
        project.settings_path(name).write_text(
            f"config:\n  trackstack:name: {name}\n  trackstack:running: false\n"
        )

    outcomes = fleet.carry_out(project, fleet.plan(project), parallel=6)

    assert [each.error for each in outcomes] == [""] * 6
    assert len({salt(project, name) for name in "abcdef"}) == 1
    assert len({token(project, name) for name in "abcdef"}) == 6


def test_a_stack_of_another_passphrase_has_a_salt_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(project, "theirs")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")

    create(project, "ours")

    assert salt(project, "ours") != salt(project, "theirs")
    assert token(project, "ours")
    with pytest.raises(WrongPassphrase):
        token(project, "theirs")


def test_a_damaged_state_keeps_no_other_instance_from_being_made(project: Project) -> None:
    create(project, "a")
    [state] = project.backend.folder.rglob("a.json")
    state.write_text("{")

    create(project, "b")
    create(project, "c")

    assert salt(project, "b") == salt(project, "c")


def test_a_salt_that_the_file_has_already_is_kept(project: Project) -> None:
    create(project, "a")
    before = salt(project, "a")
    operations.delete(project, "a")
    create(project, "a")
    other = salt(project, "a")
    project.settings_path("b").write_text(
        f"encryptionsalt: {before}\nconfig:\n  trackstack:name: b\n  trackstack:running: false\n"
    )

    operations.up(project, "b")

    assert salt(project, "b") == before != other
