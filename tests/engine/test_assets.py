"""Assets and archives get the hashes that the Pulumi CLI gives them."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from pulumi import Archive, Asset, AssetArchive, FileArchive, FileAsset, StringAsset
from tests.engine.conftest import Bench, Thing

from trackstack.engine.assets import with_hashes
from trackstack.engine.errors import EngineError
from trackstack.engine.values import ARCHIVE, ASSET, SIG


def folder(path: Path) -> Path:
    """A folder with a file and another folder."""
    (path / "files" / "inner").mkdir(parents=True)
    (path / "files" / "a.txt").write_text("hello\n")
    (path / "files" / "inner" / "b.txt").write_text("world\n")
    return path / "files"


def test_assets_are_hashed_by_their_bytes(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "word.txt").write_text("hello")
    bench.up(lambda: Thing("a", {"text": StringAsset("hello"), "file": FileAsset("word.txt")}))
    inputs = bench.resource("a").inputs
    digest = hashlib.sha256(b"hello").hexdigest()

    assert inputs["text"] == {SIG: ASSET, "text": "hello", "hash": digest}
    assert inputs["file"]["hash"] == digest


def test_a_changed_file_is_a_change_of_its_resource(bench: Bench, tmp_path: Path) -> None:
    path = folder(tmp_path)
    bench.up(lambda: Thing("a", {"folder": FileArchive("files")}))
    assert bench.up(lambda: Thing("a", {"folder": FileArchive("files")})).changes == {"same": 2}
    (path / "inner" / "b.txt").write_text("moon\n")

    assert bench.up(lambda: Thing("a", {"folder": FileArchive("files")})).changes == {"same": 1, "update": 1}


def test_a_folder_is_hashed_as_gos_tar_of_it(tmp_path: Path) -> None:
    archive = {SIG: ARCHIVE, "path": str(folder(tmp_path))}

    assert with_hashes(archive, tmp_path)["hash"] == hashlib.sha256(gos_tar()).hexdigest()


def test_a_map_of_assets_is_hashed_as_the_folder_it_describes(bench: Bench, tmp_path: Path) -> None:
    folder(tmp_path)
    parts: dict[str, Asset | Archive] = {"a.txt": StringAsset("hello\n"), "inner": FileArchive("files/inner")}
    bench.up(lambda: Thing("a", {"parts": AssetArchive(parts), "folder": FileArchive("files")}))
    inputs = bench.resource("a").inputs

    assert inputs["parts"]["hash"] == inputs["folder"]["hash"]
    assert inputs["parts"]["assets"]["a.txt"]["hash"] == hashlib.sha256(b"hello\n").hexdigest()


def test_an_archive_file_is_hashed_by_its_bytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("a.txt", "hello")
    archive = {SIG: ARCHIVE, "path": "a.zip"}

    assert (
        with_hashes(archive, tmp_path)["hash"]
        == hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    )


@pytest.mark.parametrize("value", [{SIG: ASSET, "path": "nowhere"}, {SIG: ARCHIVE, "path": "nowhere"}])
def test_a_missing_file_is_named(value: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot read the asset nowhere"):
        with_hashes(value, tmp_path)


def gos_tar() -> bytes:
    """`folder` as Go's archive/tar writes it: USTAR, mode 0600, zeros for everything else."""
    stream = b""
    for name, data in (("a.txt", b"hello\n"), ("inner/b.txt", b"world\n")):
        header = bytearray(512)
        header[0 : len(name)] = name.encode()
        header[100:148] = b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % len(data) + b"0" * 11 + b"\0"
        header[148:156] = b" " * 8
        header[156:157] = b"0"
        header[257:265] = b"ustar\x0000"
        header[329:345] = b"0000000\0" * 2
        header[148:156] = b"%06o\0 " % sum(header)
        stream += bytes(header) + data + bytes(512 - len(data))
    return stream + bytes(1024)
