"""One stack's files, where and how the Pulumi CLI's file backend has them (`pkg/backend/diy/state.go`)."""

from __future__ import annotations

import gzip
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trackstack.engine import compression
from trackstack.engine.checkpoint import encode, parse, render
from trackstack.engine.errors import StackNotFoundError, StateError
from trackstack.engine.filesystem import Filesystem, attributes
from trackstack.engine.history import Update
from trackstack.engine.journal import Journal, digest
from trackstack.engine.lock import StackLock
from trackstack.engine.replay import Recorded, replay
from trackstack.engine.replay import read as read_journal
from trackstack.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from trackstack.engine.secrets import SecretsManager

META = "meta.yaml"  # says how the backend is laid out
_READ_ATTEMPTS = 3  # a checkpoint and its journal are two files, and an operation may be ending meanwhile


class StackStore:
    """Reads and writes one stack's state below `root` (the backend's `.pulumi`). Making it reads nothing.

    What changes files wants the lock to be held (`with store.lock().held():`), except `init`.
    Every method raises StateError naming the path when a file is damaged or cannot be read or written.
    """

    def __init__(self, root: Path, project: str, name: str, files: Filesystem) -> None:
        self.files = files
        self.project = project
        self.name = name
        self.qualified_name = f"organization/{project}/{name}"
        self.journal_path = root / "journals" / project / f"{name}.journal"
        self._gate = root / "journals" / project / f"{name}.lock"
        self._meta = root / META
        self._stacks = root / "stacks" / project
        self._plain = self._stacks / f"{name}.json"
        self._tags = self._stacks / f"{name}.pulumi-tags"
        self._history = root / "history" / project / name
        self._backups = root / "backups" / project / name
        self._locks = root / "locks" / "organization" / project / name

    # -- state

    def exists(self) -> bool:
        """Whether the stack was initialised."""
        return any(path.is_file() for path in compression.variants(self._plain))

    def load(self) -> Snapshot:
        """The state with what an interrupted operation left in its journal; secrets sealed; needs no lock.

        Raises StackNotFoundError, StateError, UnsupportedError.
        """
        snapshot, recorded = self._read()
        return snapshot if recorded is None else self._replayed(snapshot, recorded)

    def init(self, secrets: SecretsManager | None) -> None:
        """Makes the empty stack. Raises StateError if it exists, LockedError."""
        with self.lock().held():
            if self.exists():
                raise StateError(f"stack {self.name} exists already ({self.checkpoint_path})")
            snapshot = Snapshot(self.qualified_name)
            if secrets is not None:
                snapshot.secrets_provider = {"type": secrets.type, "state": {"salt": secrets.state}}
            self._drop_journal()
            if self.files.read(self._meta) is None:
                self.files.write(self._meta, b"version: 1\n")  # stacks are in projects
            self.write_checkpoint(render(snapshot, secrets))

    def journal(self, snapshot: Snapshot, secrets: SecretsManager | None) -> Journal:
        """The journal of an operation that starts from `snapshot`, which `load` gave under the lock.

        What a killed operation left in a journal is committed to the checkpoint first. A journal that extends
        another checkpoint is set aside in the stack's backups; `notice` of the result then says so.
        """
        self._sweep()
        journal = Journal(self, snapshot, secrets)
        data = self.files.read(self.journal_path)
        if data is None:
            return journal
        recorded = read_journal(data, str(self.journal_path))
        if recorded is None or recorded.id == snapshot.journal:
            self._drop_journal()
        elif recorded.base == snapshot.digest:
            journal.commit(snapshot, takes_in=recorded.id)
        else:
            journal.notice = self._set_aside(data)
        return journal

    def remove(self) -> None:
        """Forgets the stack as `pulumi stack rm` does: its `.bak` and its backups stay."""
        path = self.checkpoint_path
        data = self.files.read(path)
        if data is None:
            raise StackNotFoundError(f"there is no stack {self.name} in project {self.project}")
        self._write(path.with_name(path.name + ".bak"), data)
        self._drop_journal()
        for name in self.files.list(self._history):
            self.files.remove(self._history / name)
        self.files.remove(self._tags)
        self._remove(path)
        self.files.remove(self._gate)

    def lock(self) -> StackLock:
        """The stack's lock, not taken yet."""
        return StackLock(self._locks, self._gate, self.name, self.files)

    # -- history

    def record(self, update: Update) -> None:
        """Adds to the history, with a copy of the checkpoint there and one in the backups."""
        path = self.checkpoint_path
        data = self.files.read(path) or b""
        stamp = time.time_ns()
        suffix = path.name.removeprefix(self.name)  # .json or .json.gz
        entry = self._history / f"{self.name}-{stamp}"
        copies = {entry.with_name(f"{entry.name}.checkpoint{suffix}"): data}
        copies[entry.with_name(f"{entry.name}.history.json")] = encode(update.to_json())
        if os.environ.get("PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS", "") not in ("1", "true"):
            copies[self._backups / f"{self.name}.{stamp}{suffix}"] = data
        for copy, content in copies.items():
            self.files.write(copy, content, durable=False)

    def history(self) -> list[Update]:
        """Past operations, newest first."""
        return list(self.updates())

    def updates(self) -> Iterator[Update]:
        """Past operations, newest first, each read when it is asked for."""
        for name in reversed(self.files.list(self._history)):
            if ".history.json" in name and not name.endswith(".tmp"):  # else one that is being written
                path = self._history / name
                data = self.files.read(path)
                if data is not None:  # else the stack was just forgotten
                    yield Update.parse(compression.unpack(data, str(path)), str(path))

    # -- the checkpoint's file

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint: the newest of .json, .json.gz and .json.zst, else where a new one goes."""
        found = []
        for path in compression.variants(self._plain):
            with suppress(FileNotFoundError, NotADirectoryError):
                found.append((path.stat().st_mtime_ns, path))
        return max(found)[1] if found else self._plain

    def checkpoint_digest(self) -> str:
        """What a journal is bound to; of nothing when there is no file."""
        return digest(self.files.read(self.checkpoint_path) or b"")

    def write_checkpoint(self, data: bytes) -> None:
        """Puts the new checkpoint in place of the old one, which becomes `.bak`; each is always whole."""
        path = self.checkpoint_path
        old = self.files.read(path)
        target = self._plain if path.suffix == ".zst" else path
        packed = gzip.compress(data) if target.suffix == ".gz" else data
        if old is not None:
            self._write(path.with_name(path.name + ".bak"), old, durable=False)
        self._write(target, packed)
        if path != target:
            self._remove(path)

    def _read(self) -> tuple[Snapshot, Recorded | None]:
        snapshot, recorded, is_bound = self._read_once()
        for _ in range(_READ_ATTEMPTS - 1):
            if is_bound:
                break  # else stale, unless the checkpoint was written between the two reads
            snapshot, recorded, is_bound = self._read_once()
        return snapshot, recorded if is_bound else None

    def _read_once(self) -> tuple[Snapshot, Recorded | None, bool]:
        journal = self.files.read(self.journal_path)
        path = self.checkpoint_path
        data = self.files.read(path)
        if data is None:
            raise StackNotFoundError(f"there is no stack {self.name} in project {self.project}")
        snapshot = parse(compression.unpack(data, str(path)), str(path))
        snapshot.stack = self.qualified_name
        snapshot.digest = digest(data)
        recorded = None if journal is None else read_journal(journal, str(self.journal_path))
        if recorded is None or recorded.id == snapshot.journal:
            return snapshot, None, True
        return snapshot, recorded, recorded.base == snapshot.digest

    def _replayed(self, snapshot: Snapshot, recorded: Recorded) -> Snapshot:
        source = str(self.journal_path)
        result = replay(snapshot, recorded, source)
        try:
            result.verify()
        except StateError as error:
            raise StateError(f"{source}: {error}") from error
        return result

    def _sweep(self) -> None:
        """Removes what killed processes were about to put in place."""
        own = re.compile(rf"\.{re.escape(self.name)}\.(json|lock)[a-z.]*\.[0-9a-f]{{8}}\.tmp")
        copy = re.compile(r".*\.tmp")
        folders = {self._stacks: own, self._gate.parent: own, self._history: copy, self._backups: copy}
        for folder, pattern in folders.items():
            for name in filter(pattern.fullmatch, self.files.list(folder)):
                self.files.remove(folder / name)

    def _drop_journal(self) -> None:
        self.files.remove(self.journal_path)

    def _set_aside(self, data: bytes) -> str:
        target = self._backups / f"{self.name}.{time.time_ns()}.journal"
        self.files.write(target, data)
        self._drop_journal()
        return (
            f"an interrupted operation's journal does not belong to the state, which something else changed "
            f"since; it was set aside as {target}, and resources that only it knows may exist: run a refresh"
        )

    def _write(self, path: Path, data: bytes, *, durable: bool = True) -> None:
        self.files.write(path, data, durable=durable)
        self.files.remove(attributes(path))  # the CLI's note on the bytes that were here

    def _remove(self, path: Path) -> None:
        self.files.remove(path)
        self.files.remove(attributes(path))
