"""Whatever an operation does, a kill at any point leaves in the journal what was in its memory."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.files.states import box, provider, root

from trackstack.engine import values
from trackstack.engine.backend import Backend
from trackstack.engine.checkpoint import open_secrets
from trackstack.engine.journal import Journal
from trackstack.engine.resource import Resource
from trackstack.engine.secrets import Passphrase
from trackstack.engine.snapshot import Snapshot
from trackstack.engine.store import StackStore

STEPS = ("create", "fail", "update", "replace", "delete", "same", "outputs", "begin", "commit")


class Model:
    """An operation in memory, beside its journal; each of its methods is a step."""

    def __init__(self, store: StackStore, passphrase: Passphrase) -> None:
        self._store = store
        self._count = 0
        snapshot = store.load()
        snapshot.resources = [root(), provider(), *(self._new() for _ in range(4))]
        store.journal(snapshot, passphrase).commit(snapshot)
        loaded = store.load()
        open_secrets(loaded, passphrase)
        self.journal: Journal = store.journal(loaded, passphrase)
        self.olds, self.news = list(loaded.resources), list[Resource]()
        self.running: list[Resource] = []
        for resource in self.olds[:2]:
            self._same(resource)

    def do(self, step: str, choice: int) -> None:
        if step in ("create", "fail", "begin"):
            self._create(step)
            return
        if step == "commit":
            self._commit()
            return
        candidates = [r for r in self.olds if r.custom and not r.delete]
        if candidates:
            getattr(self, f"_{step}")(candidates[choice % len(candidates)])

    @property
    def resources(self) -> list[Resource]:
        return [*self.news, *self.olds]

    def _new(self) -> Resource:
        self._count += 1
        return box(f"n{self._count}", outputs={"key": values.secret(self._count)})

    def _create(self, step: str) -> None:
        new = self._new()
        running = self.journal.begin("creating", new)
        if step == "create":
            self.journal.end(running, new=new)
            self.news.append(new)
        elif step == "fail":
            self.journal.fail(running)
        else:
            self.running.append(new)

    def _update(self, old: Resource) -> None:
        new = box(old.name, id=old.id, outputs={"key": values.secret("updated")})
        self.journal.end(self.journal.begin("updating", new), new=new, done=old)
        self.olds.remove(old)
        self.news.append(new)

    def _replace(self, old: Resource) -> None:
        new = box(old.name, id="another")
        running = self.journal.begin("creating", new)
        old.delete = True
        self.journal.end(running, new=new, changed=[old])
        self.news.append(new)

    def _delete(self, old: Resource) -> None:
        self.journal.end(self.journal.begin("deleting", old), done=old)
        self.olds.remove(old)

    def _same(self, old: Resource) -> None:
        self.journal.same(old, old)
        self.olds.remove(old)
        self.news.append(old)

    def _outputs(self, old: Resource) -> None:
        old.outputs = {"registered": True}
        self.journal.outputs(old)

    def _commit(self) -> None:
        self.journal.commit(Snapshot("organization/shop/demo", self.resources))
        self.running.clear()
        self.olds, self.news = self.resources, []
        for resource in self.olds[:2]:
            self._same(resource)


@settings(deadline=None, max_examples=40)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), max_size=12))
def test_the_next_load_is_what_the_operation_knew(
    steps: list[tuple[str, int]], passphrase: Passphrase
) -> None:
    with TemporaryDirectory() as folder:
        store = Backend.open(Path(folder)).store("shop", "demo")
        store.init(passphrase)
        model = Model(store, passphrase)
        for step, choice in steps:
            model.do(step, choice)
        model.journal.fail(model.journal.begin("creating", box("last")))  # so that everything is written
        model.journal.close()

        loaded = store.load()
        open_secrets(loaded, passphrase)

    assert [r.to_json(str) for r in loaded.resources] == [r.to_json(str) for r in model.resources]
    assert [op.resource.name for op in loaded.pending] == [resource.name for resource in model.running]
