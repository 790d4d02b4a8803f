"""Requests about experiments, runs and metrics, good and bad, in an order in which each finds what it needs.

`{name}` stands for a value kept from an earlier answer. `cases.json` has what MLflow 3.17.2 answered
(written by `record.py`); what we answer otherwise on purpose is in `DIFFERENT`, with the reason.
"""

from typing import Any, NamedTuple

API = "/api/2.0/mlflow/"
AJAX = "/ajax-api/2.0/mlflow/"


class Request(NamedTuple):
    """One request; `keep` names a value of the answer by its path."""

    name: str
    method: str
    path: str
    json: Any = None
    query: Any = None
    text: str | None = None
    headers: dict[str, str] | None = None
    keep: tuple[str, str] | None = None


class Different(NamedTuple):
    """An answer of ours that is not MLflow's: why, and what it is."""

    reason: str
    status: int
    body: Any


def post(name: str, path: str, json: Any = None, keep: tuple[str, str] | None = None) -> Request:
    return Request(name, "POST", API + path, json={} if json is None else json, keep=keep)


def get(name: str, path: str, /, **query: Any) -> Request:
    return Request(name, "GET", API + path, query=query)


def raw(name: str, path: str, text: str, content_type: str = "application/json") -> Request:
    return Request(name, "POST", API + path, text=text, headers={"content-type": content_type})


def metric(name: str, text: str) -> Request:
    return raw(name, "runs/log-metric", '{"run_id":"{run}",' + text + "}")


def batch(name: str, **items: Any) -> Request:
    return post(name, "runs/log-batch", {"run_id": "{run}", **items})


def found(name: str, **query: Any) -> Request:
    return post(name, "runs/search", {"experiment_ids": ["{exp}"], **query})


def samples(name: str, **query: Any) -> Request:
    return get(name, "metrics/get-history-bulk-interval", run_ids="{run}", **query)


def bulk(name: str, **query: Any) -> Request:
    path = AJAX + "metrics/get-history-bulk"
    return Request(name, "GET", path, query={"run_id": "{run}", **query})


DATASET = {"name": "d", "digest": "abc", "source_type": "local", "source": "{}", "schema": "s"}
TRAIN = [{"key": "mlflow.data.context", "value": "train"}]
EVAL = [{"key": "mlflow.data.context", "value": "eval"}]
RUN = {"run_id": "{run}"}

EXPERIMENTS = (
    Request("version", "GET", "/version"),
    get("default experiment", "experiments/get", experiment_id="0"),
    post(
        "create",
        "experiments/create",
        {"name": "e1", "tags": [{"key": "a", "value": "b"}]},
        keep=("exp", "experiment_id"),
    ),
    post("create again", "experiments/create", {"name": "e1"}),
    post("create without name", "experiments/create"),
    post("create with empty name", "experiments/create", {"name": ""}),
    post("create with number for name", "experiments/create", {"name": 123}),
    post("create with long name", "experiments/create", {"name": "n" * 501}),
    post(
        "create with long tag",
        "experiments/create",
        {"name": "tagged", "tags": [{"key": "k", "value": "v" * 20001}]},
    ),
    post("create with unknown field", "experiments/create", {"name": "u", "colour": "red"}),
    post("create with tags that are no list", "experiments/create", {"name": "v", "tags": 5}),
    raw("create from bad JSON", "experiments/create", "{x"),
    raw("create from JSON in JSON", "experiments/create", '"{\\"name\\": \\"twice\\"}"'),
    raw("create from plain text", "experiments/create", '{"name":"zz"}', "text/plain"),
    get("get", "experiments/get", experiment_id="{exp}"),
    get("get missing", "experiments/get", experiment_id="999"),
    get("get bad id", "experiments/get", experiment_id="abc"),
    get("get without id", "experiments/get"),
    get("get by name", "experiments/get-by-name", experiment_name="e1"),
    get("get by missing name", "experiments/get-by-name", experiment_name="nope"),
    post("rename", "experiments/update", {"experiment_id": "{exp}", "new_name": "e1 renamed"}),
    post("rename without name", "experiments/update", {"experiment_id": "{exp}"}),
    post("rename back", "experiments/update", {"experiment_id": "{exp}", "new_name": "e1"}),
    post("set tag", "experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "c", "value": "d"}),
    post("set bad tag", "experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "../c"}),
    post("delete tag", "experiments/delete-experiment-tag", {"experiment_id": "{exp}", "key": "c"}),
    post("delete missing tag", "experiments/delete-experiment-tag", {"experiment_id": "{exp}", "key": "c"}),
)

RUNS = (
    Request(
        "create run",
        "POST",
        API + "runs/create",
        json={
            "experiment_id": "{exp}",
            "start_time": 1,
            "user_id": "bob",
            "run_name": "first",
            "tags": [{"key": "mlflow.user", "value": "bob"}],
        },
        keep=("run", "run.info.run_id"),
    ),
    post("create run in number", "runs/create", {"experiment_id": 0}),
    post("create run nowhere", "runs/create", {"experiment_id": "99"}),
    post(
        "create run with two names",
        "runs/create",
        {"experiment_id": "{exp}", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]},
    ),
    post("create run with text for time", "runs/create", {"experiment_id": "{exp}", "start_time": "soon"}),
    metric("log NaN", '"key":"m_nan","value":"NaN","timestamp":5,"step":1'),
    metric("log Infinity", '"key":"m_inf","value":"Infinity","timestamp":5,"step":1'),
    metric("log -Infinity", '"key":"m_ninf","value":"-Infinity","timestamp":5,"step":1'),
    metric("log 1.5", '"key":"m_1.5","value":1.5,"timestamp":5,"step":1'),
    metric("log it again", '"key":"m_1.5","value":1.5,"timestamp":5,"step":1'),
    metric("log an older step", '"key":"m_1.5","value":9,"timestamp":5,"step":0'),
    metric("log the same step later", '"key":"m_1.5","value":0.5,"timestamp":6,"step":1'),
    metric("log text", '"key":"k","value":"abc","timestamp":5'),
    metric("log nothing", '"key":"k","timestamp":5'),
    metric("log without time", '"key":"k","value":1'),
    metric("log to parent", '"key":"../k","value":1,"timestamp":5'),
    metric("log to star", '"key":"a*b","value":1,"timestamp":5'),
    metric("log to long key", '"key":"' + "k" * 251 + '","value":1,"timestamp":5'),
    metric("log before 1970", '"key":"k","value":1,"timestamp":-5'),
    metric("log numbers as text", '"key":"k","value":"1.25","timestamp":"5","step":"-3"'),
    post("log to no run", "runs/log-metric", {"run_id": "nope", "key": "k", "value": 1, "timestamp": 1}),
    post("param", "runs/log-parameter", {**RUN, "key": "p", "value": "1"}),
    post("param again", "runs/log-parameter", {**RUN, "key": "p", "value": "1"}),
    post("param changed", "runs/log-parameter", {**RUN, "key": "p", "value": "2"}),
    post("param without value", "runs/log-parameter", {**RUN, "key": "p0"}),
    post("long param", "runs/log-parameter", {**RUN, "key": "plong", "value": "x" * 6001}),
    post("param with long key", "runs/log-parameter", {**RUN, "key": "k" * 251, "value": "x"}),
    post("param with number", "runs/log-parameter", {**RUN, "key": "pn", "value": 5}),
    batch("batch", metrics=[{"key": "b", "value": 1, "timestamp": 1}], tags=[{"key": "t", "value": "u"}]),
    batch("batch repeats param", params=[{"key": "q", "value": "1"}, {"key": "q", "value": "1"}]),
    batch("batch changes param", params=[{"key": "r", "value": "1"}, {"key": "p", "value": "9"}]),
    batch(
        "batch of 1001", metrics=[{"key": "z", "value": i, "timestamp": 1, "step": i} for i in range(1001)]
    ),
    batch("batch of 101 params", params=[{"key": f"z{i}", "value": "1"} for i in range(101)]),
    batch("batch of 101 tags", tags=[{"key": f"z{i}", "value": "1"} for i in range(101)]),
    batch("batch without time", metrics=[{"key": "z", "value": 1}]),
    batch("batch with bad key", params=[{"key": "ok", "value": "1"}, {"key": "/bad", "value": "1"}]),
    batch("batch with long tag", tags=[{"key": "tlong", "value": "y" * 8001}]),
    post("batch to no run", "runs/log-batch", {"run_id": "deadbeef", "metrics": []}),
    post("batch to bad run", "runs/log-batch", {"run_id": "../x", "metrics": []}),
    post("set run tag", "runs/set-tag", {**RUN, "key": "st", "value": "1"}),
    post("set bad run tag", "runs/set-tag", {**RUN, "key": "s*t", "value": "1"}),
    post("set name by tag", "runs/set-tag", {**RUN, "key": "mlflow.runName", "value": "second"}),
    post("delete run tag", "runs/delete-tag", {**RUN, "key": "st"}),
    post("delete missing run tag", "runs/delete-tag", {**RUN, "key": "zzz"}),
    post("log inputs", "runs/log-inputs", {**RUN, "datasets": [{"dataset": DATASET, "tags": TRAIN}]}),
    post("log inputs again", "runs/log-inputs", {**RUN, "datasets": [{"dataset": DATASET, "tags": EVAL}]}),
    post("log model without fields", "runs/log-model", {**RUN, "model_json": '{"run_id": "x"}'}),
    post("log model that is no JSON", "runs/log-model", {**RUN, "model_json": "{"}),
    get("get run", "runs/get", run_id="{run}"),
    get("get run by uuid", "runs/get", run_uuid="{run}"),
    get("get no run", "runs/get", run_id="nope"),
    Request("datasets", "POST", AJAX + "experiments/search-datasets", json={"experiment_ids": ["{exp}"]}),
    Request("datasets of none", "POST", AJAX + "experiments/search-datasets", json={"experiment_ids": []}),
)

SEARCHES = (
    found("search", filter="metrics.`m_1.5` > 0.1 and attributes.status = 'RUNNING'"),
    found("search NaN", filter="metrics.m_nan != 5"),
    found("search for none", filter="params.p = '9'"),
    found("search unknown entity", filter="foo.bar = 1"),
    found("search with or", filter="params.p = '1' or params.p = '2'"),
    found("search for 0", max_results=0),
    found("search for too many", max_results=50001),
    found("search with bad token", page_token="xx"),
    found("search with bad order", order_by=["metrics.m ASC; --"]),
    post("search nowhere", "runs/search", {"experiment_ids": []}),
    post("search unknown experiment", "runs/search", {"experiment_ids": ["12345"]}),
    post("second run", "runs/create", {"experiment_id": "{exp}", "start_time": 2, "run_name": "2nd"}),
    post("third run", "runs/create", {"experiment_id": "{exp}", "start_time": 3, "run_name": "3rd"}),
    Request(
        "first page",
        "POST",
        API + "runs/search",
        json={"experiment_ids": ["{exp}"], "max_results": 2},
        keep=("token", "next_page_token"),
    ),
    found("second page", max_results=2, page_token="{token}"),
    found("by metric", order_by=["metrics.k DESC"]),
    found("by param", order_by=["params.p ASC", "attributes.start_time ASC"]),
    get("history", "metrics/get-history", run_id="{run}", metric_key="m_1.5"),
    get("history of NaN", "metrics/get-history", run_id="{run}", metric_key="m_nan"),
    get("history page", "metrics/get-history", run_id="{run}", metric_key="m_1.5", max_results=2),
    get("history of nothing", "metrics/get-history", run_id="{run}", metric_key="nope"),
    get("history of no run", "metrics/get-history", run_id="nope", metric_key="k"),
    get("history page of 0", "metrics/get-history", run_id="{run}", metric_key="k", max_results=0),
    bulk("bulk", metric_key="m_1.5"),
    bulk("bulk of NaN", metric_key="m_nan"),
    Request("bulk of no runs", "GET", AJAX + "metrics/get-history-bulk", query={"metric_key": "m_1.5"}),
    samples("samples", metric_key="m_1.5"),
    get(
        "last sample", "metrics/get-history-bulk-interval", run_ids="{run}", metric_key="m_1.5", max_results=1
    ),
    get(
        "two samples", "metrics/get-history-bulk-interval", run_ids="{run}", metric_key="m_1.5", max_results=2
    ),
    samples("samples from", metric_key="k", start_step=1),
    samples("samples within", metric_key="m_1.5", start_step=1, end_step=1),
    samples("too many samples", metric_key="k", max_results=2501),
)

ENDS = (
    post("end run", "runs/update", {**RUN, "status": "FINISHED", "end_time": 99}),
    post("unknown status", "runs/update", {**RUN, "status": "DONE"}),
    post("rename run", "runs/update", {**RUN, "run_name": "third name"}),
    metric("log to finished", '"key":"k","value":1,"timestamp":5'),
    post("delete run", "runs/delete", RUN),
    metric("log to deleted", '"key":"k","value":1,"timestamp":5'),
    post("batch to deleted", "runs/log-batch", {**RUN, "params": [{"key": "new", "value": "1"}]}),
    post("update deleted", "runs/update", {**RUN, "status": "FINISHED"}),
    get("get deleted run", "runs/get", run_id="{run}"),
    found("search deleted", run_view_type="DELETED_ONLY"),
    post("delete run again", "runs/delete", RUN),
    post("restore run", "runs/restore", RUN),
    post("delete no run", "runs/delete", {"run_id": "nope"}),
    post("delete experiment", "experiments/delete", {"experiment_id": "{exp}"}),
    post("delete experiment again", "experiments/delete", {"experiment_id": "{exp}"}),
    post("create deleted name", "experiments/create", {"name": "e1"}),
    post("create run in deleted", "runs/create", {"experiment_id": "{exp}"}),
    post("rename deleted", "experiments/update", {"experiment_id": "{exp}", "new_name": "x"}),
    post("tag deleted", "experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "x"}),
    get("get deleted", "experiments/get", experiment_id="{exp}"),
    get("get run of deleted", "runs/get", run_id="{run}"),
    get("search all experiments", "experiments/search", max_results=1, view_type="ALL"),
    post("search experiments without number", "experiments/search"),
    post("search deleted experiments", "experiments/search", {"view_type": "DELETED_ONLY", "max_results": 5}),
    post("search experiments by number", "experiments/search", {"view_type": 2, "max_results": 5}),
    post("search experiments badly", "experiments/search", {"max_results": 5, "filter": "colour = 'red'"}),
    post("rename to taken", "experiments/update", {"experiment_id": "0", "new_name": "e1"}),
    post("restore experiment", "experiments/restore", {"experiment_id": "{exp}"}),
    post("restore it again", "experiments/restore", {"experiment_id": "{exp}"}),
    get("get restored run", "runs/get", run_id="{run}"),
)

REQUESTS = (*EXPERIMENTS, *RUNS, *SEARCHES, *ENDS)


def refused(reason: str, code: str, message: str) -> Different:
    """An error of ours, with the status 400, instead of MLflow's answer."""
    return Different(
        reason, 400, {"error_code": code, "message": message, "sqlstate": "KAM00", "error_class": code}
    )


def _searched(number: int, name: str) -> dict[str, Any]:
    """An active experiment in an answer."""
    return {
        "experiment_id": str(number),
        "name": name,
        "artifact_location": f"mlflow-artifacts:/{number}",
        "lifecycle_stage": "active",
        "last_update_time": "<last_update_time>",
        "creation_time": "<creation_time>",
        "workspace": "default",
    }


_TAKEN = "Experiment(name=e1) already exists."
_INVALID = {"sqlstate": "KAM00", "error_class": "INVALID_PARAMETER_VALUE"}

DIFFERENT: dict[str, Different] = {
    **{
        name: refused("MLflow's message goes on with its SQL", "RESOURCE_ALREADY_EXISTS", _TAKEN)
        for name in ("create again", "create deleted name")
    },
    "rename to taken": Different(
        "MLflow's message is its SQL",
        400,
        {"error_code": "BAD_REQUEST", "message": _TAKEN, **_INVALID},
    ),
    "rename deleted": refused(
        "MLflow says 500, upon which its client tries again",
        "INVALID_PARAMETER_VALUE",
        "Cannot rename a non-active experiment.",
    ),
    "search experiments without number": Different(
        "MLflow's client always gives a number, Databricks' need not",
        200,
        {"experiments": [_searched(3, "twice"), _searched(2, "u"), _searched(0, "Default")]},
    ),
    "bulk of NaN": Different(
        "MLflow writes NaN, which is no JSON",
        200,
        {"metrics": [{"key": "m_nan", "value": "NaN", "timestamp": 5, "step": 1, "run_id": "<run_id>"}]},
    ),
}
