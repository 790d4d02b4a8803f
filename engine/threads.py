"""Waiting that can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from trackstack.engine.errors import CancelledError

_POLL = 0.02  # seconds between looks at whether to give up


def abandonable(work: Callable[[], None], give_up: threading.Event) -> None:
    """Do `work` in a thread and wait for it; raises CancelledError as soon as `give_up` is set.

    Whatever `work` raises is raised here. Abandoned work goes on in the background.
    """
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=guarded, name="pulumi-work", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_POLL)
        if give_up.is_set() and thread.is_alive():
            raise CancelledError("terminated; pending operations are kept in the state")
    if errors:
        raise errors[0]
