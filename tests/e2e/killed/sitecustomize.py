"""Kills the process at one call of a provider, as a power cut would: KILL_AT=<call>:<before|after>.

Python imports a module of this name from PYTHONPATH when it starts. Counted are the calls that change
something.
"""

import itertools
import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

from trackstack.providers.servicer import Servicer

CALLS = itertools.count(1)
AT, WHEN = os.environ["KILL_AT"].split(":")


def deadly(method: Callable[..., Any]) -> Callable[..., Any]:
    """`method`, which does not survive its turn."""

    @wraps(method)
    def call(self: Servicer, request: Any, context: Any) -> Any:
        turn = not getattr(request, "preview", False) and next(CALLS) == int(AT)
        if turn and WHEN == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = method(self, request, context)
        if turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return call


for verb in ("Create", "Update", "Delete"):
    setattr(Servicer, verb, deadly(getattr(Servicer, verb)))
