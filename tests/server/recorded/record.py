"""Writes answers.json: starts a genuine `mlflow server`, sends it the requests, takes down what it says.

python -m tests.server.recorded.record
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from tests.server.recorded.replay import replay

PORT = 18765


def main() -> None:
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
                answers = replay(client)
        finally:
            server.terminate()
            server.wait(30)
    file = Path(__file__).with_name("answers.json")
    file.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")


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
