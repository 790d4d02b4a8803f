"""How quick the control plane is: the figures that the project promises, each with its budget.

    .venv/bin/python benchmarks/control.py            all of them
    .venv/bin/python benchmarks/control.py list       only this

Everything happens in temporary folders, on loopback, with the installed command.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

BIN = Path(sys.executable).parent
PROJECT = "792ff0e7-be72-4135-91fa-74adab5cec76"
INSTANCES = f"/v1/projects/{PROJECT}/regions/eu01/instances"
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("XDG_", "PULUMI_", "TRACKSTACK_"))
}
FLEET = 1000
REQUESTS = 300


class Plane:
    """A control plane that runs in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "project"
        self.environment = CLEAN | {"HOME": str(home)}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> None:
        """Run `trackstack ARGUMENTS`."""
        line = [str(BIN / "trackstack"), *arguments, "--project", str(self.folder)]
        subprocess.run(line, env=self.environment, check=True, capture_output=True)

    def start(self) -> None:
        """Returns when it is ready."""
        flags = ["--port", str(self.port), "--requests-per-s", "100000", "--requests-burst", "100000"]
        with open(self.home / "log", "wb") as log:
            line = [str(BIN / "trackstack"), "serve", "--project", str(self.folder), *flags]
            self.process = subprocess.Popen(line, env=self.environment, stderr=log)
        while not self.ready():
            time.sleep(0.01)

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return self.call("GET", "/ready")[0] == 200
        except OSError:
            return False

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and document of an answer."""
        token = self.folder / "state" / "control" / "bootstrap-token"
        headers = {"Content-Type": "application/json"}
        if token.exists():
            headers["Authorization"] = f"Bearer {token.read_text().strip()}"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@contextmanager
def plane() -> Iterator[Plane]:
    """A control plane that is not started yet; what it started is deleted."""
    with tempfile.TemporaryDirectory() as folder:
        plane = Plane(Path(folder))
        try:
            yield plane
        finally:
            if plane.process:
                plane.process.terminate()
                plane.process.wait()


def list_p99() -> float:
    """Milliseconds, 99th percentile, of listing 1000 instances whose states are recorded and run nowhere."""
    with plane() as served:
        record(served)
        served.start()
        times = []
        for _ in range(REQUESTS):
            begin = time.perf_counter()
            status, document = served.call("GET", INSTANCES)
            times.append((time.perf_counter() - begin) * 1000)
            assert status == 200 and len(document["instances"]) == FLEET, document
        return statistics.quantiles(times, n=100)[98]


def record(served: Plane) -> None:
    """One instance, made and stopped, and copies of its file and state under other names."""
    served.command("create", "i0")
    served.command("stop", "i0")
    from trackstack.stacks.project import Project

    project = Project(served.folder)
    settings = (served.folder / "Pulumi.i0.yaml").read_text()
    state = json.dumps(project.stack("i0").export())
    place = f"  trackstack:project: {PROJECT}\n"
    for number in range(FLEET):
        name, id_ = f"i{number}", f"  trackstack:id: {uuid4()}\n"
        text = settings.replace("trackstack:name: i0", f"trackstack:name: {name}")
        text = text.replace("config:\n", f"config:\n{place}{id_}")
        (served.folder / f"Pulumi.{name}.yaml").write_text(text)
        if number:
            project.backend.store("trackstack", name).init(None)
            project.stack(name).import_(
                json.loads(state.replace(":i0", f":{name}").replace("/i0", f"/{name}"))
            )


def create() -> float:
    """Seconds from the POST of an instance until it is active."""
    with plane() as served:
        served.start()
        time.sleep(3)
        begin = time.perf_counter()
        _, document = served.call("POST", INSTANCES, {"name": "demo"})
        where = f"{INSTANCES}/{document['instance']['id']}"
        while served.call("GET", where)[1]["instance"]["state"] != "active":
            time.sleep(0.02)
        seconds = time.perf_counter() - begin
        served.call("DELETE", where)
        while served.call("GET", where)[0] != 404:
            time.sleep(0.05)
        return seconds


def memory() -> float:
    """Megabytes of the control plane, idle, after it made and deleted an instance."""
    with plane() as served:
        served.start()
        _, document = served.call("POST", INSTANCES, {"name": "demo"})
        where = f"{INSTANCES}/{document['instance']['id']}"
        while served.call("GET", where)[1]["instance"]["state"] != "active":
            time.sleep(0.05)
        served.call("DELETE", where)
        while served.call("GET", where)[0] != 404:
            time.sleep(0.05)
        assert served.process is not None
        return float(psutil.Process(served.process.pid).memory_full_info().uss / 1e6)


FIGURES: dict[str, tuple[Callable[[], float], float, str, int]] = {
    "list": (list_p99, 100, "ms", 1),
    "create": (create, 3, "s", 3),
    "memory": (memory, 120, "MB", 1),
}


def free_port() -> int:
    """A port that nobody listens at."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Print the figures that were asked for, or all."""
    for name in sys.argv[1:] or FIGURES:
        measure, budget, unit, repetitions = FIGURES[name]
        values = [measure() for _ in range(repetitions)]
        shown = f"{statistics.median(values):8.2f} {unit}  ({min(values):.2f} to {max(values):.2f})"
        print(f"{name:<8} {shown}, budget {budget} {unit}")


if __name__ == "__main__":
    main()
