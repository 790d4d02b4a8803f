"""How quick a fleet is looked at and brought to its files: each figure with its budget.

    .venv/bin/python benchmarks/fleet.py

Everything happens in a temporary folder, with the installed command; no instance runs.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trackstack.stacks.project import Project

TRACKSTACK = Path(sys.executable).with_name("trackstack")
FLEET = 1000
BUDGET_S = 15
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("XDG_", "PULUMI_", "TRACKSTACK_"))
}


def declare(project: Project) -> None:
    """A folder of instances that are to be made and not to run."""
    project.make()
    for number in range(FLEET):
        text = f"config:\n  trackstack:name: i{number}\n  trackstack:running: false\n"
        project.settings_path(f"i{number}").write_text(text)


def apply(project: Project) -> float:
    """Seconds of `trackstack apply` in the project."""
    environment = CLEAN | {"HOME": str(project.folder.parent)}
    line = [str(TRACKSTACK), "apply", "--project", str(project.folder)]
    began = time.perf_counter()
    done = subprocess.run(line, env=environment, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    print(f"  {done.stderr.splitlines()[-1]}")
    return seconds


def main() -> None:
    """Print the figures; end with 1 if one is over its budget."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        declare(project)
        print(f"{FLEET} instances made: {apply(project):.1f} s")
        first = apply(project)
        print(f"no change, {FLEET} instances, nothing settled yet: {first:.1f} s, budget {BUDGET_S} s")
        again = apply(project)
        print(f"no change, {FLEET} instances: {again:.1f} s, budget {BUDGET_S} s")
    sys.exit(max(first, again) > BUDGET_S)


if __name__ == "__main__":
    main()
