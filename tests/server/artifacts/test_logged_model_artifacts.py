"""Files of logged models, whose rows are written here by hand."""

import sqlite3
from contextlib import closing

import pytest
from tests.server.artifacts.http import API, PROXY, Served

MODEL = "m-0123456789abcdef0123456789abcdef"
FILES = f"/ajax-api/2.0/mlflow/logged-models/{MODEL}/artifacts/files"


@pytest.fixture(autouse=True)
def models(served: Served) -> None:
    root = f"mlflow-artifacts:/0/models/{MODEL}/artifacts"
    _insert(
        served, "logged_models", id=1, uuid=MODEL, experiment_id=0, name="lm", artifact_uri=root,
        created_at=1, updated_at=1, status="LOGGED_MODEL_READY", model_type="", source_run_id="",
    )  # fmt: skip
    served.ask("PUT", f"{PROXY}/artifacts/0/models/{MODEL}/artifacts/code/MLmodel", b"flavors: {}")


def test_a_logged_models_files_are_listed_and_read(served: Served) -> None:
    listed = served.ask("GET", f"{API}/logged-models/{MODEL}/artifacts/directories")
    root = f"mlflow-artifacts:/0/models/{MODEL}/artifacts"
    assert listed.json() == {"root_uri": root, "files": [{"path": "code", "is_dir": True}]}
    inner = served.ask(
        "GET", f"{API}/logged-models/{MODEL}/artifacts/directories?artifact_directory_path=code"
    )
    assert inner.json()["files"] == [{"path": "code/MLmodel", "is_dir": False, "file_size": 11}]

    file = served.ask("GET", f"{FILES}?artifact_file_path=code/MLmodel")
    assert (file.status, file.body) == (200, b"flavors: {}")
    assert file.headers["content-disposition"] == "attachment; filename=MLmodel"
    assert served.ask("GET", f"{FILES}?artifact_file_path=../x").json()["message"] == "Invalid path"
    assert served.ask("GET", FILES).json()["message"] == "Invalid path"


def _insert(served: Served, table: str, **row: object) -> None:
    with closing(sqlite3.connect(served.data / "tracking.db")) as database, database:
        marks = ", ".join("?" for _ in row)
        sql = f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})"
        database.execute(sql, tuple(row.values()))
