"""Kills an operation at each provider call or file call, and sees whether the next `up` makes it good.

    python -m tests.engine.faults.killing FOLDER OPERATION calls|files [EVERY]

Prints how often it killed. Each operation runs in a process of its own, which SIGKILL ends; every `EVERY`-th
place is tried. A program of its own, because only a process of one thread may be forked.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi import ResourceOptions
from tests.engine.faults.lasting import LastingProvider
from tests.engine.files.faults import FaultyOs, killed
from tests.engine.scenarios.model import PASSPHRASE, PROJECT, STACK, Group, Program, Thing, empty

from trackstack.engine import Backend, Options, Passphrase, Stack, filesystem
from trackstack.engine.resource import Resource


def before() -> None:
    Thing("updated", size=1)
    Thing("replaced", kind="x")
    first = Thing("first", slot="1")
    Thing("follower", kind=first.address)
    Thing("same", size=1)
    Thing("dropped", ResourceOptions(parent=Group("g")), upstream=first.address)


def after() -> None:
    updated = Thing("updated", size=2)
    Thing("replaced", kind="y")
    first = Thing("first", slot="2")
    Thing("follower", kind=first.address)
    Thing("same", size=1)
    Thing("new", upstream=updated.address)


@dataclass(frozen=True)
class Attempt:
    """An operation to be killed: on what `given` made, `act`; and the program that must hold in the end.

    `lost` is whether `up` must look what is there: after a killed destroy the state may have what is gone.
    """

    given: Program
    act: Callable[[Stack, Options], object]
    wanted: Program
    lost: bool = False


ATTEMPTS = {
    "create": Attempt(empty, lambda stack, options: stack.up(before, options), before),
    "change": Attempt(before, lambda stack, options: stack.up(after, options), after),
    "destroy": Attempt(before, lambda stack, options: stack.destroy(options), before, lost=True),
    "refresh": Attempt(before, lambda stack, options: stack.refresh(options), before),
}


class Bench:
    """A stack and its world in a folder."""

    def __init__(self, folder: Path, secrets: Passphrase) -> None:
        self.stack = Backend.open(folder / "state").stack(PROJECT, STACK)
        self._folder = folder
        self.secrets = secrets

    def options(self, notice: Callable[[], None] = lambda: None) -> Options:
        provider = LastingProvider(self._folder / "world", notice)
        return Options(secrets=self.secrets, providers={"cloud": provider}, root=self._folder)

    def check(self, wanted: Program, *, lost: bool) -> None:
        """The state is sound; `up` brings state and world to what is wanted, and then finds nothing to do."""
        self.stack.snapshot().verify()
        self.stack.up(wanted, replace(self.options(), refresh=lost))
        snapshot = self.stack.snapshot()
        snapshot.verify()
        recorded = {r.id: r.outputs for r in snapshot.resources if is_thing(r)}
        world = LastingProvider(self._folder / "world").exists()
        assert recorded == world, f"recorded {sorted(recorded)}, there are {sorted(world)}"
        assert not any(r.delete or r.pending_replacement for r in snapshot.resources)
        assert not self.stack.up(wanted, self.options()).changed


def is_thing(resource: Resource) -> bool:
    """Whether the provider has it."""
    return resource.custom and not resource.is_provider


def die() -> None:
    """As a power cut does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def countdown(at: int) -> Callable[[], None]:
    """Dies when called for the `at`-th time."""
    left = [at]

    def notice() -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    return notice


def attempt(bench: Bench, what: Attempt, kind: str, at: int) -> None:
    """The operation that is to die."""
    if kind == "files":
        vars(filesystem)["os"] = FaultyOs(at, killed)
        what.act(bench.stack, bench.options())
    else:
        what.act(bench.stack, bench.options(countdown(at)))


def in_child(work: Callable[[], object]) -> int:
    """The exit code of a process that does the work; negative if a signal ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lives_on(bench: Bench, what: Attempt, kind: str, at: int) -> bool:
    """Kill the operation there; False if it had nothing left to be killed at."""
    bench.stack.init(bench.secrets)
    if in_child(lambda: bench.stack.up(what.given, bench.options())):
        raise AssertionError("could not begin")
    code = in_child(lambda: attempt(bench, what, kind, at))
    if code == 0:
        return False
    if code != -signal.SIGKILL:
        raise AssertionError(f"ended with {code} before it was killed")
    if in_child(lambda: bench.check(what.wanted, lost=what.lost)):
        raise AssertionError("not made good")
    return True


def main(folder: Path, operation: str, kind: str, every: int) -> None:
    """Kill at one place after the other, until the operation lives through."""
    secrets = Passphrase(PASSPHRASE)
    secrets = Passphrase(PASSPHRASE, secrets.state)
    secrets.verify()  # derives the key, once for all children
    at = 1
    try:
        while lives_on(Bench(folder / str(at), secrets), ATTEMPTS[operation], kind, at):
            at += every
    except AssertionError as error:
        sys.exit(f"{operation}, {kind} {at}: {error}; see {folder / str(at)}")
    print(at // every)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int((*sys.argv, "1")[4]) if len(sys.argv) > 4 else 1)
