"""The words and signs for what happens to a resource, one row an operation of Pulumi's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from trackstack.stacks.events import PropertyChange, Step


class Words(NamedTuple):
    """How one operation is shown: sign, colour, what it is called while it runs and once it is done."""

    sign: str
    colour: str
    doing: str
    done: str


WORDS = {
    "create": Words("+", "green", "creating", "created"),
    "update": Words("~", "yellow", "updating", "updated"),
    "delete": Words("-", "red", "deleting", "deleted"),
    "replace": Words("±", "magenta", "replacing", "replaced"),
    "create-replacement": Words("+", "green", "creating its replacement", "replacement created"),
    "delete-replaced": Words("-", "red", "deleting the old one", "old one deleted"),
    "read": Words(">", "cyan", "reading", "read"),
    "refresh": Words("!", "yellow", "comparing", "differs"),
    "import": Words("<", "cyan", "importing", "imported"),
    "same": Words("=", "white", "comparing", "unchanged"),
}


def words(op: str) -> Words:
    """The row of `op`; an operation that has none is called by Pulumi's name."""
    return WORDS.get(op) or Words("*", "white", op, op)


def kind(step: Step) -> str:
    """The last part of the type: `trackstack:local:ServerProcess` is a ServerProcess."""
    return str(step.type).rpartition(":")[2]


def shown(step: Step) -> bool:
    """Whether a person wants to see the step: something that is done to a thing of theirs."""
    mere_looks = ("same", "replace", "read", "refresh")
    return step.op not in mere_looks and step.custom and not step.type.startswith("pulumi:")


def differences(step: Step) -> list[str]:
    """The step's differences, a line each; without those of which nothing is known yet."""
    return [change(entry) for entry in step.diff if (entry.old, entry.new) != (None, None)]


def change(entry: PropertyChange) -> str:
    """One property's difference in one line."""
    if entry.kind.startswith("add"):
        return f"{entry.path}: {_value(entry.new)} (new)"
    if entry.kind.startswith("delete"):
        return f"{entry.path}: {_value(entry.old)} (gone)"
    return f"{entry.path}: {_value(entry.old)} → {_value(entry.new)}"


def reason(step: Step, error: str) -> str:
    """Why the step failed, without the URN in front: it stands beside the step's name."""
    return error.partition(f"{step.urn}: ")[2] or error


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else repr(value)


def as_json(step: Step) -> dict[str, Any]:
    """A step with stable field names."""
    diff = [{"path": c.path, "kind": c.kind, "old": c.old, "new": c.new} for c in step.diff]
    return {"op": step.op, "urn": step.urn, "type": step.type, "name": step.name, "diff": diff}


def counts(changes: dict[str, int]) -> str:
    """`{"same": 1, "create": 5}` in words: 5 to create, 1 unchanged."""
    ordered = sorted(changes, key=lambda op: op == "same")
    parts = [f"{changes[op]} {'unchanged' if op == 'same' else f'to {op}'}" for op in ordered if changes[op]]
    return ", ".join(parts) or "nothing to do"
