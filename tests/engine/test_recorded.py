"""The embedded engine does in every scenario what the Pulumi CLI was recorded to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.engine.embedded import Embedded
from tests.engine.play import play
from tests.engine.scenarios.table import SCENARIOS
from tests.engine.scripted import ScriptedProvider

CALLS_DIFFER = {
    "continue-on-error": "the CLI also checks what it then skips because of a failed dependency",
    "targets-missing-dependency": "the CLI checks the resource that it then refuses",
    "alias-claimed-twice": "the CLI checks the resource that it then refuses",
    "alias-still-there": "the CLI checks the resource that it then refuses",
}
ANSWERED = ("hooks", "transforms")  # by the program, for which it must not wait itself
RECORDS = Path(__file__).with_name("recorded")


def recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RECORDS / f"{name}.json").read_text())
    return document


def counted(items: list[Any]) -> list[tuple[Any, int]]:
    return [(item, items.count(item)) for item in items]


@pytest.mark.parametrize(
    ("name", "sequential"),
    [(name, False) for name in SCENARIOS] + [(name, True) for name in SCENARIOS if name not in ANSWERED],
)
def test_a_scenario_goes_as_the_pulumi_cli_had_it(name: str, sequential: bool, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    provider = ScriptedProvider(accept_secrets=scenario.accept_secrets)

    notes = play(scenario, Embedded(tmp_path, sequential=sequential), provider)

    for note, wanted in zip(notes, recorded(name)["operations"], strict=True):
        assert all(wanted["configured"].count(c) >= n for c, n in counted(note.pop("configured")))
        del wanted["configured"]
        if name in CALLS_DIFFER:
            del note["calls"], wanted["calls"]
        assert note == wanted


def test_every_scenario_is_recorded_and_every_record_is_a_scenario() -> None:
    assert {file.stem for file in RECORDS.glob("*.json")} == set(SCENARIOS)


def test_the_documentation_says_what_was_recorded_with_which_pulumi() -> None:
    text = (RECORDS.parents[2] / "docs/engine.md").read_text()
    versions = {recorded(name)["pulumi"] for name in SCENARIOS}

    assert len(versions) == 1
    assert f"**Pulumi CLI {versions.pop()}**" in text
    assert (
        f"describes {len(SCENARIOS)} stories of {sum(len(s.operations) for s in SCENARIOS.values())} " in text
    )
