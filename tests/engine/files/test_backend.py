"""The backend's folder: what the CLI's layout has, and what is refused."""

from __future__ import annotations

import gzip
import json
import stat
from pathlib import Path

import pytest
from tests.engine.files.states import box, names, snapshot

from trackstack.engine.backend import Backend
from trackstack.engine.checkpoint import render
from trackstack.engine.errors import StackNotFoundError, StateError, UnsupportedError
from trackstack.engine.secrets import Passphrase
from trackstack.engine.store import StackStore


def tree(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_new_stack_is_laid_out_as_the_cli_does_it(store: StackStore, tmp_path: Path) -> None:
    assert tree(tmp_path / ".pulumi") - {"journals/shop/demo.lock"} == {"meta.yaml", "stacks/shop/demo.json"}
    assert (tmp_path / ".pulumi/meta.yaml").read_text() == "version: 1\n"


def test_files_are_their_owners_only(store: StackStore, tmp_path: Path) -> None:
    for path in (tmp_path / ".pulumi").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_stacks_are_listed_by_project_without_reading_them(backend: Backend, passphrase: Passphrase) -> None:
    for name in ("b", "a.b", "c"):
        backend.store("shop", name).init(passphrase)
    backend.store("other", "x").init(passphrase)
    stacks = backend.folder / ".pulumi" / "stacks" / "shop"
    (stacks / "c.json").rename(stacks / "c.json.gz")
    for stranger in ("d.json.bak", "e.pulumi-tags", "not a stack.json", ".hidden.tmp"):
        (stacks / stranger).write_text("garbage")

    assert backend.stacks("shop") == ["a.b", "b", "c"]
    assert backend.stacks("none") == []
    assert backend.projects() == ["other", "shop"]


def test_listing_an_absent_backend_makes_nothing(tmp_path: Path) -> None:
    assert Backend.open(tmp_path / "new").stacks("shop") == []
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("file:///srv/state", "/srv/state"),
        ("file:///srv/state?no_tmp_dir=true", "/srv/state"),
        ("file://./state", "/base/state"),
        ("file://state", "/base/state"),
        ("/srv/state", "/srv/state"),
        ("state", "/base/state"),
        ("file://~/state", str(Path.home() / "state")),
    ],
)
def test_a_backend_is_opened_by_path_or_url(location: str, folder: str) -> None:
    assert Backend.open(location, base=Path("/base")).folder == Path(folder)


@pytest.mark.parametrize(
    "url", ["s3://bucket", "https://api.pulumi.com", "azblob://x", "gs://x", "postgres://x"]
)
def test_another_backend_is_refused_by_name(url: str) -> None:
    with pytest.raises(UnsupportedError, match=f"{url.split(':')[0]}://.*install the Pulumi CLI"):
        Backend.open(url)


@pytest.mark.parametrize(("project", "name"), [("shop", "a/b"), ("shop", ""), ("shop", ".."), ("a b", "x")])
def test_a_name_that_pulumi_would_not_take_is_refused(backend: Backend, project: str, name: str) -> None:
    with pytest.raises(StateError, match=r"is no (stack|project) name"):
        backend.store(project, name)


@pytest.mark.parametrize(("meta", "error"), [("version: 2\n", UnsupportedError), ("x", StateError)])
def test_an_unknown_layout_is_refused(backend: Backend, meta: str, error: type[Exception]) -> None:
    (backend.folder / ".pulumi").mkdir()
    (backend.folder / ".pulumi/meta.yaml").write_text(meta)

    with pytest.raises(error, match=r"layout version 2|names no version"):
        backend.stacks("shop")


def test_the_layout_without_projects_is_refused(backend: Backend) -> None:
    (backend.folder / ".pulumi/stacks").mkdir(parents=True)
    (backend.folder / ".pulumi/stacks/old.json").write_text("{}")

    with pytest.raises(UnsupportedError, match="layout version 0"):
        backend.store("shop", "demo")


def test_a_stack_is_made_once_and_must_exist_to_be_read(
    backend: Backend, store: StackStore, passphrase: Passphrase
) -> None:
    with pytest.raises(StateError, match="exists already"):
        store.init(passphrase)
    absent = backend.store("shop", "absent")
    assert not absent.exists() and store.exists()
    with pytest.raises(StackNotFoundError, match="no stack absent in project shop"):
        absent.load()
    with pytest.raises(StackNotFoundError):
        absent.remove()


def test_the_last_checkpoint_becomes_the_bak_and_stale_attributes_go(store: StackStore) -> None:
    path = store.checkpoint_path
    before = path.read_bytes()
    for name in ("demo.json.attrs", "demo.json.bak.attrs"):
        path.with_name(name).write_text("{}")

    store.write_checkpoint(render(snapshot(box("a")), None))

    assert path.with_name("demo.json.bak").read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["demo.json", "demo.json.bak"]
    assert names(store.load()) == ["a"]


def test_a_gzipped_stack_stays_gzipped(store: StackStore) -> None:
    plain = store.checkpoint_path
    plain.with_name("demo.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()

    store.write_checkpoint(render(snapshot(box("a")), None))

    assert store.checkpoint_path.name == "demo.json.gz"
    assert json.loads(gzip.decompress(store.checkpoint_path.read_bytes()))["version"] == 3
    assert names(store.load()) == ["a"]


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8b\x08\x00garbage"])
def test_a_damaged_gzip_is_a_state_error(store: StackStore, data: bytes) -> None:
    store.checkpoint_path.write_bytes(data)

    with pytest.raises(StateError, match="does not unpack"):
        store.load()


def test_zstd_is_refused_clearly_and_left_alone(store: StackStore) -> None:
    plain = store.checkpoint_path
    plain.unlink()
    packed = plain.with_name("demo.json.zst")
    packed.write_bytes(b"\x28\xb5\x2f\xfd....")

    with pytest.raises(UnsupportedError, match=r"zstd.*PULUMI_DIY_BACKEND_ZSTD"):
        store.load()
    assert packed.read_bytes() == b"\x28\xb5\x2f\xfd...."


def test_removing_keeps_the_bak_the_backups_and_nothing_else(store: StackStore, tmp_path: Path) -> None:
    stacks = tmp_path / ".pulumi/stacks/shop"
    (stacks / "demo.pulumi-tags").write_text('{"version":1,"tags":{}}')
    (backup := tmp_path / ".pulumi/backups/shop/demo/demo.1.json").parent.mkdir(parents=True)
    backup.write_text("{}")

    with store.lock().held():
        store.remove()

    kept = {"meta.yaml", "stacks/shop/demo.json.bak", "backups/shop/demo/demo.1.json"}
    assert tree(tmp_path / ".pulumi") == kept
    assert not store.exists()


def test_tags_of_the_cli_are_left_alone(store: StackStore) -> None:
    tags = store.checkpoint_path.with_name("demo.pulumi-tags")
    tags.write_text('{"version":1,"tags":{"a":"b"}}')

    store.write_checkpoint(render(snapshot(), None))

    assert tags.read_text() == '{"version":1,"tags":{"a":"b"}}'
