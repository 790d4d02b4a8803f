"""`kill -9` of the command at every provider call: the next up or delete converges, nothing is orphaned."""

import json
import signal
from pathlib import Path

import pytest
from tests.e2e.machine import Machine

KILLED = str(Path(__file__).with_name("killed"))


def kill(machine: Machine, call: int, when: str, *arguments: str) -> bool:
    """Whether the command died at that call; False when it ended well before it came to it."""
    process = machine.start(*arguments, PYTHONPATH=KILLED, KILL_AT=f"{call}:{when}")
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGKILL), err
    return process.returncode != 0


def assert_whole(machine: Machine, name: str) -> None:
    """The state parses, one server runs, and it is as the state says."""
    json.loads(machine.checkpoint(name).read_text())
    assert len(machine.servers()) == 1
    machine.run("refresh", name)
    machine.run("preview", name, "--expect-no-changes")


def assert_gone(machine: Machine, name: str) -> None:
    """No process, no file, no stack."""
    assert machine.servers() == []
    assert not machine.instance_files(name).exists()
    assert not machine.checkpoint(name).exists()
    assert machine.json("list") == {"instances": []}


def test_what_was_killed_once_in_each_operation_is_finished(machine: Machine) -> None:
    """The short version of what follows: it kills where a server runs that no state knows of yet."""
    assert kill(machine, 7, "after", "create", "demo")
    machine.run("up", "demo")
    assert_whole(machine, "demo")
    assert kill(machine, 1, "before", "update", "demo", "--retention", "7d")
    machine.run("up", "demo")
    assert_whole(machine, "demo")
    assert kill(machine, 2, "after", "delete", "demo", "--yes", "demo")
    machine.run("delete", "demo", "--yes", "demo")
    assert_gone(machine, "demo")


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_up_finishes_a_create_that_was_killed_anywhere(machine: Machine, when: str) -> None:
    call = 0
    while kill(machine, call := call + 1, when, "create", "demo"):
        machine.run("up", "demo")
        assert_whole(machine, "demo")
        machine.run("delete", "demo", "--yes", "demo")

    assert call > 5


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_delete_removes_what_a_killed_create_left(machine: Machine, when: str) -> None:
    call = 0
    while kill(machine, call := call + 1, when, "create", "demo"):
        machine.run("delete", "demo", "--yes", "demo")
        assert_gone(machine, "demo")

    assert call > 5


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_up_finishes_an_update_that_was_killed_anywhere(machine: Machine, when: str) -> None:
    machine.run("create", "demo")
    call = 0
    while kill(machine, call := call + 1, when, "update", "demo", "--retention", f"{call + 1}d"):
        machine.run("up", "demo")
        assert_whole(machine, "demo")
        assert machine.json("show", "demo")["retention"] == f"{call + 1}d"

    assert call > 1


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_delete_finishes_a_delete_that_was_killed_anywhere(machine: Machine, when: str) -> None:
    machine.run("create", "demo")
    call = 0
    while kill(machine, call := call + 1, when, "delete", "demo", "--yes", "demo"):
        machine.run("delete", "demo", "--yes", "demo")
        assert_gone(machine, "demo")
        machine.run("create", "demo")

    assert call > 5
