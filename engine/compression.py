"""Checkpoints that the Pulumi CLI compressed (PULUMI_DIY_BACKEND_GZIP, PULUMI_DIY_BACKEND_ZSTD)."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from trackstack.engine.errors import StateError, UnsupportedError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


def variants(plain: Path) -> tuple[Path, Path, Path]:
    """The names that a file may have: as it is, gzipped, with zstd."""
    return plain, plain.with_name(plain.name + ".gz"), plain.with_name(plain.name + ".zst")


def unpack(data: bytes, source: str) -> bytes:
    """The plain bytes, recognised by the first ones as the CLI does. Raises StateError naming `source`."""
    if data.startswith(_ZSTD):
        raise UnsupportedError(
            f"the zstd-compressed {source}", "unset PULUMI_DIY_BACKEND_ZSTD and run `pulumi up`"
        )
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise StateError(f"{source}: damaged, it does not unpack ({error})") from error
