"""Plain tables for a terminal, and text for scripts that cut columns."""

from collections.abc import Sequence

import click


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces between them, a bold head."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [_line(row, widths) for row in (head, *rows)]
    return "\n".join([click.style(lines[0], bold=True), *lines[1:]])


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """A name and a value a line, the values aligned."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{click.style(name.ljust(width), bold=True)}  {value}".rstrip() for name, value in rows)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
