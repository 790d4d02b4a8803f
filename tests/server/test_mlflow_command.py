"""MLflow's own command line against the server, as people and scripts use it."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.server.serving import Server

if TYPE_CHECKING:
    from mlflow import MlflowClient

Run = Callable[..., str]

pytestmark = pytest.mark.slow  # MLflow takes seconds to start, each time


@pytest.fixture
def mlflow_command(server: Server, tmp_path: Path) -> Run:
    """Runs `mlflow …`; what it prints."""
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": server.url,
        "MLFLOW_TRACKING_TOKEN": server.token.text,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mlflow", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_experiments_are_made_renamed_found_deleted_and_restored(
    mlflow_command: Run, tracking: "MlflowClient", name: str
) -> None:
    mlflow_command("experiments", "create", "--experiment-name", name)
    made = tracking.get_experiment_by_name(name)
    assert made is not None
    id_ = made.experiment_id

    mlflow_command("experiments", "rename", "--experiment-id", id_, "--new-name", f"{name} again")
    assert f"{name} again" in mlflow_command("experiments", "search", "--view", "active_only")
    mlflow_command("experiments", "delete", "--experiment-id", id_)
    assert f"{name} again" in mlflow_command("experiments", "search", "--view", "deleted_only")
    mlflow_command("experiments", "restore", "--experiment-id", id_)

    assert tracking.get_experiment(id_).lifecycle_stage == "active"


def test_runs_are_listed_described_exported_deleted_and_restored(
    mlflow_command: Run, tracking: "MlflowClient", name: str
) -> None:
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment, run_name="by hand").info.run_id
    tracking.log_metric(run, "m", 0.5)

    assert run in mlflow_command("runs", "list", "--experiment-id", experiment)
    described = json.loads(mlflow_command("runs", "describe", "--run-id", run))
    assert described["data"]["metrics"] == {"m": 0.5}
    exported = mlflow_command("experiments", "csv", "--experiment-id", experiment)
    (row,) = csv.DictReader(io.StringIO(exported))
    assert (row["run_id"], row["metrics.m"]) == (run, "0.5")
    mlflow_command("runs", "delete", "--run-id", run)
    assert tracking.get_run(run).info.lifecycle_stage == "deleted"
    mlflow_command("runs", "restore", "--run-id", run)

    assert tracking.get_run(run).info.lifecycle_stage == "active"


def test_artifacts_go_up_are_listed_and_come_back(
    mlflow_command: Run, tracking: "MlflowClient", name: str, tmp_path: Path
) -> None:
    run = tracking.create_run(tracking.create_experiment(name)).info.run_id
    (tmp_path / "up" / "deep").mkdir(parents=True)
    (tmp_path / "up" / "deep" / "b.bin").write_bytes(bytes(range(256)))
    (tmp_path / "a.txt").write_text("a")

    mlflow_command("artifacts", "log-artifact", "--local-file", "a.txt", "--run-id", run)
    mlflow_command("artifacts", "log-artifacts", "--local-dir", "up", "--run-id", run, "--artifact-path", "f")
    listed = json.loads(mlflow_command("artifacts", "list", "--run-id", run))
    mlflow_command("artifacts", "download", "--run-id", run, "--artifact-path", "f", "--dst-path", "down")

    assert {(file["path"], file["is_dir"]) for file in listed} == {("a.txt", False), ("f", True)}
    assert (tmp_path / "down" / "f" / "deep" / "b.bin").read_bytes() == bytes(range(256))
