"""Genuine older clients, each installed beside ours, against the server over HTTP."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.server.serving import Server

CLIENT = Path(__file__).with_name("older_client.py")
# Of those clients' time: later ones call what their span processors do not have.
TELEMETRY = "opentelemetry-sdk<1.34"


@pytest.fixture(scope="module", params=["2.22.4", "3.0.1"])
def older(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A version of MLflow, and the interpreter that has it; skips where it cannot be installed."""
    version: str = request.param
    folder = tmp_path_factory.mktemp("client")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    wanted = (f"mlflow-skinny=={version}", "pandas", TELEMETRY)
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mlflow-skinny {version} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return version, python


@pytest.mark.slow
def test_an_older_client_reads_back_what_it_wrote(
    older: tuple[str, Path], server: Server, name: str, tmp_path: Path
) -> None:
    version, python = older
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": server.url,
        "MLFLOW_TRACKING_TOKEN": server.token.text,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }

    done = subprocess.run(
        [str(python), str(CLIENT), name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{version} reads back the same"
