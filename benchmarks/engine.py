"""How quick the embedded engine is: the figures that the project promises, and the Pulumi CLI's where it is.

    .venv/bin/python benchmarks/engine.py               all of them
    .venv/bin/python benchmarks/engine.py up preview    only these

The provider is in process and does nothing, files are on the disk of the temporary folder and waited for.
A figure is the median of the repetitions; beside it are the range and the CPU time, which says more where
others use the machine.
"""

import gc
import shutil
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.engine import Backend, Options, Passphrase, Stack

SECRETS = Passphrase("benchmark")
SECRETS = Passphrase("benchmark", SECRETS.state)


class Idle(ResourceProviderServicer):
    """A provider that agrees to everything."""

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    def Check(self, request: Any, context: Any) -> Any:
        return pb.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        same = request.old_inputs == request.news
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE if same else pb.DiffResponse.DIFF_SOME)

    def Create(self, request: Any, context: Any) -> Any:
        return pb.CreateResponse(id=request.urn.rpartition("::")[2], properties=request.properties)

    def Update(self, request: Any, context: Any) -> Any:
        return pb.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()


class Thing(pulumi.CustomResource):
    """A resource of that provider."""

    def __init__(self, name: str, size: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("idle:index:Thing", name, {"size": size, "text": "a few words", "flag": True}, opts)


def program(count: int) -> Callable[[], None]:
    """`count` resources, the stack among them."""

    def declare() -> None:
        for number in range(count - 1):
            Thing(f"thing-{number}", number)

    return declare


def stack_in(folder: Path, name: str = "dev") -> Stack:
    """A new stack."""
    stack = Backend.open(folder / "state").stack("bench", name)
    stack.init(SECRETS)
    return stack


def options(folder: Path) -> Options:
    """The defaults."""
    return Options(secrets=SECRETS, providers={"idle": Idle()}, root=folder)


class Took(NamedTuple):
    """Wall and CPU time, in seconds."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Took:
    """Do it and see."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def told(what: str, figures: list[Took], budget: float | None = None) -> None:
    """Print one figure."""
    walls = [took.wall for took in figures]
    median, cpu = statistics.median(walls), statistics.median(took.cpu for took in figures)
    limit = "" if budget is None else f"  budget {budget:g} s: {'ok' if median <= budget else 'OVER'}"
    print(f"{what:42}{median:8.3f} s ({min(walls):.3f}-{max(walls):.3f}), CPU {cpu:.3f} s{limit}")


def up_of_five(folder: Path) -> None:
    """An `up` that creates, one that changes nothing."""
    create, same = [], []
    for number in range(30):
        stack = stack_in(folder, f"five-{number}")
        create.append(timed(lambda: stack.up(program(5), options(folder))))  # noqa: B023  # called at once
        same.append(timed(lambda: stack.up(program(5), options(folder))))  # noqa: B023
    told("up creating 5 resources", create[5:], 0.030)
    told("up of 5 unchanged resources", same[5:], 0.030)


def preview_of_a_thousand(folder: Path) -> None:
    """Nothing to do, seen quickly."""
    stack = stack_in(folder, "thousand")
    stack.up(program(1000), options(folder))
    told(
        "preview of 1000 unchanged resources",
        [timed(lambda: stack.preview(program(1000), options(folder))) for _ in range(5)],
        1.2,
    )


def up_of_thousands(folder: Path) -> None:
    """Linear in the number of resources."""
    figures = {
        count: [
            timed(lambda: stack.up(program(count), options(folder)))  # noqa: B023  # called at once
            for stack in (stack_in(folder, f"up-{count}-{number}") for number in range(3))
        ]
        for count in (1000, 2000, 4000)
    }
    told("up creating 2000 resources", figures[2000], 6)
    for count in (2000, 4000):
        less, more = (statistics.median(took.cpu for took in figures[n]) for n in (count // 2, count))
        print(f"  CPU of {count} against {count // 2}: {more / less:.2f} times, budget 2.3")


def side_by_side(folder: Path) -> None:
    """50 stacks in as many threads of one process."""
    stacks = [stack_in(folder, f"side-{number}") for number in range(50)]
    threads = [
        threading.Thread(target=stack.up, args=(program(5 + number % 3), options(folder)))
        for number, stack in enumerate(stacks)
    ]

    def run() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    took = timed(run)
    right = [len(stack.snapshot().resources) == 6 + number % 3 for number, stack in enumerate(stacks)]
    what = "50 stacks upped side by side"
    print(f"{what:42}{took.wall:8.3f} s, CPU {took.cpu:.3f} s, {sum(right)} of 50 right")


def memory_of_a_thousand(folder: Path) -> None:
    """The most that operations on known resources need beyond what was there before.

    A destroy is the engine alone; an `up` also has what the SDK keeps of each resource and its outputs.
    """
    stack = stack_in(folder, "memory")
    stack.up(program(2000), options(folder))
    operations: dict[str, Callable[[], object]] = {
        "up, with the SDK's objects": lambda: stack.up(program(2000), options(folder)),
        "destroy, the engine alone": lambda: stack.destroy(options(folder)),
    }
    for what, operation in operations.items():
        gc.collect()
        tracemalloc.start()
        operation()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{f'memory per 1000: {what}':45}{peak / 2 / 1e6:8.1f} MB  budget 30 MB")


def the_cli(folder: Path) -> None:
    """The same with the Pulumi CLI, this process serving program and provider."""
    if shutil.which("pulumi") is None:
        print("no pulumi on PATH to compare with")
        return
    from trackstack.engine.automation import PulumiStack

    stack = PulumiStack(stack_in(folder, "cli"))
    told("pulumi: up creating 5 resources", [timed(lambda: stack.up(program(5), options(folder)))])
    told(
        "pulumi: up of 5 unchanged resources",
        [timed(lambda: stack.up(program(5), options(folder))) for _ in range(3)],
    )
    stack = PulumiStack(stack_in(folder, "cli-thousand"))
    told("pulumi: up creating 1000 resources", [timed(lambda: stack.up(program(1000), options(folder)))])
    told(
        "pulumi: preview of 1000 unchanged resources",
        [timed(lambda: stack.preview(program(1000), options(folder)))],
    )


BENCHMARKS = {
    "up": up_of_five,
    "preview": preview_of_a_thousand,
    "large": up_of_thousands,
    "many": side_by_side,
    "memory": memory_of_a_thousand,
    "pulumi": the_cli,
}


def main(names: list[str]) -> None:
    """Run these, or all."""
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            BENCHMARKS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
