"""The journal: what is replayed, cut off, set aside, and what it costs."""

from __future__ import annotations

import errno
import os
import threading
import zlib
from pathlib import Path

import pytest
from tests.engine.files.operation import World, operate
from tests.engine.files.states import box, names, provider, root

from trackstack.engine import values
from trackstack.engine.checkpoint import open_secrets, parse, render
from trackstack.engine.errors import StateError
from trackstack.engine.journal import Journal
from trackstack.engine.replay import read
from trackstack.engine.resource import Resource
from trackstack.engine.secrets import Passphrase
from trackstack.engine.snapshot import Snapshot
from trackstack.engine.store import StackStore


@pytest.fixture
def started(store: StackStore, passphrase: Passphrase) -> tuple[Journal, list[Resource]]:
    """A journal on a checkpoint of a stack, its provider, x and y; the first two have stayed the same."""
    snapshot = store.load()
    snapshot.resources = [root(), provider(), box("x"), box("y")]
    journal = store.journal(snapshot, passphrase)
    journal.commit(snapshot)
    snapshot = store.load()
    journal = store.journal(snapshot, passphrase)
    for resource in snapshot.resources[:2]:
        journal.same(resource, resource)
    return journal, snapshot.resources


def test_results_are_replayed_and_the_unfinished_is_pending(
    started: tuple[Journal, list[Resource]], store: StackStore, passphrase: Passphrase
) -> None:
    journal, (*_, x, y) = started
    new = box("new", outputs={"key": values.secret("hush")})
    journal.end(journal.begin("creating", new), new=new)
    y.delete = True
    replacement = box("y", id="second")
    journal.end(journal.begin("creating", replacement), new=replacement, changed=[y])
    journal.fail(journal.begin("creating", box("refused")))
    journal.begin("deleting", x)
    journal.close()

    loaded = store.load()
    open_secrets(loaded, passphrase)

    assert names(loaded) == ["new", "y", "x", "y"]
    assert [(r.id, r.delete) for r in loaded.resources if r.name == "y"] == [
        ("second", False),
        ("id-y", True),
    ]
    assert loaded.resources[2].outputs == {"key": values.secret("hush")}
    assert [(op.kind, op.resource.name) for op in loaded.pending] == [("deleting", "x")]


def test_what_stays_the_same_moves_in_front_with_its_old_content(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    journal, resources = started
    x = resources[2]
    journal.same(x, Resource(x.urn, x.type, custom=True))
    dependent = box("z", dependencies=[resources[2].urn])
    journal.end(journal.begin("creating", dependent), new=dependent)
    journal.close()

    assert names(store.load()) == ["x", "z", "y"]
    assert store.load().resources[2].id == "id-x"


def test_outputs_of_a_component_are_replayed(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    journal, (stack, *_) = started
    stack.outputs = {"url": "http://x"}
    journal.outputs(stack)
    journal.begin("creating", box("z"))
    journal.close()

    assert store.load().outputs == {"url": "http://x"}


def test_nothing_is_written_before_a_provider_is_called(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    journal, resources = started
    for old in resources:
        journal.same(old, old)

    assert not store.journal_path.exists()


def test_a_journal_cut_at_any_byte_is_replayed_up_to_there(
    store: StackStore, passphrase: Passphrase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "commit", lambda journal, snapshot: journal.close())
        operate(store, passphrase, World(tmp_path / "world"))
    whole = store.journal_path.read_bytes()
    seen = []
    records = -1
    for length in range(len(whole) + 1):
        recorded = read(whole[:length], "j")
        if records != (records := len(recorded.records) if recorded else 0):
            store.journal_path.write_bytes(whole[:length])
            snapshot = store.load()
            seen.append((names(snapshot), [(op.kind, op.resource.name) for op in snapshot.pending]))

    states = [state for number, state in enumerate(seen) if number == 0 or state != seen[number - 1]]
    assert states == [
        ([], []),
        ([], [("creating", "a")]),
        (["a"], []),
        (["a"], [("creating", "b")]),
        (["a", "b"], []),
        (["a", "b"], [("updating", "a")]),
        (["b", "a"], []),
        (["b", "a"], [("deleting", "b")]),
        (["a"], []),
        (["a"], [("creating", "c")]),
        (["a", "c"], []),
    ]


def test_a_flipped_byte_in_a_journal_is_an_error_but_for_the_very_last(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    for name in "abc":
        started[0].begin("creating", box(name))
    whole = store.journal_path.read_bytes()
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :]
        if place < len(whole) - 1:
            with pytest.raises(StateError, match=r"^j: damaged in line"):
                read(flipped, "j")
        else:
            assert (recorded := read(flipped, "j")) and len(recorded.records) == 2 + 2


def test_a_checkpoint_that_something_else_wrote_sets_the_journal_aside(
    started: tuple[Journal, list[Resource]], store: StackStore, passphrase: Passphrase
) -> None:
    journal, _ = started
    journal.begin("creating", box("z"))
    written = store.journal_path.read_bytes()
    foreign = Snapshot("organization/shop/demo", [root(outputs={"by": "somebody else"})])
    store.write_checkpoint(render(foreign, None))

    with pytest.raises(StateError, match="changed by something else during the operation"):
        journal.commit(store.load())
    assert store.load().outputs == {"by": "somebody else"}
    assert store.load().pending == []

    again = store.journal(store.load(), passphrase)
    assert "does not belong to the state" in again.notice
    (aside,) = store.checkpoint_path.parents[2].glob("backups/shop/demo/*.journal")
    assert aside.read_bytes() == written
    assert not store.journal_path.exists()


def test_a_journal_that_the_checkpoint_took_in_is_ignored(
    started: tuple[Journal, list[Resource]], store: StackStore, passphrase: Passphrase
) -> None:
    journal, (stack, provider_, *_) = started
    journal.begin("deleting", box("x"))
    left = store.journal_path.read_bytes()
    journal.commit(Snapshot("organization/shop/demo", [stack, provider_]))
    store.journal_path.write_bytes(left)  # the process was killed before it could remove it

    assert (names(store.load()), store.load().pending) == ([], [])
    assert store.journal(store.load(), passphrase).notice == ""
    assert not store.journal_path.exists()


def test_a_journal_that_could_not_be_removed_is_started_anew(
    started: tuple[Journal, list[Resource]], store: StackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, resources = started
    journal.begin("deleting", resources[2])
    unlink = os.unlink

    def stubborn(path: Path) -> None:
        if path == store.journal_path:
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", stubborn)
        with pytest.raises(StateError, match=f"cannot remove {store.journal_path}"):
            journal.commit(Snapshot("organization/shop/demo", resources))
    assert store.load().pending == []

    journal.begin("updating", resources[3])

    assert [operation.kind for operation in store.load().pending] == ["updating"]


def test_a_commit_that_breaks_a_rule_leaves_the_checkpoint_as_it_was(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    journal, _ = started
    before = store.checkpoint_path.read_bytes()

    with pytest.raises(StateError, match="is missing"):
        journal.commit(Snapshot("organization/shop/demo", [provider()]))

    assert store.checkpoint_path.read_bytes() == before


def test_a_journal_of_a_newer_format_is_refused(store: StackStore, started: tuple[Journal, object]) -> None:
    started[0].begin("creating", box("z"))
    line = b'{"journal":2}'
    store.journal_path.write_bytes(b"%08x %s\n" % (zlib.crc32(line), line))

    with pytest.raises(StateError, match="newer version"):
        store.load()


def test_threads_may_write_at_once(
    started: tuple[Journal, list[Resource]], store: StackStore, passphrase: Passphrase
) -> None:
    journal, _ = started

    def work(thread: int) -> None:
        for number in range(20):
            resource = box(f"{thread}-{number}")
            journal.end(journal.begin("creating", resource), new=resource)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()

    assert len(names(store.load())) == 2 + 160
    assert store.load().pending == []


def test_the_journal_grows_by_a_line_per_call_and_is_gone_in_the_end(
    started: tuple[Journal, list[Resource]], store: StackStore
) -> None:
    journal, resources = started
    sizes = []
    for number in range(300):
        resource = box(f"n{number:03}")
        journal.end(journal.begin("creating", resource), new=resource)
        resources.append(resource)
        sizes.append(store.journal_path.stat().st_size)

    assert sizes[299] - sizes[199] < 1.1 * (sizes[199] - sizes[99])
    journal.commit(Snapshot("organization/shop/demo", resources))
    assert not store.journal_path.exists()
    assert len(parse(store.checkpoint_path.read_bytes(), "f").resources) == 304
