"""Tracking servers under test: those that run already, and those that a benchmark starts itself."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

API = "/api/2.0/mlflow/"
POINTS = 25_000
START = 1_700_000_000_000  # of the first run, in milliseconds
START_LIMIT_S = 240  # mlflow makes its tables first
STOP_LIMIT_S = 20


@dataclass(frozen=True)
class Shape:
    """How much each run has."""

    metrics: int = 20
    params: int = 20
    tags: int = 5


@dataclass
class Server:
    """One server under test, filled with the same runs as the others."""

    name: str
    url: str
    token: str = ""
    experiment: str = ""
    run: str = ""

    @classmethod
    def named(cls, text: str) -> "Server":
        """NAME=URL; a token goes into the address: NAME=http://token@127.0.0.1:5002."""
        name, _, url = text.partition("=")
        parts = urlsplit(url)
        return cls(name, f"{parts.scheme}://{parts.hostname}:{parts.port}", parts.username or "")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def fill(self, runs: int, shape: Shape = Shape(), clients: int = 1, points: int = POINTS) -> None:
        """An experiment of `runs` runs, all alike; the last one has a history of `points` points."""
        try:
            self._fill(runs, shape, clients, points)
        except httpx.HTTPError as error:
            raise SystemExit(f"{self.name} cannot be filled: {error}") from error

    def _fill(self, runs: int, shape: Shape, clients: int, points: int) -> None:
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=120) as client:
            name = f"benchmark {os.getpid()} {time.time_ns()}"
            self.experiment = post(client, "experiments/create", {"name": name})["experiment_id"]

            def add(at: int) -> str:
                new = {"experiment_id": self.experiment, "start_time": START + at}
                run_id: str = post(client, "runs/create", new)["run"]["info"]["run_id"]
                post(client, "runs/log-batch", {"run_id": run_id, **_items(random.Random(at), shape)})
                return run_id

            with ThreadPoolExecutor(clients) as pool:
                *_, self.run = pool.map(add, range(runs))
            for first in range(0, points, 1000):
                history = [_metric("history", 1 / (step + 1), step) for step in range(first, first + 1000)]
                post(client, "runs/log-batch", {"run_id": self.run, "metrics": history})

    def memory(self) -> str:
        """Resident memory of the processes that listen, if they are on this machine and may be looked at."""
        port = urlsplit(self.url).port
        command = ["ss", "-Hltnp", f"sport = :{port}"]
        listening = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        total = 0
        for pid in set(re.findall(r"pid=(\d+)", listening)):
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(re.findall(r"VmRSS:\s+(\d+)", status)[0])
        return f"{total / 1024:.0f} MB" if total else "unknown"


def post(client: httpx.Client, path: str, body: object) -> Any:
    """The answer; raises httpx.HTTPStatusError for any but 2xx."""
    reply = client.post(API + path, json=body)
    reply.raise_for_status()
    return reply.json()


@contextmanager
def ours(folder: Path, database_url: str = "") -> Iterator[Server]:
    """A server of this project, without authentication as mlflow's is."""
    database = ("--database-url", database_url) if database_url else ()
    command = ["trackstack.server", "serve", "--no-auth", "--data-dir", str(folder / "trackstack"), *database]
    with _started("trackstack", lambda port: [*command, "--port", str(port)], folder) as server:
        yield server


@contextmanager
def mlflow(folder: Path, database_url: str = "") -> Iterator[Server]:
    """`mlflow server` with its defaults."""
    backend = database_url.replace("postgresql:", "postgresql+psycopg:") or f"sqlite:///{folder}/mlflow.db"
    command = [
        "mlflow",
        "server",
        "--backend-store-uri",
        backend,
        "--artifacts-destination",
        str(folder / "mlruns"),
    ]
    with _started("mlflow", lambda port: [*command, "--port", str(port)], folder) as server:
        yield server


@contextmanager
def postgres(folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL with default settings; makes databases by name and returns their URLs."""
    from tests.server.postgres import Postgres

    cluster = Postgres(folder / "postgres")
    cluster.start()
    try:
        yield cluster.create
    finally:
        cluster.stop()


@contextmanager
def _started(name: str, module: Callable[[int], Sequence[str]], folder: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *module(port)],
            stdout=file,
            stderr=file,
            start_new_session=True,  # mlflow's workers are stopped with it
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    server = Server(name, f"http://127.0.0.1:{port}")
    try:
        begun = time.monotonic()
        while not _healthy(server):
            if process.poll() is not None or time.monotonic() - begun > START_LIMIT_S:
                raise SystemExit(f"{name} does not start: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        print(f"{name}: healthy after {time.monotonic() - begun:.2f} s", file=sys.stderr)
        yield server
    finally:
        _stop(process)


def _healthy(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_LIMIT_S)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _metric(key: str, value: float, step: int) -> dict[str, object]:
    return {"key": key, "value": value, "timestamp": START + step, "step": step}


def _items(rest: random.Random, shape: Shape) -> dict[str, object]:
    return {
        "metrics": [_metric(f"m{at}", rest.random(), 0) for at in range(shape.metrics)],
        "params": [{"key": f"p{at}", "value": str(rest.randrange(10))} for at in range(shape.params)],
        "tags": [{"key": f"t{at}", "value": str(rest.randrange(5))} for at in range(shape.tags)],
    }
