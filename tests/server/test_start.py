"""Starting the server: what it costs, what it refuses, what it leaves on disk."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.server.conftest import Start

from trackstack import tokens

SERVE = (sys.executable, "-m", "trackstack.server", "serve", "--port", "0")


def serve(folder: Path, *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected to give up at once."""
    return subprocess.run(
        [*SERVE, "--data-dir", str(folder), *flags],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
        env={**os.environ, **environment},
    )


def test_without_a_token_it_refuses_in_one_line(tmp_path: Path) -> None:
    done = serve(tmp_path)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "admin-token" in done.stderr


@pytest.mark.parametrize("content", ["", "one", "a b c", "tsk1.x.y"])
def test_a_broken_token_file_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "admin-token").write_text(content)

    done = serve(tmp_path)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "admin-token" in done.stderr


def test_no_auth_is_for_loopback_only(tmp_path: Path) -> None:
    done = serve(tmp_path, "--no-auth", "--host", "0.0.0.0")  # noqa: S104 - that is what is refused

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "--no-auth works on loopback only" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("TRACKSTACK_SERVER_PORT", "http", "whole number"),
        ("TRACKSTACK_SERVER_NO_AUTH", "maybe", "true or false"),
        ("TRACKSTACK_SERVER_COLOUR", "red", "not a setting"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str, word: str) -> None:
    done = serve(tmp_path, **{name: value})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert name in done.stderr
    assert word in done.stderr


def test_a_database_of_a_newer_server_is_refused_in_one_line(tmp_path: Path) -> None:
    import sqlite3

    token = tokens.mint()
    (tmp_path / "admin-token").write_text(f"{token.id} {token.digest}\n")
    with sqlite3.connect(tmp_path / "tracking.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    database.close()

    done = serve(tmp_path)

    assert done.returncode != 0
    assert "schema 9999" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    token = tokens.mint()
    (tmp_path / "admin-token").write_text(f"{token.id} {token.digest}\n")
    (tmp_path / "tracking.db").write_bytes(b"not a database, " * 1000)

    done = serve(tmp_path)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_a_failure(start_server: Start, tmp_path: Path) -> None:
    server = start_server()

    done = serve(tmp_path, "--no-auth", "--port", str(server.port))

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    server.stop()


def test_what_it_writes_is_for_its_user_alone(start_server: Start) -> None:
    server = start_server()

    for file in server.data_dir.glob("tracking.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    server.stop()


def test_it_starts_without_what_only_some_need() -> None:
    """A start waits for each import: what only migrations, buckets or PostgreSQL need comes later."""
    code = "import sys; import trackstack.server.serve; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    late = "alembic mako pydantic pulumi grpc fastapi requests numpy pandas mlflow obstore psycopg boto3 rich"

    assert not {name.partition(".")[0] for name in loaded} & set(late.split())
    assert "sqlalchemy.dialects.postgresql" not in loaded


def test_it_is_healthy_soon_and_small(start_server: Start) -> None:
    """In seconds of CPU, which other processes hardly change: some 0.5, and a heavy import adds as much."""
    server = start_server()
    server.stop()
    spent = []
    for _ in range(3):
        server.start()
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        times = process.cpu_times()
        spent.append(times.user + times.system)
        resident = process.memory_info().rss
        server.stop()

    assert min(spent) < 1.2
    assert resident < 80 * 1024 * 1024
