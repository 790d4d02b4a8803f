"""Bad input: one clear line, the right exit code, nothing changed."""

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.e2e.machine import Machine

TAKE_A_NAME = (
    "show",
    "env",
    "logs",
    "open",
    "up",
    "preview",
    "refresh",
    "start",
    "stop",
    "status",
    "unlock",
    "delete",
)


@contextmanager
def unchanged(machine: Machine) -> Iterator[None]:
    """No file of the project is another one afterwards, and the same servers run."""

    def look() -> tuple[dict[Path, str], list[int]]:
        files = (
            path for path in machine.home.rglob("*") if path.is_file() and "tracking.db" not in path.name
        )
        digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return digests, [process.pid for process in machine.servers()]

    before = look()
    yield
    assert look() == before


def test_an_existing_name(demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused("create", "demo", code=1)

    assert "'demo'" in line
    assert "already" in line


@pytest.mark.parametrize("name", ["", "über", "a/b", "../demo", "x" * 65, "demo.yaml"])
def test_a_bad_name(name: str, demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused("create", name, code=2)

    assert "name" in line


@pytest.mark.parametrize("retention", ["soon", "12h", "91d", "0d", "-1d", "30", ""])
@pytest.mark.parametrize("command", [("create", "other"), ("update", "demo")], ids=["create", "update"])
def test_a_bad_retention(command: tuple[str, str], retention: str, demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused(*command, f"--retention={retention}", code=2)

    assert "retention" in line
    assert repr(retention) in line


@pytest.mark.parametrize("label", ["team", "=vision", "-", "te am=vision", "team=" + "x" * 64])
@pytest.mark.parametrize("command", [("create", "other"), ("update", "demo")], ids=["create", "update"])
def test_an_unknown_form_of_label(command: tuple[str, str], label: str, demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused(*command, f"--label={label}", code=2)

    assert "label" in line


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_bad_port(port: str, demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused("create", "other", "--port", port, code=2)

    assert repr(port) in line


@pytest.mark.parametrize("command", TAKE_A_NAME)
def test_an_unknown_instance(command: str, demo: Machine) -> None:
    with unchanged(demo):
        line = demo.refused(command, "demi", code=1)

    assert "'demi'" in line


def test_another_name_than_the_one_to_delete(demo: Machine) -> None:
    with unchanged(demo):
        assert "'demi'" in demo.refused("delete", "demo", "--yes", "demi", code=2)
        assert "--yes" in demo.refused("delete", "demo", code=2)


def test_a_project_folder_that_cannot_be_written(machine: Machine) -> None:
    file = machine.home / "file"
    file.write_text("not a folder")

    with unchanged(machine):
        line = machine.refused("create", "demo", "--project", str(file / "project"), code=1)

    assert str(file) in line


def test_a_port_that_is_taken(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = machine.refused("create", "demo", "--port", str(port), code=1)

    assert f"port {port}" in line
    assert f"process {os.getpid()}" in line
    assert machine.servers() == []
    assert machine.json("list") == {"instances": []}


def test_a_wrong_passphrase(demo: Machine) -> None:
    for command in (("env", "demo"), ("update", "demo", "--retention", "7d"), ("up", "demo")):
        with unchanged(demo):
            line = demo.refused(*command, code=1, PULUMI_CONFIG_PASSPHRASE="wrong")
        assert "passphrase" in line


@pytest.mark.parametrize("damage", ["cut off", "edited"])
def test_a_state_file_that_was_edited_or_cut_off(damage: str, machine: Machine) -> None:
    machine.run("create", "demo")
    state = machine.checkpoint("demo")
    text = state.read_text()
    state.write_text(text[: len(text) // 2] if damage == "cut off" else text.replace('"urn"', '"nru"', 1))

    for command in (("up", "demo"), ("update", "demo", "--retention", "7d"), ("refresh", "demo")):
        with unchanged(machine):
            line = machine.refused(*command, code=1)
        assert str(state) in line


def test_a_lock_that_another_operator_holds(demo: Machine) -> None:
    lock = demo.project / "state/.pulumi/locks/organization/trackstack/demo/0e3f.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 7, "username": "eve", "hostname": "far.example", "timestamp": "2026-01-02T03:04:05Z"}
    lock.write_text(json.dumps(holder))

    with unchanged(demo):
        line = demo.refused("update", "demo", "--retention", "7d", code=3)
        assert "--yes" in demo.refused("unlock", "demo", code=2)

    assert "eve@far.example" in line
    assert "2026-01-02" in line
    assert "unlock" in line
    demo.run("unlock", "demo", "--yes", "demo")
    assert not lock.exists()
    demo.run("refresh", "demo")
