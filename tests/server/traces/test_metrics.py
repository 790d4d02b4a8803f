"""Figures over traces, as the web UI asks for them."""

import statistics
from typing import Any

import httpx
import pytest
from tests.server.traces.posting import post_trace

DAY = 86_400_000


@pytest.fixture
def experiment(client: httpx.Client, name: str) -> str:
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    return str(made.json()["experiment_id"])


def figures(client: httpx.Client, experiment: str, metric: str, *kinds: Any, **more: Any) -> Any:
    body = {
        "experiment_ids": [experiment],
        "view_type": "TRACES",
        "metric_name": metric,
        "aggregations": [
            {"aggregation_type": kind}
            if isinstance(kind, str)
            else {"aggregation_type": "PERCENTILE", "percentile_value": kind}
            for kind in kinds
        ],
    }
    answer = client.post("/ajax-api/3.0/mlflow/traces/metrics", json={**body, **more})
    assert answer.status_code == 200, answer.text
    return [(point.get("dimensions", {}), point["values"]) for point in answer.json().get("data_points", [])]


def test_percentiles_lie_between_the_nearest_values(client: httpx.Client, experiment: str) -> None:
    took = [10, 20, 30, 45, 100, 7, 3]
    for millis in took:
        post_trace(client, experiment, took=millis)

    found = figures(client, experiment, "latency", "AVG", "MIN", "MAX", 50.0, 90.0)

    (only,) = found
    assert only[0] == {}
    assert only[1]["AVG"] == pytest.approx(statistics.mean(took))
    assert (only[1]["MIN"], only[1]["MAX"], only[1]["P50.0"]) == (3, 100, 20)
    assert only[1]["P90.0"] == pytest.approx(67)  # what numpy.quantile says


def test_traces_are_counted_by_day_and_state(client: httpx.Client, experiment: str) -> None:
    for day, state in ((0, "OK"), (0, "OK"), (0, "ERROR"), (2, "OK")):
        post_trace(client, experiment, started=1_700_000_000_000 + day * DAY, state=state)

    found = figures(
        client, experiment, "trace_count", "COUNT",
        dimensions=["trace_status"], time_interval_seconds=DAY // 1000,
        start_time_ms=1_600_000_000_000, end_time_ms=1_800_000_000_000,
    )  # fmt: skip

    assert found == [
        ({"time_bucket": "2023-11-14T00:00:00+00:00", "trace_status": "ERROR"}, {"COUNT": 1}),
        ({"time_bucket": "2023-11-14T00:00:00+00:00", "trace_status": "OK"}, {"COUNT": 2}),
        ({"time_bucket": "2023-11-16T00:00:00+00:00", "trace_status": "OK"}, {"COUNT": 1}),
    ]


def test_sessions_and_tokens_are_counted(client: httpx.Client, experiment: str) -> None:
    for session, tokens in (("a", 5), ("a", 7), ("b", 11)):
        metadata = {
            "mlflow.trace.session": session,
            "mlflow.trace.tokenUsage": f'{{"total_tokens": {tokens}}}',
        }
        post_trace(client, experiment, metadata=metadata)
    post_trace(client, experiment)

    assert figures(client, experiment, "session_count", "COUNT") == [({}, {"COUNT": 2})]
    assert figures(client, experiment, "total_tokens", "SUM", 50) == [({}, {"SUM": 23, "P50.0": 7})]
    only_a = ['trace.metadata.`mlflow.trace.session` = "a"']
    assert figures(client, experiment, "total_tokens", "SUM", filters=only_a) == [({}, {"SUM": 12})]


def test_assessments_are_counted_by_name_and_value(client: httpx.Client, experiment: str) -> None:
    trace_id = post_trace(client, experiment)
    for value in ("yes", "yes", "no"):
        body = {"assessment": {"assessment_name": "ok", "feedback": {"value": value}}}
        made = client.post(f"/api/3.0/mlflow/traces/{trace_id}/assessments", json=body)
        assert made.status_code == 200, made.text

    assert figures(
        client, experiment, "assessment_count", "COUNT",
        view_type="ASSESSMENTS", dimensions=["assessment_name", "assessment_value"],
    ) == [
        ({"assessment_name": "ok", "assessment_value": '"no"'}, {"COUNT": 1}),
        ({"assessment_name": "ok", "assessment_value": '"yes"'}, {"COUNT": 2}),
    ]  # fmt: skip
    average = figures(client, experiment, "assessment_value", "AVG", view_type="ASSESSMENTS")
    assert average[0][1]["AVG"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"metric_name": "speed"}, "metric_name must be one of"),
        ({"aggregations": [{"aggregation_type": "SUM"}]}, "Found invalid aggregation_type"),
        ({"dimensions": ["colour"]}, "Found invalid dimension"),
        ({"view_type": "RUNS"}, "view_type must be one of"),
        ({"time_interval_seconds": 60}, "start_time_ms and end_time_ms are required"),
        ({"filters": ["trace.status != 'OK'"]}, "only '=' operator is supported"),
        ({"filters": ["status = 'OK'"]}, "Invalid identifier"),
        ({"filters": ["trace.status = 'OK' AND"]}, ""),
    ],
)
def test_what_cannot_be_asked_is_refused(client: httpx.Client, change: dict[str, Any], why: str) -> None:
    body = {
        "experiment_ids": ["0"],
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
    }
    answer = client.post("/api/3.0/mlflow/traces/metrics", json={**body, **change})

    if why:
        assert answer.status_code == 400
        assert why in answer.json()["message"]
    else:
        assert answer.status_code == 200
