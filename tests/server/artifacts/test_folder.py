import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.server.artifacts.files import delete, listing, pieces, read, write

from trackstack.server.artifacts.errors import (
    ArtifactIsFolderError,
    InvalidPathError,
    PathTakenError,
    StoreConfigError,
)
from trackstack.server.artifacts.folder import FolderStore
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.errors import ApiError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderStore]:
    opened = FolderStore(tmp_path / "root")
    yield opened
    asyncio.run(opened.close())


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Path]:
    """A folder outside the root with a canary that must be neither read nor changed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary").write_text("secret")
    yield outside
    assert [item.name for item in outside.iterdir()] == ["canary"]
    assert (outside / "canary").read_text() == "secret"


@pytest.mark.parametrize("target", ["folder", "file", "inside"])
def test_no_symbolic_link_in_the_root_is_followed(
    store: FolderStore, secret: Path, tmp_path: Path, target: str
) -> None:
    write(store, "real/f", b"mine")
    link = tmp_path / "root" / "link"
    targets = {"folder": secret, "file": secret / "canary", "inside": Path("real")}
    link.symlink_to(targets[target])
    for path in ("link", "link/canary", "link/new"):
        with pytest.raises(InvalidPathError):
            read(store, path)
        with pytest.raises(InvalidPathError):
            write(store, path, b"evil")
        with pytest.raises(InvalidPathError):
            delete(store, path)
    with pytest.raises(InvalidPathError):
        listing(store, "link")
    assert listing(store) == [("real", True, 0)]
    assert link.is_symlink()


def test_deleting_a_folder_removes_links_in_it_and_not_what_they_name(
    store: FolderStore, secret: Path, tmp_path: Path
) -> None:
    write(store, "d/f", b"x")
    (tmp_path / "root" / "d" / "link").symlink_to(secret)
    delete(store, "d")
    assert listing(store) == []


def test_a_folder_swapped_for_a_link_meanwhile_leads_nowhere(
    store: FolderStore, secret: Path, tmp_path: Path
) -> None:
    folder, hidden = tmp_path / "root" / "d", tmp_path / "root" / "hidden"
    write(store, "d/canary", b"mine")

    async def race() -> set[bytes]:
        seen = set()
        for _ in range(300):
            swap = asyncio.to_thread(_swap, folder, hidden, secret)
            results = await asyncio.gather(swap, _try_read(store), _try_write(store))
            seen.add(results[1])
        return seen

    assert b"secret" not in asyncio.run(race())


def _swap(folder: Path, hidden: Path, secret: Path) -> None:
    folder.rename(hidden)
    with suppress(FileExistsError):  # an upload may have made the folder anew
        folder.symlink_to(secret)
        folder.unlink()
    while hidden.exists():
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            hidden.rename(folder)


async def _try_read(store: FolderStore) -> bytes:
    try:
        file = await store.open(ArtifactPath.parse("d/canary"))
    except ApiError:  # which one depends on the moment
        return b""
    content = b"".join([chunk async for chunk in file.read(0, file.facts.size)])
    await file.close()
    return content


async def _try_write(store: FolderStore) -> None:
    try:
        await store.write(ArtifactPath.parse("d/new"), pieces(b"new"))
    except ApiError:
        return


def test_files_and_folders_are_private(store: FolderStore, tmp_path: Path) -> None:
    write(store, "a/b/c", b"x")
    for path in (tmp_path / "root").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "root").stat().st_mode) == 0o700


def test_a_file_and_a_folder_do_not_replace_each_other(store: FolderStore) -> None:
    write(store, "d/f", b"x")
    with pytest.raises(PathTakenError):
        write(store, "d/f/g", b"y")
    with pytest.raises(ArtifactIsFolderError):
        write(store, "d", b"y")
    assert read(store, "d/f") == b"x"


@pytest.mark.parametrize("path", ["fifo", "socket"])
def test_a_special_file_is_neither_read_nor_listed(store: FolderStore, tmp_path: Path, path: str) -> None:
    kind = stat.S_IFIFO if path == "fifo" else stat.S_IFSOCK
    os.mknod(tmp_path / "root" / path, kind | 0o600)
    with pytest.raises(InvalidPathError):
        read(store, path)
    with pytest.raises(InvalidPathError):
        write(store, path, b"x")
    assert listing(store) == []


def test_a_reader_keeps_the_file_it_opened(store: FolderStore) -> None:
    async def scenario() -> bytes:
        path = ArtifactPath(("f",))
        await store.write(path, pieces(b"old" * 1_000_000))
        file = await store.open(path)
        await store.write(path, pieces(b"new"))
        await store.delete(path)
        content = b"".join([chunk async for chunk in file.read(0, file.facts.size)])
        await file.close()
        return content

    assert asyncio.run(scenario()) == b"old" * 1_000_000


_KILLED = """
import asyncio, sys
from pathlib import Path
from trackstack.server.artifacts.folder import FolderStore
from trackstack.server.artifacts.paths import ArtifactPath

async def endless():
    while True:
        yield b"x" * 1_000_000
        print("going", flush=True)

asyncio.run(FolderStore(Path(sys.argv[1])).write(ArtifactPath(("f",)), endless()))
"""


def test_what_a_killed_server_was_receiving_is_swept_away_at_the_next_start(tmp_path: Path) -> None:
    root = tmp_path / "root"
    with subprocess.Popen([sys.executable, "-c", _KILLED, root], stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(3):
            process.stdout.readline()
        living = FolderStore(root)  # another process that opens the store must not disturb an upload
        assert len(list((root / ".trackstack" / "incoming").iterdir())) == 1
        asyncio.run(living.close())
        process.send_signal(signal.SIGKILL)
    store = FolderStore(root)
    assert list((root / ".trackstack" / "incoming").iterdir()) == []
    assert listing(store) == []
    asyncio.run(store.close())


def test_a_root_that_cannot_be_used_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreConfigError, match=r"artifact root .*/file cannot be used: .*\.$"):
        FolderStore(tmp_path / "file")


def test_nothing_stays_open(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    for number in range(50):
        store = FolderStore(tmp_path / "root")
        write(store, f"d/{number}", b"x" * 100)
        read(store, f"d/{number}")
        with pytest.raises(ArtifactIsFolderError):
            read(store, "d")
        delete(store, f"d/{number}")
        asyncio.run(store.close())
    assert descriptors() <= before + 2
