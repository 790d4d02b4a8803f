"""Every scenario by name."""

from __future__ import annotations

from tests.engine.scenarios import aliases, core, errors, options, reads, refreshes, replacement, values

ROOMS = (core, errors, options, replacement, aliases, refreshes, reads, values)
SCENARIOS = {scenario.name: scenario for room in ROOMS for scenario in room.SCENARIOS}
