"""What callers are told of an operation that failed: the reason, and nothing of this machine."""

import re
from functools import lru_cache
from pathlib import Path

from trackstack.stacks.errors import ResourceFailed, StackError
from trackstack.stacks.project import Project

_PATH = re.compile(r"(?<![\w:/.])(?:file://)?/(?:[^\s:;,()'\"]+)")
_TOKEN = re.compile(r"tsk1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LONGEST = 500


@lru_cache(maxsize=16)
def _names(folder: Path) -> set[str]:
    return {str(folder), str(folder.resolve())}


def public(error: StackError | str, project: Project) -> str:
    """The error's text, without paths and secrets, on one line."""
    text = str(error)
    if isinstance(error, ResourceFailed):
        text = text.replace(error.urn, error.urn.rpartition("::")[2])
    for folder in _names(project.folder):
        text = re.sub(rf"{re.escape(folder)}(/[^\s:;,()'\"]*)?", "its folder", text)
    text = _TOKEN.sub("a token", _PATH.sub("a path", text))
    return " ".join(text.split())[:_LONGEST]
