"""The server as a process: memory that a file's size does not reach, and kills in the middle of uploads."""

import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psutil
import pytest
from tests.server.artifacts.http import PROXY

MIB = 1024 * 1024


@contextmanager
def process(data: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`trackstack-server serve` on a free port, once it is healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "trackstack.server", "serve", "--no-auth", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--data-dir", str(data), *arguments], stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 20
            while not _healthy(port):
                assert server.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
            yield server, port
        finally:
            server.kill()


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.HTTPError:
        return False


def _growth(data: Path, size: int, *arguments: str) -> float:
    """MiB that the server's memory grows by at most while it takes and gives `size` bytes."""
    with process(data, *arguments) as (server, port):
        watched = psutil.Process(server.pid)
        address = f"http://127.0.0.1:{port}{PROXY}/artifacts/big.bin"
        httpx.put(address, content=b"warm" * MIB)
        base = peak = watched.memory_info().rss

        def body() -> Iterator[bytes]:
            nonlocal peak
            for _ in range(size // MIB):
                yield b"x" * MIB
                peak = max(peak, watched.memory_info().rss)

        assert httpx.put(address, content=body(), timeout=60).status_code == 200
        received = 0
        with httpx.stream("GET", address, timeout=60) as answer:
            for chunk in answer.iter_bytes(MIB):
                received += len(chunk)
                peak = max(peak, watched.memory_info().rss)
        assert received == size
    return (peak - base) / MIB


def test_a_file_of_fifty_megabytes_is_never_held_in_memory(tmp_path: Path) -> None:
    assert _growth(tmp_path, 50 * MIB) < 16


@pytest.mark.slow
def test_a_file_of_a_gigabyte_is_never_held_in_memory(tmp_path: Path) -> None:
    assert _growth(tmp_path, 1024 * MIB) < 16


@pytest.mark.slow
def test_a_bucket_is_fed_a_few_parts_at_a_time(tmp_path: Path, bucket: str) -> None:
    """Three parts of 8 MiB under way, and as many being put together."""
    assert _growth(tmp_path, 200 * MIB, "--artifact-root", bucket) < 100


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_a_server_killed_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path, times: int) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    for _ in range(times):
        with process(tmp_path) as (server, port):
            connection = HTTPConnection("127.0.0.1", port)
            connection.putrequest("PUT", f"{PROXY}/artifacts/d/f.bin")
            connection.putheader("content-length", str(200 * MIB))
            connection.endheaders(b"x" * chance.randrange(1, 10 * MIB))
            time.sleep(chance.random() / 20)
            server.send_signal(signal.SIGKILL)
            connection.close()
    with process(tmp_path) as (_, port):
        assert httpx.get(f"http://127.0.0.1:{port}{PROXY}/artifacts").json() == {}
        assert [path.name for path in (tmp_path / "artifacts").rglob("*")] == [".trackstack", "incoming"]
