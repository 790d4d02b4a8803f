"""What a data folder holds."""

from pathlib import Path

from trackstack.server.store.census import Census, census


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert census(tmp_path) == Census(0, 0, 0)


def test_files_count_with_their_size(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "model").write_bytes(bytes(1000))
    (tmp_path / "tracking.db").touch()

    assert census(tmp_path) == Census(0, 0, 1000)


def test_a_database_that_cannot_be_read_is_of_unknown_content(tmp_path: Path) -> None:
    (tmp_path / "tracking.db").write_text("no database")

    assert census(tmp_path) == Census(None, None, 11)
