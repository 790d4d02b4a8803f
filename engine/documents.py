"""YAML files of a project, read fast and as Pulumi reads them (Go's yaml.v3)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackstack.engine.errors import ConfigError
from trackstack.engine.values import number

if TYPE_CHECKING:
    import yaml

_BOOL = "tag:yaml.org,2002:bool"
_FLOAT = "tag:yaml.org,2002:float"
_INT = "tag:yaml.org,2002:int"
_DIGITS = "-+0123456789"

# Go's scalars: no `yes` and `no`, no sexagesimal 12:30, but 1e3 is a number.
GO_SCALARS = (
    (_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (_INT, re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"), _DIGITS),
    (_FLOAT, re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), f"{_DIGITS}."),
    (_FLOAT, re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"), "-+."),
)


def read(text: str, path: Path) -> dict[str, Any]:
    """The document, a mapping (empty for an empty file). Raises ConfigError with file and line."""
    import yaml

    try:
        document = yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise malformed(error, path) from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path}: not YAML ({error})") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{path}:1: not a mapping of keys to values")
    return document


def malformed(error: yaml.YAMLError, path: Path) -> ConfigError:
    """One line with file and line for what the YAML parser found."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return ConfigError(f"{path}: not YAML ({' '.join(str(error).split())})")
    what = getattr(error, "problem", None) or getattr(error, "context", None)
    return ConfigError(f"{path}:{mark.line + 1}: {what}")


def locate(text: str, *keys: str) -> int:
    """The line, from 1, of a key in nested mappings; of the innermost that is there."""
    import yaml

    node, line = yaml.compose(text, yaml.SafeLoader), 1
    for wanted in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [(key, value) for key, value in pairs if key.value == wanted]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line


@cache
def _loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # chosen at run time
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]]

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in seen:
                    problem = f"the key {key.value!r} is there twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(str(key.value))
            mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
            return mapping

    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag not in (_BOOL, _FLOAT, _INT)]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    for tag, regexp, first in GO_SCALARS:
        Loader.add_implicit_resolver(tag, regexp, list(first))
    Loader.add_constructor(_INT, lambda _, node: _integer(node.value.replace("_", "")))
    Loader.add_constructor(_FLOAT, lambda loader, node: _float(loader.construct_yaml_float(node)))
    Loader.add_constructor("tag:yaml.org,2002:timestamp", _time)
    return Loader


def _integer(text: str) -> int:
    return int(text, 8) if re.fullmatch(r"[-+]?0[0-7]+", text) else int(text, 0)


def _float(value: float) -> int | float:
    return number(value) if abs(value) < 1e21 else value  # from there on Go prints an exponent


def _time(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    """As Go prints a time, which is what becomes of one in a stack's configuration."""
    value = loader.construct_yaml_timestamp(node)
    if not isinstance(value, datetime.datetime):
        return f"{value} 00:00:00 +0000 UTC"
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    zone = f"{value:%z} {value:%z}" if value.utcoffset() else "+0000 UTC"
    return f"{value:%Y-%m-%d %H:%M:%S}{fraction} {zone}"
