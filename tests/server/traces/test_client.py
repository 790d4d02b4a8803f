"""Traces by MLflow's own client."""

import time
from collections.abc import Callable

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import SpanType
from mlflow.exceptions import MlflowException

Trace = Callable[..., str]


def test_a_decorated_function_leaves_a_trace_with_its_spans(experiment: str) -> None:
    @mlflow.trace(span_type=SpanType.TOOL)
    def add(x: int, y: int) -> int:
        return x + y

    @mlflow.trace
    def work(x: int) -> int:
        return add(x, 2) * 10

    assert work(1) == 30
    found = mlflow.get_trace(str(mlflow.get_last_active_trace_id()))

    assert found is not None
    outer, inner = found.data.spans
    assert (outer.name, outer.inputs, outer.outputs) == ("work", {"x": 1}, 30)
    assert (inner.name, inner.parent_id, inner.span_type) == ("add", outer.span_id, "TOOL")
    assert inner.inputs == {"x": 1, "y": 2}
    assert found.info.state == "OK"
    assert found.info.experiment_id == experiment
    assert found.info.tags["mlflow.traceName"] == "work"
    assert found.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert found.info.request_preview == '{"x": 1}'
    assert found.info.execution_duration is not None


def test_an_exception_is_kept_with_its_span(experiment: str) -> None:
    @mlflow.trace
    def fail() -> None:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        fail()
    found = mlflow.get_trace(str(mlflow.get_last_active_trace_id()))

    assert found is not None
    assert found.info.state == "ERROR"
    assert found.data.spans[0].status.description == "ValueError: no luck"
    assert found.data.spans[0].events[0].attributes["exception.message"] == "no luck"


def test_spans_keep_attributes_events_and_links(experiment: str) -> None:
    with mlflow.start_span("outer") as outer:
        outer.set_attributes({"n": 1, "x": 2.5, "deep": {"a": [1, None, True]}, "ä": "ö"})
        outer.add_event(mlflow.entities.SpanEvent("seen", attributes={"k": "v"}))  # type: ignore[abstract]  # theirs
    found = mlflow.get_trace(outer.trace_id)

    assert found is not None
    span = found.data.spans[0]
    assert span.get_attribute("deep") == {"a": [1, None, True]}
    assert (span.get_attribute("n"), span.get_attribute("x")) == (1, 2.5)
    assert span.get_attribute("ä") == "ö"
    assert span.events[0].name == "seen"
    assert span.start_time_ns == outer.start_time_ns


def test_traces_exported_in_the_background_arrive(
    experiment: str, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true")
    made = {trace(question=str(number)) for number in range(5)}
    mlflow.flush_trace_async_logging()

    found = mlflow.search_traces(locations=[experiment], return_type="list")

    assert {one.info.trace_id for one in found} == made
    assert all(len(one.data.spans) == 2 for one in found)


def test_traces_are_searched_with_their_spans_and_page_by_page(experiment: str, trace: Trace) -> None:
    made = [trace(question=str(number), tags={"n": str(number)}) for number in range(5)]

    client = MlflowClient()
    pages: list[list[str]] = []
    token = None
    while token is not None or not pages:
        page = client.search_traces(locations=[experiment], max_results=2, page_token=token)
        pages.append([one.info.trace_id for one in page])
        token = page.token

    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(one for page in pages for one in page) == sorted(made)
    (found,) = client.search_traces(locations=[experiment], filter_string="tags.n = '3'")
    assert found.info.trace_id == made[3]
    assert found.data.spans[0].inputs == {"question": "3"}


def test_tags_are_set_and_deleted(trace: Trace) -> None:
    trace_id = trace()
    client = MlflowClient()

    client.set_trace_tag(trace_id, "colour", "blue")
    assert client.get_trace(trace_id).info.tags["colour"] == "blue"
    client.delete_trace_tag(trace_id, "colour")
    assert "colour" not in client.get_trace(trace_id).info.tags
    with pytest.raises(MlflowException, match="No trace tag with key 'colour'"):
        client.delete_trace_tag(trace_id, "colour")


def test_sessions_and_runs_are_found_by_their_traces(experiment: str, trace: Trace) -> None:
    with mlflow.start_run() as run:
        in_run = trace(session="s-1")
    later = trace(session="s-1")
    trace(session="s-2")
    client = MlflowClient()

    in_session = client.search_traces(
        locations=[experiment], filter_string="metadata.`mlflow.trace.session` = 's-1'"
    )
    assert {one.info.trace_id for one in in_session} == {in_run, later}
    assert [
        one.info.trace_id for one in client.search_traces(locations=[experiment], run_id=run.info.run_id)
    ] == [in_run]
    client.link_traces_to_run([later], run.info.run_id)
    linked = client.search_traces(locations=[experiment], run_id=run.info.run_id)
    assert {one.info.trace_id for one in linked} == {in_run, later}


def test_traces_are_deleted_by_id_and_by_age(experiment: str, trace: Trace) -> None:
    first, second, third = trace(), trace(), trace()
    client = MlflowClient()

    assert client.delete_traces(experiment, trace_ids=[second, "tr-none"]) == 1
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000), max_traces=1) == 1
    left = client.search_traces(locations=[experiment])

    assert [one.info.trace_id for one in left] == [third]
    with pytest.raises(MlflowException, match=f"Trace with ID '{first}' not found"):
        client.get_trace(first)


def test_token_usage_is_added_up_over_spans(experiment: str) -> None:
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    with mlflow.start_span("chat", span_type="AGENT") as root:
        for _ in range(2):
            with mlflow.start_span("call", span_type="LLM") as call:
                call.set_attribute("mlflow.chat.tokenUsage", usage)
    found = mlflow.get_trace(root.trace_id)

    assert found is not None
    assert found.info.token_usage == {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}


def test_prompts_are_linked_and_found(experiment: str, trace: Trace, name: str) -> None:
    prompt = mlflow.genai.register_prompt(name, "Hello {{name}}")
    trace_id = trace()
    client = MlflowClient()

    client.link_prompt_versions_to_trace([prompt], trace_id)
    found = client.search_traces(locations=[experiment], filter_string=f"prompt = '{name}/1'")

    assert [one.info.trace_id for one in found] == [trace_id]
