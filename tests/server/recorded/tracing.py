"""Requests about traces, their spans and assessments, as in `cases`."""

import json
from typing import Any

from tests.server.recorded.cases import Different, Request, post, refused

V2 = "/api/2.0/mlflow/traces"
V3 = "/api/3.0/mlflow/traces"
FIRST, SECOND, THIRD = (f"tr-{digit * 32}" for digit in "abc")
SPANNED = f"tr-{'d' * 32}"
HERE = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{exp}"}}]
NOWHERE = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "99"}}]


def ask(name: str, path: str = "", json: Any = None, keep: tuple[str, str] | None = None) -> Request:
    return Request(name, "POST", V3 + path, json={} if json is None else json, keep=keep)


def show(name: str, path: str, **query: Any) -> Request:
    return Request(name, "GET", V3 + path, query=query)


def change(name: str, path: str, json: Any) -> Request:
    return Request(name, "PATCH", V3 + path, json=json)


def remove(name: str, path: str, json: Any = None) -> Request:
    return Request(name, "DELETE", V3 + path, json=json or {})


def started(name: str, trace_id: str, **info: Any) -> Request:
    known = {
        "trace_id": trace_id,
        "trace_location": HERE[0],
        "request_time": "2026-01-02T03:04:05.678Z",
        "execution_duration": "1.500s",
        "state": "OK",
    }
    return ask(name, "", {"trace": {"trace_info": {**known, **info}}})


def found(name: str, filter_string: str = "", **more: Any) -> Request:
    return ask(f"traces {name}", "/search", {"locations": HERE, "filter": filter_string, **more})


def assessed(name: str, keep: tuple[str, str] | None = None, **assessment: Any) -> Request:
    known = {"assessment_name": name, "source": {"source_type": "HUMAN", "source_id": "bob"}}
    return ask(
        f"assess {name} {sorted(assessment)}",
        f"/{FIRST}/assessments",
        {"assessment": {**known, **assessment}},
        keep,
    )


def measured(name: str, **more: Any) -> Request:
    body = {
        "experiment_ids": ["{exp}"],
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
    }
    return ask(f"metrics {name}", "/metrics", {**body, **more})


def spans(name: str, experiment: str | None, *given: dict[str, Any]) -> Request:
    """Spans in OTLP's JSON, which MLflow's server reads beside protobuf."""
    headers = {"content-type": "application/json"}
    if experiment is not None:
        headers["x-mlflow-experiment-id"] = experiment
    body = {"resourceSpans": [{"scopeSpans": [{"spans": list(given)}]}]}
    return Request(name, "POST", "/v1/traces", text=json.dumps(body), headers=headers)


def span(number: str, kind: str, parent: str = "", **texts: str) -> dict[str, Any]:
    """`texts` are sent as JSON, as MLflow's own client does."""
    attributes = {"spanType": kind, **{key: json.dumps(text) for key, text in texts.items()}}
    return {
        "traceId": "d" * 32,
        "spanId": number * 16,
        **({"parentSpanId": parent * 16} if parent else {}),
        "name": f"span {number}",
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000001500000000",
        "status": {"code": 1},
        "attributes": [
            {"key": f"mlflow.{key}", "value": {"stringValue": value}} for key, value in attributes.items()
        ],
    }


TRACES = (
    post("experiment", "experiments/create", {"name": "traced"}, keep=("exp", "experiment_id")),
    post("run", "runs/create", {"experiment_id": "{exp}", "run_name": "r"}, keep=("run", "run.info.run_id")),
    started(
        "start",
        FIRST,
        client_request_id="mine",
        request_preview="ask",
        response_preview="answer",
        tags={"mlflow.traceName": "first", "t": "1"},
        trace_metadata={
            "m": "x",
            "mlflow.trace.session": "s1",
            "mlflow.trace.user": "bob",
            "mlflow.trace.tokenUsage": '{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}',
        },
    ),
    started("start again", FIRST, state="ERROR", tags={"t": "2"}),
    started("start failed", SECOND, state="ERROR", request_time="2026-01-02T03:04:06Z", tags={"t": "3"}),
    started("start under way", THIRD, state="IN_PROGRESS", request_time="2026-01-02T03:04:07Z"),
    started("start nowhere", "tr-9", trace_location=NOWHERE[0]),
    started("start in unknown state", f"tr-{'9' * 32}", state="DONE"),
    ask("start nothing"),
    show("info", f"/{FIRST}"),
    show("info of none", "/tr-none"),
    show("whole without spans", "/get", trace_id=FIRST),
    show("whole of none", "/get", trace_id="tr-none"),
    show("whole without id", "/get"),
    spans(
        "spans",
        "{exp}",
        span("1", "AGENT", spanInputs="hello", spanOutputs="bye"),
        span("2", "TOOL", "1"),
    ),
    spans("spans without experiment", None, span("1", "AGENT")),
    spans("no spans", "{exp}"),
    show("info with spans", f"/{SPANNED}"),
    show("whole", "/get", trace_id=SPANNED),
    show("batch", "/batchGet", trace_ids=[SPANNED, "tr-none"]),
    show("batch of none", "/batchGet", trace_ids=["tr-none"]),
    show("batch without ids", "/batchGet"),
    ask("infos", "/batchGetInfos", {"trace_ids": [FIRST, "tr-none"]}),
    ask("infos without ids", "/batchGetInfos"),
)

SEARCHES = (
    found("all"),
    found("oldest first", order_by=["timestamp ASC"]),
    found("by tag", "tags.t = '3'"),
    found("by metadata", "metadata.m = 'x'"),
    found("by state", "status = 'ERROR'"),
    found("by name", "trace.name = 'first'"),
    found("by time", "timestamp_ms > 1767323045678"),
    found("by duration", "execution_time_ms = 1500"),
    found("by session", "metadata.`mlflow.trace.session` = 's1'"),
    found("by span type", "span.type = 'TOOL'"),
    found("by span name", "span.name LIKE 'span%'"),
    found("by id", f"trace_id IN ('{FIRST}', 'tr-none')"),
    found("by missing tag", "tags.t IS NULL"),
    found("by nothing known", "foo.bar = 'x'"),
    found("by unknown attribute", "attributes.colour = 'red'"),
    found("by a number for a tag", "tags.t > 1"),
    found("with or", "tags.t = '1' OR tags.t = '2'"),
    found("in bad order", order_by=["tags"]),
    found("with a bad token", page_token="xx"),
    found("501", max_results=501),
    found("0", max_results=0),
    found("one by one", max_results=1),
    ask("traces anywhere", "/search"),
    ask("traces in no place", "/search", {"locations": []}),
    ask("traces in unknown place", "/search", {"locations": NOWHERE}),
    ask(
        "correlation",
        "/calculate-filter-correlation",
        {"experiment_ids": ["{exp}"], "filter_string1": "tags.t = '3'", "filter_string2": "status = 'ERROR'"},
    ),
    ask("correlation of nothing", "/calculate-filter-correlation", {"experiment_ids": ["{exp}"]}),
    measured("count"),
    measured("by state", dimensions=["trace_status"]),
    measured("of tokens", metric_name="total_tokens", aggregations=[{"aggregation_type": "SUM"}]),
    measured("of latency", metric_name="latency", aggregations=[{"aggregation_type": "AVG"}]),
    measured("of spans", view_type="SPANS", metric_name="span_count", dimensions=["span_type"]),
    measured("of nothing known", metric_name="colour"),
    measured("by nothing known", dimensions=["colour"]),
    measured("without aggregation", aggregations=[]),
    measured("by time without bounds", time_interval_seconds=60),
)

TAGS = (
    change("tag", f"/{FIRST}/tags", {"key": "k", "value": "v"}),
    change("tag without key", f"/{FIRST}/tags", {"value": "v"}),
    change("tag of none", "/tr-none/tags", {"key": "k", "value": "v"}),
    change("tag that is fixed", f"/{FIRST}/tags", {"key": "mlflow.trace.spansLocation", "value": "v"}),
    change("tag with long key", f"/{FIRST}/tags", {"key": "k" * 251, "value": "v"}),
    remove("untag", f"/{FIRST}/tags", {"key": "k"}),
    remove("untag again", f"/{FIRST}/tags", {"key": "k"}),
    post("link to run", "traces/link-to-run", {"trace_ids": [FIRST], "run_id": "{run}"}),
    post("link without run", "traces/link-to-run", {"trace_ids": [FIRST]}),
    post("link too many", "traces/link-to-run", {"trace_ids": ["tr-1"] * 101, "run_id": "{run}"}),
    found("of run", "run_id = '{run}'"),
    post("prompts of none", "traces/link-prompts", {"trace_id": FIRST}),
)

ASSESSMENTS = (
    assessed("good", ("good", "assessment.assessment_id"), feedback={"value": True}, rationale="because"),
    assessed("score", feedback={"value": 0.5}, metadata={"a": "b"}),
    assessed("failed", feedback={"error": {"error_code": "BAD", "error_message": "why"}}),
    assessed("truth", ("truth", "assessment.assessment_id"), expectation={"value": "42"}),
    assessed(
        "list",
        expectation={"serialized_value": {"serialization_format": "JSON_FORMAT", "value": "[1, 2]"}},
    ),
    assessed("nothing"),
    ask("assess without body", f"/{FIRST}/assessments"),
    ask(
        "assess none",
        "/tr-none/assessments",
        {
            "assessment": {
                "assessment_name": "a",
                "source": {"source_type": "HUMAN", "source_id": "b"},
                "feedback": {"value": 1},
            }
        },
    ),
    show("assessment", f"/{FIRST}/assessments/{{good}}"),
    show("assessment of none", f"/{FIRST}/assessments/a-none"),
    change(
        "assess anew",
        f"/{FIRST}/assessments/{{good}}",
        {
            "assessment": {"assessment_name": "better", "feedback": {"value": "yes"}},
            "update_mask": "assessmentName,feedback",
        },
    ),
    change(
        "assess feedback as expectation",
        f"/{FIRST}/assessments/{{good}}",
        {"assessment": {"expectation": {"value": "yes"}}, "update_mask": "expectation"},
    ),
    change("assess anew without mask", f"/{FIRST}/assessments/{{good}}", {"assessment": {"rationale": "x"}}),
    change(
        "assess none anew",
        f"/{FIRST}/assessments/a-none",
        {"assessment": {"rationale": "x"}, "update_mask": "rationale"},
    ),
    show("info with assessments", f"/{FIRST}"),
    found("by feedback", "feedback.better = 'yes'"),
    found("by expectation", "expectation.truth = '42'"),
    found("without feedback", "feedback.better IS NULL"),
    remove("forget assessment", f"/{FIRST}/assessments/{{truth}}"),
    remove("forget it again", f"/{FIRST}/assessments/{{truth}}"),
    show("forgotten", f"/{FIRST}/assessments/{{truth}}"),
)

OLD = (
    Request(
        "old start",
        "POST",
        V2,
        json={
            "experiment_id": "{exp}",
            "timestamp_ms": 1000,
            "request_metadata": [{"key": "m", "value": "1"}],
            "tags": [{"key": "t", "value": "2"}],
        },
        keep=("old", "trace_info.request_id"),
    ),
    Request("old start nowhere", "POST", V2, json={"experiment_id": "99", "timestamp_ms": 1}),
    Request(
        "old end",
        "PATCH",
        V2 + "/{old}",
        json={"timestamp_ms": 1500, "status": "OK", "tags": [{"key": "u", "value": "3"}]},
    ),
    Request("old end of none", "PATCH", V2 + "/tr-none", json={"timestamp_ms": 1500, "status": "OK"}),
    Request("old info", "GET", V2 + "/{old}/info"),
    Request("old info of none", "GET", V2 + "/tr-none/info"),
    Request("old search", "GET", V2, query={"experiment_ids": "{exp}", "filter": "tags.u = '3'"}),
    Request("old search anywhere", "GET", V2),
    Request("old tag", "PATCH", V2 + "/{old}/tags", json={"key": "k", "value": "v"}),
    Request("old untag", "DELETE", V2 + "/{old}/tags", json={"key": "k"}),
    Request("old untag again", "DELETE", V2 + "/{old}/tags", json={"key": "k"}),
    Request(
        "old delete", "POST", V2 + "/delete-traces", json={"experiment_id": "{exp}", "request_ids": ["{old}"]}
    ),
)

DELETIONS = (
    ask("delete one", "/delete-traces", {"experiment_id": "{exp}", "request_ids": [SECOND, "tr-none"]}),
    ask("delete it again", "/delete-traces", {"experiment_id": "{exp}", "request_ids": [SECOND]}),
    ask("delete neither way", "/delete-traces", {"experiment_id": "{exp}"}),
    ask(
        "delete both ways",
        "/delete-traces",
        {"experiment_id": "{exp}", "request_ids": [FIRST], "max_timestamp_millis": 1},
    ),
    ask("delete nowhere", "/delete-traces", {"request_ids": [FIRST]}),
    ask("delete of no number", "/delete-traces", {"experiment_id": "{exp}", "max_traces": 1}),
    ask("delete by age", "/delete-traces", {"experiment_id": "{exp}", "max_timestamp_millis": 1767323047000}),
    found("that are left"),
)

REQUESTS: tuple[Request, ...] = (*TRACES, *SEARCHES, *TAGS, *ASSESSMENTS, *OLD, *DELETIONS)

_MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "sqlstate": "KAM00", "error_class": "RESOURCE_NOT_FOUND"}

DIFFERENT: dict[str, Different] = {
    "whole without spans": Different(
        "MLflow says 500, upon which its client tries again",
        404,
        {**_MISSING, "message": "Trace data not stored in tracking store"},
    ),
    **{
        name: Different("OTLP wants an answer in the request's own encoding", 200, {})
        for name in ("spans", "no spans")
    },
    "spans without experiment": Different(
        "One sentence instead of the framework's list",
        422,
        {"detail": "The header x-mlflow-experiment-id is missing; it says where the traces belong."},
    ),
    "metrics without aggregation": refused(
        "MLflow's message is about its SQL",
        "INVALID_PARAMETER_VALUE",
        "aggregations must name at least one aggregation_type.",
    ),
    "tag of none": Different(
        "MLflow's message is its SQL", 404, {**_MISSING, "message": "Trace with ID 'tr-none' not found."}
    ),
    "assess nothing []": refused(
        "MLflow's message names a type that the request does not have",
        "INVALID_PARAMETER_VALUE",
        "Assessment must have either feedback, expectation, or issue value",
    ),
}
