"""How quick an instance is: the figures that the project promises, each with its budget.

    .venv/bin/python benchmarks/instance.py            all of them
    .venv/bin/python benchmarks/instance.py list help   only these

Everything happens in a temporary home folder, on loopback, with the installed command. A figure is the median
of the repetitions; the range is beside it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

BIN = Path(sys.executable).parent
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("XDG_", "PULUMI_", "TRACKSTACK_"))
}


def environment(home: Path) -> dict[str, str]:
    """What a process in that home sees."""
    return CLEAN | {"HOME": str(home)}


def trackstack(home: Path, *arguments: str) -> str:
    """What the command prints."""
    return subprocess.run(
        [BIN / "trackstack", *arguments],
        env=environment(home),
        cwd=home,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@contextmanager
def home() -> Iterator[Path]:
    """An empty home folder; instances that still run are deleted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        try:
            yield path
        finally:
            for instance in json.loads(trackstack(path, "list", "--json"))["instances"]:
                if instance["state"] == "active":
                    trackstack(path, "delete", instance["name"], "--yes", instance["name"], "--quiet")


def call(url: str, token: str, path: str, body: dict[str, object]) -> dict[str, dict[str, dict[str, str]]]:
    """One request of MLflow's REST API."""
    request = urllib.request.Request(
        f"{url}/api/2.0/mlflow/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as answer:
        found: dict[str, dict[str, dict[str, str]]] = json.load(answer)
        return found


def create() -> float:
    """Seconds from `trackstack create` in an empty home to the first acknowledged metric."""
    with home() as folder:
        begin = time.perf_counter()
        trackstack(folder, "create", "demo")
        variables = json.loads(trackstack(folder, "env", "demo", "--json"))
        url, token = variables["MLFLOW_TRACKING_URI"], variables["MLFLOW_TRACKING_TOKEN"]
        run = call(url, token, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        call(
            url,
            token,
            "runs/log-metric",
            {"run_id": run, "key": "loss", "value": 1.0, "timestamp": 1, "step": 0},
        )
        return time.perf_counter() - begin


def server() -> float:
    """Seconds from starting the server process to its first healthy answer."""
    with server_process() as seconds_and_process:
        return seconds_and_process[0]


def memory() -> float:
    """Megabytes of an instance's processes, idle: what is resident, and shared with nobody."""
    with server_process() as (_, process):
        time.sleep(1)
        return sum(each.memory_full_info().uss for each in (process, *process.children(recursive=True))) / 1e6


@contextmanager
def server_process() -> Iterator[tuple[float, psutil.Process]]:
    """The seconds that it took to be healthy, and the process."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        begin = time.perf_counter()
        process = subprocess.Popen(
            [BIN / "trackstack-server", "serve", "--port", str(port), "--data-dir", folder, "--no-auth"],
            stderr=subprocess.DEVNULL,
        )
        try:
            while not healthy(port):
                time.sleep(0.005)
            yield time.perf_counter() - begin, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def healthy(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def help_text() -> float:
    """Seconds of `trackstack --help`."""
    return command_seconds(Path.cwd(), "--help")


CREATE_STOPPED = """
from trackstack.stacks import operations
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec
for number in range(49):
    operations.create(Project.find(), InstanceSpec(name=f"team-{number}", running=False))
"""


def list_of_50() -> float:
    """Seconds of `trackstack list` in a project of 50 instances; one of them runs."""
    with home() as folder:
        trackstack(folder, "create", "demo")
        subprocess.run(
            [sys.executable, "-c", CREATE_STOPPED], env=environment(folder), cwd=folder, check=True
        )
        return statistics.median(command_seconds(folder, "list") for _ in range(5))


def command_seconds(folder: Path, *arguments: str) -> float:
    """Seconds of one call of the command."""
    begin = time.perf_counter()
    trackstack(folder, *arguments)
    return time.perf_counter() - begin


def engine_up() -> float:
    """Milliseconds of an in-process `up` that creates a folder, a database and a retention schedule.

    With the stack and the provider these are 5 resources; the process has run another stack before.
    """
    from trackstack.components.local.resources import DatabaseFile, Folder, RetentionSchedule
    from trackstack.engine import Backend, Options, Passphrase
    from trackstack.providers.local import Local

    with tempfile.TemporaryDirectory() as folder:

        def program() -> None:
            data = Folder("data", path=f"{folder}/data")
            DatabaseFile("database", path=data.path.apply(lambda path: f"{path}/tracking.db"))
            RetentionSchedule("retention", data_dir=data.path, retention="30d")

        passphrase = Passphrase("benchmark")
        stack = Backend.open(Path(folder) / "state").stack("benchmark", "up")
        stack.init(passphrase)
        begin = time.perf_counter()
        stack.up(program, Options(secrets=passphrase, providers={"trackstack": Local()}))
        return 1000 * (time.perf_counter() - begin)


FIGURES: dict[str, tuple[Callable[[], float], float, str, int]] = {
    "create": (create, 2.5, "s", 5),
    "server": (server, 0.8, "s", 5),
    "memory": (memory, 80, "MB", 3),
    "help": (help_text, 0.15, "s", 20),
    "list": (list_of_50, 0.4, "s", 1),
    "up": (engine_up, 30, "ms", 20),
}


def main(names: list[str]) -> int:
    """Print the figures; 1 if one is over its budget."""
    over = 0
    for name in names or list(FIGURES):
        figure, budget, unit, repetitions = FIGURES[name]
        values = sorted(figure() for _ in range(repetitions))
        median = statistics.median(values)
        over |= median > budget
        verdict = "over" if median > budget else "ok"
        measured = f"{median:8.3f} {unit:2} [{values[0]:.3f} to {values[-1]:.3f}]"
        print(f"{name:8} {measured}  budget {budget} {unit}: {verdict}", flush=True)
    return int(over)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
