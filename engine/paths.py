"""Property paths: `a.b[0]["key.with.dots"]`, `*` for any key (sdk/go/common/resource/properties_path.go)."""

from __future__ import annotations

import re
from typing import Any

from trackstack.engine.values import is_secret, secret

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_]+\Z")


def parse(text: str) -> Path:
    """The path's elements. Raises ValueError when `text` is no path."""
    elements: list[str | int] = []
    position = 0
    if text.startswith("."):
        raise ValueError(f"property path {text!r} must start with a name or an index")
    while position < len(text):
        if text[position] == ".":
            position += 1
            if position == len(text):
                raise ValueError(f"property path {text!r} must not end with a dot")
        elif text[position] == "[":
            element, position = _bracket(text, position)
            elements.append(element)
        else:
            end = min(
                (i for i in (text.find(".", position), text.find("[", position)) if i >= 0), default=len(text)
            )
            elements.append(text[position:end])
            position = end
    return tuple(elements)


def _bracket(text: str, start: int) -> tuple[str | int, int]:
    quoted = re.compile(r'\["((?:\\"|[^"])*)"\]').match(text, start)
    if quoted:
        return quoted[1].replace('\\"', '"'), quoted.end()
    index = re.compile(r"\[(\*|-?\d+)\]").match(text, start)
    if not index:
        raise ValueError(f"property path {text!r} has a bad index at {text[start:]!r}")
    return ("*" if index[1] == "*" else int(index[1])), index.end()


def render(path: Path) -> str:
    """The path as text, as Pulumi prints it."""
    text = ""
    for element in path:
        if isinstance(element, int):
            text += f"[{element}]"
        elif _PLAIN.match(element):
            text += f".{element}" if text else element
        else:
            escaped = element.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def contains(path: Path, other: Path) -> bool:
    """Whether `other` lies at or below `path`; `*` in `path` matches any key or index."""
    return len(other) >= len(path) and all(
        mine == "*" or (mine == theirs and type(mine) is type(theirs))
        for mine, theirs in zip(path, other, strict=False)
    )


def reset(path: Path, old: Any, new: Any) -> bool:
    """Set what `path` finds in `new` back to what it finds in `old`; False where that cannot be done.

    Makes and removes object keys at the path's end, but no intermediate levels and no array elements.
    """
    return _reset(path, old, new, False, False)


def _reset(path: Path, old: Any, new: Any, old_secret: bool, new_secret: bool) -> bool:
    while is_secret(old):
        old, old_secret = old["value"], True
    while is_secret(new):
        new, new_secret = new["value"], True
    wrap = secret if old_secret and not new_secret else _same
    key, rest = path[0], path[1:]
    if key == "*":
        if not rest:
            return _reset_all(old, new, wrap)
        return _reset_each(rest, old, new, old_secret, new_secret)
    if isinstance(key, int):
        if not isinstance(old, list) or not isinstance(new, list):
            return not isinstance(old, list) and not isinstance(new, list)
        if key < 0 or key >= len(old) or key >= len(new):
            return not rest and key >= len(old) and key >= len(new)
        if rest:
            return _reset(rest, old[key], new[key], old_secret, new_secret)
        new[key] = wrap(old[key])
        return True
    if not rest:
        return _reset_key(key, old, new, wrap)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return not isinstance(old, dict) and not isinstance(new, dict)
    if key not in new:
        return key not in old
    return _reset(rest, old.get(key), new[key], old_secret, new_secret)


def _same(value: Any) -> Any:
    return value


def _reset_key(key: str, old: Any, new: Any, wrap: Any) -> bool:
    if isinstance(old, dict) and key in old:
        if not isinstance(new, dict):
            return False
        new[key] = wrap(old[key])
    elif isinstance(new, dict):
        new.pop(key, None)
    return True


def _reset_all(old: Any, new: Any, wrap: Any) -> bool:
    if isinstance(new, dict):
        if isinstance(old, dict):
            new.clear()
            new.update((key, wrap(value)) for key, value in old.items())
        return True
    if isinstance(new, list):
        if isinstance(old, list):
            for index, value in enumerate(old[: len(new)]):
                new[index] = wrap(value)
            return len(old) == len(new)
        return True
    return False


def _reset_each(rest: Path, old: Any, new: Any, old_secret: bool, new_secret: bool) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _reset(rest, old[key], new[key], old_secret, new_secret) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip(old, new, strict=False)
        return all(_reset(rest, a, b, old_secret, new_secret) for a, b in pairs) and len(old) == len(new)
    return False
