"""Requests about evaluation datasets, scorers and issues, as in `cases`."""

import json
from typing import Any

from tests.server.recorded.cases import Different, Request, post, refused

API = "/api/3.0/mlflow/"
ONE = "datasets/{ds}"
SCORER = {"experiment_id": "{exp}", "name": "s"}


def ask(name: str, path: str, json: Any = None, keep: tuple[str, str] | None = None) -> Request:
    return Request(name, "POST", API + path, json={} if json is None else json, keep=keep)


def show(name: str, path: str, /, **query: Any) -> Request:
    return Request(name, "GET", API + path, query=query)


def change(name: str, path: str, json: Any) -> Request:
    return Request(name, "PATCH", API + path, json=json)


def remove(name: str, path: str, json: Any = None) -> Request:
    return Request(name, "DELETE", API + path, json=json or {})


def found(name: str, **body: Any) -> Request:
    return ask(f"datasets {name}", "datasets/search", body)


def records(name: str, *given: Any) -> Request:
    return ask(name, f"{ONE}/records", {"records": json.dumps(given)})


DATASETS = (
    post("experiment", "experiments/create", {"name": "evaluated"}, keep=("exp", "experiment_id")),
    ask(
        "dataset",
        "datasets/create",
        {"name": "d", "experiment_ids": ["{exp}"], "tags": '{"a": "b"}'},
        keep=("ds", "dataset.dataset_id"),
    ),
    ask("dataset without name", "datasets/create"),
    ask("dataset with empty name", "datasets/create", {"name": ""}),
    ask("dataset with number for name", "datasets/create", {"name": 5}),
    ask("dataset with bad tags", "datasets/create", {"name": "t", "tags": "{"}),
    show("one", ONE),
    show("none", "datasets/d-none"),
    found("all"),
    found("of experiment", experiment_ids=["{exp}"]),
    found("of no experiment", experiment_ids=["99"]),
    found("by name", filter_string="name = 'd'"),
    found("by tag", filter_string="tags.a = 'b'"),
    found("by nothing known", filter_string="colour = 'red'"),
    found("with or", filter_string="name = 'd' OR name = 'e'"),
    found("in order", order_by=["name ASC"]),
    found("in no order", order_by=["colour"]),
    found("of bad token", page_token="xx"),
    found("of 0", max_results=0),
    records(
        "records",
        {"inputs": {"q": "1"}, "expectations": {"a": "x"}, "tags": {"t": "1"}},
        {"inputs": {"q": "2"}, "source": {"source_type": "HUMAN", "source_data": {"user": "bob"}}},
    ),
    records("records again", {"inputs": {"q": "1"}, "expectations": {"b": "y"}}),
    records("record without inputs", {"expectations": {"a": "x"}}),
    ask("records of nothing", f"{ONE}/records"),
    ask("records that are no JSON", f"{ONE}/records", {"records": "["}),
    ask("records of none", "datasets/d-none/records", {"records": '[{"inputs": {"q": "1"}}]'}),
    show("records shown", f"{ONE}/records"),
    show("records shown of none", "datasets/d-none/records"),
    remove("records removed", f"{ONE}/records", {"dataset_record_ids": ["dr-none"]}),
    change("tags", f"{ONE}/tags", {"tags": '{"c": "d"}'}),
    change("tags of nothing", f"{ONE}/tags", {}),
    change("tags of none", "datasets/d-none/tags", {"tags": '{"c": "d"}'}),
    remove("tag removed", f"{ONE}/tags/c"),
    remove("tag removed again", f"{ONE}/tags/c"),
    ask("added", f"{ONE}/add-experiments", {"experiment_ids": ["0"]}),
    ask("added to nowhere", f"{ONE}/add-experiments", {"experiment_ids": ["99"]}),
    ask("added from none", "datasets/d-none/add-experiments", {"experiment_ids": ["0"]}),
    show("experiments", f"{ONE}/experiment-ids"),
    show("experiments of none", "datasets/d-none/experiment-ids"),
    ask("taken away", f"{ONE}/remove-experiments", {"experiment_ids": ["0"]}),
    ask("taken away again", f"{ONE}/remove-experiments", {"experiment_ids": ["0"]}),
    show("one at last", ONE),
    remove("removed", ONE),
    remove("removed again", ONE),
    show("one removed", ONE),
)

SCORERS = (
    show("scorers of none", "scorers/list", experiment_id="{exp}"),
    ask("scorer", "scorers/register", {**SCORER, "serialized_scorer": '{"name": "s"}'}),
    ask("scorer again", "scorers/register", {**SCORER, "serialized_scorer": '{"name": "s2"}'}),
    ask("scorer without body", "scorers/register", SCORER),
    ask("scorer without name", "scorers/register", {"experiment_id": "{exp}", "serialized_scorer": "{}"}),
    ask("scorer nowhere", "scorers/register", {**SCORER, "experiment_id": "99", "serialized_scorer": "{}"}),
    show("scorers", "scorers/list", experiment_id="{exp}"),
    show("scorers nowhere", "scorers/list", experiment_id="99"),
    show("scorer versions", "scorers/versions", **SCORER),
    show("scorer versions of none", "scorers/versions", experiment_id="{exp}", name="none"),
    show("scorer newest", "scorers/get", **SCORER),
    show("scorer 1", "scorers/get", **SCORER, version=1),
    show("scorer 9", "scorers/get", **SCORER, version=9),
    show("scorer none", "scorers/get", experiment_id="{exp}", name="none"),
    show("scorer x", "scorers/get", **SCORER, version="x"),
    show("online", "scorers/online-configs", scorer_ids="none"),
    remove("scorer 1 removed", "scorers/delete", {**SCORER, "version": 1}),
    remove("scorer 9 removed", "scorers/delete", {**SCORER, "version": 9}),
    remove("scorer removed", "scorers/delete", SCORER),
    remove("scorer removed again", "scorers/delete", SCORER),
)

ISSUES = (
    ask(
        "issue",
        "issues",
        {"experiment_id": "{exp}", "name": "i", "description": "wrong", "severity": "high"},
        keep=("issue", "issue.issue_id"),
    ),
    ask("issue without description", "issues", {"experiment_id": "{exp}", "name": "i"}),
    ask("issue nowhere", "issues", {"experiment_id": "99", "name": "i", "description": "wrong"}),
    ask(
        "issue of odd status",
        "issues",
        {"experiment_id": "{exp}", "name": "i", "description": "wrong", "status": "odd"},
    ),
    show("issue shown", "issues/{issue}"),
    show("issue none", "issues/iss-none"),
    change("issue changed", "issues/{issue}", {"issue_id": "{issue}", "status": "resolved"}),
    change("issue none changed", "issues/iss-none", {"issue_id": "iss-none", "status": "resolved"}),
    ask("issues", "issues/search", {"experiment_id": "{exp}"}),
    ask("issues by status", "issues/search", {"experiment_id": "{exp}", "filter_string": "status = 'open'"}),
    ask("issues by nothing known", "issues/search", {"experiment_id": "{exp}", "filter_string": "x = 'y'"}),
)

REQUESTS: tuple[Request, ...] = (*DATASETS, *SCORERS, *ISSUES)

_MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "sqlstate": "KAM00", "error_class": "RESOURCE_NOT_FOUND"}
_NO_DATASET = {**_MISSING, "message": "Evaluation dataset with id 'd-none' not found"}

DIFFERENT: dict[str, Different] = {
    "dataset with bad tags": refused("MLflow fails", "INVALID_PARAMETER_VALUE", "`tags` is not JSON."),
    "records that are no JSON": refused("MLflow fails", "INVALID_PARAMETER_VALUE", "`records` is not JSON."),
    "issue of odd status": refused(
        "MLflow fails",
        "INVALID_PARAMETER_VALUE",
        "Invalid status 'odd'. Must be one of pending, rejected, resolved.",
    ),
    "datasets of 0": refused(
        "MLflow's message does not tell the value",
        "INVALID_PARAMETER_VALUE",
        "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
    ),
    "records of none": Different("MLflow's message is its SQL", 404, _NO_DATASET),
    **{
        name: Different("MLflow answers as if there were such a dataset", 404, _NO_DATASET)
        for name in ("records shown of none", "experiments of none")
    },
    **{
        name: Different("MLflow has a sentence of its own for each operation", 404, _NO_DATASET)
        for name in ("tags of none", "added from none")
    },
    "added to nowhere": Different(
        "MLflow has a sentence of its own here",
        404,
        {**_MISSING, "message": "No Experiment with id=99 exists"},
    ),
}
