"""An instance's life through the installed command; each test is one stretch of it."""

import os
import signal
import socket

import mlflow
import psutil
import pytest
from tests.e2e.machine import Machine


def client(machine: Machine, name: str, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """MLflow's own client on an instance."""
    variables = machine.json("env", name)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", variables["MLFLOW_TRACKING_TOKEN"])
    return mlflow.MlflowClient(variables["MLFLOW_TRACKING_URI"])


def listening(port: int) -> bool:
    """Whether anything answers on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(machine: Machine, name: str) -> int:
    """The port of an instance's URL."""
    return int(machine.json("show", name)["url"].rpartition(":")[2])


def test_two_instances_live_side_by_side(machine: Machine) -> None:
    machine.run("create", "demo")
    machine.run("create", "two", "--retention", "7d", "--label", "team=vision", "--description", "the second")

    first, second = machine.json("list")["instances"]

    assert (first["name"], first["state"], first["retention"]) == ("demo", "active", "30d")
    assert (second["name"], second["state"], second["retention"]) == ("two", "active", "7d")
    assert second["labels"] == {"team": "vision"}
    assert first["url"] != second["url"]
    assert len(machine.servers()) == 2
    lines = machine.run("list").stdout.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "URL", "RETENTION", "DESCRIPTION"]
    assert lines[2].split(maxsplit=4) == ["two", "active", second["url"], "7d", "the second"]


def test_an_update_happens_in_place_and_keeps_the_data(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run("create", "demo")
    client(machine, "demo", monkeypatch).create_experiment("kept")
    server = machine.servers()

    done = machine.json("update", "demo", "--retention", "7d", "--label", "team=vision")

    assert set(done["changes"]) <= {"update", "same"}
    assert done["changes"]["update"] >= 1
    assert machine.servers() == server
    assert machine.json("show", "demo")["retention"] == "7d"
    assert client(machine, "demo", monkeypatch).get_experiment_by_name("kept") is not None
    machine.run("update", "demo", "--label", "team-")
    assert machine.json("show", "demo")["labels"] == {}


def test_a_stopped_instance_starts_where_it_was(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.run("create", "demo")
    client(machine, "demo", monkeypatch).create_experiment("kept")
    before = machine.json("env", "demo")

    machine.run("stop", "demo")

    assert machine.servers() == []
    assert machine.json("show", "demo")["state"] == "stopped"
    machine.run("status", "demo")
    machine.run("start", "demo")
    assert machine.json("env", "demo") == before
    assert client(machine, "demo", monkeypatch).get_experiment_by_name("kept") is not None


def test_a_killed_server_is_drift_that_up_mends(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.run("create", "demo")
    client(machine, "demo", monkeypatch).create_experiment("kept")
    before = machine.json("env", "demo")
    [server] = machine.servers()
    os.kill(server.pid, signal.SIGKILL)
    psutil.wait_procs([server], timeout=5)

    machine.run("status", "demo", code=4)
    drift = machine.json("refresh", "demo", code=4)["drift"]
    machine.run("preview", "demo", "--expect-no-changes", code=4)
    machine.run("up", "demo")

    assert [step["type"] for step in drift] == ["trackstack:local:ServerProcess"]
    machine.run("refresh", "demo")
    machine.run("preview", "demo", "--expect-no-changes")
    assert machine.json("env", "demo") == before
    assert client(machine, "demo", monkeypatch).get_experiment_by_name("kept") is not None


def test_a_deleted_instance_leaves_nothing_and_its_name_is_free(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run("create", "demo")
    client(machine, "demo", monkeypatch).create_experiment("lost")
    token, port = machine.json("env", "demo")["MLFLOW_TRACKING_TOKEN"], port_of(machine, "demo")

    done = machine.run("delete", "demo", "--yes", "demo")

    assert "1 experiment, 0 runs" in done.stderr or "2 experiments, 0 runs" in done.stderr
    assert machine.servers() == []
    assert not listening(port)
    assert not machine.instance_files("demo").exists()
    assert not machine.checkpoint("demo").exists()
    assert not (machine.project / "Pulumi.demo.yaml").exists()
    assert machine.json("list") == {"instances": []}
    machine.run("create", "demo")
    assert machine.json("env", "demo")["MLFLOW_TRACKING_TOKEN"] != token
    assert client(machine, "demo", monkeypatch).get_experiment_by_name("lost") is None
