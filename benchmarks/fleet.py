"""How quick a fleet is looked at and brought to its files: each figure with its budget.

    .venv/bin/python benchmarks/fleet.py

Everything happens in a temporary folder, with the installed command; no instance runs.
"""

import json
import os
import shutil
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


def record(project: Project) -> None:
    """One instance that was made and does not run, and copies of it under other names."""
    project.make()
    text = "config:\n  trackstack:name: i0\n  trackstack:running: false\n"
    project.settings_path("i0").write_text(text)
    apply(project)
    text = project.settings_path("i0").read_text()
    state = json.dumps(project.stack("i0").export())
    for number in range(1, FLEET):
        name = f"i{number}"
        project.settings_path(name).write_text(text.replace("name: i0", f"name: {name}"))
        project.backend.store("trackstack", name).init(None)
        own = state
        for before in (":i0", "/i0", '"i0', "trackstack-i0"):
            own = own.replace(before, before.replace("i0", name))
        project.stack(name).import_(json.loads(own))
        shutil.copytree(project.data_dir("i0"), project.data_dir(name))


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
        record(project)
        first = apply(project)
        print(f"no change, {FLEET} instances, nothing settled yet: {first:.1f} s")
        again = apply(project)
        print(f"no change, {FLEET} instances: {again:.1f} s, budget {BUDGET_S} s")
    sys.exit(again > BUDGET_S)


if __name__ == "__main__":
    main()
