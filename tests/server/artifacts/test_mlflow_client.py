"""The genuine MLflow client on our artifacts, byte for byte."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.server.artifacts.http import PROXY, Served

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("default")  # of MLflow's own making

FILES = {
    "empty.bin": 0,
    "small.txt": 1024,
    "large.bin": 50 * 1024 * 1024,
    "deep/er/and/deeper/f.json": 100,
    "ünïcödé/日本 語.txt": 2000,
    "with space & more+signs=.csv": 10,
    "100%.txt": 10,
    "….txt": 10,
}


@pytest.fixture
def mlflow(served: Served) -> Iterator["MlflowClient"]:
    from mlflow import MlflowClient, set_tracking_uri

    set_tracking_uri(served.url)
    yield MlflowClient(served.url)
    set_tracking_uri("")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = random.Random(1)  # noqa: S311 - any bytes will do
    for name, size in FILES.items():
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source.randbytes(size))
    return tmp_path / "source"


def _repository(mlflow: "MlflowClient", run: str) -> Any:  # MLflow's repositories are partly untyped
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(mlflow.get_run(run).info.artifact_uri)


def test_a_folder_goes_up_and_comes_back(mlflow: "MlflowClient", folder: Path, tmp_path: Path) -> None:
    run = mlflow.create_run("0").info.run_id
    mlflow.log_artifacts(run, str(folder))
    mlflow.log_artifacts(run, str(folder / "deep"), "again")
    (tmp_path / "down").mkdir()

    down = Path(mlflow.download_artifacts(run, "", str(tmp_path / "down")))

    for name in FILES:
        assert (down / name).read_bytes() == (folder / name).read_bytes(), name
    assert (down / "again/er/and/deeper/f.json").exists()
    assert sum(path.is_file() for path in down.rglob("*")) == len(FILES) + 1


def test_single_files_go_up_and_are_listed(mlflow: "MlflowClient", folder: Path, tmp_path: Path) -> None:
    run = mlflow.create_run("0").info.run_id
    mlflow.log_artifact(run, str(folder / "small.txt"))
    mlflow.log_artifact(run, str(folder / "empty.bin"), "some/where")
    mlflow.log_text(run, "héllo", "notes/readme.md")
    mlflow.log_dict(run, {"a": 1}, "d.json")

    assert [(file.path, file.is_dir, file.file_size) for file in mlflow.list_artifacts(run)] == [
        ("d.json", False, 12),
        ("notes", True, None),
        ("small.txt", False, 1024),
        ("some", True, None),
    ]
    repository = _repository(mlflow, run)
    assert [file.path for file in repository.list_artifacts("some/where")] == ["some/where/empty.bin"]
    assert repository.list_artifacts("small.txt") == []
    one = repository.download_artifacts("notes/readme.md", str(tmp_path))
    assert Path(one).read_text() == "héllo"
    assert Path(repository.download_artifacts("some/", str(tmp_path))).is_dir()


def test_what_is_deleted_is_gone(mlflow: "MlflowClient", folder: Path) -> None:
    run = mlflow.create_run("0").info.run_id
    mlflow.log_artifacts(run, str(folder / "deep"))
    repository = _repository(mlflow, run)
    repository.delete_artifacts("er/and")
    assert mlflow.list_artifacts(run) == []
    mlflow.log_text(run, "x", "f")
    repository.delete_artifacts()
    assert mlflow.list_artifacts(run) == []


def test_a_missing_file_is_reported(mlflow: "MlflowClient", tmp_path: Path) -> None:
    run = mlflow.create_run("0").info.run_id
    with pytest.raises(Exception, match="No such artifact"):
        _repository(mlflow, run).download_artifacts("nope.txt", str(tmp_path))


@pytest.mark.parametrize("served", ["bucket"], indirect=True)
def test_large_files_pass_the_server_by_where_the_bucket_can(
    mlflow: "MlflowClient", served: Served, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "10000000")
    run = mlflow.create_run("0").info.run_id
    mlflow.log_artifact(run, str(folder / "large.bin"), "big")
    address = f"{served.url}{PROXY}/presigned/0/{run}/artifacts/big/large.bin"
    link = httpx.get(address).json()
    assert link["file_size"] == FILES["large.bin"]
    assert not link["url"].startswith(served.url)
    down = _repository(mlflow, run).download_artifacts("big/large.bin", str(tmp_path))
    assert Path(down).read_bytes() == (folder / "large.bin").read_bytes()
