"""Operations that fail: the instance is impaired, says why without telling of the machine, and heals."""

import json
import socket
from pathlib import Path

import pytest
from tests.control.serving import ControlPlane, assert_error, made, settled, until

from trackstack import tokens
from trackstack.control.faults import public
from trackstack.stacks.project import Project


def test_a_failed_create_is_impaired_and_can_be_deleted(own: ControlPlane) -> None:
    own.start()
    client = own.client()
    (own.folder / "instances").mkdir()
    (own.folder / "instances" / "demo").write_text("in the way")

    id_ = client.post("/instances", json={"name": "demo"}).json()["instance"]["id"]
    failed = settled(client, id_)

    assert failed["state"] == "impaired" and "is a file" in failed["errorMessage"]
    assert str(own.home) not in failed["errorMessage"] and "urn:" not in failed["errorMessage"]
    own.stop()
    own.start()
    assert client.get(f"/instances/{id_}").json()["instance"] == failed

    (own.folder / "instances" / "demo").unlink()
    assert client.patch(f"/instances/{id_}", json={}).status_code == 202
    healed = settled(client, id_)
    assert healed["state"] == "active" and "errorMessage" not in healed
    client.delete(f"/instances/{id_}")
    assert settled(client, id_)["state"] == "gone"


def test_the_command_line_heals_what_the_api_could_not(own: ControlPlane) -> None:
    own.start()
    client = own.client()
    instance = made(client)
    (server,) = own.servers()
    server.kill()
    server.wait(5)
    failed = client.get(f"/instances/{instance['id']}").json()["instance"]
    assert failed["state"] == "impaired" and "errorMessage" in failed
    assert_error(client.get(f"/instances/{instance['id']}/tokens"), 409, "is impaired")

    port = int(instance["url"].rpartition(":")[2])
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", port))
        taker.listen()
        assert_error(client.patch(f"/instances/{instance['id']}", json={}), 409, f"port {port}")
    own.command("up", "demo")
    assert client.get(f"/instances/{instance['id']}").json()["instance"] == instance


def test_a_stopped_instance_says_so_and_stays_so(own: ControlPlane) -> None:
    own.start()
    client = own.client()
    instance = made(client)
    own.command("stop", "demo")

    stopped = client.get(f"/instances/{instance['id']}").json()["instance"]
    assert stopped["state"] == "impaired" and "stopped" in stopped["errorMessage"]
    client.patch(f"/instances/{instance['id']}", json={"description": "x"})
    until(lambda: json.loads(own.command("show", "demo", "--json"))["state"] == "stopped")
    own.command("start", "demo")
    assert client.get(f"/instances/{instance['id']}").json()["instance"]["state"] == "active"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{folder}/instances/demo is a file", "its folder is a file"),
        ("cannot read /root/.config/trackstack/passphrase: no", "cannot read a path: no"),
        ("see file:///var/x, or http://127.0.0.1:5000/health", "see a path, or http://127.0.0.1:5000/health"),
        ("two\n lines", "two lines"),
        ("refused {token} twice", "refused a token twice"),
        ("x" * 600, "x" * 500),
    ],
)
def test_callers_are_told_the_reason_and_nothing_of_the_machine(
    tmp_path: Path, text: str, shown: str
) -> None:
    told = text.replace("{folder}", str(tmp_path)).replace("{token}", tokens.mint().text)

    assert public(told, Project(tmp_path)) == shown
