"""Random programs, providers and operations."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import grpc
from hypothesis import strategies as st
from pulumi import Resource, ResourceOptions
from tests.engine.answers import half_done
from tests.engine.scenarios.model import Group, Program, Thing
from tests.engine.scripted import Call, ScriptedProvider

NAMES = ("r0", "r1", "r2", "r3", "r4", "r5")
CHANGING = ("check", "diff", "create", "update", "read", "delete")


@dataclass(frozen=True)
class Node:
    """One resource of a program; it needs only earlier ones, so two programs agree on what comes first."""

    name: str
    size: int
    kind: int | None
    slot: int | None
    grouped: bool
    delete_first: bool | None
    inputs: tuple[str, ...]
    waits: tuple[str, ...]
    goes_with: str | None
    ignores: bool


@st.composite
def nodes(draw: st.DrawFn) -> tuple[Node, ...]:
    """A program's resources."""
    present: list[str] = []
    made = []
    for name in NAMES:
        if not draw(st.booleans()):
            continue
        earlier = st.sampled_from(present) if present else st.nothing()
        some = st.lists(earlier, max_size=2, unique=True).map(tuple) if present else st.just(())
        made.append(
            Node(
                name=name,
                size=draw(st.integers(0, 2)),
                kind=draw(st.sampled_from([None, 0, 1])),
                slot=draw(st.sampled_from([None, None, 0, 1])),
                grouped=draw(st.booleans()),
                delete_first=draw(st.sampled_from([None, None, True, False])),
                inputs=draw(some),
                waits=draw(some),
                goes_with=draw(st.none() | earlier) if present else None,
                ignores=draw(st.integers(0, 5)) == 0,
            )
        )
        present.append(name)
    return tuple(made)


def program_of(made: tuple[Node, ...]) -> Program:
    """The program that declares them."""

    def program() -> None:
        group = Group("g")
        known: dict[str, Thing] = {}
        for node in made:
            waits: list[Resource] = [known[name] for name in node.waits]
            opts = ResourceOptions(
                parent=group if node.grouped else None,
                depends_on=waits,
                delete_before_replace=node.delete_first,
                deleted_with=known[node.goes_with] if node.goes_with else None,
                ignore_changes=["size"] if node.ignores else None,
            )
            properties: dict[str, Any] = {f"of_{name}": known[name].address for name in node.inputs}
            properties |= {"kind": node.kind} if node.kind is not None else {}
            properties |= {"slot": node.slot} if node.slot is not None else {}
            known[node.name] = Thing(node.name, opts, size=node.size, **properties)

    return program


@dataclass(frozen=True)
class Act:
    """One operation with a provider that fails in some of its calls, by chance from a seed."""

    kind: str
    made: tuple[Node, ...]
    seed: int
    failing: float
    refresh: bool
    go_on: bool


def acts() -> st.SearchStrategy[Act]:
    """Any operation."""
    return st.builds(
        Act,
        kind=st.sampled_from(["up", "up", "up", "preview", "refresh", "destroy"]),
        made=nodes(),
        seed=st.integers(0, 2**32),
        failing=st.sampled_from([0.0, 0.1, 0.3]),
        refresh=st.booleans(),
        go_on=st.booleans(),
    )


class MoodyProvider(ScriptedProvider):
    """Fails, hangs up, crashes or does half its work; never after having done what it then denies."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(0)  # noqa: S311  # not for secrets
        self.failing = 0.0

    def answer(self, call: Call) -> Any:
        if call.method in CHANGING and self.chance.random() < self.failing:
            self._misbehave(call)
        return super().answer(call)

    def _misbehave(self, call: Call) -> None:
        mood = self.chance.randrange(4)
        if mood == 0:
            raise RuntimeError("crashed")
        if mood == 1:
            call.context.abort(grpc.StatusCode.UNAVAILABLE, "hung up")
        if mood == 2 and call.method in ("create", "update") and not call.preview:
            half_done("not ready")(self, call)
        call.fail("refused")
