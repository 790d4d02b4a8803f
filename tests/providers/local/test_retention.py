import json
from pathlib import Path

import pytest
from tests.providers.remote import Remote

KIND = "trackstack:local:RetentionSchedule"


def test_the_retention_is_written_as_it_was_asked_for(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir), "retention": "30d"})

    assert json.loads((data_dir / "retention.json").read_text()) == {"retention": "30d"}
    assert made.outputs["retention"] == "30d"


def test_another_retention_changes_it_in_place(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir), "retention": "30d"})
    inputs = {"dataDir": str(data_dir), "retention": "7d"}

    assert list(remote.diff(made, inputs).diffs) == ["retention"]
    remote.update(made, inputs)

    assert json.loads((data_dir / "retention.json").read_text()) == {"retention": "7d"}


@pytest.mark.parametrize("content", ['{"retention": "1d"}', "{", "[]", None])
def test_a_changed_spoilt_or_missing_file_is_drift_and_mended(
    remote: Remote, data_dir: Path, content: str | None
) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir), "retention": "30d"})
    file = data_dir / "retention.json"
    file.unlink() if content is None else file.write_text(content)

    found = remote.read(made)

    assert found
    assert list(remote.diff(found, made.inputs).diffs) == ["retention"]
    assert remote.update(found, made.inputs).outputs == made.outputs
    assert json.loads(file.read_text()) == {"retention": "30d"}


def test_deleting_may_be_repeated(remote: Remote, data_dir: Path) -> None:
    made = remote.create(KIND, {"dataDir": str(data_dir), "retention": "30d"})

    remote.delete(made)
    remote.delete(made)

    assert list(data_dir.iterdir()) == []
