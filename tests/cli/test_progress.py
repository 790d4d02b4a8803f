"""The events of an operation as lines."""

import pytest

from trackstack.cli.progress import Work
from trackstack.engine.events import Diagnostic, PropertyChange, Step, StepFailed, StepFinished, StepStarted
from trackstack.stacks import steps

SERVER = Step("create", "urn:server", "trackstack:local:ServerProcess", "server")
PROVIDER = Step("create", "urn:provider", "pulumi:providers:trackstack", "default")
SAME = Step("same", "urn:same", "trackstack:local:DatabaseFile", "database")


def test_a_finished_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Work("Creating demo", silent=False) as work:
        for event in (StepStarted(SERVER), StepFinished(SERVER, 0.84)):
            work.on_event(event)

    output = capsys.readouterr()
    assert output.err == "Creating demo\n  + ServerProcess server created (0.8 s)\n"
    assert output.out == ""


@pytest.mark.parametrize("step", [PROVIDER, SAME], ids=["Pulumi's own", "unchanged"])
def test_what_nobody_wants_to_see_is_not_shown(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    with Work("Creating demo", silent=False) as work:
        work.on_event(StepFinished(step, 0.1))

    assert capsys.readouterr().err == "Creating demo\n"


def test_failures_and_warnings_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Work("Creating demo", silent=False) as work:
        work.on_event(StepFailed(SERVER, "creating urn:server: port 5000 is taken", 0.1))
        work.on_event(Diagnostic("warning", "slow disk"))
        work.on_event(Diagnostic("debug", "chatter"))

    assert capsys.readouterr().err.splitlines() == [
        "Creating demo",
        "  + ServerProcess server failed: port 5000 is taken (0.1 s)",
        "warning: slow disk",
    ]


def test_silent_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Work("Creating demo", silent=True) as work:
        work.on_event(StepFailed(SERVER, "port 5000 is taken", 0.1))

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (PropertyChange("retention", "update", "30d", "7d"), "retention: 30d → 7d"),
        (PropertyChange("labels.team", "add", None, "vision"), "labels.team: vision (new)"),
        (PropertyChange("labels.team", "delete", "vision", None), "labels.team: vision (gone)"),
        (PropertyChange("port", "update-replace", 5000, 5001), "port: 5000 → 5001"),
        (PropertyChange("description", "update", "", "a"), "description: '' → a"),
    ],
    ids=lambda value: value.kind if isinstance(value, PropertyChange) else "",
)
def test_a_difference_is_one_line(change: PropertyChange, line: str) -> None:
    assert steps.change(change) == line


def test_planned_changes_are_counted_in_words() -> None:
    assert steps.counts({"same": 1, "create": 5, "delete": 0}) == "5 to create, 1 unchanged"
    assert steps.counts({}) == "nothing to do"
