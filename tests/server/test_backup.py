"""Backups: all that a database holds goes into one file and comes back, whichever the kinds are."""

import gzip
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.server.serving import Server

API = "/api/2.0/mlflow"
NewDatabase = Callable[[], tuple[str, ...]]


def run(command: str, folder: Path, *flags: str, archive: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*(sys.executable, "-m", "trackstack.server", command), "--data-dir", str(folder), *flags],
        input=archive,
        capture_output=True,
        check=False,
        timeout=60,
    )


def backup(server: Server) -> bytes:
    done = run("backup", server.data_dir, *server.flags, "--to", "-")
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(server: Server) -> str:
    """Everything of a run, a registered model, and a purged experiment; the run's id."""
    with server.client() as client:

        def post(path: str, **body: object) -> httpx.Response:
            reply = client.post(f"{API}/{path}", json=body)
            assert reply.status_code == 200, reply.text
            return reply

        experiment = post(
            "experiments/create", name="kept: ünïcödé", tags=[{"key": "a", "value": "b"}]
        ).json()
        created = post("runs/create", experiment_id=experiment["experiment_id"], start_time=1)
        run_id: str = created.json()["run"]["info"]["run_id"]
        values = [1.5, -0.0, 1e308, float("inf"), float("-inf"), 5e-324]
        points = [{"key": "m", "value": str(one), "timestamp": n, "step": n} for n, one in enumerate(values)]
        post("runs/log-batch", run_id=run_id, metrics=points, params=[{"key": "p", "value": "x\n'\"\\"}])
        post("runs/set-tag", run_id=run_id, key="t", value="v" * 5000)
        post("registered-models/create", name="model")
        post("model-versions/create", name="model", source=f"runs:/{run_id}/m", run_id=run_id)
        address = f"/api/2.0/mlflow-artifacts/artifacts/{experiment['experiment_id']}/{run_id}/artifacts/f"
        assert client.put(address, content=b"12345").status_code == 200
        gone = post("experiments/create", name="gone").json()["experiment_id"]
        post("experiments/delete", experiment_id=gone)
    assert run("gc", server.data_dir, *server.flags, "--older-than", "0s").returncode == 0
    return run_id


def told(server: Server, run_id: str) -> list[object]:
    """What the server says of what `fill` made."""
    history = f"{API}/metrics/get-history?run_id={run_id}&metric_key=m"
    paths = (f"{API}/runs/get?run_id={run_id}", history, f"{API}/registered-models/get?name=model")
    with server.client() as client:
        found = client.post(f"{API}/runs/search", json={"experiment_ids": ["1"], "filter": "metrics.m != 7"})
        return [found.json(), *(client.get(path).json() for path in paths)]


@pytest.fixture
def filled(fresh_server: Server) -> tuple[Server, str]:
    return fresh_server, fill(fresh_server)


def test_a_restored_server_tells_the_same(
    filled: tuple[Server, str], new_database: NewDatabase, tmp_path: Path
) -> None:
    server, run_id = filled
    flags = new_database()

    done = run("restore", tmp_path, *flags, "--from", "-", archive=backup(server))

    assert done.returncode == 0, done.stderr
    assert b"1 of 1 artifacts are not in" in done.stderr
    restored = Server(tmp_path, flags)
    restored.start()
    assert told(restored, run_id) == told(server, run_id)
    with restored.client() as client:  # the number of the purged experiment is not given again
        made = client.post(f"{API}/experiments/create", json={"name": "next"}).json()
    assert made["experiment_id"] == "3"
    restored.stop()


@pytest.mark.parametrize(
    ("content", "flags", "told"),
    [(b"12345", (), False), (b"12845", (), True), (b"12845", ("--sizes-only",), False), (b"1234", (), True)],
    ids=["as it was", "a flipped bit", "a flipped bit, unread", "cut off"],
)
def test_an_artifact_that_is_not_as_it_was_is_told(
    filled: tuple[Server, str], tmp_path: Path, content: bytes, flags: tuple[str, ...], told: bool
) -> None:
    server, _ = filled
    archive = backup(server)
    shutil.copytree(server.data_dir / "artifacts", tmp_path / "artifacts")
    (copied,) = (path for path in (tmp_path / "artifacts").rglob("*") if path.is_file())
    copied.write_bytes(content)

    done = run("restore", tmp_path, "--from", "-", *flags, archive=archive)

    assert done.returncode == 0, done.stderr
    assert (b"1 of 1 artifacts are not in" in done.stderr) is told


def test_the_other_kind_of_database_takes_it(filled: tuple[Server, str], tmp_path: Path) -> None:
    """From PostgreSQL to SQLite, when the suite is run so; the way back is tried below."""
    server, run_id = filled

    done = run("restore", tmp_path, "--from", "-", archive=backup(server))

    assert done.returncode == 0, done.stderr
    restored = Server(tmp_path)
    restored.start()
    assert told(restored, run_id) == told(server, run_id)
    restored.stop()


def test_sqlite_goes_into_the_suites_database(tmp_path: Path, new_database: NewDatabase) -> None:
    server = Server(tmp_path / "from")
    server.start()
    run_id = fill(server)
    flags = new_database()

    done = run("restore", tmp_path / "to", *flags, "--from", "-", archive=backup(server))

    assert done.returncode == 0, done.stderr
    restored = Server(tmp_path / "to", flags)
    restored.start()
    assert told(restored, run_id) == told(server, run_id)
    assert (restored.stop(), server.stop()) == (0, 0)


def test_a_backup_of_a_backup_is_the_same(
    filled: tuple[Server, str], new_database: NewDatabase, tmp_path: Path
) -> None:
    first = backup(filled[0])
    flags = new_database()
    run("restore", tmp_path, *flags, "--from", "-", archive=first)

    second = run("backup", tmp_path, *flags, "--to", "-").stdout

    assert members(second, "tables/") == members(first, "tables/")


def members(archive: bytes, start: str) -> dict[str, bytes]:
    """The content of the archive's members by name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = ((member.name, tar.extractfile(member)) for member in tar if member.name.startswith(start))
        return {name: file.read() for name, file in files if file}


def test_a_database_that_is_not_empty_is_left_alone(filled: tuple[Server, str]) -> None:
    server, run_id = filled
    archive, before = backup(server), told(server, run_id)

    done = run("restore", server.data_dir, *server.flags, "--from", "-", archive=archive)

    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"is not empty" in done.stderr
    assert told(server, run_id) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda archive: b"",
        lambda archive: b"not an archive",
        lambda archive: archive[: len(archive) // 2],
        lambda archive: archive[:-4],
        lambda archive: gzip.compress(gzip.decompress(archive)[:-12_000]),
        lambda archive: archive[:900] + bytes([archive[900] ^ 255]) + archive[901:],
        lambda archive: gzip.compress(
            gzip.decompress(archive).replace(b'"schema":"0001"', b'"schema":"9999"')
        ),
    ],
    ids=["empty", "text", "half", "no check sum", "no end", "a changed byte", "a newer schema"],
)
def test_a_spoilt_archive_leaves_the_database_empty(
    filled: tuple[Server, str], spoil: Callable[[bytes], bytes], new_database: NewDatabase, tmp_path: Path
) -> None:
    archive, flags = backup(filled[0]), new_database()

    done = run("restore", tmp_path, *flags, "--from", "-", archive=spoil(archive))

    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1), done.stderr
    assert run("restore", tmp_path, *flags, "--from", "-", archive=archive).returncode == 0


def test_a_backup_is_whole_under_its_name_and_for_its_user_alone(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"

    done = run("backup", server.data_dir, *server.flags, "--to", str(file))

    assert done.returncode == 0
    assert [one.name for one in tmp_path.iterdir()] == ["backup.tar.gz"]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("command", "flags", "said"),
    [
        ("backup", ("--to", "-"), "there is no database"),
        ("restore", ("--from", "/nowhere"), "/nowhere cannot be read"),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(
    tmp_path: Path, command: str, flags: tuple[str, ...], said: str
) -> None:
    done = run(command, tmp_path, *flags)

    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert said in done.stderr.decode()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "tracking.db").write_bytes(b"not a database, " * 1000)

    for command, flags in (("backup", ("--to", "-")), ("migrate", ())):
        done = run(command, tmp_path, *flags)
        assert (done.returncode, done.stderr.count(b"\n")) == (1, 1), done.stderr


def test_migrations_at_the_same_moment_make_one_schema(new_database: NewDatabase, tmp_path: Path) -> None:
    flags = new_database()
    command = [sys.executable, "-m", "trackstack.server", "migrate", "--data-dir", str(tmp_path), *flags]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]

    assert [one.communicate(timeout=60)[1] for one in several] == [b""] * 4
    assert [one.returncode for one in several] == [0] * 4
    server = Server(tmp_path, flags)
    server.start()
    assert server.stop() == 0
