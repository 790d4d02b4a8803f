"""Ctrl-C once and twice."""

import os
import signal
from threading import Event

import pytest

from trackstack.cli.interrupt import interruptible
from trackstack.engine import Cancellation


def test_the_first_interrupt_cancels_and_the_second_terminates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackstack.cli.interrupt.abandoned", Event())  # the real one ends the process
    cancellation = Cancellation()
    said: list[str] = []

    with interruptible(cancellation, said.append):
        os.kill(os.getpid(), signal.SIGINT)
        assert cancellation.cancelled.is_set()
        assert not cancellation.terminated.is_set()
        os.kill(os.getpid(), signal.SIGINT)

    assert cancellation.terminated.is_set()
    assert said == ["Stopping: running steps are finished and saved. Once more leaves them as they are."]


def test_afterwards_an_interrupt_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)

    with interruptible(Cancellation(), print):
        pass

    assert signal.getsignal(signal.SIGINT) is before
