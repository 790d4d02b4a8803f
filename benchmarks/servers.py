"""Tracking servers under test: those that run already, and those that a benchmark starts itself."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from benchmarks.filling import API, Content, Shape, by_sql, check, over_http

__all__ = ["API", "Server", "mlflow", "ours", "postgres"]

START_LIMIT_S = 240  # mlflow makes its tables first
STOP_LIMIT_S = 20
_SETTLE_LIMIT_S = 60
_LOOK_S = 0.25
_AT_REST = 0.1  # of a processor
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One server under test, filled with the same runs as the others."""

    name: str
    url: str
    token: str = ""
    mlflow_database: str = ""  # whose tables may be filled by SQL
    session: int = 0  # of its processes, where the benchmark started them
    start_s: float | None = None
    experiment: str = ""
    run: str = ""  # the newest of the experiment
    log_experiment: str = ""
    log: str = ""  # a run for what is logged

    @classmethod
    def named(cls, text: str) -> "Server":
        """NAME=URL; a token goes into the address: NAME=http://token@127.0.0.1:5002."""
        name, _, url = text.partition("=")
        parts = urlsplit(url)
        return cls(name, f"{parts.scheme}://{parts.hostname}:{parts.port}", parts.username or "")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def fill(self, content: Content, clients: int = 1) -> None:
        """An experiment of that content; looked at afterwards. Raises SystemExit where that cannot be."""
        try:
            with httpx.Client(base_url=self.url, headers=self.headers, timeout=120) as client:
                if self.mlflow_database:
                    self.experiment, self.run = by_sql(client, content, self.mlflow_database)
                else:
                    self.experiment, self.run = over_http(client, content, clients)
                check(client, content, self.experiment, self.run)
                self.log_experiment, self.log = over_http(client, Content(1, Shape(0, 0, 0), 0))
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise SystemExit(f"{self.name} cannot be filled: {error}") from error
        self.settle()

    def memory_mb(self) -> float | None:
        """Resident memory of its processes, if they are on this machine and may be looked at."""
        total = 0
        for pid in self._processes():
            status = _read(f"/proc/{pid}/status")
            total += sum(map(int, re.findall(r"VmRSS:\s+(\d+)", status)))
        return total / 1024 or None

    def settle(self) -> None:
        """Waits until its processes rest: what they still do would be the next measurement's burden."""
        until = time.monotonic() + _SETTLE_LIMIT_S
        before = self._worked_s()
        while time.monotonic() < until:
            time.sleep(_LOOK_S)
            now = self._worked_s()
            if now - before < _AT_REST * _LOOK_S:
                return
            before = now

    def _worked_s(self) -> float:
        """Processor time of its processes."""
        stats = (_read(f"/proc/{pid}/stat").rpartition(")")[2].split() for pid in self._processes())
        return sum(int(fields[11]) + int(fields[12]) for fields in stats if fields) / _TICKS

    def _processes(self) -> set[int]:
        if self.session:
            listed = subprocess.run(
                ["ps", "-o", "pid=", "-s", str(self.session)], check=False, capture_output=True, text=True
            )
            return set(map(int, listed.stdout.split()))
        command = ["ss", "-Hltnp", f"sport = :{urlsplit(self.url).port}"]
        listening = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        return set(map(int, re.findall(r"pid=(\d+)", listening)))


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
        server.mlflow_database = backend
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
    begun = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *module(port)],
            stdout=file,
            stderr=file,
            start_new_session=True,  # mlflow's workers are stopped with it
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    server = Server(name, f"http://127.0.0.1:{port}", session=process.pid)
    try:
        while not _healthy(server):
            if process.poll() is not None or time.monotonic() - begun > START_LIMIT_S:
                raise SystemExit(f"{name} does not start: {log.read_text()[-2000:]}")
            time.sleep(0.02)
        server.start_s = time.monotonic() - begun
        server.settle()  # mlflow's other workers still begin
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


def _read(path: str) -> str:
    """The file's text; empty for a process that has ended."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""
