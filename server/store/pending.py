"""What the requests of one commit leave for its end, where it is done once for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackstack.server.store.statements import Statement

Point = tuple[int, int, int, int, float, int]
"""A row of metrics: run, key, step, timestamp, value, is_nan."""


@dataclass(slots=True)
class Pending:
    """New keys, runs whose documents become stale, metric points with the experiments of their runs, and rows
    for inserts.

    `presumed` are runs that were taken for active without a look, `presumed_experiments` likewise.
    """

    interned: dict[str, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    presumed: set[int] = field(default_factory=set)
    presumed_experiments: set[int] = field(default_factory=set)
    points: list[Point] = field(default_factory=list)
    experiments: dict[int, int] = field(default_factory=dict)
    rows: dict[Statement, list[Sequence[Any]]] = field(default_factory=dict)

    def take(self, other: "Pending") -> None:
        """Adds what another one holds, and empties it."""
        if other.interned:
            self.interned.update(other.interned)
            other.interned.clear()
        if other.touched:
            self.touched |= other.touched
            other.touched.clear()
        if other.presumed:
            self.presumed |= other.presumed
            other.presumed.clear()
        if other.presumed_experiments:
            self.presumed_experiments |= other.presumed_experiments
            other.presumed_experiments.clear()
        if other.points:
            self.points += other.points
            self.experiments.update(other.experiments)
            other.points.clear()
            other.experiments.clear()
        if other.rows:
            for statement, rows in other.rows.items():
                self.rows.setdefault(statement, []).extend(rows)
            other.rows.clear()

    def take_rows(self) -> Iterable[tuple[Statement, Sequence[Sequence[Any]]]]:
        """The rows by their inserts, in the order in which these came; they are no longer here."""
        rows, self.rows = self.rows, {}
        return rows.items()

    def clear(self) -> None:
        """Forgets everything."""
        self.interned.clear()
        self.touched.clear()
        self.presumed.clear()
        self.presumed_experiments.clear()
        self.points.clear()
        self.experiments.clear()
        self.rows.clear()
