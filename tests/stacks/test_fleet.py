"""Many instances at once: what is planned, in which order it is done, and what stops it."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from trackstack.providers.local.process import find
from trackstack.stacks import fleet, operations
from trackstack.stacks.crowd import look
from trackstack.stacks.errors import Cancelled
from trackstack.stacks.events import Cancellation, Event, Step, StepFailed, StepFinished, StepStarted
from trackstack.stacks.fleet import Intent
from trackstack.stacks.instances import list_instances
from trackstack.stacks.project import Project
from trackstack.stacks.settled import Settled, mark


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose instances do not run."""
    made = Project(tmp_path / "project")
    made.make()
    return made


def declare(project: Project, *names: str, **settings: str) -> None:
    for name in names:
        lines = {"name": name, "running": "false", **settings}
        text = "".join(f"  trackstack:{key}: {value}\n" for key, value in lines.items())
        project.settings_path(name).write_text(f"config:\n{text}")


def applied(project: Project, prune: bool = False) -> dict[str, str]:
    """What was done with each, and why not."""
    outcomes = fleet.carry_out(project, fleet.plan(project, prune=prune), parallel=4)
    return {each.intent.stack: each.error or each.intent.op for each in outcomes}


def test_what_is_as_it_should_be_is_settled_and_then_only_refreshed(project: Project) -> None:
    declare(project, "a")
    assert applied(project) == {"a": "create"}
    assert Settled(project).load() == {}

    assert [each.op for each in fleet.plan(project)] == ["same"]

    assert Settled(project).load() == {"a": mark(project, "a", project.stack("a").snapshot())}
    assert [each.op for each in fleet.plan(project)] == ["same"]


def unsettled_by_file(project: Project) -> None:
    declare(project, "a", retention="7d")


def unsettled_by_the_world(project: Project) -> None:
    shutil.rmtree(project.data_dir("a") / "artifacts")


def unsettled_by_another_operation(project: Project) -> None:
    operations.update(project, "a", {"retention": "7d"})
    declare(project, "a")


@pytest.mark.parametrize(
    "unsettle",
    [unsettled_by_file, unsettled_by_the_world, unsettled_by_another_operation],
)
def test_a_settled_instance_is_planned_again_when_anything_changed(
    project: Project, unsettle: Callable[[Project], None]
) -> None:
    declare(project, "a")
    applied(project)
    assert [each.op for each in fleet.plan(project)] == ["same"]

    unsettle(project)

    assert [each.op for each in fleet.plan(project)] == ["update"]
    assert applied(project) == {"a": "update"}
    assert [each.op for each in fleet.plan(project)] == ["same"]


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1}'])
def test_a_damaged_list_of_settled_instances_costs_only_time(project: Project, text: str) -> None:
    declare(project, "a")
    applied(project)
    list(fleet.plan(project))
    [path] = (project.backend.folder / ".trackstack").iterdir()
    path.write_text(text)

    assert [each.op for each in fleet.plan(project)] == ["same"]


def test_what_goes_goes_first_for_it_may_hold_a_port(project: Project) -> None:
    declare(project, "old", port="24615", running="true")
    applied(project)
    project.settings_path("old").unlink()
    declare(project, "new", port="24615", running="true")

    assert applied(project, prune=True) == {"new": "create", "old": "delete"}

    operations.delete(project, "new")


def test_the_events_are_a_step_for_each_instance(project: Project) -> None:
    declare(project, "a")
    declare(project, "b", port="24616")
    (project.folder / "instances").write_text("no folder")
    events: list[Event] = []

    outcomes = fleet.carry_out(project, fleet.plan(project), parallel=2, on_event=events.append)

    kinds = [(type(each), each.step.name) for each in events if not hasattr(each, "severity")]  # type: ignore[union-attr]
    assert sorted(kinds, key=str) == sorted(
        [(StepStarted, "a"), (StepStarted, "b"), (StepFailed, "a"), (StepFailed, "b")], key=str
    )
    assert all(each.error and "\n" not in each.error and "urn:pulumi" not in each.error for each in outcomes)
    (project.folder / "instances").unlink()
    assert applied(project) == {"a": "update", "b": "update"}  # what had begun is gone on with


def test_once_cancelled_nothing_more_is_begun_and_the_next_apply_goes_on(project: Project) -> None:
    names = ["a", "b", "c", "d"]
    declare(project, *names)
    cancellation = Cancellation()

    def stop(event: Event) -> None:
        if isinstance(event, StepFinished):
            cancellation.cancel()

    outcomes = fleet.carry_out(
        project, list(fleet.plan(project)), parallel=1, on_event=stop, cancellation=cancellation
    )

    assert [each.error for each in outcomes] == ["", *["cancelled before it began"] * 3]
    assert applied(project) == {"a": "same", "b": "create", "c": "create", "d": "create"}


def test_a_plan_can_be_cancelled(project: Project) -> None:
    declare(project, "a")
    cancellation = Cancellation()
    cancellation.cancel()

    with pytest.raises(Cancelled, match="nothing was changed"):
        list(fleet.plan(project, cancellation=cancellation))


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def slowly(number: int) -> int:
    time.sleep(0.1)
    return number


def test_many_are_looked_at_in_processes_of_their_own_and_in_order() -> None:
    found = list(look(square, range(100)))

    assert [each for each, _ in found] == [number * number for number in range(100)]
    assert os.getpid() not in {process for _, process in found} or os.cpu_count() == 1


def test_few_are_looked_at_here() -> None:
    assert {process for _, process in look(square, range(5))} == {os.getpid()}


def test_looking_at_many_can_be_cancelled_at_any_time() -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.3, cancellation.cancel)
    timer.start()

    with pytest.raises(Cancelled):
        list(look(slowly, range(1000), cancellation))

    timer.join()


def test_an_intent_that_has_an_error_is_not_due() -> None:
    assert not Intent("a", "update", error="locked").due
    assert Intent("a", "update").due and not Intent("a", "same").due


def test_an_instance_that_runs_is_brought_back_when_it_died(project: Project) -> None:
    declare(project, "a", running="true")
    applied(project)
    [server] = find(["--data-dir", str(project.data_dir("a"))])
    server.kill()
    server.wait(10)

    [found] = fleet.differences(project, ["a"])
    steps: tuple[Step, ...] = found.steps
    assert [step.name for step in steps] == ["a-deployment-server"]
    assert applied(project) == {"a": "update"}
    assert [each.state for each in list_instances(project)] == ["active"]

    operations.delete(project, "a")


@pytest.mark.slow
@pytest.mark.xdist_group("ports")  # so many servers might take the port of another test's stopped instance
def test_a_hundred_instances_from_a_folder_and_their_changes(project: Project) -> None:
    names = [f"i{number:03}" for number in range(100)]
    declare(project, *names, running="true")
    assert set(applied(project).values()) == {"create"}
    servers = {name: each.pid for name in names for each in find(["--data-dir", str(project.data_dir(name))])}
    assert {each.state for each in list_instances(project)} == {"active"} and len(servers) == 100
    assert set(applied(project).values()) == {"same"}

    declare(project, *names[:10], running="true", retention="7d")
    for name in names[-5:]:
        project.settings_path(name).unlink()
    done = applied(project, prune=True)

    assert [name for name, op in done.items() if op == "update"] == names[:10]
    assert [name for name, op in done.items() if op == "delete"] == names[-5:]
    assert project.stacks() == names[:-5]
    left = {each.pid for name in names for each in find(["--data-dir", str(project.data_dir(name))])}
    assert left == {servers[name] for name in names[:-5]}  # no server was started anew or left over
    for name in names[:-5]:
        project.settings_path(name).unlink()
    assert set(applied(project, prune=True).values()) == {"delete"}
