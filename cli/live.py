"""The live screen: a line a resource with a spinner and its time, redrawn ten times a second."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from trackstack.stacks import steps

if TYPE_CHECKING:
    from trackstack.stacks.events import Step


@dataclass
class Row:
    """One resource on the screen; `seconds` is None while it is worked on."""

    step: Step
    since: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    error: str = ""
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))


class Live:
    """Draws on stderr; what is finished stays on the screen."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._count = ""
        self._ended = False
        self._console = Console(stderr=True, highlight=False)
        self._live = RichLive(
            console=self._console, get_renderable=self._drawn, refresh_per_second=10, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._ended, self._count = True, ""
        self._live.stop()

    def started(self, step: Step) -> None:
        """A new line, with a spinner."""
        self._rows[step.urn, step.op] = Row(step)
        self._live.start()  # with the first line: without any, nothing is drawn

    def finished(self, step: Step, seconds: float, error: str) -> None:
        """The step's line shows how it ended."""
        row = self._rows.setdefault((step.urn, step.op), Row(step))
        row.step, row.seconds, row.error = step, seconds, error

    def counted(self, done: int, total: int) -> None:
        """The last line says how far it came, until the end."""
        self._count = f"  {done:,} of {total:,}"
        self._live.start()

    def say(self, text: str) -> None:
        """A line above the resources."""
        self._console.print(Text(text))

    def _drawn(self) -> Group:
        """An empty table would be a line, so there is none."""
        count = [Text(self._count, "dim")] if self._count else []
        return Group(*([self._table()] if self._rows else []), *count)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for row in self._visible():
            word = steps.words(row.step.op)
            seconds = time.monotonic() - row.since if row.seconds is None else row.seconds
            table.add_row(
                Text(""),
                Text(word.sign, word.colour),
                Text(steps.kind(row.step)),
                Text(row.step.name, "bold"),
                _outcome(row, word),
                Text(f"{seconds:.1f} s", "dim"),
            )
        return table

    def _visible(self) -> list[Row]:
        """What fits the screen, without what was finished first; all of it at the end."""
        rows = list(self._rows.values())
        over = 0 if self._ended else len(rows) - (self._console.height - 1)
        finished = [row for row in rows if row.seconds is not None]
        hidden = {id(row) for row in finished[: max(over, 0)]}
        return [row for row in rows if id(row) not in hidden]


def _outcome(row: Row, word: steps.Words) -> Text | Spinner:
    if row.error:
        return Text("failed", "red")
    if row.seconds is None:
        row.spinner.update(text=Text(word.doing))
        return row.spinner
    return Text(word.done, word.colour)
