"""Tokens and costs of traces: read from metadata, and added up over spans."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from trackstack.server.store.traces import keys

USAGE_ATTRIBUTE = "mlflow.chat.tokenUsage"
COST_ATTRIBUTE = "mlflow.llm.cost"


class Node(NamedTuple):
    """A span's place in its trace and its attributes."""

    span_id: str
    parent_id: str | None
    attributes: Mapping[str, Any]


def of_metadata(metadata: Mapping[str, str]) -> dict[str, float]:
    """The numbers in a trace's metadata, by name."""
    tokens, costs = parsed(metadata.get(keys.TOKENS)), parsed(metadata.get(keys.COST))
    found = {key: number(tokens.get(key)) for key in keys.TOKEN_KEYS}
    found |= {key: number(costs.get(key)) for key in keys.COST_KEYS}
    return {key: value for key, value in found.items() if value is not None}


def of_spans(nodes: Iterable[Node]) -> dict[str, str]:
    """Metadata with the sums over a trace's spans.

    A span that tells its own numbers speaks for all below it: agents report what their calls used.
    """
    nodes = list(nodes)
    tokens = _sum(nodes, USAGE_ATTRIBUTE, keys.TOKEN_KEYS)
    costs = _sum(nodes, COST_ATTRIBUTE, keys.COST_KEYS)
    found = {}
    if tokens:
        found[keys.TOKENS] = json.dumps({key: int(value) for key, value in tokens.items()})
    if costs:
        found[keys.COST] = json.dumps(costs)
    return found


def parsed(value: Any) -> dict[str, Any]:
    """The JSON object in a value; empty for everything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _sum(nodes: list[Node], attribute: str, names: tuple[str, ...]) -> dict[str, float]:
    ids = {node.span_id for node in nodes}
    below: dict[str | None, list[Node]] = defaultdict(list)
    for node in nodes:
        below[node.parent_id if node.parent_id in ids else None].append(node)
    totals: dict[str, float] = {}
    seen: set[str] = set()
    waiting = list(below[None])
    while waiting:
        node = waiting.pop()
        if node.span_id in seen:
            continue
        seen.add(node.span_id)
        told = parsed(node.attributes.get(attribute))
        if told:
            for name in names:
                value = number(told.get(name))
                if value is not None or name in names[:3]:
                    totals[name] = totals.get(name, 0) + (value or 0)
        else:
            waiting += below[node.span_id]
    return totals
