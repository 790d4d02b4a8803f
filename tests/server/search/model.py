"""Runs as plain Python, and what a search of them must give: MLflow's semantics in the shortest words."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trackstack.server.search.runs import RunSearch
from trackstack.server.search.tree import Comparison, Entity, Order, View


@dataclass(frozen=True)
class Run:
    id: int
    experiment: int
    uuid: str
    name: str
    status: str
    start_time: int
    end_time: int | None
    deleted: bool
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: tuple[tuple[str, str, str | None], ...] = ()  # name, digest, context


def like(text: str, pattern: str, ignore_case: bool) -> bool:
    parts = (".*" if letter == "%" else "." if letter == "_" else re.escape(letter) for letter in pattern)
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0)
    return re.fullmatch("".join(parts), text, flags) is not None


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "LIKE": lambda left, right: like(left, right, False),
    "ILIKE": lambda left, right: like(left, right, True),
    "IN": lambda left, right: left in right,
    "NOT IN": lambda left, right: left not in right,
}


def attribute(run: Run, key: str) -> Any:
    fixed = {"run_id": run.uuid, "run_name": run.name, "user_id": "", "artifact_uri": f"a:/{run.uuid}"}
    return fixed[key] if key in fixed else getattr(run, key)


def logged(run: Run, entity: Entity, key: str) -> Any:
    kinds: dict[Entity, dict[str, Any]] = {
        Entity.METRIC: run.metrics,
        Entity.PARAM: run.params,
        Entity.TAG: run.tags,
    }
    return kinds[entity].get(key)


def holds(run: Run, comparison: Comparison) -> bool:
    operator = OPERATORS.get(comparison.op)
    if comparison.entity is Entity.DATASET:
        at = ("name", "digest", "context").index(comparison.key)
        assert operator
        return any(row[at] is not None and operator(row[at], comparison.value) for row in run.datasets)
    if comparison.entity is Entity.ATTRIBUTE:
        value = attribute(run, comparison.key)
    else:
        value = logged(run, comparison.entity, comparison.key)
    if operator is None:
        return (value is None) == (comparison.op == "IS NULL")
    return value is not None and operator(value, comparison.value)


def visible(run: Run, search: RunSearch) -> bool:
    wanted = search.view is View.ALL or run.deleted == (search.view is View.DELETED_ONLY)
    return wanted and run.experiment in search.experiments


def search(runs: list[Run], wanted: RunSearch) -> list[int]:
    found = [run for run in runs if visible(run, wanted) and all(holds(run, each) for each in wanted.filter)]
    found.sort(key=lambda run: (-run.start_time, run.uuid))
    for item in reversed(wanted.order):
        found = by(found, item)
    return [run.id for run in found]


def by(runs: list[Run], item: Order) -> list[Run]:
    """Stable: normal values in their direction, then NaN, then none."""
    parts: dict[int, list[tuple[Any, Run]]] = {0: [], 1: [], 2: []}
    for run in runs:
        value = (
            attribute(run, item.key)
            if item.entity is Entity.ATTRIBUTE
            else logged(run, item.entity, item.key)
        )
        nan = isinstance(value, float) and math.isnan(value)
        parts[2 if value is None else 1 if nan else 0].append((value, run))
    ordered = sorted(parts[0], key=lambda pair: pair[0], reverse=not item.ascending)
    return [run for _, run in (*ordered, *parts[1], *parts[2])]
