"""Tracking servers as processes of their own, as users run them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from trackstack import tokens

START_TIMEOUT_S = 60.0


@dataclass
class Server:
    """A server on a data folder; may be stopped, killed and started again on the same port."""

    data_dir: Path
    flags: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    token: tokens.Token = field(default_factory=tokens.mint)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.data_dir / "server.log").read_text()

    def start(self) -> None:
        """Returns when the server is healthy."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "admin-token").write_text(f"{self.token.id} {self.token.digest}\n")
        self.port = self.port or _free_port()
        with (self.data_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "trackstack.server", "serve"),
                    *("--port", str(self.port), "--data-dir", str(self.data_dir), *self.flags),
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.healthy():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is written any more."""
        self._end(signal.SIGKILL)

    def client(self) -> httpx.Client:
        """An HTTP client with the admin token."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token.text}"}, timeout=30
        )

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.process = None
        return code


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
