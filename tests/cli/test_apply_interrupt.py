"""Ctrl-C in the midst of an apply, from the terminal: the whole process group gets it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trackstack.stacks.project import Project

TRACKSTACK = str(Path(sys.executable).with_name("trackstack"))
NAMES = [f"i{number:02}" for number in range(12)]


def trackstack(project: Project, *arguments: str) -> dict[str, Any]:
    """The JSON document of a command."""
    line = [TRACKSTACK, *arguments, "--json", "--project", str(project.folder)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.slow
def test_it_begins_nothing_more_saves_what_runs_and_the_next_apply_goes_on(home: Path) -> None:
    project = Project(home / "fleet")
    project.make()
    for name in NAMES:
        text = f"config:\n  trackstack:name: {name}\n  trackstack:running: false\n"
        project.settings_path(name).write_text(text)
    line = [TRACKSTACK, "apply", "--parallel", "2", "--project", str(project.folder)]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr
    while " created " not in (said := process.stderr.readline()):
        assert said, "it ended before it made anything"

    os.killpg(process.pid, signal.SIGINT)
    table, talk = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "Stopping: running steps are finished and saved." in talk
    begun = [row.split()[0] for row in table.splitlines() if "cancelled before it began" in row]
    assert 0 < len(begun) < len(NAMES)
    assert all(project.stack(name).lock_holder() is None for name in NAMES)
    assert not any(project.stack(name).exists() for name in begun)

    outcome = trackstack(project, "apply")

    assert {each["error"] for each in outcome["instances"]} == {""}
    assert {each["stack"] for each in outcome["instances"]} == set(NAMES)
    for name in NAMES:
        project.settings_path(name).unlink()
    trackstack(project, "apply", "--prune", "--yes")
