"""More instances than a terminal has lines."""

import pytest
from rich.text import Text

from trackstack.cli.live import Live
from trackstack.stacks.events import Step


def names(live: Live) -> list[str]:
    """The third column as it is drawn."""
    return [str(cell) for cell in live._table().columns[3]._cells if isinstance(cell, Text)]


def test_what_runs_stays_in_sight_and_the_end_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "5")
    monkeypatch.setenv("COLUMNS", "80")
    live = Live()
    steps = [Step("create", f"i{n}", "trackstack:index:TrackingInstance", f"i{n}") for n in range(8)]

    with live:
        for step in steps:
            live.started(step)
        for step in steps[:6]:
            live.finished(step, 1.0, "")

        assert names(live) == ["i4", "i5", "i6", "i7"]

    assert names(live) == [f"i{n}" for n in range(8)]
