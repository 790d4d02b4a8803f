"""Artifact paths: parsed once, and only the parsed value is ever used.

Every published hole of this kind came from checking one spelling and opening another (an encoded copy, a
look-alike, a URL's idea of the same text). So a path is refused when any reading of it could leave its
folder: each level of percent-decoding, and the text as a reader who folds compatibility characters, slashes
of other scripts and invisible characters would see it. What passes is kept as it was written, byte for byte.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote_to_bytes

from trackstack.server.artifacts.errors import InvalidPathError

MAX_PATH_BYTES = 4096
MAX_SEGMENT_BYTES = 255  # NAME_MAX of every common file system, so that what is stored can be downloaded
MAX_DEPTH = 128
MAX_DECODINGS = 16  # a text that still changes after so many percent-decodings is an attack, not a name

RESERVED = ".trackstack"  # the stores' own folder at the root: uploads under way

# '#' and '?' end a path wherever it is read as a URL (CVE-2024-1483, CVE-2024-2928); U+FFFD is the scar of
# a decoding that lost bytes, so the name is no longer the one that was sent.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\#?\ufffd\ud800-\udfff]")
_DOTS = re.compile(r"\.{1,2}\s*(?:;.*)?", re.DOTALL)  # '..;' is '..' to servers that cut parameters off
_DRIVE_OR_SCHEME = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*:$|file:", re.IGNORECASE)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])", re.IGNORECASE)  # files of no Windows client
_SLASHES = str.maketrans(dict.fromkeys("\\\u2044\u2215\u29f8\u2216\u29f5\u29f9", "/"))


@dataclass(frozen=True, slots=True)
class ArtifactPath:
    """A path below an artifact root, as its segments; the root itself has none."""

    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The path of a file. Raises InvalidPathError for whatever could mean something else."""
        _check(text)
        return cls(tuple(text.split("/")))

    @classmethod
    def parse_folder(cls, text: str) -> Self:
        """The path of a folder to list: as `parse`, but '' is the root and one closing slash is allowed."""
        text = text.removesuffix("/") if len(text) > 1 else text
        return cls.parse(text) if text else cls()

    @property
    def name(self) -> str:
        """The last segment; '' for the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> "ArtifactPath":
        """The folder that holds this path; the root's parent is the root."""
        return ArtifactPath(self.parts[:-1])

    def __truediv__(self, other: "ArtifactPath") -> "ArtifactPath":
        joined = ArtifactPath(self.parts + other.parts)
        if len(joined.parts) > MAX_DEPTH or len(str(joined).encode()) > MAX_PATH_BYTES:
            raise InvalidPathError
        return joined

    def within(self, folder: "ArtifactPath") -> bool:
        """Whether this path is `folder` or lies below it."""
        return self.parts[: len(folder.parts)] == folder.parts

    def __str__(self) -> str:
        return "/".join(self.parts)


def _check(text: str) -> None:
    if len(text) > MAX_PATH_BYTES:
        raise InvalidPathError
    for reading in _readings(text):
        _check_reading(reading)
        if not reading.isascii():
            _check_skeleton(reading)
    segments = text.split("/")
    if segments[0] == RESERVED or len(segments) > MAX_DEPTH or len(text.encode()) > MAX_PATH_BYTES:
        raise InvalidPathError
    if any(len(segment.encode()) > MAX_SEGMENT_BYTES for segment in segments):
        raise InvalidPathError


def _readings(text: str) -> list[str]:
    """The text and each further percent-decoding of it, until it no longer changes."""
    readings = [text]
    while "%" in readings[-1]:
        try:
            decoded = unquote_to_bytes(readings[-1]).decode()
        except UnicodeError:
            raise InvalidPathError from None
        if decoded == readings[-1]:
            break
        if len(readings) > MAX_DECODINGS:
            raise InvalidPathError
        readings.append(decoded)
    return readings


def _check_reading(text: str) -> None:
    if _FORBIDDEN.search(text) or _DRIVE_OR_SCHEME.match(text.split("/", 1)[0]):
        raise InvalidPathError
    for segment in text.split("/"):
        bare = segment.strip()
        if not bare or _DOTS.fullmatch(bare) or _DEVICE.fullmatch(bare) or bare.lower() == ".git":
            raise InvalidPathError


def _check_skeleton(text: str) -> None:
    """Refuse what looks absolute or like '..' once compatibility forms, foreign slashes and invisible
    characters are folded; the rest of a name may use them freely."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    segments = unicodedata.normalize("NFKC", visible).translate(_SLASHES).split("/")
    if not segments[0].strip() or any(_DOTS.fullmatch(segment.strip()) for segment in segments):
        raise InvalidPathError
