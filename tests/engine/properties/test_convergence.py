"""Whatever was asked of whatever state, with whatever failures: the state is true, and `up` converges."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.embedded import secrets
from tests.engine.properties.programs import Act, MoodyProvider, Node, acts, nodes, program_of
from tests.engine.scenarios.model import PROJECT, STACK

from trackstack.engine import Backend, Options, Stack
from trackstack.engine.errors import EngineError
from trackstack.engine.filesystem import Filesystem

QUICK = settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(QUICK, max_examples=2_000, derandomize=False)


class Hasty(Filesystem):
    """Files that are not waited for: what a power cut does is tested elsewhere."""

    def create(self, path: Path, data: bytes, *, durable: bool = True, mode: int = 0o600) -> None:
        super().create(path, data, durable=False, mode=mode)

    def sync_folder(self, folder: Path) -> None:
        return


def history(earlier: list[Act], wanted: tuple[Node, ...]) -> None:
    """Do the operations, hold the state to the world after each; then bring it to what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Backend.open(Path(folder), files=Hasty()).stack(PROJECT, STACK)
        stack.init(secrets())
        provider = MoodyProvider()
        going = {node.name for act in earlier for node in act.made if node.goes_with}
        for act in earlier:
            carry_out(stack, provider, act)
            assert_true(stack, provider, going)
        provider.failing = 0.0
        options = Options(secrets=secrets(), providers={"cloud": provider}, root=Path(folder))
        stack.up(program_of(wanted), options)
        assert_true(stack, provider, going)
        state = stack.snapshot()
        assert not any(r.delete or r.pending_replacement or r.init_errors for r in state.resources)
        assert {r.name for r in state.resources if r.type == "cloud:index:Thing"} == {n.name for n in wanted}
        provider.calls.clear()
        assert not stack.up(program_of(wanted), options).changed
        assert {call.method for call in provider.calls} <= {"check", "diff", *CONFIGURING}


CONFIGURING = ("check_config", "diff_config", "configure")


def carry_out(stack: Stack, provider: MoodyProvider, act: Act) -> None:
    """The operation, which may fail."""
    provider.chance, provider.failing = random.Random(act.seed), act.failing  # noqa: S311  # no secrets
    before = stack.snapshot().digest
    options = Options(
        secrets=secrets(),
        providers={"cloud": provider},
        refresh=act.refresh,
        continue_on_error=act.go_on,
        parallel=4,
    )
    try:
        if act.kind in ("up", "preview"):
            getattr(stack, act.kind)(program_of(act.made), options)
        else:
            getattr(stack, act.kind)(options)
    except EngineError:
        pass
    if act.kind == "preview":
        assert stack.snapshot().digest == before


def assert_true(stack: Stack, provider: MoodyProvider, going: set[str]) -> None:
    """The state is sound and holds exactly what exists; what is of `going` may go with others unasked."""
    state = stack.snapshot()
    state.verify()
    assert not state.pending
    recorded = {r.id for r in state.resources if r.type == "cloud:index:Thing" and not r.pending_replacement}
    for id_ in set(provider.world) - recorded:
        assert id_.partition("-")[0] in going, f"{id_} exists but is not recorded"
        del provider.world[id_]
    assert recorded == set(provider.world)


@QUICK
@given(st.lists(acts(), max_size=3), nodes())
def test_the_state_is_true_after_every_operation_and_up_converges(
    earlier: list[Act], wanted: tuple[Node, ...]
) -> None:
    history(earlier, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(5))
def test_it_is_so_in_ten_thousand_cases(share: int) -> None:
    @LONG
    @given(st.lists(acts(), max_size=3), nodes())
    def check(earlier: list[Act], wanted: tuple[Node, ...]) -> None:
        history(earlier, wanted)

    check()
