"""The tables in docs/kubernetes.md: presets and settings. Run it (`scripts/docs`) to write them anew."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.kubernetes import KubernetesSettings
from trackstack.components.settings.size import PRESETS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "kubernetes.md"

Table = tuple[tuple[str, ...], Iterable[tuple[str, ...]]]
"""The cells of its head, and those of its rows."""


def settings(model: type[BaseModel] = KubernetesSettings, above: str = "") -> Iterator[tuple[str, str, str]]:
    """Key, default and meaning of each setting, those of a group below it."""
    for name, field in model.model_fields.items():
        key = f"{above}{name}"
        below = _model(field.annotation)
        if below is None or below is SecretRef or field.default == ():
            yield f"`{key}`", _written(field.default), _meaning(field.annotation, field.description or "")
        else:
            yield from settings(below, f"{key}.")


def presets() -> Iterator[tuple[str, ...]]:
    """A row for each size."""
    for name, preset in PRESETS.items():
        pod, database = preset.resources, preset.database_resources
        yield (
            f"`{name}`",
            f"{preset.replicas} to {preset.most_replicas}",
            f"{pod.cpu} to {pod.cpu_limit}",
            f"{pod.memory} to {pod.memory_limit}",
            preset.scratch,
            f"{database.cpu} to {database.cpu_limit}, {database.memory} to {database.memory_limit}",
            preset.database_storage,
            preset.artifact_storage,
        )


def page() -> str:
    """The page with its tables filled in."""
    tables: dict[str, Table] = {
        "presets": (
            ("size", "pods", "CPU", "memory", "scratch", "PostgreSQL", "its volume", "volume of artifacts"),
            presets(),
        ),
        "settings": (("key", "default", "meaning"), settings()),
    }
    return filled(PAGE, tables)


def filled(page: Path, tables: Mapping[str, Table]) -> str:
    """The page with each table between the comments of its name."""
    text = page.read_text()
    for name, (head, rows) in tables.items():
        block = f"<!-- {name} -->\n" + "".join(_table(head, rows)) + f"<!-- end of {name} -->"
        before, _, rest = text.partition(f"<!-- {name} -->")
        text = before + block + rest.partition(f"<!-- end of {name} -->")[2]
    return text


def _model(annotation: Any) -> type[BaseModel] | None:
    """The group of settings that it stands for, if it does."""
    candidates = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _meaning(annotation: Any, sentence: str) -> str:
    if _model(annotation) is SecretRef:
        return f"{sentence} `{{name, key}}`"
    return sentence


def _written(default: Any) -> str:
    if default is PydanticUndefined or default in (None, "", (), {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for cells in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
