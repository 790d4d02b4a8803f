"""Assets and archives: files, texts and folders as property values, each with a hash of what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def with_hashes(value: Any, root: Path) -> Any:
    return value
