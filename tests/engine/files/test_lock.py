"""The lock: the CLI's protocol, one winner among many, dead holders told from living ones."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from trackstack.engine.errors import LockedError, StateError
from trackstack.engine.lock import StackLock
from trackstack.engine.store import StackStore

OPERATOR = """
import sys, time
from trackstack.engine.backend import Backend
from trackstack.engine.errors import LockedError
store = Backend.open(sys.argv[1]).store("shop", "demo")
print("ready", flush=True)
sys.stdin.readline()
try:
    with store.lock().held():
        print("held", flush=True)
        sys.stdin.readline()
except LockedError as error:
    print(error, flush=True)
"""


def operator(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", OPERATOR, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    return process


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def compete(root: Path, count: int) -> list[str]:
    """What each of `count` processes says that want the lock at the same time; all have ended after."""
    operators = [operator(root) for _ in range(count)]
    assert {hear(process) for process in operators} == {"ready"}
    for process in operators:
        say(process)
    answers = [hear(process) for process in operators]
    for process in operators:
        process.communicate("\n", timeout=20)
    return answers


def folder(store: StackStore) -> Path:
    path: Path = store.lock()._folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def leave(store: StackStore, **content: Any) -> Path:
    """A lock file as the Pulumi CLI leaves it."""
    path = folder(store) / "0b7ff2d6-0000-4000-8000-000000000000.json"
    own = {"pid": os.getpid(), "username": "ada", "hostname": socket.gethostname()}
    since = datetime.now(UTC).isoformat().replace("+00:00", "123Z")  # Go's nanoseconds
    path.write_text(json.dumps(own | {"timestamp": since} | content))
    path.with_name(path.name + ".attrs").write_text("{}")
    return path


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def assert_free(lock: StackLock) -> None:
    with lock.held():
        pass


def test_a_held_lock_is_the_clis_file_and_goes_away(store: StackStore) -> None:
    with store.lock().held():
        (path,) = folder(store).iterdir()
        content = json.loads(path.read_text())
        holder = store.lock().holder()

    assert re.fullmatch(r"[0-9a-f-]{36}\.json", path.name)
    assert (content["pid"], content["hostname"]) == (os.getpid(), socket.gethostname())
    assert content["username"] and datetime.fromisoformat(content["timestamp"])
    assert holder and holder.pid == os.getpid() and holder.since
    assert list(folder(store).iterdir()) == []
    assert store.lock().holder() is None


def test_a_lock_refused_names_user_host_pid_and_time(store: StackStore) -> None:
    with store.lock().held(), pytest.raises(LockedError) as failure, store.lock().held():
        pass

    holder = failure.value.holder
    assert holder and holder.pid == os.getpid()
    assert re.search(rf"@{socket.gethostname()} \(pid {os.getpid()}\) since 2", str(failure.value))
    assert_free(store.lock())


def test_one_of_several_proceeds(store: StackStore, tmp_path: Path) -> None:
    answers = compete(tmp_path, 5)

    assert answers.count("held") == 1
    named = re.compile(r"stack demo is locked by \w+@\S+ \(pid \d+\) since ")
    assert all(named.match(answer) for answer in answers if answer != "held")
    assert_free(store.lock())


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(10))
def test_one_of_twenty_proceeds(store: StackStore, tmp_path: Path, attempt: int) -> None:
    answers = compete(tmp_path, 20)

    assert answers.count("held") == 1
    assert sum("is locked by" in answer for answer in answers) == 19


def test_the_lock_of_a_killed_process_of_ours_is_taken_over(store: StackStore, tmp_path: Path) -> None:
    process = operator(tmp_path)
    hear(process)
    say(process)
    assert hear(process) == "held"
    with pytest.raises(LockedError, match=rf"pid {process.pid}\)"):
        assert_free(store.lock())
    process.kill()
    process.communicate()

    assert store.lock().holder() is None
    assert_free(store.lock())
    assert list(folder(store).iterdir()) == []


def test_the_clis_lock_holds_while_its_process_lives(store: StackStore) -> None:
    leave(store)

    with pytest.raises(LockedError, match="ada@"):
        assert_free(store.lock())


def test_the_clis_lock_is_taken_over_when_its_process_is_dead(store: StackStore) -> None:
    leave(store, pid=dead_pid())

    assert store.lock().holder() is None
    assert_free(store.lock())
    assert list(folder(store).iterdir()) == []


def test_a_reused_pid_is_told_by_its_start(store: StackStore) -> None:
    started = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    leave(store, timestamp=(started - timedelta(minutes=1)).isoformat())

    assert_free(store.lock())


@pytest.mark.parametrize("pid", [1, 999_999_999])
def test_another_machines_lock_is_never_taken_over(store: StackStore, pid: int) -> None:
    leave(store, pid=pid, hostname="elsewhere", flock=True)

    with pytest.raises(LockedError, match=rf"ada@elsewhere \(pid {pid}\)") as failure:
        assert_free(store.lock())
    assert failure.value.holder and failure.value.holder.hostname == "elsewhere"

    store.lock().unlock()
    assert_free(store.lock())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"pid":"x"}',
        '{"pid":true}',
        '{"pid":-1}',
        "\x00",
        '{"pid":1}',
        '{"pid":1,"timestamp":"x"}',
    ],
)
def test_an_unreadable_lock_counts_and_can_be_removed(store: StackStore, content: str) -> None:
    (folder(store) / "mine.json").write_text(content)

    with pytest.raises(LockedError, match=r"unknown holder|pid 1\)"):
        assert_free(store.lock())
    assert store.lock().holder()

    store.lock().unlock()
    assert_free(store.lock())


def test_a_lock_that_appears_while_ours_is_written_is_respected(
    store: StackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.files.write

    def write_and_lose(path: Path, data: bytes, **options: Any) -> None:
        write(path, data, **options)
        leave(store)

    monkeypatch.setattr(store.files, "write", write_and_lose)
    with pytest.raises(LockedError, match="ada@"):
        assert_free(store.lock())

    assert [path.name[:4] for path in folder(store).glob("*.json")] == ["0b7f"]


def test_a_copy_of_the_gate_in_a_process_that_is_being_started_is_waited_out(store: StackStore) -> None:
    """Which a fork in another thread makes at any moment, and which is closed as soon as it executes."""
    assert_free(store.lock())
    copy = os.open(store.journal_path.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(copy, fcntl.LOCK_EX)
    timer = threading.Timer(0.2, os.close, [copy])
    timer.start()

    assert_free(store.lock())

    timer.join()


def test_a_lock_of_a_stack_removed_meanwhile_is_made_anew(store: StackStore) -> None:
    with store.lock().held():
        store.remove()
    assert_free(store.lock())


def test_a_folder_that_cannot_be_made_is_named(store: StackStore) -> None:
    path = folder(store)
    path.rmdir()
    path.write_text("in the way")

    with pytest.raises(StateError, match=str(path)):
        assert_free(store.lock())
