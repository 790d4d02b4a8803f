"""What an older client does against a server, in words that MLflow 2.22 knows; prints how far it came.

Run as a program with MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN set, in an empty folder.
"""

import sys
import time
from pathlib import Path

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

STEPS = 50
client = MlflowClient()


def id_of(experiment: str) -> str:
    """The id of the experiment of that name."""
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return str(found.experiment_id)


def runs(experiment: str) -> str:
    """A run with metrics, parameters, tags and artifacts, which reads back the same and is found."""
    mlflow.set_experiment(experiment)
    now = int(time.time() * 1000)
    with mlflow.start_run(run_name="first") as active:
        run: str = active.info.run_id
        mlflow.log_params({"layers": 3, "optimizer": "adam äöü"})
        points = [Metric("loss", 1 / (step + 1), now + step, step) for step in range(STEPS)]
        client.log_batch(run, metrics=points, params=[Param("more", "x")], tags=[RunTag("stage", "test")])
        mlflow.log_metric("accuracy", 0.9)
        mlflow.log_text("line one\nline two", "notes/text.txt")
        mlflow.log_dict({"a": [1, 2]}, "data.json")
    data = client.get_run(run).data
    assert data.params == {"layers": "3", "optimizer": "adam äöü", "more": "x"}
    assert (data.metrics["accuracy"], data.tags["stage"]) == (0.9, "test")
    assert [point.step for point in client.get_metric_history(run, "loss")] == list(range(STEPS))
    found = mlflow.search_runs(
        experiment_names=[experiment],
        filter_string="metrics.accuracy > 0.5 and params.layers = '3' and tags.stage = 'test'",
        order_by=["metrics.loss ASC"],
    )
    assert list(found["run_id"]) == [run]
    return run


def artifacts(run: str) -> None:
    """What was written is listed and comes back byte for byte."""
    Path("up").mkdir()
    data = bytes(range(256)) * 4096
    Path("up", "blob.bin").write_bytes(data)
    client.log_artifacts(run, "up", "files")
    assert {file.path for file in client.list_artifacts(run)} == {"data.json", "files", "notes"}
    down = Path(client.download_artifacts(run, "files"))
    assert (down / "blob.bin").read_bytes() == data
    assert mlflow.artifacts.load_text(f"runs:/{run}/notes/text.txt") == "line one\nline two"


def registry(run: str, name: str) -> None:
    """A version with a tag, an alias and a stage."""
    client.create_registered_model(name, tags={"team": "vision"})
    source = f"{client.get_run(run).info.artifact_uri}/files"
    one = client.create_model_version(name, source, run)
    two = client.create_model_version(name, source, run)
    client.set_registered_model_alias(name, "champion", one.version)
    client.set_model_version_tag(name, two.version, "checked", "yes")
    client.transition_model_version_stage(name, two.version, "Production")
    assert client.get_model_version_by_alias(name, "champion").version == one.version
    assert [each.version for each in client.get_latest_versions(name, ["Production"])] == [two.version]
    assert len(client.search_model_versions(f"name = '{name}'")) == 2
    assert [each.name for each in client.search_registered_models(f"name = '{name}'")] == [name]
    client.delete_registered_model_alias(name, "champion")
    client.delete_model_version(name, one.version)
    client.delete_registered_model(name)


def lifecycle(experiment: str, run: str) -> None:
    """Runs and experiments are deleted, restored, renamed."""
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    client.restore_run(run)
    id_ = id_of(experiment)
    client.delete_experiment(id_)
    deleted = client.search_experiments(view_type=ViewType.DELETED_ONLY)
    assert id_ in [each.experiment_id for each in deleted]
    client.restore_experiment(id_)
    client.rename_experiment(id_, f"{experiment} renamed")
    assert client.get_experiment(id_).name == f"{experiment} renamed"
    assert client.get_run(run).info.lifecycle_stage == "active"


def traces(experiment: str) -> None:
    """A trace of two spans is stored, found and tagged."""
    mlflow.set_experiment(experiment)
    with mlflow.start_span(name="question") as outer:
        outer.set_inputs({"text": "how far?"})
        with mlflow.start_span(name="thought") as inner:
            inner.set_attribute("depth", 2)
        outer.set_outputs({"text": "all the way"})
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    id_ = id_of(experiment)
    [trace] = client.search_traces(experiment_ids=[id_])
    assert [span.name for span in trace.data.spans] == ["question", "thought"]
    assert trace.data.spans[0].inputs == {"text": "how far?"}
    client.set_trace_tag(trace.info.request_id, "rating", "good")
    assert client.get_trace(trace.info.request_id).info.tags["rating"] == "good"


def main(word: str) -> None:
    """Everything, under names with `word`."""
    run = runs(word)
    artifacts(run)
    registry(run, f"{word} model")
    lifecycle(word, run)
    traces(f"{word} traces")
    print(f"{mlflow.__version__} reads back the same")


if __name__ == "__main__":
    main(sys.argv[1])
