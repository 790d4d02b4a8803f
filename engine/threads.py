"""Waiting that can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from trackstack.engine.errors import CancelledError
from trackstack.engine.options import Cancellation

_POLL = 0.02  # seconds between looks at whether to give up


def abandonable(work: Callable[[], None], cancellation: Cancellation) -> None:
    """Do `work` in a thread and wait for it; raises CancelledError as soon as it is terminated.

    Whatever `work` raises is raised here. Abandoned work goes on in the background. A KeyboardInterrupt of
    the waiting thread becomes `cancellation.interrupt()`: the state is saved whoever calls the engine.
    """
    errors: list[BaseException] = []
    done = threading.Event()  # Thread.join takes an interrupted thread for ended (bpo-45274)

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=guarded, name="pulumi-work", daemon=True)
    thread.start()
    while not done.is_set():
        try:
            done.wait(_POLL)
        except KeyboardInterrupt:
            cancellation.interrupt()
        if cancellation.terminated.is_set() and not done.is_set():
            raise CancelledError("terminated; pending operations are kept in the state")
    if errors:
        raise errors[0]
