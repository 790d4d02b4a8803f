"""The server itself on what a stack made: an AWS server's S3 and secrets, and a real PostgreSQL with TLS."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from tests.aws.conftest import Cloud
from tests.aws.kubelet import Kubelet
from tests.cluster.certificates import Authority
from tests.image.pods import free_port
from tests.server.postgres import Postgres

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of MLflow's own making
]
LONGEST_S = 60


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server that speaks TLS; `ca.crt` in its folder is the authority of its certificate."""
    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        Authority(postgres.folder).issue("server", "server")
        for name in ("server.crt", "server.key"):
            file = postgres.folder / name
            shutil.copy(file, postgres.folder / "data" / name)
            (postgres.folder / "data" / name).chmod(0o600)
            shutil.chown(postgres.folder / "data" / name, (postgres.folder / "data").stat().st_uid)
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        yield postgres
        postgres.stop()


def reached(postgres: Postgres, url: str) -> str:
    """A database's URL with the real server in place of an address that only AWS knows."""
    there = urlsplit(url)
    return there._replace(netloc=f"{there.netloc.rpartition('@')[0]}@localhost:{postgres.port}").geturl()


@pytest.mark.parametrize("kind", ["rds", "shared"])
def test_a_client_logs_to_the_server_of_a_stack_and_its_files_are_in_the_bucket(
    kind: str, cloud: Cloud, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.settings["bucket"] = {"mode": "direct"}
    if kind == "shared":
        made = cloud.client("secretsmanager").create_secret(Name="admin", SecretString="{}")
        cloud.settings["database"] = {
            "kind": "shared",
            "host": "localhost",
            "port": postgres.port,
            "admin_secret": made["ARN"],
            "ca_secret": {"name": "authorities", "key": "ca.pem"},
        }
        authority = (postgres.folder / "ca.crt").read_text()
        cloud.cluster.objects["Secret", "authorities"] = {"stringData": {"ca.pem": authority}}
    cloud.up()
    outputs = cloud.outputs()
    bucket, _, prefix = outputs["bucket"].removeprefix("s3://").partition("/")
    # It refuses plain HTTP, and the AWS of the tests speaks nothing else.
    cloud.client("s3").delete_bucket_policy(Bucket=bucket)
    kubelet = Kubelet(cloud.cluster.objects, tmp_path, cloud.endpoint)
    setup, migrate = (
        next(name for kind, name in cloud.cluster.objects if kind == "Job" and part in name)
        for part in ("database", "migrate")
    )
    administrator = kubelet.environment("Job", setup)["ADMIN_SECRET"]
    password = '{"username": "trackstack", "password": "any"}'
    cloud.client("secretsmanager").put_secret_value(SecretId=administrator, SecretString=password)
    url = kubelet.environment("Job", setup)["DATABASE_URL"]
    if kind == "shared":
        assert "sslmode=verify-full" in url
    else:
        assert f"@{outputs['database']}:5432/" in url and url.endswith("?sslmode=require")

    kubelet.run("Job", setup, DATABASE_URL=reached(postgres, url))
    kubelet.run("Job", migrate, TRACKSTACK_SERVER_DATABASE_URL=reached(postgres, url))
    port = free_port()
    changes = {
        "TRACKSTACK_SERVER_DATABASE_URL": reached(postgres, url),
        "TRACKSTACK_SERVER_PORT": port,
        "TRACKSTACK_SERVER_ALLOWED_HOSTS": "127.0.0.1",
    }
    process = kubelet.start("Deployment", "demo-server", **changes)
    try:
        deadline = time.monotonic() + LONGEST_S
        while not ready(port):
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        small, large = logged(f"http://127.0.0.1:{port}", outputs["token"], tmp_path, monkeypatch)
    finally:
        process.terminate()
        assert process.wait(LONGEST_S) == 0, (tmp_path / "log").read_text()

    s3 = cloud.client("s3")
    for path, content in (small, large):
        found = s3.get_object(Bucket=bucket, Key=f"{prefix}/{path}")
        assert found["Body"].read() == content
    own = urlsplit(url).path.lstrip("/")
    with psycopg.connect(postgres.url(own)) as connection:
        stored = connection.execute("SELECT count(*) FROM runs").fetchone()
        tables = connection.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert (stored, tables.fetchall()) == ((1,), [(own,)])


def ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready").is_success
    except httpx.TransportError:
        return False


def logged(url: str, token: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """Two files that the genuine client logged, one through the server and one past it: paths, contents."""
    from mlflow import MlflowClient, set_tracking_uri

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000")
    client: Any = MlflowClient(url)
    set_tracking_uri(url)
    try:
        experiment = client.create_experiment("on AWS")
        run = client.create_run(experiment).info
        client.log_metric(run.run_id, "loss", 0.5)
        files = []
        for name, content in (("small.txt", b"small"), ("large.bin", bytes(100_000))):
            (folder / name).write_bytes(content)
            client.log_artifact(run.run_id, str(folder / name))
            back = Path(client.download_artifacts(run.run_id, name, str(folder)))
            assert back.read_bytes() == content
            files.append((f"{experiment}/{run.run_id}/artifacts/{name}", content))
        assert client.get_run(run.run_id).data.metrics == {"loss": 0.5}
        return files
    finally:
        set_tracking_uri("")
