"""OpenMetadata's genuine client, installed beside ours, against the server over HTTP."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.server.serving import Server

CLIENT = Path(__file__).with_name("catalog_client.py")
PACKAGES = ("openmetadata-ingestion==2.0.7.0", "collate-data-diff")
IMPORTED = (
    "pydantic[email]",
    "pydantic-settings",
    "sqlalchemy<2.1",
    "pyyaml",
    "pyjwt",
    "jsonpatch",
    "requests",
    "chardet",
    "packaging",
    "typing-inspection",
    "sqlparse",
    "jinja2",
    "antlr4-python3-runtime==4.9.2",
    "python-dateutil",
    "cached-property",
    "collate-sqllineage",
    "cachetools",
    "cryptography",
    "google-auth",
    "google-crc32c",
    "google-cloud-secret-manager",
    "boto3",
    "azure-identity",
    "azure-keyvault-secrets",
    "kubernetes",
    "tenacity",
    "pytz",
    "tabulate",
    "rich",
    "dsnparse",
    "toml",
)
"""What it imports for services and models; all of what it declares does not install."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the client; skips where that cannot be installed."""
    folder = tmp_path_factory.mktemp("openmetadata")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    found = folder / "bin" / "python"
    for wanted in (("--no-deps", *PACKAGES), IMPORTED):
        done = subprocess.run(
            [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"{PACKAGES[0]} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return found


@pytest.mark.slow
def test_the_client_keeps_a_catalog_here(
    python: Path, server: Server, client: httpx.Client, name: str, tmp_path: Path
) -> None:
    service = f"{name}.services"
    run = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    client.post(
        "/api/2.0/mlflow/runs/log-batch",
        json={"run_id": run["run_id"], "params": [{"key": "lr", "value": "0.1"}]},
    )
    registered = {"name": f"{service} registered", "tags": [{"key": "team", "value": "a.b"}]}
    client.post("/api/2.0/mlflow/registered-models/create", json=registered)
    source = {"source": f"runs:/{run['run_id']}/model", "run_id": run["run_id"]}
    version = client.post(
        "/api/2.0/mlflow/model-versions/create", json={"name": registered["name"], **source}
    )
    assert version.status_code == 200, version.text

    done = subprocess.run(
        [str(python), str(CLIENT), server.url, server.token.text, service],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.splitlines()[-1] == "the catalog is as its client knows it"
