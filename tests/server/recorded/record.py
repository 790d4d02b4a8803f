"""Writes what a genuine `mlflow server` says to the requests of each module, as JSON beside it.

python -m tests.server.recorded.record [module...]

MLflow answers GraphQL, of which `files` has some requests, with graphene 3 and a graphql-core below 3.3. This
server's is newer: record `files` in an environment that has the older one.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from typing import Any

import httpx
from tests.server.recorded.cases import Request
from tests.server.recorded.replay import replay
from tests.server.recorded.suites import SUITES, file_of

PORT = 18765


def main() -> None:
    for name in sys.argv[1:] or SUITES:
        answers = _recorded(SUITES[name].requests)
        file_of(name).write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")


def _recorded(requests: Iterable[Request]) -> dict[str, Any]:
    """What a fresh server answers."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--port", str(PORT), "--workers", "1"),
                *("--backend-store-uri", f"sqlite:///{folder}/m.db", "--artifacts-destination", folder),
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_DISABLE_TELEMETRY": "true",
            },
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=30) as client:
                _wait(client)
                return replay(client, requests)
        finally:
            server.terminate()
            server.wait(30)


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise TimeoutError("mlflow server did not start")


if __name__ == "__main__":
    main()
