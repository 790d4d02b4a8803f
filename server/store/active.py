"""Runs and experiments that were active when last looked at, so that writing to them need not look again."""

from dataclasses import dataclass, field
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MOST = 65_536  # runs that are remembered, and experiments


@dataclass(frozen=True, slots=True)
class Active:
    """Runs by the names that clients know, with their ids and experiments, and the artifact locations of
    experiments. None of it ever changes; whether they are active still does.
    """

    runs: dict[str, tuple[int, int]] = field(default_factory=dict)
    experiments: dict[int, str] = field(default_factory=dict)

    def add_run(self, uuid: str, run_id: int, experiment_id: int) -> None:
        _add(self.runs, uuid, (run_id, experiment_id))

    def add_experiment(self, id_: int, location: str) -> None:
        _add(self.experiments, id_, location)

    def clear(self) -> None:
        """Forgets everything."""
        self.runs.clear()
        self.experiments.clear()


def _add(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
