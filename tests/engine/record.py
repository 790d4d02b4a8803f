"""Records what the `pulumi` on PATH does in each scenario; the records are what the embedded engine must
match.

python -m tests.engine.record              all scenarios
python -m tests.engine.record NAME …       some
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.engine.cli import Cli
from tests.engine.play import play
from tests.engine.scenarios.model import Scenario
from tests.engine.scenarios.table import SCENARIOS
from tests.engine.scripted import ScriptedProvider, serve

RECORDS = Path(__file__).with_name("recorded")


def record(scenario: Scenario) -> None:
    """Play the scenario with the CLI and write its file."""
    provider = ScriptedProvider(accept_secrets=scenario.accept_secrets)
    with tempfile.TemporaryDirectory() as folder, serve(provider) as port:
        cli = Cli(Path(folder).resolve(), port)
        notes = play(scenario, cli, provider)
    for index, (operation, note) in enumerate(zip(scenario.operations, notes, strict=True)):
        if note["succeeded"] is operation.fails:
            wanted = "fail" if operation.fails else "succeed"
            print(f"{scenario.name}: operation {index} did not {wanted}:\n{cli.said[index]}", file=sys.stderr)
    made_by = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True).stdout.strip()
    document = {"pulumi": made_by, "sdk": version("pulumi"), "operations": notes}
    RECORDS.mkdir(exist_ok=True)
    (RECORDS / f"{scenario.name}.json").write_text(laid_out(document) + "\n")


def laid_out(value: Any, depth: int = 0) -> str:
    """JSON with one line per step, call and resource."""
    if not value or depth == 4 or not isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    gap = "\n" + " " * (depth + 1)
    if isinstance(value, list):
        return "[" + ",".join(gap + laid_out(item, depth + 1) for item in value) + "\n" + " " * depth + "]"
    items = (f"{gap}{json.dumps(key)}: {laid_out(item, depth + 1)}" for key, item in sorted(value.items()))
    return "{" + ",".join(items) + "\n" + " " * depth + "}"


def main(names: list[str]) -> None:
    """Record these scenarios, or all."""
    for name in names or SCENARIOS:
        record(SCENARIOS[name])
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
