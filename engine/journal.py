"""The write-ahead journal of one operation: what was begun, what came of it, before the checkpoint says so.

Lines are `<crc32> <json>`. The first names the checkpoint that the journal extends, by the digest of its
bytes; the others refer to resources by number: the checkpoint's own in order, then the new ones.

* Killed anywhere, the next load replays the journal onto its checkpoint: results are there, and what was
  begun without a result is a pending operation. A line that was cut off at the end did not happen.
* What is begun is on the disk before the provider is called. A result is with the operating system at once
  and on the disk with whatever is begun next; a power failure in between makes its operation a pending one.
* `commit` writes a checkpoint that names this journal: found beside it, the journal's work is done.
* A checkpoint that is neither was written by somebody else (the Pulumi CLI, after `pulumi cancel`). What it
  says holds; the journal is set aside in the stack's backups, never replayed onto what it does not know.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trackstack.engine.checkpoint import encode, encrypter, render
from trackstack.engine.errors import StateError
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import PendingKind, Snapshot

if TYPE_CHECKING:
    from trackstack.engine.secrets import SecretsManager
    from trackstack.engine.store import StackStore

FORMAT = 1


class Journal:
    """Writes the journal; all methods may be called from any thread.

    The caller holds the stack's lock. `same`, `outputs` and a component's `end` are written along with the
    next line that is. Cost is linear: a line per call, and calls that wait at once share one wait.
    """

    def __init__(self, store: StackStore, snapshot: Snapshot, secrets: SecretsManager | None) -> None:
        """Use `StackStore.journal`, which commits first what a killed operation left."""
        self.notice = ""
        self._store = store
        self._secrets = secrets
        self._encrypt = encrypter(secrets)
        self._memory = threading.Lock()  # of what is numbered and waits to be written
        self._disk = threading.Lock()  # of the file
        self._file: int | None = None
        self._rebase(snapshot, snapshot.digest)

    def begin(self, kind: PendingKind, resource: Resource) -> int:
        """On the disk before the provider is called; returns the operation's number for `end` or `fail`."""
        document = resource.to_json(self._encrypt)
        with self._memory:
            self._operations += 1
            operation = self._operations
            line = self._add({"begin": operation, "kind": kind, "resource": document})
        self._flush(line, sync=True)
        return operation

    def end(
        self,
        operation: int | None,
        *,
        new: Resource | None = None,
        done: Resource | None = None,
        changed: Iterable[Resource] = (),
    ) -> None:
        """The result, in one line: `new` joins the list, `done` leaves it, `changed` have new content.

        A create: `new`. An update: `new`, and the old state is `done`. A delete: `done`. A replacement's
        create: `new`, and the old one, now with `delete`, is in `changed`. `operation` is None, and the line
        not waited for, when no provider was called (components, default providers that stay).
        """
        self._result(operation, new, done, changed)

    def fail(self, operation: int) -> None:
        """The provider refused: nothing changed."""
        self._result(operation, None, None, ())

    def same(self, old: Resource, new: Resource) -> None:
        """`new` takes `old`'s place in the list with nothing worth recording changed; costs a few bytes."""
        with self._memory:
            self._add({"same": self._number(old), "as": self._number(new, known=False)})

    def outputs(self, resource: Resource) -> None:
        """The outputs that a component or the stack registered."""
        self._result(None, None, None, (resource,))

    def commit(self, snapshot: Snapshot, *, takes_in: str | None = None) -> None:
        """Writes the whole checkpoint in place of the old one; the journal starts anew from it.

        Raises StateError naming path or rule, also when something else wrote the checkpoint since `load`;
        the previous checkpoint and the journal are then as they were. `takes_in` names another journal.
        """
        data = render(snapshot, self._secrets, journal=takes_in or self.id)
        with self._disk, self._memory:
            if self._store.checkpoint_digest() != self._base:
                raise StateError(
                    f"{self._store.checkpoint_path} was changed by something else during the operation, "
                    f"whose results are in {self._store.journal_path}; run a refresh, then try again"
                )
            try:
                self._store.write_checkpoint(data)
            except StateError:
                if self._store.checkpoint_digest() == digest(
                    data
                ):  # it failed when the file was in its place
                    self._forget(snapshot, data)
                raise
            self._forget(snapshot, data)

    def close(self) -> None:
        """Lets go of the file; what it holds stays for the next load."""
        if self._file is not None:
            self._store.files.close(self._file)
            self._file = None

    def _forget(self, snapshot: Snapshot, data: bytes) -> None:
        self.close()
        self._rebase(snapshot, digest(data))
        self._store.files.remove(self._store.journal_path)

    def _rebase(self, snapshot: Snapshot, base: str) -> None:
        self._base = base
        self._snapshot = snapshot
        self._numbers = {id(resource): number for number, resource in enumerate(snapshot.resources)}
        self._kept: list[Resource] = list(snapshot.resources)  # so that an id() stays one resource's
        self._operations = 0
        self._waiting: list[bytes] = []
        self.id = os.urandom(16).hex()
        self._lines = self._written = self._synced = self._length = 0
        self._torn = True  # the file may go on behind `_length` with what is not, or not wholly, ours

    def _result(
        self, operation: int | None, new: Resource | None, done: Resource | None, changed: Iterable[Resource]
    ) -> None:
        record: dict[str, Any] = {} if operation is None else {"end": operation}
        documents = [(resource, resource.to_json(self._encrypt)) for resource in changed]
        added = new.to_json(self._encrypt) if new is not None else None
        with self._memory:
            if done is not None:
                record["done"] = self._number(done)
            if documents:
                record["set"] = [[self._number(resource), document] for resource, document in documents]
            if new is not None:
                record |= {"new": added, "as": self._number(new, known=False)}
            line = self._add(record)
        if operation is not None:
            self._flush(line, sync=False)

    def _number(self, resource: Resource, *, known: bool = True) -> int:
        if known:
            return self._numbers[id(resource)]
        self._kept.append(resource)
        return self._numbers.setdefault(id(resource), len(self._kept) - 1)

    def _add(self, record: dict[str, Any]) -> int:
        self._waiting.append(_line(record))
        self._lines += 1
        return self._lines

    def _flush(self, line: int, *, sync: bool) -> None:
        """Others that wait for the disk meanwhile find their lines written, too."""
        with self._disk:
            if self._written < line:
                self._write_waiting()
            if sync and self._synced < line and self._file is not None:
                self._store.files.sync(self._file, self._store.journal_path)
                self._synced = self._written

    def _write_waiting(self) -> None:
        with self._memory:
            waiting, upto = self._waiting, self._lines
            self._waiting = []
        try:
            self._write(b"".join(waiting))
        except BaseException:
            with self._memory:
                self._waiting[:0] = waiting
            raise
        self._written = upto

    def _write(self, data: bytes) -> None:
        files, path = self._store.files, self._store.journal_path
        if self._file is None:
            self._file = files.open_append(path)
            files.sync_folder(path.parent)
        if self._length == 0:
            data = _line(self._header()) + data
        if self._torn:
            files.truncate(self._file, path, self._length)
        self._torn = True
        files.append(self._file, path, data)
        self._torn = False
        self._length += len(data)

    def _header(self) -> dict[str, Any]:
        return {
            "journal": FORMAT,
            "id": self.id,
            "stack": self._snapshot.stack,
            "base": self._base,
            "secrets": self._snapshot.secrets_provider,
        }


def digest(data: bytes) -> str:
    """What binds a journal to the bytes of a checkpoint."""
    return hashlib.sha256(data).hexdigest()


def _line(record: dict[str, Any]) -> bytes:
    body = encode(record)
    return b"%08x %s\n" % (zlib.crc32(body), body)
