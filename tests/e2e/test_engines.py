"""The Pulumi CLI and the embedded engine take turns on the same instance, with no changes in between."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.machine import BIN, Machine

PULUMI = shutil.which("pulumi")
needs_pulumi = pytest.mark.skipif(PULUMI is None, reason="no pulumi on PATH")
UNCHANGED = ("preview", "demo", "--expect-no-changes")


@pytest.fixture
def with_pulumi(machine: Machine) -> Machine:
    """The machine, with the Pulumi CLI on its PATH."""
    machine.settings["PATH"] = f"{BIN}:{Path(str(PULUMI)).parent}:/usr/bin:/bin"
    machine.settings["PULUMI_SKIP_UPDATE_CHECK"] = "true"
    return machine


def test_without_the_pulumi_cli_its_engine_is_refused_and_nothing_changed(machine: Machine) -> None:
    refusal = machine.refused("create", "demo", "--engine", "pulumi", code=1)

    assert refusal.startswith("there is no `pulumi` on PATH")
    assert machine.json("list")["instances"] == []


@needs_pulumi
def test_the_engines_take_turns_between_any_two_operations(with_pulumi: Machine) -> None:
    machine = with_pulumi
    machine.run("create", "demo", "--engine", "pulumi")
    machine.run(*UNCHANGED)
    machine.run("update", "demo", "--retention", "7d", "--label", "team=vision")
    machine.run(*UNCHANGED, "--engine", "pulumi")
    machine.run("stop", "demo", "--engine", "pulumi")
    assert machine.json("show", "demo")["state"] == "stopped"
    machine.run("start", "demo")
    machine.run("refresh", "demo", "--engine", "pulumi")

    machine.run("delete", "demo", "--yes", "demo", "--engine", "pulumi")

    assert machine.servers() == []
    assert not machine.instance_files("demo").exists()


@needs_pulumi
def test_pulumi_up_typed_in_the_project_folder_does_the_same(with_pulumi: Machine) -> None:
    machine = with_pulumi
    machine.run("create", "demo")
    passphrase = machine.home / ".config" / "trackstack" / "passphrase"

    def pulumi(*arguments: str) -> str:
        done = subprocess.run(
            [str(PULUMI), "--non-interactive", *arguments, "--stack", "demo"],
            cwd=machine.project,
            env=machine.environment | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi("preview", "--expect-no-changes")
    pulumi("config", "set", "retention", "9d")
    pulumi("up", "--yes", "--skip-preview")

    machine.run(*UNCHANGED)
    assert machine.json("show", "demo")["retention"] == "9d"
    machine.run("delete", "demo", "--yes", "demo")
