"""Requests about artifacts, GraphQL, and what the server says about itself, as in `cases`."""

from typing import Any

from tests.server.recorded.cases import AJAX, API, Different, Request, get, post, refused

PROXY = "/api/2.0/mlflow-artifacts/"
FOLDER = "{exp}/{run}/artifacts"


def put(name: str, path: str, text: str) -> Request:
    return Request(name, "PUT", f"{PROXY}artifacts/{path}", text=text)


def read(name: str, path: str, headers: dict[str, str] | None = None) -> Request:
    return Request(name, "GET", f"{PROXY}artifacts/{path}", headers=headers)


def listed(name: str, **query: Any) -> Request:
    return Request(name, "GET", f"{PROXY}artifacts", query=query)


def ask(name: str, query: str, **variables: Any) -> Request:
    return Request(name, "POST", "/graphql", json={"query": query, "variables": variables})


ARTIFACTS = (
    post("experiment", "experiments/create", {"name": "filed"}, keep=("exp", "experiment_id")),
    post("run", "runs/create", {"experiment_id": "{exp}", "run_name": "r"}, keep=("run", "run.info.run_id")),
    get("nothing yet", "artifacts/list", run_id="{run}"),
    put("put", f"{FOLDER}/a.txt", "hello"),
    put("put below", f"{FOLDER}/sub/b.json", "{}"),
    put("put outside", "..%2fx", "hello"),
    get("list", "artifacts/list", run_id="{run}"),
    get("list by uuid", "artifacts/list", run_uuid="{run}"),
    get("list below", "artifacts/list", run_id="{run}", path="sub"),
    get("list a file", "artifacts/list", run_id="{run}", path="a.txt"),
    get("list nothing there", "artifacts/list", run_id="{run}", path="none"),
    get("list outside", "artifacts/list", run_id="{run}", path="../x"),
    get("list of no run", "artifacts/list", run_id="nope"),
    get("list without run", "artifacts/list"),
    listed("proxy lists", path=FOLDER),
    listed("proxy lists below", path=f"{FOLDER}/sub"),
    listed("proxy lists nothing", path="none"),
    listed("proxy lists outside", path="../x"),
    read("read", f"{FOLDER}/a.txt"),
    read("read a part", f"{FOLDER}/a.txt", {"range": "bytes=1-2"}),
    read("read beyond", f"{FOLDER}/a.txt", {"range": "bytes=10-"}),
    read("read nothing", f"{FOLDER}/none.txt"),
    Request("read for the UI", "GET", "/get-artifact", query={"run_uuid": "{run}", "path": "a.txt"}),
    Request("read nothing for the UI", "GET", "/get-artifact", query={"run_uuid": "{run}", "path": "none"}),
    Request("read outside for the UI", "GET", "/get-artifact", query={"run_uuid": "{run}", "path": "../x"}),
    Request("read without run", "GET", "/get-artifact", query={"path": "a.txt"}),
    Request("mpu", "POST", f"{PROXY}mpu/create/{FOLDER}", json={"path": "c.bin", "num_parts": 2}),
    Request("presigned", "GET", f"{PROXY}presigned/{FOLDER}/a.txt"),
    post("presigned download", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "a.txt"}),
    post("presigned download without path", "artifacts/presigned-download-url", {"run_id": "{run}"}),
    post("presigned upload", "artifacts/presigned-upload-url", {"run_id": "{run}", "path": "a.txt"}),
    post("presigned upload of none", "artifacts/presigned-upload-url", {"path": "a.txt"}),
    Request(
        "upload for the UI",
        "POST",
        AJAX + "upload-artifact?run_uuid={run}&path=u.txt",
        text="up",
        headers={"content-type": "text/plain"},
    ),
    Request("upload without run", "POST", AJAX + "upload-artifact?path=u.txt", text="up"),
    Request("remove", "DELETE", f"{PROXY}artifacts/{FOLDER}/a.txt"),
    Request("remove again", "DELETE", f"{PROXY}artifacts/{FOLDER}/a.txt"),
    post("outputs", "runs/outputs", {"run_id": "{run}", "models": [{"model_id": "m-none", "step": 1}]}),
    post("outputs without run", "runs/outputs"),
)

GRAPHQL = (
    ask(
        "experiment asked",
        "query A($i: MlflowGetExperimentInput!) { mlflowGetExperiment(input: $i) { apiError { code message } "
        "experiment { name experimentId lifecycleStage artifactLocation tags { key value } } } }",
        i={"experimentId": "0"},
    ),
    ask(
        "run asked",
        "query B($i: MlflowGetRunInput!) { mlflowGetRun(input: $i) { apiError { code message } "
        "run { info { runName status startTime endTime lifecycleStage } "
        "data { metrics { key value } params { key value } } "
        "inputs { datasetInputs { dataset { name } } } outputs { modelOutputs { modelId } } "
        "experiment { name } modelVersions { name } } } }",
        i={"runId": "{run}"},
    ),
    ask(
        "no run asked",
        "query B($i: MlflowGetRunInput!) { mlflowGetRun(input: $i) { run { info { runName } } } }",
        i={"runId": "nope"},
    ),
    ask(
        "runs asked",
        "mutation C($i: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $i) "
        "{ nextPageToken runs { info { runName } } } }",
        i={"experimentIds": ["{exp}"]},
    ),
    ask(
        "files asked",
        "query D($i: MlflowListArtifactsInput!) { mlflowListArtifacts(input: $i) "
        "{ rootUri nextPageToken files { path isDir fileSize } } }",
        i={"runId": "{run}"},
    ),
    ask("field unknown", "query { colour }"),
    ask("no query", "{"),
)

SERVER = (
    Request("health", "GET", "/health"),
    Request("server info", "GET", "/api/3.0/mlflow/server-info"),
    Request("hooks", "GET", API + "webhooks", query={"max_results": 0}),
    Request("nowhere", "GET", API + "colours"),
    Request("not this way", "PUT", API + "runs/create", json={}),
)

REQUESTS: tuple[Request, ...] = (*ARTIFACTS, *GRAPHQL, *SERVER)

_NOWHERE = {"error_code": "ENDPOINT_NOT_FOUND", "sqlstate": "KAM00", "error_class": "ENDPOINT_NOT_FOUND"}

DIFFERENT: dict[str, Different] = {
    "read without run": refused(
        "MLflow looks for a run named None",
        "INVALID_PARAMETER_VALUE",
        "Missing value for required parameter 'run_id'. "
        "See the API docs for more information about request parameters.",
    ),
    "presigned download": refused(
        "One sentence for runs and logged models",
        "INVALID_PARAMETER_VALUE",
        "Presigned download is not supported for proxied artifact storage (artifact URI scheme: "
        "mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI.",
    ),
    "no query": Different(
        "MLflow fails",
        200,
        {
            "data": None,
            "errors": ["Syntax Error: Expected Name, found <EOF>.\n\nGraphQL request:1:2\n1 | {\n  |  ^"],
        },
    ),
    "server info": Different(
        "There is no AI gateway",
        200,
        {
            "store_type": "SqlStore",
            "workspaces_enabled": False,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
            "presigned_upload_run_id_supported": True,
            "presigned_upload_model_id_supported": True,
            "features_enabled": {"gateway": False},
        },
    ),
    "nowhere": Different(
        "JSON instead of a page", 404, {**_NOWHERE, "message": "Nothing is served at this path."}
    ),
    "not this way": Different(
        "JSON instead of a page", 405, {**_NOWHERE, "message": "PUT is not allowed here; POST is."}
    ),
}
