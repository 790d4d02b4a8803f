"""Whatever happens to a file call, the checkpoint stays whole and nothing that was made is forgotten."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.engine.files.faults import FaultyOs, denied, disk_full
from tests.engine.files.operation import World, operate
from tests.engine.files.states import names

from trackstack.engine import filesystem
from trackstack.engine.backend import Backend
from trackstack.engine.checkpoint import open_secrets, parse
from trackstack.engine.errors import StateError
from trackstack.engine.journal import Journal
from trackstack.engine.secrets import Passphrase
from trackstack.engine.snapshot import Snapshot
from trackstack.engine.store import StackStore


def fresh(folder: Path, passphrase: Passphrase) -> tuple[StackStore, World]:
    store = Backend.open(folder).store("shop", "demo")
    store.init(passphrase)
    return store, World(folder / "world")


def assert_sound(store: StackStore, passphrase: Passphrase, world: World) -> Snapshot:
    """The file alone is a checkpoint; with the journal it accounts for all that exists, and nothing else."""
    parse(store.checkpoint_path.read_bytes(), "checkpoint")
    snapshot = store.load()
    open_secrets(snapshot, passphrase)
    snapshot.verify()
    recorded = set(names(snapshot))
    pending = {operation.resource.name: operation.kind for operation in snapshot.pending}
    assert world.names() <= recorded | {name for name, kind in pending.items() if kind == "creating"}
    assert recorded - world.names() <= {name for name, kind in pending.items() if kind == "deleting"}
    return snapshot


def assert_goes_on(store: StackStore, passphrase: Passphrase, world: World) -> None:
    """The next operation takes in what the last one left, and ends with a checkpoint that says it all."""
    before = assert_sound(store, passphrase, world)
    with store.lock().held():
        journal = store.journal(store.load(), passphrase)
        assert journal.notice == ""
        journal.close()
    after = parse(store.checkpoint_path.read_bytes(), "checkpoint")
    assert names(after) == names(before)
    assert not store.journal_path.exists()
    assert not list(world.folder.parent.rglob("*.tmp"))


def calls(folder: Path, passphrase: Passphrase, monkeypatch: pytest.MonkeyPatch) -> int:
    store, world = fresh(folder, passphrase)
    counting = FaultyOs(-1, denied)
    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "os", counting)
        operate(store, passphrase, world)
    assert names(assert_sound(store, passphrase, world)) == ["a", "c"]
    return counting.calls


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", [disk_full, denied])
def test_a_failed_file_call_is_a_state_error_that_names_the_path(
    fault: Callable[..., None],
    lasting: bool,
    tmp_path: Path,
    passphrase: Passphrase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    total = calls(tmp_path / "all", passphrase, monkeypatch)
    assert total > 30
    for at in range(1, total + 1):
        store, world = fresh(tmp_path / str(at), passphrase)
        with monkeypatch.context() as patch:
            patch.setattr(filesystem, "os", FaultyOs(at, fault, lasting=lasting))
            with pytest.raises(StateError, match=str(tmp_path / str(at))):
                operate(store, passphrase, world)
        store.lock().unlock()  # where even the lock file could not be removed
        assert_goes_on(store, passphrase, world)


def test_a_process_killed_at_any_file_call_forgets_nothing(tmp_path: Path, passphrase: Passphrase) -> None:
    command = [sys.executable, "-m", "tests.engine.files.killing", str(tmp_path), passphrase.state]
    subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parents[3])

    folders = [tmp_path / str(number) for number in range(1, len(list(tmp_path.iterdir())) + 1)]
    assert len(folders) > 30
    for folder in folders:
        store = Backend.open(folder).store("shop", "demo")
        assert_goes_on(store, passphrase, World(folder / "world"))


@pytest.mark.parametrize("fault", [disk_full, denied])
def test_a_recovery_that_fails_anywhere_can_be_repeated(
    fault: Callable[..., None], tmp_path: Path, passphrase: Passphrase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, world = fresh(tmp_path, passphrase)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "commit", lambda journal, snapshot: journal.close())
        operate(store, passphrase, world)
    state = tmp_path / ".pulumi"
    shutil.copytree(state, tmp_path / "left")
    for at in itertools.count(1):
        shutil.rmtree(state)
        shutil.copytree(tmp_path / "left", state)
        faulty = FaultyOs(at, fault)
        with monkeypatch.context() as patch:
            patch.setattr(filesystem, "os", faulty)
            with suppress(StateError), store.lock().held():
                store.journal(store.load(), passphrase).close()
        assert names(assert_sound(store, passphrase, world)) == ["a", "c"]
        store.lock().unlock()
        assert_goes_on(store, passphrase, world)
        if not faulty.happened:
            break
    assert at > 10


def test_an_unwritable_folder_is_refused_before_anything_happens(
    tmp_path: Path, passphrase: Passphrase
) -> None:
    (tmp_path / ".pulumi").write_text("in the way")

    with pytest.raises(StateError, match=r"cannot .*\.pulumi"):
        Backend.open(tmp_path).store("shop", "demo").init(passphrase)
