"""The Pulumi CLI on the same stacks: taking turns with the embedded engine, and alike in what it says."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.answers import fails
from tests.engine.embedded import secrets
from tests.engine.scenarios.model import PROJECT, STACK, Group, Thing, chain, empty, things
from tests.engine.scripted import Call, ScriptedProvider

from trackstack.engine import Backend, Cancellation, Options, Passphrase, Stack
from trackstack.engine.errors import (
    CancelledError,
    EngineError,
    LockedError,
    PassphraseError,
    ProgramError,
    ResourceError,
    StackNotFoundError,
)
from trackstack.engine.events import Event, OperationFinished, StepFailed, StepFinished
from trackstack.engine.result import Secret

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
    # the SDK's server of inline programs leaves its event loop open when the program fails or is cancelled
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Pair:
    """One stack in the hands of either engine, with one provider's world."""

    def __init__(self, folder: Path) -> None:
        from trackstack.engine.automation import PulumiStack

        self.provider = ScriptedProvider()
        self.events: list[Event] = []
        self.folder = folder
        self.ours = Backend.open(folder / "state").stack(PROJECT, STACK)
        self.ours.init(secrets())
        self.cli = PulumiStack(self.ours)

    def options(self, **settings: Any) -> Options:
        return Options(
            **{
                "secrets": secrets(),
                "providers": {"cloud": self.provider},
                "on_event": self.events.append,
                "root": self.folder,
                **settings,
            }
        )


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    yield Pair(tmp_path)
    gc.collect()  # what the SDK left open is to be noticed here, not when pytest ends


def shop(size: int) -> Callable[[], None]:
    """A program with something of everything."""

    def program() -> None:
        config = pulumi.Config()
        group = Group("g", size=size)
        child = pulumi.ResourceOptions(parent=group)
        db = Thing("db", child, size=size, password=pulumi.Output.secret("hunter2"))
        Thing("web", child, upstream=db.address, token_of=config.require_secret("token"), kind=str(size))
        pulumi.export("address", db.address)
        pulumi.export("password", pulumi.Output.secret("hunter2"))
        pulumi.export("size", size)

    return program


CONFIGURED: dict[str, Any] = {"config": {"demo:token": "t0ken"}, "secret_keys": frozenset({"demo:token"})}


def unchanged(stack: Stack, program: Callable[[], None], options: Options) -> bool:
    """Whether preview, up and refresh find nothing to do."""
    results = [stack.preview(program, options), stack.up(program, options), stack.refresh(options)]
    return not any(result.changed for result in results)


def test_what_one_engine_did_the_other_finds_done(pair: Pair) -> None:
    options = pair.options(**CONFIGURED)

    pair.ours.up(shop(1), options)
    assert unchanged(pair.cli, shop(1), options)
    pair.cli.up(shop(2), options)
    assert unchanged(pair.ours, shop(2), options)
    pair.ours.up(shop(3), options)
    assert unchanged(pair.cli, shop(3), options)
    assert unchanged(pair.ours, shop(3), options)
    pair.cli.destroy(options)

    assert pair.ours.snapshot().resources == []
    assert pair.provider.world == {}


def test_results_steps_and_outputs_are_alike(pair: Pair, tmp_path: Path) -> None:
    other = Pair(tmp_path / "other")
    options = [p.options(**CONFIGURED, parallel=1) for p in (pair, other)]

    def seen(stack: Stack, options: Options) -> list[Any]:
        results = [stack.up(shop(1), options), stack.preview(shop(2), options), stack.up(shop(2), options)]
        results.append(stack.destroy(options))
        return [(r.changes, sorted(r.steps, key=lambda step: (step.urn, step.op))) for r in results]

    assert seen(pair.cli, options[0]) == seen(other.ours, options[1])


def test_secrets_are_read_by_either(pair: Pair) -> None:
    options = pair.options(**CONFIGURED)

    by_cli = pair.cli.up(shop(1), options).outputs
    by_ours = pair.ours.up(shop(1), options).outputs

    for outputs in (by_cli, by_ours):
        assert isinstance(outputs["password"], Secret)
        assert outputs["password"].reveal() == "hunter2"
        assert outputs["address"] == "db-1.test"


def test_drift_is_shown_alike(pair: Pair) -> None:
    options = pair.options()
    pair.ours.up(things("a", size=1), options)
    pair.provider.world["a-1"]["size"] = 7

    result = pair.cli.refresh(options)

    assert result.changed
    assert [(c.path, c.old, c.new) for s in result.steps for c in s.diff] == [("size", 1, 7)]


def test_a_failed_step_is_told_and_raised(pair: Pair) -> None:
    pair.provider.script = {"create:b": fails("no room")}

    with pytest.raises(ResourceError, match="no room") as caught:
        pair.cli.up(chain("a", "b"), pair.options())

    assert caught.value.urn.endswith("::b")
    assert [e.step.name for e in pair.events if isinstance(e, StepFailed)] == ["b"]
    assert "a" in [e.step.name for e in pair.events if isinstance(e, StepFinished)]
    last = pair.events[-1]
    assert isinstance(last, OperationFinished) and "no room" in last.error


def test_a_program_that_raises_is_its_own_error(pair: Pair) -> None:
    def program() -> None:
        raise ValueError("cannot go on")

    with pytest.raises(ProgramError, match="cannot go on"):
        pair.cli.up(program, pair.options())


def test_a_lock_names_its_holder(pair: Pair) -> None:
    options = pair.options()
    blocked, go_on = threading.Event(), threading.Event()

    def wait(provider: ScriptedProvider, call: Call) -> Any:
        blocked.set()
        go_on.wait(30)
        return provider.default(call)

    pair.provider.script = {"create": wait}
    working = threading.Thread(target=pair.ours.up, args=(things("a"), options))
    working.start()
    blocked.wait(10)
    try:
        with pytest.raises(LockedError) as caught:
            pair.cli.up(empty, options)
    finally:
        go_on.set()
        working.join()

    assert caught.value.holder is not None


def test_a_wrong_passphrase_and_an_unknown_stack_are_the_same_errors(pair: Pair, tmp_path: Path) -> None:
    from trackstack.engine.automation import PulumiStack

    with pytest.raises(PassphraseError):
        pair.cli.up(empty, pair.options(secrets=Passphrase("wrong")))
    nowhere = PulumiStack(Backend.open(tmp_path / "state").stack(PROJECT, "other"))
    with pytest.raises(StackNotFoundError):
        nowhere.up(empty, pair.options())


def test_cancelling_finishes_what_runs_and_saves_it(pair: Pair) -> None:
    cancellation = Cancellation()

    def cancel(provider: ScriptedProvider, call: Call) -> Any:
        cancellation.cancel()
        return provider.default(call)

    pair.provider.script = {"create:a": cancel}
    with pytest.raises(CancelledError):
        pair.cli.up(chain("a", "b", "c"), pair.options(cancellation=cancellation, parallel=1))

    names = [r.name for r in pair.ours.snapshot().resources if r.custom and not r.is_provider]
    assert names[:1] == ["a"] and "c" not in names
    assert pair.ours.lock_holder() is None


def test_a_pulumi_that_is_too_old_or_missing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trackstack.engine.pulumi_cli import find_cli

    (tmp_path / "bin").mkdir()
    with pytest.raises(EngineError, match="no `pulumi` on PATH"):
        find_cli(tmp_path)
    (tmp_path / "bin/pulumi").write_text("#!/bin/sh\necho v3.100.0\n")
    (tmp_path / "bin/pulumi").chmod(0o755)
    with pytest.raises(EngineError, match=r"`pulumi` is 3\.100\.0, at least 3\.200\.0 is needed"):
        find_cli(tmp_path)
