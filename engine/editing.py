"""Edits of a YAML file's text that touch only the entries they are about: comments, order, quotes stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from trackstack.engine.documents import GO_SCALARS, malformed, read
from trackstack.engine.errors import ConfigError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")
_WIDTH = 1 << 30  # a ciphertext is long, and stays on its line


def put(text: str, path: Path, key: str, value: Any, *, section: str | None = None) -> str:
    """The text with `key` set to `value`, in the top-level mapping or in its `section`.

    Raises ConfigError when the file is malformed or in a form that cannot be edited in place.
    """
    if section is not None:
        heading = _find(_entries(text, path), section)
        if heading is None:
            return _append(text, {section: {key: value}})
        if not heading.is_block:
            old = read(text, path)[section] or {}
            return _splice(text, heading.start, heading.end, _dump({section: {**old, key: value}}))
    entries = _entries(text, path, section)
    found = _find(entries, key)
    if found is None:
        return _insert(text, entries, {key: value})
    return _replace(text, found, {key: value})


def drop(text: str, path: Path, key: str, *, section: str | None = None) -> str:
    """The text without `key`; a section that is left empty goes, too. Raises ConfigError as `put`."""
    top = _entries(text, path)
    heading = _find(top, section) if section else None
    if section and heading is None:
        return text
    if section and heading and not heading.is_block:
        left = {name: value for name, value in (read(text, path)[section] or {}).items() if name != key}
        return _splice(text, heading.start, heading.end, _dump({section: left}) if left else "")
    entries = _entries(text, path, section) if section else top
    found = _find(entries, key)
    if found is None:
        return text
    text = _splice(text, found.start, found.end, "")
    if heading and len(entries) == 1:
        text = _splice(text, heading.start, heading.start + 1, "")
    return text


class _Entry:
    """A `key: value` of a block mapping: its lines from `start` up to `end`."""

    def __init__(self, key: yaml.Node, value: yaml.Node) -> None:
        self.key = str(key.value)
        self.start = key.start_mark.line
        self.indent = key.start_mark.column
        last = _last(value)
        self.end = max(last.end_mark.line + (last.end_mark.column > 0), self.start + 1)
        self.is_block = _is_block(value)
        start, end = value.start_mark, value.end_mark
        self.scalar: tuple[int, int] | None = None  # columns of a value that is alone on the key's line
        if (
            isinstance(value, yaml.ScalarNode)
            and start.line == end.line == self.start
            and start.column < end.column
        ):
            self.scalar = (start.column, end.column)


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _last(node: yaml.Node) -> yaml.Node:
    """The node whose end is where the text of `node` ends; a block's own end is where the next one starts."""
    while _is_block(node):
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node


def _entries(text: str, path: Path, section: str | None = None) -> list[_Entry]:
    """The entries of the top level, or of a section that is a block."""
    try:
        node = yaml.compose(text, _LOADER)
    except yaml.YAMLError as error:
        raise malformed(error, path) from error
    if node is None:
        return []
    if section is not None:
        node = next(value for key, value in node.value if key.value == section)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise ConfigError(
            f"{path}:{node.start_mark.line + 1}: write one key a line, so that it can be edited"
        )
    return [_Entry(key, value) for key, value in node.value]


def _find(entries: list[_Entry], key: str) -> _Entry | None:
    return next((entry for entry in entries if entry.key == key), None)


def _replace(text: str, entry: _Entry, document: dict[str, Any]) -> str:
    (value,) = document.values()
    scalar = "" if isinstance(value, dict | list) else _dump(value).removesuffix("...\n").rstrip("\n")
    if entry.scalar is None or not scalar:
        return _splice(text, entry.start, entry.end, _dump(document, entry.indent))
    lines = text.splitlines(keepends=True)
    line = lines[entry.start]
    lines[entry.start] = line[: entry.scalar[0]] + scalar + line[entry.scalar[1] :]
    return "".join(lines)


def _insert(text: str, entries: list[_Entry], document: dict[str, Any]) -> str:
    if not entries:
        return _append(text, document)
    last = entries[-1]
    return _splice(text, last.end, last.end, _dump(document, last.indent))


def _append(text: str, document: dict[str, Any]) -> str:
    lines = len(text.splitlines())
    return _splice(text, lines, lines, _dump(document))


def _splice(text: str, start: int, end: int, replacement: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if replacement and start >= len(lines) and lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    return "".join([*lines[:start], replacement.replace("\n", newline), *lines[end:]])


def _dump(value: Any, indent: int = 0) -> str:
    text = yaml.dump(value, Dumper=_Dumper, width=_WIDTH, allow_unicode=True, sort_keys=False)
    return "".join(" " * indent + line for line in text.splitlines(keepends=True))


class _Dumper(yaml.SafeDumper):
    """Quotes a text that either YAML 1.1 or Go would take for something else, and keeps it on one line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if len(text.splitlines()) > 1 or text.endswith(_BREAKS) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)

for _tag, _regexp, _first in GO_SCALARS:
    _Dumper.add_implicit_resolver(_tag, _regexp, list(_first))
