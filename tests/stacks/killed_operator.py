"""An operator that is killed at a call of the provider: `killed_operator.py PROJECT OPERATION MOMENT CALL`.

OPERATION is `create`, `create-stopped`, `update` (of retention and port) or `delete` of the instance `demo`.
MOMENT is `before` the provider does anything, or `after` it has done all but answer. CALL is its number, or
its method and resource such as `Create:demo-data`. Ends with 0 when there was no such call.
"""

import os
import signal
import sys
import threading
from functools import wraps
from pathlib import Path
from typing import Any

from trackstack.providers.local import Local
from trackstack.stacks import operations
from trackstack.stacks.instances import show
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

METHODS = ("Configure", "Check", "Diff", "Create", "Read", "Update", "Delete")


def create(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo"))


def create_stopped(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo", running=False))


def update(project: Project) -> None:
    """Another retention, and another port."""
    port = show(project, "demo").port
    assert port
    operations.update(project, "demo", {"retention": "7d", "port": operations.free_port({port})})


def delete(project: Project) -> None:
    operations.delete(project, "demo")


def kill_at(fatal: str, moment: str) -> None:
    """Have this process killed at that call."""
    counting = threading.Lock()
    calls = 0

    def killing(name: str, method: Any) -> Any:
        @wraps(method)
        def call(self: Local, request: Any, context: Any) -> Any:
            nonlocal calls
            with counting:
                calls += 1
                now = fatal in (str(calls), f"{name}:{request.urn.rpartition('::')[2]}")
            if now and moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            answer = method(self, request, context)
            if now:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    for name in METHODS:
        setattr(Local, name, killing(name, getattr(Local, name)))


if __name__ == "__main__":
    _, folder, operation, when, which = sys.argv
    kill_at(which, when)
    run = {"create": create, "create-stopped": create_stopped, "update": update, "delete": delete}[operation]
    run(Project(Path(folder)))
