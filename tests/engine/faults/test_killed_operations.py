"""`kill -9` at every provider call and every file call of an operation: the next one makes it good."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = ("create", "change", "destroy", "refresh")


def kill(folder: Path, operation: str, kind: str, every: int) -> int:
    """How many kills it lived through."""
    program = [sys.executable, "-m", "tests.engine.faults.killing"]
    done = subprocess.run(
        [*program, str(folder), operation, kind, str(every)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("kind", ["calls", "files"])
def test_a_killed_change_is_made_good_by_the_next_up(kind: str, tmp_path: Path) -> None:
    assert kill(tmp_path, "change", kind, every=11) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calls", "files"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_wherever_an_operation_is_killed_the_next_makes_it_good(
    operation: str, kind: str, tmp_path: Path
) -> None:
    assert kill(tmp_path, operation, kind, every=1) >= 10
