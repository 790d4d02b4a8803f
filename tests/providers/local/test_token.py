from pathlib import Path

from tests.providers.remote import Remote

from trackstack import tokens

KIND = "trackstack:local:AdminToken"


def test_the_data_folder_holds_only_the_digest_for_its_owner_only(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir)})

    token = tokens.parse(made.outputs["value"])
    file = data_dir / "admin-token"
    assert token and file.read_text() == f"{token.id} {token.digest}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in data_dir.iterdir()] == ["admin-token"]
    assert made.outputs["tokenId"] == token.id


def test_a_repeated_create_mints_another_token_as_nobody_saw_the_first(
    remote: Remote, data_dir: Path
) -> None:
    first = remote.create(KIND, {"dataDir": str(data_dir)})
    again = remote.create(KIND, {"dataDir": str(data_dir)})

    assert again.id == first.id
    assert again.outputs["value"] != first.outputs["value"]
    assert (data_dir / "admin-token").read_text().startswith(again.outputs["tokenId"])


def test_another_rotation_mints_another_token_in_place(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir)})
    inputs = {"dataDir": str(data_dir), "rotation": "2027"}

    diff = remote.diff(made, inputs)
    rotated = remote.update(made, inputs)

    assert list(diff.diffs) == ["rotation"] and not diff.replaces
    assert rotated.outputs["value"] != made.outputs["value"]
    assert (data_dir / "admin-token").read_text().startswith(rotated.outputs["tokenId"])
    assert not remote.diff(rotated, inputs).diffs


def test_a_lost_or_changed_digest_is_drift_and_mended_with_the_same_token(
    remote: Remote, data_dir: Path
) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir)})
    written = (data_dir / "admin-token").read_text()
    for spoil in (
        lambda: (data_dir / "admin-token").unlink(),
        lambda: (data_dir / "admin-token").write_text("evil 00\n"),
    ):
        spoil()
        found = remote.read(made)
        assert found and list(remote.diff(found).diffs) == ["digest"]

        mended = remote.update(found)

        assert mended.outputs == made.outputs
        assert (data_dir / "admin-token").read_text() == written


def test_deleting_may_be_repeated(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir)})

    remote.delete(made)
    remote.delete(made)

    assert list(data_dir.iterdir()) == []
