"""Where a version's files may lie: security.md's list of hostile sources, and the legal ones."""

import httpx
import pytest

CREATE = "/api/2.0/mlflow/model-versions/create"
HOSTILE = [
    *(
        "file:///etc",
        "/etc",
        "//proc/self/root",
        "///proc/self/root",
        "file://host/../../",
        "etc/passwd",
        "file:",
    ),
    *("FILE:///etc", ":/etc", "file://./etc", "\\..\\..\\etc", "C:/Windows", "C:\\Windows", "dummy-source"),
    *("http:///?/../../etc/", "http:///#/../../etc/", "http:///;/../../etc/", "http://host#/../../etc"),
    *("http://127.0.0.1:1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/"),
    *("http://0/", "http://127.1/", "http://0177.0.0.1/", "http://2130706433/", "http://169.254.169.254/"),
    *("https://user:pw@h/", "http://a\\@b/", "ftp://h/a", "sftp://h/a", "hdfs://h/a", "viewfs://h/a"),
    *("http://h/api/2.0/mlflow-artifacts/artifacts/x", "gs://x", "wasbs://x", "s3://", "s3:///x", "s3://b"),
    *(
        "s3://bucket/../x",
        "s3://bucket/a%2f..%2f..%2fx",
        "s3://bucket/a?/../x",
        "s3://bucket/a#x",
        "s3://b/a%00",
    ),
    *("dbfs:/", "dbfs:/a%3f/../../", "dbfs:/run/artifacts/a%3f/../../../../../", "r2://h/a", "abfss://h/a"),
    *(
        "mlflow-artifacts://h:9000/models/../../",
        "mlflow-artifacts:/models/..%2f..%2f",
        "mlflow-artifacts:/x%00",
    ),
    *("mlflow-artifacts:/", "mlflow-artifacts:/0", "mlflow-artifacts:/models", "mlflow-artifacts:/../x"),
    *(
        "models:/N/999",
        "models:/nobody/1",
        "models://h/N/1",
        "models:/N",
        "models:/m-nobody",
        "models:/N@nobody",
    ),
    *("runs:/0123456789abcdef0123456789abcdef/m", "runs://h/0123/m", "runs:/../x", "runs:/"),
    *(
        "javascript:alert(1)",
        "data:text/html,x",
        "\x00",
        "s3://bucket/" + "x" * 2049,
        "${jndi:ldap://h/x}",
        " ",
    ),
]


def create(client: httpx.Client, name: str, source: str, **fields: object) -> httpx.Response:
    client.post("/api/2.0/mlflow/registered-models/create", json={"name": name})
    return client.post(CREATE, json={"name": name, "source": source, **fields})


def new_run(client: httpx.Client) -> tuple[str, str]:
    """A run's id and artifact URI."""
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    return made["run_id"], made["artifact_uri"]


def new_model(client: httpx.Client, run_id: str = "") -> tuple[str, str]:
    """A logged model's id and artifact URI."""
    body = {"experiment_id": "0", "source_run_id": run_id}
    made = client.post("/api/2.0/mlflow/logged-models", json=body).json()["model"]["info"]
    return made["model_id"], made["artifact_uri"]


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_source_is_refused_whatever_else_the_request_says(
    client: httpx.Client, name: str, source: str
) -> None:
    run_id, _ = new_run(client)
    model_id, _ = new_model(client)
    prompt = {"tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}
    for fields in (
        {},
        {"run_id": run_id},
        {"model_id": model_id},
        {"run_id": run_id, "model_id": model_id},
        prompt,
    ):
        if fields is prompt and source == "dummy-source":
            continue
        got = create(client, name, source, **fields)
        assert got.status_code in (400, 404), (fields, got.text)
        assert got.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
        assert "\x00" not in got.text
    found = client.get("/api/2.0/mlflow/model-versions/search", params={"filter": f"name = '{name}'"}).json()
    assert found == {}


def test_sources_below_the_run_or_model_that_is_named_are_accepted(client: httpx.Client, name: str) -> None:
    run_id, run_uri = new_run(client)
    model_id, model_uri = new_model(client, run_id)
    accepted = [
        (f"runs:/{run_id}/m", {"run_id": run_id}, f"runs:/{run_id}/m"),
        (f"{run_uri}/m", {"run_id": run_id}, f"{run_uri}/m"),
        (f"{run_uri}/foo///bar", {"run_id": run_id}, f"{run_uri}/foo/bar"),
        (f"{run_uri}/..../x", {"run_id": run_id}, f"{run_uri}/..../x"),
        (f"models:/{model_id}", {"model_id": model_id}, model_uri),
        (model_uri, {"model_id": model_id}, model_uri),
        (f"{model_uri}/x", {"model_id": model_id}, f"{model_uri}/x"),
        ("s3://bucket/model", {}, "s3://bucket/model"),
        (f"models:/{name}/1", {}, f"runs:/{run_id}/m"),
    ]
    for number, (source, fields, location) in enumerate(accepted, 1):
        got = create(client, name, source, **fields)
        assert got.status_code == 200, (source, got.text)
        version = {"name": name, "version": str(number)}
        uri = client.get("/api/2.0/mlflow/model-versions/get-download-uri", params=version).json()
        assert uri == {"artifact_uri": location}
    assert (
        create(client, name, f"models:/{model_id}", model_id=model_id).json()["model_version"]["run_id"]
        == run_id
    )


def test_sources_of_another_run_or_model_are_refused(client: httpx.Client, name: str) -> None:
    run_id, _ = new_run(client)
    other, other_uri = new_run(client)
    model_id, _ = new_model(client)
    other_model, other_model_uri = new_model(client)
    for source, fields, field in (
        (f"runs:/{other}/m", {"run_id": run_id}, "run_id"),
        (f"runs:/{other}/m", {}, "run_id"),
        (f"{other_uri}/m", {"run_id": run_id}, "run_id"),
        (f"{other_uri}/m", {}, "run_id"),
        (f"models:/{other_model}", {"model_id": model_id}, "model_id"),
        (f"models:/{other_model}", {}, "model_id"),
        (other_model_uri, {"model_id": model_id}, "model_id"),
        (f"models:/{model_id}x", {"model_id": f"{model_id}x"}, "model_id"),
    ):
        message = create(client, name, source, **fields).json()["message"]
        assert f"The {field} request parameter must identify the resource" in message


def test_a_file_of_a_version_is_shown_and_nothing_outside_the_store_is_opened(
    client: httpx.Client, name: str
) -> None:
    run_id, run_uri = new_run(client)
    path = run_uri.removeprefix("mlflow-artifacts:/")
    client.put(f"/api/2.0/mlflow-artifacts/artifacts/{path}/m/MLmodel", content=b"flavors: {}")
    create(client, name, f"runs:/{run_id}/m", run_id=run_id)
    create(client, name, "s3://bucket/model")

    def get(version: str, file: str) -> httpx.Response:
        params = {"name": name, "version": version, "path": file}
        return client.get("/model-versions/get-artifact", params=params)

    assert get("1", "MLmodel").content == b"flavors: {}"
    assert get("1", "../MLmodel").status_code == 400
    assert get("2", "MLmodel").status_code == 400
