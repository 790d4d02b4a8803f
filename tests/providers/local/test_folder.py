from pathlib import Path

import pytest
from tests.providers.remote import Refused, Remote

KIND = "trackstack:local:Folder"


def test_a_folder_is_made_for_its_owner_only_with_what_is_above_it(remote: Remote, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"

    made = remote.create(KIND, {"path": str(path)})

    assert made.id == str(path)
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_repeated_create_adopts_the_folder_with_its_files(remote: Remote, tmp_path: Path) -> None:
    path = tmp_path / "data"
    first = remote.create(KIND, {"path": str(path)})
    (path / "kept").write_text("kept")

    again = remote.create(KIND, {"path": str(path)})

    assert again.id == first.id
    assert again.outputs["incarnation"] != first.outputs["incarnation"]
    assert (path / "kept").read_text() == "kept"


def test_a_folder_with_files_of_others_is_neither_adopted_nor_deleted(remote: Remote, tmp_path: Path) -> None:
    path = tmp_path / "home"
    made = remote.create(KIND, {"path": str(path)})
    remote.delete(made)
    path.mkdir()
    (path / "thesis.tex").write_text("x")

    with pytest.raises(
        Refused, match=f"^the folder {path} holds files of others; empty it or choose another$"
    ):
        remote.create(KIND, {"path": str(path)})
    with pytest.raises(Refused, match=f"^the folder {path} holds files of others and is not deleted"):
        remote.delete(made)
    assert (path / "thesis.tex").exists()


def test_a_file_in_the_way_is_named(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")

    with pytest.raises(Refused, match=f"^{tmp_path}/data is a file; move it away"):
        remote.create(KIND, {"path": f"{tmp_path}/data"})


def test_a_folder_inside_ours_may_hold_files_and_gets_no_mark(remote: Remote, tmp_path: Path) -> None:
    remote.create(KIND, {"path": f"{tmp_path}/data"})
    inner = tmp_path / "data" / "artifacts"
    inner.mkdir()
    (inner / "model.bin").write_text("x")

    remote.create(KIND, {"path": str(inner)})

    assert [entry.name for entry in inner.iterdir()] == ["model.bin"]


def test_deleting_removes_everything_but_what_links_point_to(remote: Remote, tmp_path: Path) -> None:
    made = remote.create(KIND, {"path": f"{tmp_path}/data"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (tmp_path / "data" / "link").symlink_to(outside)
    (tmp_path / "data" / "deep" / "er").mkdir(parents=True)

    remote.delete(made)
    remote.delete(made)

    assert not (tmp_path / "data").exists()
    assert (outside / "kept").exists()


def test_a_missing_folder_reads_as_gone(remote: Remote, tmp_path: Path) -> None:
    made = remote.create(KIND, {"path": f"{tmp_path}/data"})
    assert remote.read(made) == made

    remote.delete(made)

    assert remote.read(made) is None


def test_another_path_replaces_the_folder(remote: Remote, tmp_path: Path) -> None:
    made = remote.create(KIND, {"path": f"{tmp_path}/data"})

    diff = remote.diff(made, {"path": f"{tmp_path}/other"})

    assert list(diff.replaces) == ["path"] and diff.deleteBeforeReplace


@pytest.mark.parametrize("path", ["data", "/a/../b", "/a/", "", "/a//b"])
def test_a_path_that_is_not_absolute_and_plain_is_refused(remote: Remote, path: str) -> None:
    assert list(remote.check(KIND, {"path": path})[1]) == ["path"]
