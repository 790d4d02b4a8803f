"""Assets and archives: files, texts and folders as property values, each with the hash that Pulumi gives it.

The hash of an asset is the SHA-256 of its bytes, that of an archive file likewise. A folder or a map of
assets is hashed as the tar stream that Go would write of it (sdk/go/common/resource/archive), so that the
CLI finds the same.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from trackstack.engine.errors import EngineError, UnsupportedError
from trackstack.engine.values import ARCHIVE, ASSET, SIG

_BLOCK = 512
_ZIPS = (".zip", ".jar")
_ARCHIVES = (".tar", ".tgz", ".tar.gz", *_ZIPS)
_BOOKKEEPING = ".pulumi"  # folders of this name are left out


def with_hashes(value: Any, root: Path) -> Any:
    """The value with every asset and archive hashed; relative paths start at `root`. Raises EngineError."""
    if isinstance(value, list):
        return [with_hashes(item, root) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: with_hashes(item, root) for key, item in value.items()}
    if value.get(SIG) not in (ASSET, ARCHIVE):
        return inner
    try:
        return {**inner, "hash": _hash(value, root)}
    except OSError as error:
        place = value.get("path") or value.get("uri")
        raise EngineError(f"cannot read the asset {place}: {error.strerror or error}") from error
    except (tarfile.TarError, zipfile.BadZipFile) as error:
        raise EngineError(f"the archive {value.get('path')} is damaged: {error}") from error


def _hash(value: dict[str, Any], root: Path) -> str:
    if value[SIG] == ASSET or _is_file(value):
        return hashlib.sha256(_bytes(value, root)).hexdigest()
    digest = hashlib.sha256()
    seen: set[str] = set()
    for name, data in _members(value, root):
        if name not in seen:
            seen.add(name)
            digest.update(_tar_header(name, len(data)) + data + bytes(-len(data) % _BLOCK))
    digest.update(bytes(2 * _BLOCK))
    return digest.hexdigest()


def _is_file(archive: dict[str, Any]) -> bool:
    place = str(archive.get("path") or urlparse(str(archive.get("uri", ""))).path)
    return place.endswith(_ARCHIVES)


def _bytes(value: dict[str, Any], root: Path) -> bytes:
    if "text" in value:
        return str(value["text"]).encode()
    if "path" in value:
        return (root / str(value["path"])).read_bytes()
    uri = str(value.get("uri", ""))
    parsed = urlparse(uri)
    if parsed.scheme == "file":
        return Path(unquote(parsed.path)).read_bytes()
    if parsed.scheme not in ("http", "https"):
        raise UnsupportedError(f"an asset at {uri!r}")
    with urllib.request.urlopen(uri, timeout=60) as answer:  # noqa: S310 - the scheme was checked
        data: bytes = answer.read()
    return data


def _members(archive: dict[str, Any], root: Path) -> Iterator[tuple[str, bytes]]:
    if "assets" not in archive:
        yield from _files(root / str(archive.get("path", "")))
        return
    for name, member in sorted(archive["assets"].items()):
        if member.get(SIG) == ASSET:
            yield name, _bytes(member, root)
            continue
        for inner, data in _members(member, root):
            yield os.path.normpath(f"{name}/{inner}"), data


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """What a folder or an archive file holds."""
    if path.name.endswith(_ZIPS):
        with zipfile.ZipFile(path) as opened:
            yield from ((e.filename, opened.read(e)) for e in opened.infolist() if not e.is_dir())
    elif path.name.endswith(_ARCHIVES):
        with tarfile.open(path) as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                if content is not None:
                    yield entry.name, content.read()
    elif path.is_dir():
        yield from ((file.relative_to(path).as_posix(), file.read_bytes()) for file in _walk(path))
    else:
        path.stat()  # raises where there is nothing
        raise EngineError(f"the archive {path} is neither a folder nor one of {', '.join(_ARCHIVES)}")


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == _BOOKKEEPING:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        elif not entry.is_dir():
            yield entry


def _tar_header(name: str, size: int) -> bytes:
    """A member's header as Go's archive/tar writes it: zeros as device numbers, where Python has none."""
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o600, size
    try:
        header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    except (ValueError, UnicodeError):  # a name that is too long or not ASCII
        return info.tobuf(tarfile.PAX_FORMAT)
    header[329:345] = b"0000000\0" * 2
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)
