"""History and backups, in the CLI's files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from trackstack.engine.errors import StateError
from trackstack.engine.history import Update
from trackstack.engine.store import StackStore

UPDATE = Update(
    "update",
    1700000000,
    1700000009,
    "failed",
    message="first",
    config={"shop:size": "3", "shop:key": {"secure": "v1:x:y"}},
    resource_changes={"create": 2},
)


def test_an_update_leaves_a_record_and_two_copies_of_the_checkpoint(
    store: StackStore, tmp_path: Path
) -> None:
    store.record(UPDATE)

    root = tmp_path / ".pulumi"
    stamps = set()
    for pattern, folder in [
        (r"demo-(\d{19})\.history\.json", "history"),
        (r"demo-(\d{19})\.checkpoint\.json", "history"),
        (r"demo\.(\d{19})\.json", "backups"),
    ]:
        (match,) = filter(None, (re.fullmatch(pattern, p.name) for p in (root / folder).rglob("*.json")))
        stamps.add(match[1])
    assert len(stamps) == 1
    (copy,) = (root / "backups/shop/demo").iterdir()
    assert copy.read_bytes() == store.checkpoint_path.read_bytes()


def test_the_record_is_the_clis(store: StackStore, tmp_path: Path) -> None:
    store.record(UPDATE)

    (record,) = (tmp_path / ".pulumi/history/shop/demo").glob("*.history.json")
    assert json.loads(record.read_bytes()) == {
        "kind": "update",
        "startTime": 1700000000,
        "message": "first",
        "environment": {},
        "config": {"shop:size": "3", "shop:key": {"secure": "v1:x:y"}},
        "version": 0,
        "result": "failed",
        "endTime": 1700000009,
        "resourceChanges": {"create": 2},
    }


def test_history_is_read_newest_first(store: StackStore) -> None:
    later = Update("destroy", 1700000010, 1700000011, "succeeded")
    store.record(UPDATE)
    store.record(later)

    assert store.history() == [later, UPDATE]
    assert (later.succeeded, UPDATE.succeeded) == (True, False)


def test_backups_can_be_switched_off_as_for_the_cli(
    store: StackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS", "true")

    store.record(UPDATE)

    assert not (tmp_path / ".pulumi/backups").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", "{", "null"])
def test_a_damaged_record_is_named(store: StackStore, tmp_path: Path, content: str) -> None:
    store.record(UPDATE)
    (record,) = (tmp_path / ".pulumi/history/shop/demo").glob("*.history.json")
    record.write_text(content)

    with pytest.raises(StateError, match=str(record)):
        store.history()
