from pathlib import Path

import pytest
from tests.providers.remote import Refused, Remote

KIND = "trackstack:local:DatabaseFile"


def test_a_database_file_is_made_for_its_owner_only(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"path": f"{data_dir}/tracking.db"})

    assert (data_dir / "tracking.db").stat().st_mode & 0o777 == 0o600
    assert made.outputs["url"] == f"sqlite:///{data_dir}/tracking.db"


def test_an_existing_database_is_kept_with_its_journals(remote: Remote, data_dir: Path) -> None:
    (data_dir / "tracking.db").write_bytes(b"rows")
    (data_dir / "tracking.db-wal").write_bytes(b"newer rows")

    remote.create(KIND, {"path": f"{data_dir}/tracking.db"})

    assert (data_dir / "tracking.db").read_bytes() == b"rows"
    assert (data_dir / "tracking.db-wal").read_bytes() == b"newer rows"


def test_journals_of_a_database_that_is_gone_do_not_leak_into_a_new_one(
    remote: Remote, data_dir: Path
) -> None:
    (data_dir / "tracking.db-wal").write_bytes(b"of another")

    remote.create(KIND, {"path": f"{data_dir}/tracking.db"})

    assert [entry.name for entry in data_dir.iterdir()] == ["tracking.db"]


def test_a_missing_database_reads_as_gone_and_its_successor_tells_itself_apart(
    remote: Remote, data_dir: Path
) -> None:
    made = remote.create(KIND, {"path": f"{data_dir}/tracking.db"})
    assert remote.read(made) == made
    (data_dir / "tracking.db").unlink()

    assert remote.read(made) is None
    assert remote.create(KIND, made.inputs).outputs["incarnation"] != made.outputs["incarnation"]


def test_deleting_takes_the_journals_along_and_may_be_repeated(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"path": f"{data_dir}/tracking.db"})
    for suffix in ("-wal", "-shm"):
        (data_dir / f"tracking.db{suffix}").touch()

    remote.delete(made)
    remote.delete(made)

    assert list(data_dir.iterdir()) == []


def test_a_folder_in_the_way_and_a_missing_folder_are_named(remote: Remote, data_dir: Path) -> None:
    with pytest.raises(Refused, match=f"^{data_dir} is a folder; move it away"):
        remote.create(KIND, {"path": str(data_dir)})
    with pytest.raises(Refused, match=f"^{data_dir}/no/tracking.db: No such file or directory$"):
        remote.create(KIND, {"path": f"{data_dir}/no/tracking.db"})
