import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.providers.remote import Made, Refused, Remote

from trackstack.providers.local.health import is_healthy, wait_until_healthy
from trackstack.providers.local.process import Identity, find
from trackstack.providers.resource import ResourceError

SERVER = "trackstack:local:ServerProcess"


def healthy(made: Made) -> bool:
    return is_healthy("127.0.0.1", int(made.outputs["port"]))


def running(data_dir: Path) -> list[psutil.Process]:
    return list(find(["-m", "trackstack.server", "serve", "--data-dir", str(data_dir)]))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess, FileNotFoundError):
        # Nobody may be there to bury it, and until its last thread has ended its port is taken.
        while (
            psutil.Process(pid).status() != psutil.STATUS_ZOMBIE or len(os.listdir(f"/proc/{pid}/task")) > 1
        ):
            time.sleep(0.01)


def test_a_server_is_healthy_when_made_and_detached_from_its_maker(server: Made, data_dir: Path) -> None:
    process = psutil.Process(server.outputs["pid"])

    assert healthy(server)
    assert os.getsid(process.pid) == process.pid
    assert process.ppid() != os.getpid()
    assert process.cwd() == str(data_dir)
    assert process.create_time() == pytest.approx(server.outputs["started"], abs=2)
    assert os.readlink(f"/proc/{process.pid}/fd/0") == os.devnull
    assert os.readlink(f"/proc/{process.pid}/fd/2") == str(data_dir / "server.log")
    assert json.loads((data_dir / "server.pid").read_text())["pid"] == process.pid


def test_another_server_that_answers_on_the_port_does_not_make_one_healthy(
    server: Made, data_dir: Path
) -> None:
    """Of two that start at once on one port, one ends; until then the other answers for both."""
    host, port = "127.0.0.1", int(server.outputs["port"])
    loser = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = Identity.of(psutil.Process(loser.pid))
    timer = threading.Timer(0.5, loser.kill)
    timer.start()

    with pytest.raises(ResourceError, match=f"the server on port {port} ended while starting"):
        wait_until_healthy(host, port, identity, data_dir / "none.log", log_start=0)

    loser.communicate(timeout=60)


def test_a_server_gets_none_of_its_makers_secrets(
    remote: Remote, server_inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")

    made = remote.create(SERVER, server_inputs)

    assert "PULUMI_CONFIG_PASSPHRASE" not in psutil.Process(made.outputs["pid"]).environ()
    remote.delete(made)


def test_a_server_runs_no_code_out_of_its_data_folder(
    remote: Remote, server_inputs: dict[str, Any], data_dir: Path
) -> None:
    (data_dir / "json.py").write_text("raise SystemExit('taken over')")

    made = remote.create(SERVER, server_inputs)

    assert healthy(made)
    remote.delete(made)


def test_a_repeated_create_takes_over_the_server_that_runs(
    remote: Remote, server: Made, data_dir: Path
) -> None:
    (data_dir / "server.pid").unlink()

    again = remote.create(SERVER, server.inputs)

    assert again.outputs == server.outputs
    assert (data_dir / "server.pid").exists()
    assert len(running(data_dir)) == 1


def test_a_create_with_other_arguments_replaces_the_server_that_runs(
    remote: Remote, server: Made, data_dir: Path
) -> None:
    again = remote.create(SERVER, {**server.inputs, "artifactRoot": f"{data_dir}/elsewhere"})

    assert again.outputs["pid"] != server.outputs["pid"]
    assert [process.pid for process in running(data_dir)] == [again.outputs["pid"]]


def test_not_running_stops_it_in_place_and_running_starts_it_again(remote: Remote, server: Made) -> None:
    stopped = remote.update(server, {**server.inputs, "running": False})

    assert not healthy(server)
    assert "pid" not in stopped.outputs and stopped.outputs["command"] == []
    assert not remote.diff(stopped).diffs
    assert remote.read(stopped) == stopped

    started = remote.update(stopped, server.inputs)

    assert healthy(started) and started.outputs["pid"] != server.outputs["pid"]


def test_a_server_that_is_made_stopped_holds_no_port(remote: Remote, server_inputs: dict[str, Any]) -> None:
    remote.create(SERVER, {**server_inputs, "running": False})

    with socket.socket() as another:
        another.bind((server_inputs["host"], server_inputs["port"]))


def test_another_trigger_restarts_it(remote: Remote, server: Made) -> None:
    inputs = {**server.inputs, "triggers": ["database 2"]}

    assert list(remote.diff(server, inputs).diffs) == ["triggers"]
    restarted = remote.update(server, inputs)

    assert restarted.outputs["pid"] != server.outputs["pid"] and healthy(restarted)


def test_a_dead_server_is_drift_and_mended(remote: Remote, server: Made) -> None:
    assert remote.read(server) == server
    kill(server.outputs["pid"])

    found = remote.read(server)

    assert found and "pid" not in found.outputs
    diff = remote.diff(found, server.inputs)
    assert list(diff.diffs) == ["pid"] and not diff.replaces
    assert healthy(remote.update(found, server.inputs))


def test_a_reused_pid_is_not_mistaken_for_the_server(remote: Remote, server: Made, data_dir: Path) -> None:
    kill(server.outputs["pid"])
    (data_dir / "server.pid").write_text(json.dumps({"pid": os.getpid(), "started": 1.0}))
    impostor = Made(SERVER, server.id, server.inputs, {**server.wire, "pid": os.getpid()})

    found = remote.read(impostor)
    remote.delete(impostor)

    assert found and "pid" not in found.outputs


def test_a_server_that_was_started_by_hand_with_other_arguments_is_drift(
    remote: Remote, server: Made, data_dir: Path
) -> None:
    elsewhere = remote.update(server, {**server.inputs, "artifactRoot": f"{data_dir}/elsewhere"})

    found = remote.read(server)

    assert found and found.outputs["pid"] == elsewhere.outputs["pid"]
    assert "command" in remote.diff(found, server.inputs).diffs


def test_a_taken_port_is_named_with_its_holder_and_nothing_is_left(
    remote: Remote, server_inputs: dict[str, Any], data_dir: Path
) -> None:
    port = server_inputs["port"]
    message = rf"^port {port} on 127.0.0.1 is taken by process {os.getpid()} "
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Refused, match=message):
        remote.create(SERVER, server_inputs)

    assert running(data_dir) == []
    assert not (data_dir / "server.pid").exists()


def test_a_server_that_ends_while_starting_says_why_and_leaves_nothing(
    remote: Remote, server_inputs: dict[str, Any], data_dir: Path
) -> None:
    (data_dir / "admin-token").unlink()

    with pytest.raises(Refused, match=r"ended while starting: .*admin.token.* \(log: .*/server.log\)$"):
        remote.create(SERVER, server_inputs)

    assert running(data_dir) == []
    assert not (data_dir / "server.pid").exists()


def test_deleting_stops_even_what_no_file_tells_of_and_may_be_repeated(
    remote: Remote, server: Made, data_dir: Path
) -> None:
    (data_dir / "server.pid").unlink()
    unknown = Made(SERVER, server.id, server.inputs, {**server.wire, "pid": None, "started": None})

    remote.delete(unknown)
    remote.delete(unknown)

    assert running(data_dir) == [] and not healthy(server)
    assert (data_dir / "server.log").exists()


def test_a_large_log_is_set_aside_at_the_next_start(remote: Remote, server: Made, data_dir: Path) -> None:
    with (data_dir / "server.log").open("ab") as log:
        log.truncate(10_000_001)

    remote.update(server, {**server.inputs, "triggers": ["again"]})

    assert (data_dir / "server.log.1").stat().st_size >= 10_000_001
    assert (data_dir / "server.log").stat().st_size < 100_000
