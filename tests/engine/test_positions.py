"""Source positions: as the SDK's own, whose function is replaced by a cheaper one."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import resource
from pulumi.runtime.proto.source_pb2 import StackTrace
from tests.engine.conftest import Bench, Thing

from trackstack.engine.positions import stack_trace

Told = tuple[StackTrace, StackTrace]


def of_the_sdk() -> Callable[[], StackTrace]:
    """What the SDK itself has, in a copy of its module that nobody changed."""
    spec = find_spec("pulumi.runtime.resource")
    assert spec is not None and spec.loader is not None
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    theirs: Callable[[], StackTrace] = copy._get_stack_trace
    return theirs


THEIRS = of_the_sdk()


class Base:
    def __init__(self) -> None:
        self.told = THEIRS(), stack_trace()


class Custom(Base):
    def __init__(self) -> None:
        super().__init__()


class Own(Custom):
    def __init__(self) -> None:
        super().__init__()


class Component(Custom):
    def __init__(self) -> None:
        super().__init__()
        self.part = Own()


def plainly() -> Told:
    return Own().told


def within_a_component() -> Told:
    return Component().part.told


def from_text() -> Told:
    scope: dict[str, Any] = {"Own": Own}
    exec("told = Own().told", scope)  # noqa: S102 - its frame has no file
    told: Told = scope["told"]
    return told


def outside_of_resources() -> Told:
    return THEIRS(), stack_trace()


@pytest.mark.parametrize("tell", [plainly, within_a_component, from_text, outside_of_resources])
def test_a_declaration_is_told_as_the_sdk_tells_it(tell: Callable[[], Told]) -> None:
    theirs, ours = tell()

    assert ours == theirs
    assert bool(ours.frames) == (tell is not outside_of_resources)


def test_the_sdk_calls_the_cheaper_one(bench: Bench) -> None:
    bench.set(root=Path(__file__).parent)

    bench.up(lambda: Thing("a", {}))

    assert vars(resource)["_get_stack_trace"] is stack_trace
    line = test_the_sdk_calls_the_cheaper_one.__code__.co_firstlineno + 3
    assert bench.resource("a").source_position == f"project:///test_positions.py#{line}"
