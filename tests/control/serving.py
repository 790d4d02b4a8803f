"""Control planes as processes of their own, on a project's folder and in a home of the test's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from stackit.core.configuration import Configuration  # type: ignore[import-untyped]
from stackit.modelexperiments.api.default_api import DefaultApi

from trackstack.stacks.project import Project

BIN = Path(sys.executable).parent
PROJECT = "792ff0e7-be72-4135-91fa-74adab5cec76"
OTHER_PROJECT = "11111111-2222-4333-8444-555555555555"
NOT_ASKED_OFTEN = ("--requests-per-s", "10000", "--requests-burst", "100000")
PATIENCE_S = 60.0


def until(true: Callable[[], Any], what: str = "") -> Any:
    """What `true` gives once that is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < deadline, what or true
        time.sleep(0.05)
    return found


@dataclass
class ControlPlane:
    """A control plane; may be stopped, killed and started again on the same port."""

    home: Path
    flags: tuple[str, ...] = NOT_ASKED_OFTEN
    scheme: str = "http"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    verify: Any = True
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.home / "project"

    @property
    def project(self) -> Project:
        return Project(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        return passed_on | {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
        }

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    @property
    def token(self) -> str:
        """The bootstrap token."""
        return (self.folder / "state" / "control" / "bootstrap-token").read_text().strip()

    def command(self, *arguments: str) -> str:
        """What `trackstack ARGUMENTS` prints in the project."""
        done = subprocess.run(
            [BIN / "trackstack", *arguments, "--project", str(self.folder)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def launch(self) -> None:
        """Start it, without waiting."""
        self.port = self.port or _free_port()
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(BIN / "trackstack", "serve", "--project", str(self.folder)),
                    *("--port", str(self.port), *self.flags),
                ],
                stdout=log,
                stderr=log,
                env=self.environment,
            )

    def start(self) -> None:
        """Returns when it is ready."""
        self.launch()
        until(self.ready, "the control plane is ready")

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return httpx.get(f"{self.url}/ready", timeout=5, verify=self.verify).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def client(self, token: str | None = None, project: str = PROJECT, version: str = "v1") -> httpx.Client:
        """An HTTP client of the project's instances."""
        base = f"{self.url}/{version}/projects/{project}/regions/eu01"
        client = httpx.Client(
            base_url=base,
            headers={"Authorization": f"Bearer {token or self.token}"},
            timeout=60,
            verify=self.verify,
        )
        self.clients.append(client)
        return client

    def genuine(self, token: str | None = None) -> DefaultApi:
        """The published SDK's client."""
        return DefaultApi(Configuration(custom_endpoint=self.url, service_account_token=token or self.token))

    def servers(self) -> list[psutil.Process]:
        """The server processes of the project's instances."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            line = " ".join(process.info["cmdline"] or ())
            here = str(self.folder) in line and "trackstack.server" in line
            if here and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def switch_off(self) -> None:
        """End all that still runs."""
        for client in self.clients:
            client.close()
        if self.process is not None:
            self.kill()
        for process in self.servers():
            with suppress(psutil.NoSuchProcess):  # one that was just ending
                process.kill()
                process.wait(5)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.process = None
        return code


def settled(client: httpx.Client, id_: str) -> dict[str, Any]:
    """The instance once nothing is under way; empty when it is gone."""

    def look() -> dict[str, Any] | None:
        answer = client.get(f"/instances/{id_}")
        if answer.status_code == 404:
            return {"state": "gone"}
        assert answer.status_code == 200, answer.text
        instance: dict[str, Any] = answer.json()["instance"]
        return instance if instance["state"] in ("active", "impaired") else None

    found: dict[str, Any] = until(look, f"{id_} is settled")
    return found


def made(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A new instance, active."""
    answer = client.post("/instances", json={"name": "demo"} | fields)
    assert answer.status_code == 202, answer.text
    instance = settled(client, answer.json()["instance"]["id"])
    assert instance["state"] == "active", instance
    return instance


def assert_error(answer: httpx.Response, status: int, text: str = "") -> None:
    """The one shape of every error, but for the catalog's, which is OpenMetadata's."""
    document = answer.json()
    assert answer.status_code == status, answer.text
    if answer.request.url.path.startswith("/api/v1/"):
        assert {"code", "message"} <= document.keys() <= {"code", "message", "errorType"}
    else:
        assert document.keys() == {"code", "message", "status"}
    assert document["code"] == status and text in document["message"], document
    assert "\n" not in document["message"] and "Traceback" not in answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
