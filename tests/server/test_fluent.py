"""What MLflow's fluent client does by itself: autologging, background logging, tables, figures, images."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import numpy
import pytest

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, and those of the libraries that it calls

RUNS = 2500


@pytest.fixture
def experiment(tracking: "MlflowClient", name: str) -> str:
    return str(mlflow.set_experiment(name).experiment_id)


@pytest.mark.slow
def test_training_is_logged_by_itself_with_its_model(tracking: "MlflowClient", experiment: str) -> None:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.model_selection import GridSearchCV  # type: ignore[import-untyped]

    mlflow.sklearn.autolog()
    try:
        features = numpy.arange(40.0).reshape(-1, 1)
        labels = (features.ravel() > 20).astype(int)
        with mlflow.start_run() as run:
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)

    found = tracking.get_run(run.info.run_id)
    assert found.data.params["cv"] == "2"
    assert found.data.metrics["best_cv_score"] > 0.5
    assert found.data.tags["estimator_name"] == "GridSearchCV"
    children = tracking.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert {child.data.params["C"] for child in children} == {"0.1", "1.0"}
    assert "cv_results.csv" in {file.path for file in tracking.list_artifacts(run.info.run_id)}
    models = tracking.search_logged_models([experiment], f"source_run_id = '{run.info.run_id}'")
    best = next(model for model in models if model.name == "best_estimator")
    assert mlflow.sklearn.load_model(best.model_uri).predict([[30.0]])[0] == 1


def test_what_is_logged_in_the_background_arrives_whole_and_in_order(
    tracking: "MlflowClient", experiment: str
) -> None:
    with mlflow.start_run() as run:
        for step in range(500):
            mlflow.log_metric("loss", step, step=step, synchronous=False)
        mlflow.log_params({f"p{i}": i for i in range(150)}, synchronous=False)
        mlflow.set_tag("t", "v", synchronous=False)
    mlflow.flush_async_logging()

    history = tracking.get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == list(range(500))
    found = tracking.get_run(run.info.run_id).data
    assert (len(found.params), found.tags["t"]) == (150, "v")


def test_metrics_of_the_machine_are_logged_while_a_run_lasts(
    tracking: "MlflowClient", experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.05")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", "1")
    with mlflow.start_run(log_system_metrics=True) as run:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            metrics = tracking.get_run(run.info.run_id).data.metrics
            if "system/cpu_utilization_percentage" in metrics:
                break
            time.sleep(0.05)

    assert 0 <= metrics["system/cpu_utilization_percentage"] <= 100
    assert tracking.get_metric_history(run.info.run_id, "system/system_memory_usage_megabytes")


def test_tables_figures_images_and_texts_come_back(
    tracking: "MlflowClient", experiment: str, tmp_path: Path
) -> None:
    import matplotlib.pyplot
    from PIL import Image

    with mlflow.start_run() as run:
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "answers.json")
        mlflow.log_table({"q": ["c"], "n": [3]}, "answers.json")
        figure, axes = matplotlib.pyplot.subplots()
        axes.plot([1, 2])
        mlflow.log_figure(figure, "plots/line.png")
        matplotlib.pyplot.close(figure)
        for step in range(2):
            pixels = numpy.full((4, 6, 3), step * 100, dtype=numpy.uint8)
            mlflow.log_image(pixels, key="sample", step=step)
        mlflow.log_image(pixels, artifact_file="last.png")
        mlflow.log_dict({"a": [1, {"b": None}]}, "tree.yaml")

    table = mlflow.load_table("answers.json", run_ids=[run.info.run_id], extra_columns=["run_id"])
    assert list(zip(table["q"], table["n"], table["run_id"], strict=True)) == [
        (q, n, run.info.run_id) for q, n in (("a", 1), ("b", 2), ("c", 3))
    ]
    root = f"runs:/{run.info.run_id}"
    with Image.open(mlflow.artifacts.download_artifacts(f"{root}/last.png", dst_path=str(tmp_path))) as image:
        assert (image.size, image.getpixel((0, 0))) == ((6, 4), (100, 100, 100))
    assert mlflow.artifacts.load_image(f"{root}/plots/line.png").size[0] > 100
    images = [file.path for file in tracking.list_artifacts(run.info.run_id, "images")]
    assert len([path for path in images if path.endswith(".png")]) == 2
    assert mlflow.artifacts.load_text(f"{root}/tree.yaml") == "a:\n- 1\n- b: null\n"
    assert tracking.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]


@pytest.mark.slow
def test_thousands_of_runs_are_found_each_once_and_in_order(
    tracking: "MlflowClient", experiment: str
) -> None:
    for number in range(1, RUNS + 1):
        run = tracking.create_run(experiment, start_time=number, tags={"third": str(number % 3)})
        tracking.log_metric(run.info.run_id, "m", number % 50)

    found = mlflow.search_runs([experiment], order_by=["metrics.m DESC", "attributes.start_time ASC"])
    wanted = sorted(range(1, RUNS + 1), key=lambda number: (-(number % 50), number))
    assert [round(start.timestamp() * 1000) for start in found["start_time"]] == wanted
    thirds = mlflow.search_runs([experiment], "tags.third = '0' and metrics.m < 25", max_results=RUNS)
    assert len(thirds) == sum(number % 3 == 0 and number % 50 < 25 for number in range(1, RUNS + 1))
    assert len(mlflow.search_runs([experiment], max_results=1001)) == 1001
