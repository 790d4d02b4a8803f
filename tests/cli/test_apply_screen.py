"""More instances than a terminal has lines."""

import pytest
from rich.text import Text

from trackstack.cli.live import Live
from trackstack.cli.progress import Work
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


def test_how_far_it_came_is_said_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    live = Live()

    def drawn() -> str:
        with live._console.capture() as captured:
            live._console.print(live._drawn())
        return captured.get()

    with live:
        live.counted(0, 1200)
        assert drawn() == "  0 of 1,200\n"
        live.counted(1200, 1200)
        assert drawn() == "  1,200 of 1,200\n"

    assert drawn() == ""


def test_things_are_handed_on_while_they_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with Work("Planning", silent=False) as work:
        assert list(work.counting(iter("abc"), 3)) == ["a", "b", "c"]

    assert capsys.readouterr().err == "Planning\n"
