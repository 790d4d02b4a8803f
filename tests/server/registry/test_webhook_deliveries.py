"""Deliveries of webhooks outlive failures, restarts and kills, and are written with what they tell of."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.registry.test_webhooks import Receiver, receiver  # noqa: F401 - a fixture
from tests.server.serving import Server

from trackstack.server.config import Settings
from trackstack.server.store import outbox
from trackstack.server.store.outbox import Message
from trackstack.server.store.store import Store

API = "/api/2.0/mlflow"
CREATED = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]


@pytest.fixture
def own(start_server: Start, tmp_path: Path) -> Iterator[Server]:
    """A server that may call private addresses, and that the test may kill."""
    server = start_server(data_dir=tmp_path / "data", TRACKSTACK_SERVER_PRIVATE_WEBHOOKS="true")
    yield server
    if server.process is not None:
        server.stop()


def subscribe(client: httpx.Client, url: str, **more: Any) -> str:
    body = {"name": "hook", "url": url, "events": CREATED, **more}
    answer = client.post(f"{API}/webhooks", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["webhook"]["webhook_id"])


def make(client: httpx.Client, name: str) -> None:
    answer = client.post(f"{API}/registered-models/create", json={"name": name})
    assert answer.status_code == 200, answer.text


def told(receiver: Receiver) -> Any:  # noqa: F811
    return json.loads(receiver.received.get(timeout=30)[2])["data"]["name"]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_not_delivered_is_delivered_after_a_restart(
    own: Server,
    receiver: Receiver,  # noqa: F811
    name: str,
    end: str,
) -> None:
    receiver.answers = [503]
    with own.client() as client:
        subscribe(client, receiver.url)
        make(client, name)
    assert told(receiver) == name
    getattr(own, end)()
    own.start()
    assert told(receiver) == name


def test_attempts_of_one_delivery_are_known_by_its_id(
    own: Server,
    receiver: Receiver,  # noqa: F811
    name: str,
) -> None:
    receiver.answers = [500, 429]
    with own.client() as client:
        subscribe(client, receiver.url, secret="s3cret")
        make(client, name)
    found = [receiver.next() for _ in range(3)]
    assert len({headers["X-MLflow-Delivery-Id"] for _, headers, _ in found}) == 1
    assert len({body for _, _, body in found}) == 1
    assert all(headers["X-MLflow-Signature"].startswith("v1,") for _, headers, _ in found)


def test_an_answer_that_will_stay_the_same_ends_a_delivery(
    own: Server,
    receiver: Receiver,  # noqa: F811
    name: str,
) -> None:
    receiver.answers = [404]
    with own.client() as client:
        subscribe(client, receiver.url)
        make(client, f"{name}-1")
        assert told(receiver) == f"{name}-1"
        make(client, f"{name}-2")
    assert told(receiver) == f"{name}-2"
    own.stop()
    own.start()
    with own.client() as client:
        make(client, f"{name}-3")
    assert told(receiver) == f"{name}-3"


def test_a_webhook_that_is_gone_is_not_called_any_more(
    own: Server,
    receiver: Receiver,  # noqa: F811
    name: str,
) -> None:
    receiver.answers = [503]
    with own.client() as client:
        webhook = subscribe(client, f"{receiver.url}/gone")
        make(client, name)
        receiver.next()
        assert client.delete(f"{API}/webhooks/{webhook}").status_code == 200
        subscribe(client, f"{receiver.url}/other")
        make(client, f"{name}-2")
    assert receiver.next()[0] == "/other"


def test_a_refused_change_tells_nobody(own: Server, receiver: Receiver, name: str) -> None:  # noqa: F811
    with own.client() as client:
        subscribe(client, receiver.url)
        make(client, name)
        assert client.post(f"{API}/registered-models/create", json={"name": name}).status_code == 400
        make(client, f"{name}-2")
    assert [told(receiver), told(receiver)] == [name, f"{name}-2"]


def test_secrets_are_sealed_in_the_database(own: Server, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--store") != "sqlite":
        pytest.skip("the file of SQLite is looked into")
    with own.client() as client:
        webhook = subscribe(client, "http://127.0.0.1:9/", secret="s3cret-in-clear")
        changed = {"webhook_id": webhook, "secret": "another-in-clear"}
        assert client.patch(f"{API}/webhooks/{webhook}", json=changed).status_code == 200
    own.stop()
    with closing(sqlite3.connect(own.data_dir / "tracking.db")) as database:
        ((sealed,),) = database.execute("SELECT sealed_secret FROM webhooks").fetchall()
    assert sealed.startswith("1.")
    for file in own.data_dir.glob("tracking.db*"):
        assert b"in-clear" not in file.read_bytes()


def test_what_is_due_goes_to_one_server_and_comes_back_when_it_dies(
    tmp_path: Path, new_database: Callable[[], tuple[str, ...]]
) -> None:
    settings = Settings(data_dir=tmp_path, database_url="".join(new_database()[-1:]))

    async def scenario() -> None:
        store = Store(settings)
        await store.open()
        try:
            assert await store.outbox.next_due() is None
            for payload in ("a", "b"):
                seen = store.telling(
                    lambda tx, _, text=payload: outbox.add(tx, [Message("mlflow", "w", text)], 10),  # type: ignore[misc]
                    lambda: None,
                )
                await seen.registered_models.create(payload, "", {}, 1)
            assert await store.outbox.next_due() == 10
            assert [one.payload for one in await store.outbox.claim(10, 50, 1)] == ["a"]
            assert [one.payload for one in await store.outbox.claim(10, 60, 5)] == ["b"]
            assert await store.outbox.claim(49, 99, 5) == []
            (again,) = await store.outbox.claim(50, 90, 5)
            assert (again.payload, again.attempts) == ("a", 1)
            await store.outbox.remove(again.id)
            await store.outbox.postpone([again.id + 1], 70)
            assert await store.outbox.next_due() == 70
        finally:
            await store.close()

    asyncio.run(scenario())
