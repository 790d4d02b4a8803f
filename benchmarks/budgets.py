"""What a server of this project is to reach, by row of benchmarks.tracking.

On SQLite a multiple of what `mlflow server` does beside it in the same minutes, at 16 clients. On PostgreSQL
the figures of FastTrackML on a machine of two cores, with PostgreSQL's default settings beside it, by number
of clients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

START_S = 0.8
IDLE_MB = 80
_CLIENTS = 16  # at which the multiples are asked for


@dataclass(frozen=True)
class Budget:
    """Of one row: `times` what mlflow does, or more a second than FastTrackML."""

    times: float
    fasttrackml: dict[int, float] = field(default_factory=dict)


BUDGETS = {
    "create run": Budget(60, {1: 708, 16: 1013}),
    "log one metric": Budget(60, {1: 333, 16: 768}),
    "log-batch of 100": Budget(30, {1: 152, 16: 335}),
    "get run": Budget(40, {1: 1174, 16: 3133}),
    "search, filter and order": Budget(60, {1: 139, 16: 203}),
    "search, newest 100": Budget(300, {1: 67, 16: 76}),
    "history of 25000": Budget(25, {1: 5.6, 16: 5.6}),  # at two clients, whatever the others have
}


def judge(store: str, clients: int, row: str, rates: Sequence[float | None]) -> str:
    """The budget of a row and whether it is met: the rates are mlflow's, ours and others'."""
    budget = BUDGETS[row]
    mlflow, ours = rates[:2]
    if store == "postgres":
        least = budget.fasttrackml.get(clients)
        return "" if least is None else _verdict(f"> {least:,.1f} of FastTrackML", ours, least)
    if clients != _CLIENTS:
        return ""
    return _verdict(f"{budget.times:,.0f}x mlflow", ours, mlflow and budget.times * mlflow)


def _verdict(budget: str, rate: float | None, least: float | None) -> str:
    if rate is None or least is None:
        return f"{budget}: void"
    return f"{budget}: {'met' if rate >= least else 'short'}"
