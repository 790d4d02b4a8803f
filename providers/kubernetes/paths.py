"""Property paths as Pulumi writes them: `spec.containers[0].env`, `metadata.annotations["a.b/c"]`."""

import re
from collections.abc import Sequence
from typing import Any

Path = tuple[str | int, ...]

_STEP = re.compile(r"""\.?(?:\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+|\*)\]|(?P<key>[^.\[\]"]+))""")
_PLAIN = re.compile(r'[^.\[\]"]+')
ANY = "*"
"""Stands for every element of a list."""


def write(path: Path) -> str:
    """The path as text."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse(text: str) -> Path:
    """The path of a text; a leading dot may be there. Raises ValueError for a text that is none."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is no property path")
        if match["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", match["quoted"]))
        elif match["index"] is not None:
            steps.append(ANY if match["index"] == ANY else int(match["index"]))
        else:
            steps.append(match["key"])
        position = match.end()
    return tuple(steps)


def covers(pattern: Path, path: Path) -> bool:
    """Whether `path` is what `pattern` names, or inside of it."""
    return len(pattern) <= len(path) and all(
        wanted in (ANY, step) for wanted, step in zip(pattern, path, strict=False)
    )


def get(value: Any, path: Path) -> Any:
    """What is at the path. Raises KeyError where nothing is."""
    for step in path:
        inside = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if not inside:
            raise KeyError(write(path))
        value = value[step]
    return value


def put(value: Any, path: Path, item: Any) -> None:
    """Set what is at the path. Raises KeyError where nothing is around it."""
    *way, last = path
    get(value, tuple(way))[last] = item


def drop(value: Any, path: Path) -> None:
    """Remove what is at the path, if it is there."""
    *way, last = path
    try:
        parent = get(value, tuple(way))
        get(parent, (last,))
    except KeyError:
        return
    del parent[last]


def any_covers(patterns: Sequence[Path], path: Path) -> bool:
    """Whether one of the patterns covers the path."""
    return any(covers(pattern, path) for pattern in patterns)
