"""How quick many instances in one cluster are: all of them created, and then nothing to be done.

    .venv/bin/python benchmarks/kubernetes.py         100 instances
    .venv/bin/python benchmarks/kubernetes.py 20      so many

The cluster is the tests' own control plane, built here once. The pass without changes is promised to take
60 s for 100 instances at most.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.pop(0)  # this folder, where this file would hide the client
sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.cluster import programs
from tests.cluster.control_plane import ControlPlane

from trackstack.stacks import fleet, operations
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

PARALLEL = 8
IMAGE = "registry.example.com/trackstack-server:1.0"


def main(count: int) -> None:
    """Print the figures of `count` instances."""
    with tempfile.TemporaryDirectory(prefix="trackstack-bench-") as place:
        plane = ControlPlane(Path(place) / "plane", programs.find())
        try:
            kubeconfig = plane.start()
            project = Project(Path(place) / "project")
            os.environ.pop("KUBECONFIG", None)
            os.environ["PULUMI_CONFIG_PASSPHRASE"] = "benchmark"  # noqa: S105 - of this folder only
            settings = {"kubeconfig": str(kubeconfig), "image": IMAGE}
            for number in range(count):
                name = f"team-{number}"
                operations.declare(project, InstanceSpec(name=name, target="kubernetes", kubernetes=settings))
            timed(f"create {count} instances, {PARALLEL} at once", lambda: apply(project))
            timed(f"apply {count} instances without changes", lambda: nothing_due(project))
            timed("the same again, when they are settled", lambda: nothing_due(project))
        finally:
            plane.stop()


def apply(project: Project) -> None:
    """Plan and do all; every instance has to come up."""
    outcomes = fleet.carry_out(project, list(fleet.plan(project)), parallel=PARALLEL)
    if failed := [outcome for outcome in outcomes if outcome.error]:
        raise SystemExit(f"{len(failed)} failed, the first: {failed[0].error}")


def nothing_due(project: Project) -> None:
    """Look at all; nothing may be there to do."""
    if due := [intent for intent in fleet.plan(project) if intent.op != "same" or intent.error]:
        raise SystemExit(f"{len(due)} have something to do, the first: {due[0]}")


def timed(what: str, work: Callable[[], None]) -> None:
    """Print how long `work` takes, and how much of it was computing here: other programs slow the first."""
    began, computed = time.perf_counter(), computing()
    work()
    seconds, busy = time.perf_counter() - began, computing() - computed
    print(f"{what:50} {seconds:8.1f} s {busy:8.1f} s CPU", flush=True)


def computing() -> float:
    """CPU seconds of this process and of its workers that have ended, not of the cluster."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
