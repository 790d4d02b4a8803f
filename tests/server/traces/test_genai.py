"""MLflow's evaluation of generative models with judges that are code: traces, feedback, datasets at once."""

import mlflow
import pytest
from mlflow.entities import AssessmentSource, AssessmentSourceType, Feedback
from mlflow.genai import datasets
from mlflow.genai.scorers import delete_scorer, list_scorers, scorer

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, and pandas'


@scorer
def exact(outputs: str, expectations: dict[str, str]) -> bool:
    return outputs == expectations["answer"]


@scorer
def length(outputs: str) -> Feedback:
    return Feedback(name="length", value=len(outputs), rationale="its letters", metadata={"unit": "letters"})


@mlflow.trace(span_type="CHAIN")
def answer(question: str) -> str:
    with mlflow.start_span("lookup", span_type="TOOL") as span:
        span.set_inputs({"question": question})
        span.set_outputs(question.upper())
    return question.upper()


@pytest.mark.slow
def test_a_dataset_is_evaluated_and_every_answer_has_its_trace_and_feedback(
    experiment: str, name: str
) -> None:
    dataset = datasets.create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records([
        {"inputs": {"question": "a"}, "expectations": {"answer": "A"}},
        {"inputs": {"question": "bb"}, "expectations": {"answer": "no"}},
    ])  # fmt: skip

    result = mlflow.genai.evaluate(data=dataset, predict_fn=answer, scorers=[exact, length])

    assert result.metrics["exact/mean"] == 0.5
    found = mlflow.search_traces(locations=[experiment], run_id=result.run_id, return_type="list")
    assert len(found) == 2
    for trace in found:
        given = {one.name: one.value for one in trace.info.assessments}
        question = trace.data.spans[0].inputs["question"]
        assert (given["exact"], given["length"]) == (question == "a", len(question))
        assert [span.name for span in trace.data.spans] == ["answer", "lookup"]
    right = mlflow.search_traces(locations=[experiment], filter_string="feedback.exact = 'true'")
    assert list(right["request"]) == [{"question": "a"}]
    used = mlflow.MlflowClient().get_run(result.run_id).inputs
    assert used and [one.dataset.name for one in used.dataset_inputs] == [name]


def test_feedback_of_a_person_is_logged_changed_and_deleted(experiment: str) -> None:
    answer("a")
    mlflow.flush_trace_async_logging()
    (trace,) = mlflow.search_traces(locations=[experiment], return_type="list")
    person = AssessmentSource(AssessmentSourceType.HUMAN, "bob")

    trace_id = trace.info.trace_id
    first = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, source=person).assessment_id
    assert first
    mlflow.update_assessment(trace_id, first, Feedback("good", value=False))
    found = mlflow.get_assessment(trace_id, first)
    assert isinstance(found, Feedback)
    assert (found.value, found.source.source_id) == (False, "bob")
    mlflow.delete_assessment(trace_id, first)

    (trace,) = mlflow.search_traces(locations=[experiment], return_type="list")
    assert not trace.info.assessments


def test_a_scorer_is_registered_listed_and_deleted(experiment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS", "true")  # the client's: it runs stored code
    exact.register(name="mine", experiment_id=experiment)
    assert [one.name for one in list_scorers(experiment_id=experiment)] == ["mine"]
    delete_scorer(name="mine", experiment_id=experiment, version="all")

    assert list_scorers(experiment_id=experiment) == []
