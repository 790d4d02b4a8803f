"""Stopping an operation: first what runs is finished, then not even that."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.conftest import Bench, Thing

from trackstack.engine import Cancellation
from trackstack.engine.errors import CancelledError
from trackstack.engine.wire import from_struct, to_struct


def chain() -> None:
    """The second needs the first."""
    first = Thing("first", {})
    Thing("second", {"of": first.id})


class Slow:
    """A creation that waits until it is let go."""

    def __init__(self, bench: Bench) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        bench.provider.scripts["Create"] = self.create

    def create(self, request: Any, context: Any) -> None:
        self.began.set()
        assert self.go_on.wait(10)


def in_background(bench: Bench) -> tuple[threading.Thread, list[BaseException]]:
    """Up in a thread; what it raised."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            bench.up(chain)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, raised


def test_a_cancelled_operation_finishes_and_saves_what_runs_and_begins_nothing_else(bench: Bench) -> None:
    slow = Slow(bench)
    thread, raised = in_background(bench)
    assert slow.began.wait(10)
    bench.options.cancellation.cancel()
    slow.go_on.set()
    thread.join(10)

    assert isinstance(raised[0], CancelledError)
    assert bench.names() == ["project-dev", "first"]
    assert bench.stack.snapshot().pending == []
    assert bench.provider.names("Cancel") == [""]
    assert bench.stack.history()[0].result == "failed"


def test_a_terminated_operation_leaves_its_pending_operation(bench: Bench) -> None:
    slow = Slow(bench)
    thread, raised = in_background(bench)
    assert slow.began.wait(10)
    bench.options.cancellation.cancel()
    bench.options.cancellation.terminate()
    thread.join(10)

    assert isinstance(raised[0], CancelledError)
    assert not thread.is_alive()
    assert [(p.kind, p.resource.name) for p in bench.stack.snapshot().pending] == [("creating", "first")]
    assert bench.names() == ["project-dev"]
    slow.go_on.set()


def test_an_operation_cancelled_beforehand_does_nothing(bench: Bench) -> None:
    bench.options.cancellation.cancel()

    with pytest.raises(CancelledError):
        bench.up(chain)

    assert bench.provider.calls == []


def test_a_cancelled_destroy_can_be_taken_up_again(bench: Bench) -> None:
    bench.up(chain)
    bench.provider.scripts["Delete"] = lambda request, context: bench.options.cancellation.cancel()
    with pytest.raises(CancelledError):
        bench.destroy()

    assert bench.names() == ["project-dev", "first"]
    bench.set(cancellation=Cancellation())
    del bench.provider.scripts["Delete"]
    bench.destroy()
    assert bench.resources() == []


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C is heard, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_in_the_waiting_thread_cancels_too(bench: Bench) -> None:
    def interrupt(request: Any, context: Any) -> None:
        _thread.interrupt_main()
        assert bench.options.cancellation.cancelled.wait(60)

    bench.provider.scripts["Create"] = interrupt
    with pytest.raises(CancelledError):
        bench.up(chain)

    assert bench.names() == ["project-dev", "first"]


def test_an_interrupted_creation_is_reported_until_it_is_cleared(bench: Bench) -> None:
    slow = Slow(bench)
    thread, _ = in_background(bench)
    assert slow.began.wait(10)
    bench.options.cancellation.terminate()
    thread.join(10)
    slow.go_on.set()
    bench.provider.scripts.clear()
    bench.set(cancellation=Cancellation())

    result = bench.up(chain)
    assert "interrupted while creating" in result.diagnostics[0].message
    assert len(bench.stack.snapshot().pending) == 1
    bench.set(clear_pending_creates=True)
    bench.refresh()
    assert bench.stack.snapshot().pending == []


def test_an_interrupted_creation_is_repeated_with_the_name_that_was_drawn_for_it(bench: Bench) -> None:
    def draw(request: Any, context: Any) -> pb.CheckResponse:
        inputs = from_struct(request.news)
        inputs["name"] = from_struct(request.olds).get("name") or request.randomSeed.hex()
        return pb.CheckResponse(inputs=to_struct(inputs))

    slow = Slow(bench)
    bench.provider.scripts["Check"] = draw
    thread, _ = in_background(bench)
    assert slow.began.wait(60)
    bench.options.cancellation.terminate()
    thread.join(60)
    slow.go_on.set()
    (pending,) = bench.stack.snapshot().pending
    del bench.provider.scripts["Create"]

    bench.set(cancellation=Cancellation(), refresh=True, clear_pending_creates=True)
    bench.up(chain)

    assert bench.resource("first").inputs["name"] == pending.resource.inputs["name"]
    assert bench.resource("second").inputs["name"] != pending.resource.inputs["name"]
    assert bench.stack.snapshot().pending == []
