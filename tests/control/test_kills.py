"""A control plane that is killed: the next one goes on from there, and all it says is true."""

import random
import time
from typing import Any

import httpx
import pytest
from tests.control.serving import ControlPlane, assert_error, made, settled, until

from trackstack.stacks import instances


def test_what_was_promised_is_done_by_the_next_one(own: ControlPlane) -> None:
    own.start()
    client = own.client()
    gone = made(client, name="gone")
    kept = made(client, name="kept")
    created = client.post("/instances", json={"name": "new"}).json()["instance"]
    changed = client.patch(f"/instances/{kept['id']}", json={"description": "changed"}).json()["instance"]
    assert client.delete(f"/instances/{gone['id']}").status_code == 202
    own.kill()

    own.start()
    states = {each["name"]: each["state"] for each in client.get("/instances").json()["instances"]}
    assert states.get("new") in ("reconciling", "active") and states.get("gone") in ("deleting", None)
    assert settled(client, created["id"]) == created | {"state": "active"}
    assert settled(client, kept["id"]) == changed | {"state": "active"}
    assert settled(client, gone["id"])["state"] == "gone"
    assert not list((own.folder / "state" / "control" / "operations").iterdir())


def test_a_stop_leaves_nothing_half_done(own: ControlPlane) -> None:
    own.start()
    client = own.client()
    ids = [client.post("/instances", json={"name": f"i{n}"}).json()["instance"]["id"] for n in range(6)]

    assert own.stop() == 0

    own.start()
    assert [settled(client, id_)["state"] for id_ in ids] == ["active"] * 6
    assert len(own.servers()) == 6


def test_a_folder_has_one_control_plane(own: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> None:
    own.start()
    second = ControlPlane(own.home)
    second.launch()

    assert second.process is not None and second.process.wait(30) == 1
    assert "another control plane serves" in own.log
    assert own.ready()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_wherever_it_is_killed_all_states_are_true_afterwards(own: ControlPlane, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    own.start()
    client = own.client()
    wanted: dict[str, dict[str, Any] | None] = {}
    for _ in range(10):
        own_time = time.monotonic() + chance.uniform(0.05, 3)
        while time.monotonic() < own_time:
            work(client, wanted, chance)
        own.kill()
        own.start()
    for id_, values in wanted.items():
        found = settled(client, id_)
        if values is None:
            assert found["state"] == "gone"
        else:
            assert found["state"] == "active", found
            assert {key: found.get(key, "") for key in values} == values
            assert httpx.get(f"{found['url']}/health").status_code == 200
    alive = {id_ for id_, values in wanted.items() if values is not None}
    listed = client.get("/instances").json()["instances"]
    for unknown in [
        each for each in listed if each["id"] not in wanted
    ]:  # asked for, killed before the answer
        assert settled(client, unknown["id"])["state"] == "active"
        alive.add(unknown["id"])
    assert len(own.servers()) == len(alive)
    assert {each.state for each in instances.list_instances(own.project)} <= {"active"}
    assert not list((own.folder / "state" / "control" / "operations").iterdir())


def work(client: httpx.Client, wanted: dict[str, dict[str, Any] | None], chance: random.Random) -> None:
    """One request, and what is to be true after its answer."""
    alive = [id_ for id_, values in wanted.items() if values is not None]
    kind = chance.choice(["create", "change", "change", "delete"]) if alive else "create"
    if kind == "create" and len(alive) < 4:
        instance = client.post("/instances", json={"name": "killed"}).json()["instance"]
        wanted[instance["id"]] = {"name": "killed"}
    elif alive:
        id_ = chance.choice(alive)
        values = {"description": f"d {chance.randrange(1000)}"}
        answer = (
            client.delete(f"/instances/{id_}")
            if kind == "delete"
            else client.patch(f"/instances/{id_}", json=values)
        )
        if answer.status_code == 409:
            time.sleep(0.05)
            return
        assert answer.status_code == 202, answer.text
        wanted[id_] = None if kind == "delete" else (wanted[id_] or {}) | values


@pytest.mark.slow
def test_many_callers_at_once_leave_every_instance_as_the_last_one_wanted(own: ControlPlane) -> None:
    from concurrent.futures import ThreadPoolExecutor

    own.start()
    client = own.client()
    ids: list[str] = []

    def create(number: int) -> str:
        answer = client.post("/instances", json={"name": f"i {number}"})
        assert answer.status_code == 202, answer.text
        id_: str = answer.json()["instance"]["id"]
        return id_

    def act(number: int) -> tuple[str, str, str]:
        """Until it is accepted: what was done to which instance, and how that went."""
        id_ = ids[number % 20]
        kind = "delete" if number >= 160 and number % 2 else "change"
        while True:
            if kind == "delete":
                answer = client.delete(f"/instances/{id_}")
            else:
                answer = client.patch(f"/instances/{id_}", json={"description": f"d {number}"})
            if answer.status_code != 409:
                assert answer.status_code in (202, 404), answer.text
                return id_, kind if answer.status_code == 202 else "missed", f"d {number}"
            assert_error(answer, 409)
            time.sleep(0.2)

    with ThreadPoolExecutor(32) as pool:
        ids += pool.map(create, range(20))
        done = list(pool.map(act, range(180)))
    deleted = {id_ for id_, kind, _ in done if kind == "delete"}
    for id_ in ids:
        found = settled(client, id_)
        if id_ in deleted:
            assert found["state"] == "gone"
        else:
            assert found["state"] == "active"
            assert found["description"] in {text for each, _, text in done if each == id_}
    assert (
        len(deleted) == 10
        and len({each["url"] for each in client.get("/instances").json()["instances"]}) == 10
    )
    until(lambda: len(own.servers()) == 10)
    locks = own.folder / "state" / ".pulumi" / "locks"
    assert not [path for path in locks.rglob("*") if path.is_file()]
    for id_ in set(ids) - deleted:
        client.delete(f"/instances/{id_}")
    assert {settled(client, id_)["state"] for id_ in ids} == {"gone"}
    assert own.servers() == [] and not list((own.folder / "instances").iterdir())
