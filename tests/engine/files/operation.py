"""A small operation as the engine does one: resources made, changed and deleted in a world of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.engine.files.states import box, provider, root

from trackstack.engine import values
from trackstack.engine.history import Update
from trackstack.engine.journal import Journal
from trackstack.engine.resource import Resource
from trackstack.engine.secrets import Passphrase
from trackstack.engine.snapshot import Snapshot
from trackstack.engine.store import StackStore


@dataclass
class World:
    """What exists beside the state: a file per resource that a provider made."""

    folder: Path

    def create(self, name: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).touch()

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def names(self) -> set[str]:
        return set(os.listdir(self.folder)) if self.folder.exists() else set()


def operate(store: StackStore, passphrase: Passphrase, world: World) -> Snapshot:
    """Makes a and b, changes a, deletes b, makes c; gives what it means to leave."""
    with store.lock().held():
        snapshot = store.load()
        secrets = passphrase.bind(passphrase.state)
        journal = store.journal(snapshot, secrets)
        resources = list(snapshot.resources)
        if not resources:
            resources = [root(), provider()]
            for resource in resources:
                journal.end(None, new=resource)
        made = {name: _create(journal, world, name) for name in "ab"}
        new = box("a", outputs={"size": 2, "key": values.secret("hush")})
        running = journal.begin("updating", new)
        journal.end(running, new=new, done=made["a"])
        running = journal.begin("deleting", made["b"])
        world.delete("b")
        journal.end(running, done=made["b"])
        resources += [new, _create(journal, world, "c")]
        resources[0].outputs = {"url": "x"}
        journal.outputs(resources[0])
        snapshot.resources, snapshot.pending = resources, []
        journal.commit(snapshot)
        store.record(Update("update", 1, 2, "succeeded"))
        return snapshot


def _create(journal: Journal, world: World, name: str) -> Resource:
    resource = box(name, id="", inputs={"key": values.secret("hush")})
    running = journal.begin("creating", resource)
    world.create(name)
    resource.id = f"id-{name}"
    journal.end(running, new=resource)
    return resource
