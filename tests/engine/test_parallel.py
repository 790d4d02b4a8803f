"""Independent steps at the same time, and many stacks in one process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
from tests.engine.conftest import Bench, Thing
from tests.engine.provider import ScriptedProvider

from trackstack.engine import Backend, Result


def meet(barrier: threading.Barrier) -> Any:
    """A script that goes on only when all are there."""

    def script(request: Any, context: Any) -> None:
        barrier.wait(10)

    return script


def test_independent_resources_are_made_and_deleted_at_the_same_time(bench: Bench) -> None:
    def program() -> None:
        for number in range(4):
            Thing(f"thing-{number}", {})

    bench.set(parallel=4)
    bench.provider.scripts = {"Create": meet(threading.Barrier(4)), "Delete": meet(threading.Barrier(4))}

    assert bench.up(program).changes == {"create": 5}
    assert bench.destroy().changes == {"delete": 5}


def test_no_more_steps_run_at_once_than_asked_for(bench: Bench) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def script(request: Any, context: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1

    bench.set(parallel=2)
    bench.provider.scripts = {"Create": script, "Delete": script}
    bench.up(lambda: [Thing(f"thing-{n}", {}) for n in range(8)])
    bench.destroy()

    assert most == 2


def test_a_sequential_operation_makes_all_calls_in_one_thread(bench: Bench) -> None:
    threads: set[int] = set()

    def script(request: Any, context: Any) -> None:
        threads.add(threading.get_ident())

    bench.set(sequential=True)
    bench.provider.scripts = dict.fromkeys(("Check", "Create", "Delete", "Diff"), script)

    def program() -> None:
        for number in range(4):
            pulumi.export(f"id-{number}", Thing(f"thing-{number}", {}).id)

    assert bench.up(program).changes == {"create": 5}
    assert len(threads) == 1
    assert bench.up(program).changes == {"same": 5}
    threads.clear()
    bench.up(lambda: None)
    assert len(threads) == 1


def test_fifty_stacks_are_upped_side_by_side_without_interference(bench: Bench, tmp_path: Path) -> None:
    backend = Backend.open(tmp_path / "many")

    def work(number: int) -> Result:
        provider = ScriptedProvider()
        options = replace(
            bench.options, providers={"test": provider}, config={"project:number": str(number)}, parallel=2
        )

        def program() -> None:
            wanted = pulumi.Config().require("number")
            thing = Thing(f"{pulumi.get_stack()}-thing", {"number": wanted})
            pulumi.export("id", thing.id)
            pulumi.export("number", wanted)

        stack = backend.stack("project", f"stack-{number}")
        stack.init(options.secrets)
        return stack.up(program, options)

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(work, range(50)))

    for number, result in enumerate(results):
        assert result.outputs == {"id": f"stack-{number}-thing-1", "number": str(number)}
        assert result.changes == {"create": 2}
    assert len(backend.stacks("project")) == 50
    assert pulumi.runtime.settings.SETTINGS.monitor is None
