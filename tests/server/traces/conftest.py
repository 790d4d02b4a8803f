"""Traces of one experiment, made by MLflow's own client."""

import uuid
import warnings
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def experiment(tracking: object, name: str) -> str:
    """The id of a new experiment, which traces go to."""
    import mlflow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # the first span imports it, and gives up at its warnings
    return str(mlflow.set_experiment(name).experiment_id)


@pytest.fixture(autouse=True)
def synchronous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traces are there when the traced function returns."""
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")


@pytest.fixture
def trace(experiment: str) -> Iterator[Callable[..., str]]:
    """Makes a trace of two spans; returns its id."""
    import mlflow

    def make(question: str = "why", tags: dict[str, str] | None = None, session: str = "") -> str:
        with mlflow.start_span("answer", span_type="AGENT") as root:
            root.set_inputs({"question": question})
            with mlflow.start_span("search", span_type="TOOL") as inner:
                inner.set_attribute("model", "m-1")
                inner.set_outputs(["a", "b"])
            root.set_outputs({"answer": 42})
            mlflow.update_current_trace(
                tags=tags or {}, metadata={"mlflow.trace.session": session} if session else {}
            )
        return str(root.trace_id)

    yield make


@pytest.fixture
def trace_id() -> str:
    """A trace's id that nobody has used."""
    return f"tr-{uuid.uuid4().hex}"
