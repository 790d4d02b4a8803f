"""Assessments by MLflow's own client."""

from collections.abc import Callable

import mlflow
import pytest
from mlflow.entities import AssessmentError, AssessmentSource, Feedback
from mlflow.exceptions import MlflowException

Trace = Callable[..., str]
HUMAN = AssessmentSource("HUMAN", "ada")


@pytest.mark.parametrize("value", [True, False, 3, 2.5, "good", ["a", 1], {"k": {"n": None}}, None])
def test_feedback_keeps_every_json_value(trace: Trace, value: object) -> None:
    trace_id, why = trace(), "judge failed"
    made = mlflow.log_feedback(
        trace_id=trace_id,
        name="rating",
        value=value,  # type: ignore[arg-type]
        error=None if value is not None else AssessmentError("E", why),
        source=HUMAN,
        rationale="why not",
        metadata={"k": "v"},
    )
    found = mlflow.get_assessment(trace_id, str(made.assessment_id))

    assert isinstance(found, Feedback)
    assert found.value == value
    assert (found.rationale, found.source, found.metadata) == ("why not", HUMAN, {"k": "v"})
    assert found.valid
    assert (found.error.error_message if found.error else None) == (why if value is None else None)


@pytest.mark.parametrize("value", [True, 3, "gold", {"answer": [1, 2]}])
def test_expectations_keep_their_values(trace: Trace, value: object) -> None:
    trace_id = trace()
    made = mlflow.log_expectation(trace_id=trace_id, name="expected", value=value)

    assert mlflow.get_assessment(trace_id, str(made.assessment_id)).value == value  # type: ignore[attr-defined]


def test_an_update_changes_what_it_names(trace: Trace) -> None:
    trace_id = trace()
    made = mlflow.log_feedback(
        trace_id=trace_id, name="rating", value=1, rationale="first", metadata={"a": "1"}
    )
    mlflow.update_assessment(
        trace_id, str(made.assessment_id), Feedback(name="rating", value=5, metadata={"b": "2"})
    )
    found = mlflow.get_assessment(trace_id, str(made.assessment_id))

    assert found.value == 5  # type: ignore[attr-defined]
    assert (found.rationale, found.metadata) == ("first", {"a": "1", "b": "2"})
    assert found.create_time_ms == made.create_time_ms


def test_an_override_takes_the_other_s_validity_until_it_is_deleted(trace: Trace) -> None:
    trace_id = trace()
    made = mlflow.log_feedback(trace_id=trace_id, name="rating", value="bad")
    new = mlflow.override_feedback(
        trace_id=trace_id, assessment_id=str(made.assessment_id), value="good", source=HUMAN
    )
    assert mlflow.get_assessment(trace_id, str(made.assessment_id)).valid is False
    assert new.overrides == made.assessment_id

    mlflow.delete_assessment(trace_id, str(new.assessment_id))
    mlflow.delete_assessment(trace_id, str(new.assessment_id))
    assert mlflow.get_assessment(trace_id, str(made.assessment_id)).valid is True
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_assessment(trace_id, str(new.assessment_id))


def test_traces_are_found_by_what_was_judged(experiment: str, trace: Trace) -> None:
    good, bad, none = trace(), trace(), trace()
    mlflow.log_feedback(trace_id=good, name="score", value=0.9)
    mlflow.log_feedback(trace_id=bad, name="score", value=0.2)
    mlflow.log_feedback(trace_id=bad, name="verdict", value="no")
    mlflow.log_expectation(trace_id=good, name="expected", value="x")

    def ids(filter_string: str) -> set[str]:
        found = mlflow.search_traces(locations=[experiment], filter_string=filter_string, return_type="list")
        return {one.info.trace_id for one in found}

    assert ids("feedback.score > 0.5") == {good}
    assert ids("feedback.verdict = 'no'") == {bad}
    assert ids("feedback.score IS NULL") == {none}
    assert ids("expectation.expected = 'x'") == {good}
    assert ids("expectation.expected IS NOT NULL AND feedback.score IS NOT NULL") == {good}


@pytest.mark.parametrize("whole", [False, True], ids=["the run", "its experiment"])
def test_what_a_run_has_judged_goes_with_the_run(
    trace: Trace, tracking: mlflow.MlflowClient, name: str, whole: bool
) -> None:
    trace_id, elsewhere = trace(), tracking.create_experiment(f"{name}-runs")
    run = tracking.create_run(elsewhere).info.run_id
    judged = {"mlflow.assessment.sourceRunId": run}
    mlflow.log_feedback(trace_id=trace_id, name="of the run", value=1, metadata=judged)
    mlflow.log_feedback(trace_id=trace_id, name="of a person", value=2, source=HUMAN)
    if whole:
        tracking.delete_experiment(elsewhere)
    else:
        tracking.delete_run(run)

    assert [one.name for one in tracking.get_trace(trace_id).info.assessments] == ["of a person"]
