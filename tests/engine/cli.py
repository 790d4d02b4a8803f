"""Runs a scenario's operations with the `pulumi` on PATH, the scripted provider attached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.engine.play import Outcome
from tests.engine.scenarios.model import PASSPHRASE, PROJECT, STACK, Operation, Scenario
from tests.engine.scripted import ScriptedProvider

ROOT = Path(__file__).resolve().parents[2]
MAIN = f"""\
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.engine.scenarios.table import SCENARIOS
SCENARIOS[os.environ["SCENARIO"]].operations[int(os.environ["OPERATION"])].program()
"""


class Cli:
    """A project folder with a `file://` backend in it, worked on by the CLI; `said` is what that printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.said: list[str] = []
        (folder / "state").mkdir()
        (folder / "__main__.py").write_text(MAIN)
        (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_PROVIDERS": f"cloud:{port}",
            "PULUMI_DEBUG_COMMANDS": "true",  # for --event-log
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }
        self._must("stack", "init", STACK)
        self._settings = (folder / f"Pulumi.{STACK}.yaml").read_text()

    def run(self, scenario: Scenario, index: int, provider: ScriptedProvider) -> Outcome:
        operation = scenario.operations[index]
        self._configure(operation)
        log = self.folder / f"events-{index}.json"
        where = {"SCENARIO": scenario.name, "OPERATION": str(index)}
        done = self._pulumi(*arguments(operation), "--event-log", str(log), **where)
        self.said.append(done.stdout + done.stderr)
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return outcome_of(done, events)

    def _configure(self, operation: Operation) -> None:
        lines = [self._settings]
        if operation.config:
            lines.append("config:\n")
            lines += [f"  {key}: {json.dumps(value)}\n" for key, value in operation.config.items()]
        (self.folder / f"Pulumi.{STACK}.yaml").write_text("".join(lines))
        for key, value in operation.secrets.items():
            self._must("config", "set", "--stack", STACK, "--secret", key, value)

    def _must(self, *arguments: str) -> None:
        done = self._pulumi(*arguments)
        if done.returncode:
            raise RuntimeError(f"pulumi {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def _pulumi(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self._environment, **extra},
            capture_output=True,
            text=True,
            timeout=120,
        )


def arguments(operation: Operation) -> list[str]:
    """The command line of an operation; one step at a time, so that their order says something."""
    line = [operation.kind, "--stack", STACK, "--parallel", "1", "--color", "never"]
    if operation.kind != "preview":
        line += ["--yes", "--skip-preview"]
    flags = {
        "--target-dependents": operation.target_dependents,
        "--refresh": operation.refresh,
        "--clear-pending-creates": operation.clear_pending_creates,
        "--continue-on-error": operation.continue_on_error,
    }
    line += [flag for flag, wanted in flags.items() if wanted]
    for target in operation.targets:
        line += ["--target", target]
    for urn in operation.replace:
        line += ["--replace", urn]
    return line


def outcome_of(done: subprocess.CompletedProcess[str], events: list[dict[str, Any]]) -> Outcome:
    """What the event log and the exit code say."""
    planned = [event["resourcePreEvent"]["metadata"] for event in events if "resourcePreEvent" in event]
    failed = [event["resOpFailedEvent"]["metadata"]["urn"] for event in events if "resOpFailedEvent" in event]
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    return Outcome(
        succeeded=done.returncode == 0,
        steps=[(step["op"], step["urn"]) for step in planned],
        failed=failed,
        changes=summaries[-1].get("resourceChanges") or {} if summaries else {},
    )
