"""What a data scientist runs against an instance, and reads back: MLflow's own client, autologging included.

Run as a program with MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN set, in an empty folder.
"""

import hashlib
import os
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # publishes no types
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Metric, Run
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # publishes no types

SMALL, LARGE = 1024, 50 * 1024 * 1024
STEPS = 100
METRICS = ("loss", "accuracy", "learning rate")


def value(metric: str, step: int) -> float:
    """The point of a curve."""
    return METRICS.index(metric) + 1 / (step + 1)


def write_artifacts(folder: Path) -> dict[str, str]:
    """Two files, one larger than what fits into one request; their digests by path."""
    folder.mkdir()
    digests = {}
    for name, size in {"small.bin": SMALL, "large.bin": LARGE}.items():
        data = os.urandom(size)
        (folder / name).write_bytes(data)
        digests[f"files/{name}"] = hashlib.sha256(data).hexdigest()
    return digests


def train(table: pd.DataFrame) -> Run:
    """An autologged fit with a dataset as its input."""
    with mlflow.start_run(run_name="parent", tags={"team": "vision"}) as run:
        dataset = from_pandas(table, name="points", targets="label")
        mlflow.log_input(dataset, context="training")
        LogisticRegression(C=0.5).fit(table[["x", "y"]].to_numpy(), table["label"].to_numpy())
    return mlflow.get_run(run.info.run_id)


def log_curves(parent: Run, files: Path) -> Run:
    """A nested run with curves, parameters, tags and artifacts."""
    with mlflow.start_run(run_id=parent.info.run_id), mlflow.start_run(run_name="child", nested=True) as run:
        mlflow.log_params({"layers": 3, "optimizer": "adam äöü"})
        mlflow.set_tags({"stage": "test", "note": "line one\nline two"})
        now = int(time.time() * 1000)
        points = [Metric(name, value(name, s), now + s, s) for name in METRICS for s in range(STEPS)]
        mlflow.MlflowClient().log_batch(run.info.run_id, metrics=points)
        mlflow.log_artifacts(str(files), "files")
    return mlflow.get_run(run.info.run_id)


def check_parent(run: Run) -> None:
    """What autologging wrote is there."""
    assert run.data.params["C"] == "0.5"
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert run.inputs is not None
    assert "points" in [each.dataset.name for each in run.inputs.dataset_inputs]


def check_child(run: Run, parent: Run) -> None:
    """What was logged is there, to the last point."""
    assert run.data.params == {"layers": "3", "optimizer": "adam äöü"}
    assert run.data.tags["note"] == "line one\nline two"
    assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
    for name in METRICS:
        points = mlflow.MlflowClient().get_metric_history(run.info.run_id, name)
        assert [(p.step, p.value) for p in points] == [(s, value(name, s)) for s in range(STEPS)]


def check_search(parent: Run, child: Run) -> None:
    """Filter and order work together."""
    found = mlflow.search_runs(
        search_all_experiments=True,
        filter_string="metrics.loss < 2 and tags.stage = 'test' and params.layers = '3'",
        order_by=["metrics.loss ASC"],
    )
    assert list(found["run_id"]) == [child.info.run_id]
    newest = mlflow.search_runs(experiment_names=["e2e"], order_by=["attributes.start_time DESC"])
    assert list(newest["run_id"]) == [child.info.run_id, parent.info.run_id]


def check_artifacts(run: Run, digests: dict[str, str]) -> None:
    """Byte for byte what was written."""
    folder = Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="files"))
    read = {f"files/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    assert read == digests


def main() -> None:
    """The whole session."""
    random = np.random.default_rng(7)
    table = pd.DataFrame({"x": random.normal(size=200), "y": random.normal(size=200)})
    table["label"] = (table["x"] + table["y"] > 0).astype(float)
    digests = write_artifacts(Path("written"))

    mlflow.set_experiment("e2e")
    mlflow.sklearn.autolog(log_models=False)
    parent = train(table)
    child = log_curves(parent, Path("written"))

    check_parent(mlflow.get_run(parent.info.run_id))
    check_child(child, parent)
    check_search(parent, child)
    check_artifacts(child, digests)
    print("read back the same")


if __name__ == "__main__":
    main()
