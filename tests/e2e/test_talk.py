"""What a person and a script see: data on stdout, talk on stderr, completion, logs, cancellation."""

import json
import os
import pty
import shlex
import signal
import subprocess
import time
from contextlib import suppress

import psutil
import pytest
from tests.e2e.machine import BIN, Machine


def on_a_terminal(machine: Machine, *arguments: str, typed: str = "", code: int = 0) -> str:
    """Everything that `trackstack ARGUMENTS` shows on a terminal of 100 columns where `typed` is typed."""
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    environment = machine.environment | {"TERM": "xterm-256color", "COLUMNS": "100"}
    command = [str(BIN / "trackstack"), *arguments]
    with subprocess.Popen(
        command, cwd=machine.home, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 65536):
                shown += data
        except OSError:  # how Linux tells that nobody writes any more
            pass
        os.close(ours)
    assert process.returncode == code, shown
    return shown.decode()


def test_env_prints_one_line_that_a_shell_can_evaluate(demo: Machine) -> None:
    done = demo.run("env", "demo")
    command, uri, token = shlex.split(done.stdout)

    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert command == "export"
    assert uri == "MLFLOW_TRACKING_URI=" + demo.json("show", "demo")["url"]
    assert token.startswith("MLFLOW_TRACKING_TOKEN=tsk1.")


DOCUMENTS = ["list", "show demo", "status", "preview demo", "logs demo", "env demo", "refresh demo"]


@pytest.mark.parametrize("command", DOCUMENTS)
def test_json_is_one_document_and_nothing_else(command: str, demo: Machine) -> None:
    done = demo.run(*command.split(), "--json")

    assert done.stderr == ""
    assert isinstance(json.loads(done.stdout), dict)


def test_the_log_ends_with_what_the_server_wrote_last(demo: Machine) -> None:
    whole = demo.run("logs", "demo").stdout.splitlines()

    assert any("Uvicorn running" in line for line in whole)
    assert demo.run("logs", "demo", "-n", "1").stdout.splitlines() == whole[-1:]


def test_names_of_instances_are_completed(demo: Machine) -> None:
    done = demo.run(_TRACKSTACK_COMPLETE="bash_complete", COMP_WORDS="trackstack show d", COMP_CWORD="2")

    assert done.stdout == "plain,demo\n"


def test_a_terminal_shows_what_is_done_as_it_is_done(machine: Machine) -> None:
    shown = on_a_terminal(machine, "create", "demo")

    assert "creating" in shown
    assert "\x1b[32m" in shown
    assert "demo runs at http://127.0.0.1:" in shown
    machine.settings["NO_COLOR"] = "1"
    plain = on_a_terminal(machine, "update", "demo", "--retention", "7d")
    assert "RetentionSchedule" in plain
    assert "\x1b[3" not in plain
    assert "\x1b[3" not in on_a_terminal(machine, "show", "demi", code=1)


def test_delete_says_what_is_lost_and_asks_for_the_name(machine: Machine) -> None:
    machine.run("create", "demo")

    shown = on_a_terminal(machine, "delete", "demo", typed="no\n", code=1)

    assert "demo holds 1 experiment, 0 runs, " in shown
    assert "That is not 'demo'; nothing was changed." in shown
    machine.run("status", "demo")
    assert "demo is deleted" in on_a_terminal(machine, "delete", "demo", typed="demo\n")
    assert machine.json("list") == {"instances": []}


def test_an_interrupt_finishes_what_runs_and_up_goes_on(machine: Machine) -> None:
    process = machine.start("create", "demo")
    assert process.stderr is not None
    while "created" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "Stopping: " in err
    assert err.splitlines()[-1].startswith("Error: cancelled")
    machine.run("up", "demo")
    machine.run("status", "demo")
    assert len(machine.servers()) == 1


def started_server(machine: Machine) -> psutil.Process:
    """The server as soon as there is one; not the launcher, which is gone in a moment."""
    while True:
        for process in machine.servers():
            with suppress(psutil.Error):
                words = process.cmdline()  # none of one that is about to begin, or gone
                if words and not any(word.endswith("launch.py") for word in words):
                    return process
        time.sleep(0.005)


def test_a_second_ctrl_c_waits_for_nothing_and_the_next_up_finishes(machine: Machine) -> None:
    process = machine.start("create", "demo")
    server = started_server(machine)
    server.suspend()  # it will not be healthy, and the provider waits for that
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)

    process.communicate(timeout=10)

    assert process.returncode == 1
    server.resume()
    machine.run("up", "demo")
    machine.run("status", "demo")
    assert len(machine.servers()) == 1
