"""What every kind of store promises, on a real folder and on an S3 over HTTP."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from tests.server.artifacts.catalogue import LEGAL_PATHS
from tests.server.artifacts.files import delete, listing, read, write

from trackstack.server.artifacts.errors import ArtifactIsFolderError, ArtifactNotFoundError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.artifacts.store import Usage
from trackstack.server.calls import Disconnected

CONTENT = random.Random(7).randbytes(20 * 1024 * 1024)  # noqa: S311 - any bytes will do


@pytest.mark.parametrize("path", LEGAL_PATHS, ids=ascii)
def test_legal_names_come_back_as_they_went_in(artifacts: Artifacts, path: str) -> None:
    write(artifacts.store, path, path.encode())
    assert read(artifacts.store, path) == path.encode()
    folder, _, name = path.rpartition("/")
    assert listing(artifacts.store, folder) == [(name, False, len(path.encode()))]


@pytest.mark.parametrize("size", [0, 1, 1024, 1024 * 1024, 8 * 1024 * 1024, len(CONTENT)])
def test_content_of_any_size_is_kept_byte_for_byte(artifacts: Artifacts, size: int) -> None:
    write(artifacts.store, "f.bin", CONTENT[:size])
    assert read(artifacts.store, "f.bin") == CONTENT[:size]
    assert listing(artifacts.store) == [("f.bin", False, size)]


def test_a_part_of_a_file_is_read_alone(artifacts: Artifacts) -> None:
    write(artifacts.store, "f.bin", CONTENT)
    assert read(artifacts.store, "f.bin", 5_000_000, 7_654_321) == CONTENT[5_000_000:7_654_321]
    assert read(artifacts.store, "f.bin", 3, 3) == b""


def test_a_listing_has_files_and_folders_by_name(artifacts: Artifacts) -> None:
    for path in ("d/b.txt", "d/a/x/y.txt", "d/c/z", "e"):
        write(artifacts.store, path, b"12")
    assert listing(artifacts.store, "d") == [("a", True, 0), ("b.txt", False, 2), ("c", True, 0)]
    assert listing(artifacts.store) == [("d", True, 0), ("e", False, 2)]
    assert listing(artifacts.store, "e") == []
    assert listing(artifacts.store, "nothing/here") == []


def test_a_name_that_begins_like_another_is_another(artifacts: Artifacts) -> None:
    for path in ("run", "run1/a", "run-2"):
        write(artifacts.store, path, b"x")
    delete(artifacts.store, "run")
    assert listing(artifacts.store) == [("run-2", False, 1), ("run1", True, 0)]


def test_deleting_takes_a_folder_with_all_in_it_and_its_empty_parents(artifacts: Artifacts) -> None:
    for path in ("1/run/artifacts/a", "1/run/artifacts/b/c", "2/x"):
        write(artifacts.store, path, b"123")
    assert asyncio.run(artifacts.store.usage(ArtifactPath.parse("1/run"))) == Usage(2, 6)
    assert asyncio.run(artifacts.store.usage(ArtifactPath())) == Usage(3, 9)
    delete(artifacts.store, "1/run/artifacts")
    assert listing(artifacts.store) == [("2", True, 0)]
    delete(artifacts.store, "1/run/artifacts")
    assert asyncio.run(artifacts.store.usage(ArtifactPath.parse("1/run"))) == Usage(0, 0)


def test_what_is_not_there_and_what_is_a_folder_cannot_be_opened(artifacts: Artifacts) -> None:
    write(artifacts.store, "d/f", b"x")
    with pytest.raises(ArtifactNotFoundError, match=r"No such artifact: 'd/g'"):
        read(artifacts.store, "d/g")
    with pytest.raises(ArtifactNotFoundError):
        read(artifacts.store, "d/f/g")
    with pytest.raises(ArtifactIsFolderError):
        read(artifacts.store, "d")


def test_an_overwritten_file_changes_its_tag(artifacts: Artifacts) -> None:
    async def tag() -> str:
        file = await artifacts.store.open(ArtifactPath(("f",)))
        await file.close()
        return file.facts.etag

    write(artifacts.store, "f", b"one")
    before = asyncio.run(tag())
    write(artifacts.store, "f", b"two")
    assert read(artifacts.store, "f") == b"two"
    assert asyncio.run(tag()) != before


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_an_upload_that_breaks_off_leaves_the_old_file_alone(artifacts: Artifacts, size: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for start in range(0, size, 65536):
            yield CONTENT[start : start + 65536]
        raise Disconnected

    write(artifacts.store, "d/f", b"old")
    for path in ("d/f", "new/f"):
        with pytest.raises(Disconnected):
            asyncio.run(artifacts.store.write(ArtifactPath.parse(path), broken()))
    assert read(artifacts.store, "d/f") == b"old"
    assert listing(artifacts.store) == [("d", True, 0)]


def test_two_uploads_of_one_name_leave_one_of_them_whole(artifacts: Artifacts) -> None:
    async def slow(byte: bytes) -> AsyncIterator[bytes]:
        for _ in range(20):
            await asyncio.sleep(0.001)
            yield byte * 100_000

    async def both() -> None:
        path = ArtifactPath(("f",))
        await asyncio.gather(*(artifacts.store.write(path, slow(byte)) for byte in (b"a", b"b")))

    asyncio.run(both())
    assert read(artifacts.store, "f") in (b"a" * 2_000_000, b"b" * 2_000_000)


async def _one() -> AsyncIterator[bytes]:
    yield b"1"
