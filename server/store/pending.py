"""What the requests of one commit leave for its end, where it is done once for all of them."""

from dataclasses import dataclass, field

Latest = tuple[int, int, int, int, int, float, int]
"""A row of latest_metrics: run, key, experiment, step, timestamp, value, is_nan."""


@dataclass(slots=True)
class Pending:
    """New keys, runs whose documents become stale, and metric points with the newest of each run and key.

    `presumed` are runs that were taken for active without a look, `presumed_experiments` likewise.

    Many requests at once log to the same run, often the same metrics: one row is written for all of them.
    """

    interned: dict[str, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    presumed: set[int] = field(default_factory=set)
    presumed_experiments: set[int] = field(default_factory=set)
    points: list[tuple[int, int, int, int, float, int]] = field(default_factory=list)
    latest: dict[tuple[int, int], Latest] = field(default_factory=dict)

    def log(self, row: Latest) -> None:
        """Takes a point."""
        run_id, key_id, _, step, timestamp, value, is_nan = row
        self.points.append((run_id, key_id, step, timestamp, value, is_nan))
        best = self.latest.get((run_id, key_id))
        if best is None or (step, timestamp, value) > best[3:6]:
            self.latest[run_id, key_id] = row

    def take(self, other: "Pending") -> None:
        """Adds what another one holds, and empties it."""
        self.interned.update(other.interned)
        self.touched |= other.touched
        self.presumed |= other.presumed
        self.presumed_experiments |= other.presumed_experiments
        self.points += other.points
        for which, row in other.latest.items():
            best = self.latest.get(which)
            if best is None or row[3:6] > best[3:6]:
                self.latest[which] = row
        other.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.interned.clear()
        self.touched.clear()
        self.presumed.clear()
        self.presumed_experiments.clear()
        self.points.clear()
        self.latest.clear()
