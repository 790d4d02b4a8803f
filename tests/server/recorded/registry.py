"""Requests about registered models, versions, prompts, logged models and webhooks, as in `cases`.

`registry.json` has what MLflow 3.17.2 answered.
"""

from typing import Any

from tests.server.recorded.cases import API, Different, Request, get, post, refused

MODELS = "registered-models/"
VERSIONS = "model-versions/"
LOGGED = "logged-models"
ONE = f"{LOGGED}/{{lm}}"
PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
FIRST = {"name": "m", "version": "1"}


def patch(name: str, path: str, json: Any) -> Request:
    return Request(name, "PATCH", API + path, json=json)


def remove(name: str, path: str, json: Any = None) -> Request:
    return Request(name, "DELETE", API + path, json=json or {})


def models(name: str, **query: Any) -> Request:
    return get(name, MODELS + "search", **query)


def versions(filter_string: str, *order: str) -> Request:
    query: dict[str, Any] = {"filter": filter_string, "order_by": list(order) or ["version_number ASC"]}
    return get(f"versions: {filter_string} {order}", VERSIONS + "search", **query)


def logged(filter_string: str) -> Request:
    body = {"experiment_ids": ["0"], "filter": filter_string}
    return post(f"logged: {filter_string}", LOGGED + "/search", body)


def source(text: str, **fields: Any) -> Request:
    return post(
        f"source: {text} {sorted(fields)}", VERSIONS + "create", {"name": "m", "source": text, **fields}
    )


REGISTERED = (
    post("run", "runs/create", {"experiment_id": "0", "run_name": "r"}, keep=("run", "run.info.run_id")),
    post("model", MODELS + "create", {"name": "m", "tags": [{"key": "a", "value": "b"}], "description": "d"}),
    post("model without name", MODELS + "create"),
    post("model with empty name", MODELS + "create", {"name": ""}),
    post("model with blank name", MODELS + "create", {"name": " "}),
    post("model with number for name", MODELS + "create", {"name": 5}),
    post("model again", MODELS + "create", {"name": "m"}),
    post("model with slash", MODELS + "create", {"name": "a/b"}),
    post("model with dots", MODELS + "create", {"name": ".."}),
    post("model with odd name", MODELS + "create", {"name": "a.b c%"}),
    post("model with bad tag", MODELS + "create", {"name": "z", "tags": [{"key": "a*", "value": "b"}]}),
    post("model with long tag", MODELS + "create", {"name": "z", "tags": [{"key": "a" * 251, "value": "b"}]}),
    get("get", MODELS + "get", name="m"),
    get("get unknown", MODELS + "get", name="nobody"),
    get("get without name", MODELS + "get"),
    patch("describe", MODELS + "update", {"name": "m", "description": "new"}),
    patch("describe unknown", MODELS + "update", {"name": "nobody", "description": "new"}),
    post("rename to nothing", MODELS + "rename", {"name": "m", "new_name": ""}),
    post("rename unknown", MODELS + "rename", {"name": "nobody", "new_name": "x"}),
    post("rename to itself", MODELS + "rename", {"name": "m", "new_name": "m"}),
    post("tag", MODELS + "set-tag", {"name": "m", "key": "k", "value": "v"}),
    post("tag unknown", MODELS + "set-tag", {"name": "nobody", "key": "k", "value": "v"}),
    post("tag without key", MODELS + "set-tag", {"name": "m", "value": "v"}),
    remove("remove no tag", MODELS + "delete-tag", {"name": "m", "key": "none"}),
    models("models"),
    models("models by name", filter="name = 'm'"),
    models("models by tag", filter="tags.a = 'b' AND tags.`k` ILIKE 'V'"),
    models("models in nothing", filter="name IN ()"),
    models("models by attribute", filter="foo = 'x'"),
    models("models by size", filter="name > 'x'"),
    models("models by null", filter="tags.a IS NULL"),
    models("models page", max_results="1"),
    models("models none", max_results="0"),
    models("models in order", order_by=["timestamp DESC"]),
    models("models in no order", order_by=["foo"]),
    models("models in one order twice", order_by=["timestamp", "last_updated_timestamp"]),
)

VERSIONED = (
    post(
        "version",
        VERSIONS + "create",
        {
            "name": "m",
            "source": "runs:/{run}/m",
            "run_id": "{run}",
            "tags": [{"key": "x", "value": "y"}],
            "description": "one",
            "run_link": "http://l",
        },
    ),
    source("s3://b/c"),
    post("version without source", VERSIONS + "create", {"name": "m"}),
    post("version of unknown", VERSIONS + "create", {"name": "nobody", "source": "s3://b/c"}),
    source("models:/m/1"),
    source("models:/m/99"),
    source("models:/nobody/1"),
    source("runs:/{run}/m"),
    source("mlflow-artifacts:/x"),
    source("models:/m-123"),
    source("gs://b/k"),
    source("wasbs://c@h/k"),
    get("version one", VERSIONS + "get", **FIRST),
    get("version x", VERSIONS + "get", name="m", version="x"),
    get("version of nobody", VERSIONS + "get", name="nobody", version="1"),
    get("no version", VERSIONS + "get", name="m"),
    patch("describe version", VERSIONS + "update", {**FIRST, "description": "e"}),
    patch("describe version as nothing", VERSIONS + "update", FIRST),
    post(
        "stage",
        VERSIONS + "transition-stage",
        {**FIRST, "stage": "staging", "archive_existing_versions": True},
    ),
    post("stage nowhere", VERSIONS + "transition-stage", {**FIRST, "stage": "x"}),
    get("latest", MODELS + "get-latest-versions", name="m"),
    post("latest staging", MODELS + "get-latest-versions", {"name": "m", "stages": ["Staging"]}),
    post("latest nowhere", MODELS + "get-latest-versions", {"name": "m", "stages": ["x"]}),
    post("alias", MODELS + "alias", {**FIRST, "alias": "c"}),
    post("alias of no version", MODELS + "alias", {"name": "m", "alias": "c", "version": "99"}),
    post("alias with space", MODELS + "alias", {**FIRST, "alias": "a b"}),
    post("alias v1", MODELS + "alias", {**FIRST, "alias": "v1"}),
    get("aliased", MODELS + "alias", name="m", alias="c"),
    get("aliased latest", MODELS + "alias", name="m", alias="latest"),
    get("aliased by nothing", MODELS + "alias", name="m", alias="nobody"),
    get("aliased of nobody", MODELS + "alias", name="nobody", alias="c"),
    get("version with alias", VERSIONS + "get", **FIRST),
    versions("name = 'm'"),
    versions("version_number > 1"),
    versions("version_number = '1'"),
    versions("version_number = 1.5"),
    versions("run_id = '{run}'"),
    versions("run_id IN ('{run}')"),
    versions("source_path LIKE 's3%'"),
    versions("source_path IN ('x')"),
    versions("tags.x = 'y'"),
    versions("version = 1"),
    versions("creation_timestamp > 1"),
    versions("tags.x == 'y'"),
    versions("name = 'm'", "name", "version_number DESC"),
    versions("name = 'm'", "version"),
    get("location", VERSIONS + "get-download-uri", **FIRST),
    get("location of none", VERSIONS + "get-download-uri", name="m", version="99"),
    post("tag version", VERSIONS + "set-tag", {**FIRST, "key": "k", "value": "v"}),
    post("tag version x", VERSIONS + "set-tag", {"name": "m", "version": "x", "key": "k", "value": "v"}),
    remove("remove version's tag", VERSIONS + "delete-tag", {**FIRST, "key": "k"}),
    remove("remove version", VERSIONS + "delete", {"name": "m", "version": "2"}),
    remove("remove version again", VERSIONS + "delete", {"name": "m", "version": "2"}),
    remove("remove alias", MODELS + "alias", {"name": "m", "alias": "c"}),
)

PROMPTS = (
    post("prompt", MODELS + "create", {"name": "p", "tags": PROMPT}),
    post("prompt as model", MODELS + "create", {"name": "p"}),
    post("prompt version", VERSIONS + "create", {"name": "p", "source": "dummy-source", "tags": PROMPT}),
    post("prompt with file", VERSIONS + "create", {"name": "p", "source": "file:///etc", "tags": PROMPT}),
    source("models:/p/1"),
    *(
        models(
            f"{what} that are {op} {value}",
            filter=f"tags.`mlflow.prompt.is_prompt` {op} '{value}'",
            order_by="name",
        )
        for what in ("models",)
        for op in ("=", "!=")
        for value in ("true", "false")
    ),
    versions("tags.`mlflow.prompt.is_prompt` = 'true'"),
    versions("tags.`mlflow.prompt.is_prompt` = 'false' AND name = 'm'"),
)

LOGGED_MODELS = (
    post(
        "logged model",
        LOGGED,
        {
            "experiment_id": "0",
            "name": "lm",
            "model_type": "t",
            "source_run_id": "{run}",
            "params": [{"key": "a", "value": "b"}],
            "tags": [{"key": "c", "value": "d"}],
        },
        keep=("lm", "model.info.model_id"),
    ),
    post("logged model nowhere", LOGGED, {"name": "x"}),
    post("logged model in no experiment", LOGGED, {"experiment_id": "99"}),
    post("logged model with slash", LOGGED, {"experiment_id": "0", "name": "a/b"}),
    get("logged one", ONE),
    get("logged none", f"{LOGGED}/m-nobody"),
    patch("finish", ONE, {"model_id": "{lm}", "status": 2}),
    patch("finish by name", ONE, {"model_id": "{lm}", "status": "LOGGED_MODEL_READY"}),
    patch("tag logged", f"{ONE}/tags", {"model_id": "{lm}", "tags": [{"key": "e", "value": "f"}]}),
    remove("remove no logged tag", f"{ONE}/tags/none"),
    post("params of logged", f"{ONE}/params", {"model_id": "{lm}", "params": [{"key": "g", "value": "h"}]}),
    post(
        "metric of logged",
        "runs/log-metric",
        {
            **{"run_id": "{run}", "key": "acc", "value": 0.5, "timestamp": 1, "step": 2},
            **{"model_id": "{lm}", "dataset_name": "ds", "dataset_digest": "dg"},
        },
    ),
    get("logged one measured", ONE),
    logged("metrics.acc > 0.4"),
    logged("params.a = 'b' AND tags.e ILIKE 'F'"),
    logged('name = "lm"'),
    logged("metric.a > 1"),
    logged("tags.a IS NULL"),
    logged("name > 'x'"),
    logged("metrics.acc LIKE 'x'"),
    logged("creation_time > 5 AND model_id IN ('{lm}')"),
    post(
        "logged in order",
        LOGGED + "/search",
        {"experiment_ids": ["0"], "order_by": [{"field_name": "metrics.acc"}]},
    ),
    post(
        "logged by params",
        LOGGED + "/search",
        {"experiment_ids": ["0"], "order_by": [{"field_name": "params.a"}]},
    ),
    post("logged nowhere", LOGGED + "/search"),
    source("models:/{lm}", model_id="{lm}"),
    source("models:/{lm}"),
    get("logged files", f"{ONE}/artifacts/directories"),
    remove("remove logged", ONE),
    get("logged removed", ONE),
)

WEBHOOKS = (
    get("webhooks", "webhooks"),
    get("webhook unknown", "webhooks/nobody"),
    post("webhook of nothing", "webhooks"),
    post(
        "webhook with bad name",
        "webhooks",
        {"name": "a b", "url": "https://1.1.1.1/", "events": [{"entity": 1, "action": 1}]},
    ),
    post(
        "webhook with bad event",
        "webhooks",
        {"name": "ab", "url": "https://1.1.1.1/", "events": [{"entity": 1, "action": 3}]},
    ),
    post(
        "webhook by http",
        "webhooks",
        {"name": "ab", "url": "http://1.1.1.1/", "events": [{"entity": 1, "action": 1}]},
    ),
    remove("remove model", MODELS + "delete", {"name": "m"}),
    remove("remove model again", MODELS + "delete", {"name": "m"}),
)

REQUESTS: tuple[Request, ...] = (*REGISTERED, *VERSIONED, *PROMPTS, *LOGGED_MODELS, *WEBHOOKS)

DIFFERENT: dict[str, Different] = {
    "models by null": refused(
        "MLflow fails",
        "INVALID_PARAMETER_VALUE",
        "Invalid comparator 'IS NULL' not one of '{'!=', '=', 'ILIKE', 'LIKE'}'",
    ),
    "models none": refused(
        "MLflow gives a page that has no end",
        "INVALID_PARAMETER_VALUE",
        "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
    ),
    "models in one order twice": refused(
        "MLflow's is an internal error",
        "INVALID_PARAMETER_VALUE",
        "`order_by` contains duplicate fields: ['timestamp', 'last_updated_timestamp']",
    ),
}
