"""Plays a scenario on an engine and notes what happened, free of everything that differs from run to run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.engine.scenarios.model import PASSPHRASE, PROJECT, STACK, Operation, Scenario
from tests.engine.scripted import UNKNOWN, Call, ScriptedProvider
from tests.engine.traces import Related, canonical, related

from trackstack.engine.secrets import Passphrase, provider_state

SIG = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # the wire's mark of a secret, not one
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
UNSTABLE = ("sourcePosition", "stackTrace", "aliases")
WHEN = ("created", "modified")

Note = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """One operation as its events told it: planned steps as (op, URN) in order, URNs that failed, counts."""

    succeeded: bool
    steps: list[tuple[str, str]]
    failed: list[str]
    changes: dict[str, int]


class Engine(Protocol):
    """What can run a scenario's operations; its state is a file backend below `folder`."""

    folder: Path

    def run(self, scenario: Scenario, index: int, provider: ScriptedProvider) -> Outcome:
        """Do the scenario's operation of that index."""


def checkpoint_file(folder: Path) -> Path:
    """Where the stack's state is."""
    return folder / "state/.pulumi/stacks" / PROJECT / f"{STACK}.json"


def play(scenario: Scenario, engine: Engine, provider: ScriptedProvider) -> list[Note]:
    """A note per operation: what was planned, what the provider was asked, and the state thereafter."""
    notes = []
    for index, operation in enumerate(scenario.operations):
        edit_state(engine.folder, operation)
        before = resources_of(engine.folder)
        provider.script = operation.script
        provider.calls.clear()
        outcome = engine.run(scenario, index, provider)
        needs = related([*before, *resources_of(engine.folder)])
        notes.append(note(operation, outcome, provider, engine.folder, needs))
    return notes


def note(
    operation: Operation, outcome: Outcome, provider: ScriptedProvider, folder: Path, needs: Related
) -> Note:
    """The operation's outcome, normalised; a preview's without the state, which it cannot change."""
    steps = [step for step in outcome.steps if "::default" not in step[1]]
    calls = [call_note(call) for call in provider.calls if not is_configure(call)]
    asked = [(call.get("urn", ""), json.dumps(call, sort_keys=True)) for call in calls]
    written: Note = {
        "kind": operation.kind,
        "succeeded": outcome.succeeded,
        "steps": [list(steps[place]) for place in canonical([(urn, op) for op, urn in steps], needs)],
        "failed": sorted(outcome.failed),
        "changes": outcome.changes,
        "calls": [calls[place] for place in canonical(asked, needs)],
        "configured": sorted(
            (call.news or {} for call in provider.calls if is_configure(call)), key=json.dumps
        ),
    }
    if operation.kind != "preview":
        written |= state_note(json.loads(checkpoint_file(folder).read_text()))
        written["world"] = dict(sorted(provider.world.items()))
    text = _same_ids(json.dumps(written)).replace(f"urn:pulumi:{STACK}::{PROJECT}::", "~")
    return json.loads(text)  # type: ignore[no-any-return]


def is_configure(call: Call) -> bool:
    """Noted apart: the CLI also configures the providers of deletions that are never done."""
    return call.method == "configure"


def resources_of(folder: Path) -> list[dict[str, Any]]:
    """The checkpoint's resources as they are written."""
    latest = json.loads(checkpoint_file(folder).read_text())["checkpoint"].get("latest") or {}
    return latest.get("resources") or []


def edit_state(folder: Path, operation: Operation) -> None:
    """Change the checkpoint by hand, as the scenario wants it."""
    if operation.edit is not None:
        file = checkpoint_file(folder)
        document = json.loads(file.read_text())
        operation.edit(document["checkpoint"]["latest"])
        document.pop("sha256", None)  # what the embedded engine knows damage by
        file.write_text(json.dumps(document))
        file.with_name(file.name + ".attrs").unlink(missing_ok=True)


def state_note(document: dict[str, Any]) -> Note:
    """Resources and pending operations of a checkpoint, secrets decrypted."""
    latest = document["checkpoint"].get("latest") or {}
    state = provider_state(latest.get("secrets_providers"))
    secrets = Passphrase(PASSPHRASE, state) if state else None
    resources = [resource_note(r, secrets) for r in latest.get("resources") or []]
    pending = [
        {"type": p["type"], "resource": resource_note(p["resource"], secrets)}
        for p in latest.get("pending_operations") or []
    ]
    order = canonical([(r["urn"], json.dumps(r, sort_keys=True)) for r in resources], related(resources))
    return {"resources": [resources[place] for place in order], "pending": pending}


def resource_note(resource: dict[str, Any], secrets: Passphrase | None) -> Note:
    """One resource; of its times only that they are there, and whether it was modified since."""
    kept = {
        key: _clear(value, secrets)
        for key, value in resource.items()
        if key not in (*UNSTABLE, *WHEN) and value not in (None, "", [], {}, False)
    }
    kept["times"] = [key for key in WHEN if resource.get(key)]
    return kept


def call_note(call: Call) -> Note:
    """A request without its empty fields."""
    fields = ("method", "urn", "id", "olds", "old_inputs", "news", "ignored", "preview", "timeout")
    return {key: value for key in fields if (value := getattr(call, key)) or value == {}}


def _clear(value: Any, secrets: Passphrase | None) -> Any:
    if isinstance(value, dict):
        if value.get(SIG) == SECRET and secrets is not None:
            return {"secret": json.loads(secrets.decrypt(value["ciphertext"]))}
        return {key: _clear(item, secrets) for key, item in value.items()}
    return [_clear(item, secrets) for item in value] if isinstance(value, list) else value


def _same_ids(text: str) -> str:
    """Random ids by the order in which they appear."""
    seen: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return UNKNOWN if match[0] == UNKNOWN else seen.setdefault(match[0], f"uuid-{len(seen) + 1}")

    return UUID.sub(named, text)
