"""Webhooks with MLflow's own client, and their deliveries to a server of the test's."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException
from tests.server.conftest import Start
from tests.server.serving import Server

from trackstack.server.mlflow.webhooks import EVENTS, example
from trackstack.server.webhooks.addresses import is_public

CREATED = WebhookEvent("registered_model", "created")


class Receiver:
    """Listens on loopback; `answers` are the statuses of the next answers, 200 after them."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.put((self.path, dict(self.headers.items()), body))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()
                self.wfile.write(b"secret of the inner network")

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> tuple[str, dict[str, str], bytes]:
        return self.received.get(timeout=10)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(scope="module")
def inward(start_server: Start) -> Server:
    """A server that may call private addresses."""
    return start_server(TRACKSTACK_SERVER_PRIVATE_WEBHOOKS="true")


@pytest.fixture
def calling(inward: Server, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", inward.token.text)
    return MlflowClient(inward.url, inward.url)


def test_a_webhook_is_made_listed_changed_and_deleted(calling: MlflowClient, receiver: Receiver) -> None:
    made = calling.create_webhook("hook", receiver.url, [CREATED, "prompt_tag.set"], "what for", "secret")
    assert (made.name, made.url, made.description, made.status) == (
        "hook",
        receiver.url,
        "what for",
        WebhookStatus.ACTIVE,
    )
    assert {str(event) for event in made.events} == {"registered_model.created", "prompt_tag.set"}
    assert made.webhook_id in [webhook.webhook_id for webhook in calling.list_webhooks()]

    changed = calling.update_webhook(made.webhook_id, name="other", status="DISABLED", events=[CREATED])
    assert (changed.name, changed.status, len(changed.events)) == ("other", WebhookStatus.DISABLED, 1)
    assert calling.get_webhook(made.webhook_id).description == "what for"
    calling.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException, match=f"Webhook with ID {made.webhook_id} not found"):
        calling.get_webhook(made.webhook_id)


def test_a_delivery_is_signed(calling: MlflowClient, receiver: Receiver, name: str) -> None:
    webhook = calling.create_webhook("signed", f"{receiver.url}/hook?x=1", [CREATED], secret="s3cret")
    calling.create_registered_model(name, {"a": "b"}, "text")

    path, headers, body = receiver.next()
    calling.delete_webhook(webhook.webhook_id)
    told: dict[str, Any] = json.loads(body)
    assert path == "/hook?x=1"
    assert (told["entity"], told["action"]) == ("registered_model", "created")
    assert told["data"] == {"name": name, "tags": {"a": "b"}, "description": "text"}
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body.decode()}"
    expected = base64.b64encode(hmac.digest(b"s3cret", signed.encode(), hashlib.sha256)).decode()
    assert headers["X-MLflow-Signature"] == f"v1,{expected}"


def test_every_change_of_versions_tags_and_aliases_is_told(
    calling: MlflowClient, receiver: Receiver, name: str
) -> None:
    events = ["model_version.created", "model_version_tag.set", "model_version_tag.deleted"]
    events += ["model_version_alias.created", "model_version_alias.deleted"]
    webhook = calling.create_webhook("all", receiver.url, events)  # type: ignore[arg-type]
    calling.create_registered_model(name)
    told = []
    for change in (
        lambda: calling.create_model_version(name, "s3://bucket/m", tags={"t": "u"}),
        lambda: calling.set_model_version_tag(name, "1", "k", "v"),
        lambda: calling.delete_model_version_tag(name, "1", "k"),
        lambda: calling.set_registered_model_alias(name, "a", "1"),
        lambda: calling.delete_registered_model_alias(name, "a"),
    ):
        change()
        message = json.loads(receiver.next()[2])
        told.append(f"{message['entity']}.{message['action']}")
        assert message["data"]["name"] == name
    calling.delete_webhook(webhook.webhook_id)
    assert told == events


def test_a_busy_receiver_is_tried_again_and_a_disabled_one_not_at_all(
    calling: MlflowClient, receiver: Receiver, name: str
) -> None:
    webhook = calling.create_webhook("busy", receiver.url, [CREATED])
    receiver.answers = [503]
    calling.create_registered_model(name)
    first, second = receiver.next(), receiver.next()
    assert first[1]["X-MLflow-Delivery-Id"] == second[1]["X-MLflow-Delivery-Id"]

    calling.update_webhook(webhook.webhook_id, status="DISABLED")
    calling.create_registered_model(f"{name}-2")
    calling.update_webhook(webhook.webhook_id, status="ACTIVE")
    calling.create_registered_model(f"{name}-3")
    assert json.loads(receiver.next()[2])["data"]["name"] == f"{name}-3"
    calling.delete_webhook(webhook.webhook_id)


def test_a_test_tells_the_status_but_nothing_of_the_answer_and_follows_no_redirect(
    calling: MlflowClient, inward: Server, receiver: Receiver
) -> None:
    webhook = calling.create_webhook("test", receiver.url, [CREATED])
    assert calling.test_webhook(webhook.webhook_id).success
    receiver.answers = [302]
    with inward.client() as client:
        got = client.post(f"/api/2.0/mlflow/webhooks/{webhook.webhook_id}/test", json={})
    assert got.json() == {"result": {"success": True, "response_status": 302}}
    assert "secret" not in got.text
    assert [receiver.next()[0], receiver.next()[0]] == ["/", "/"]
    assert receiver.received.empty()

    receiver.close()
    failed = calling.test_webhook(webhook.webhook_id)
    calling.delete_webhook(webhook.webhook_id)
    assert not failed.success


PRIVATE = [
    *("https://127.0.0.1:1/", "https://localhost/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"),
    *("https://[64:ff9b::7f00:1]/", "https://0/", "https://127.1/", "https://0177.0.0.1/"),
    *(
        "https://2130706433/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[fd00::1]/",
    ),
]
UNFIT = [
    *(
        "http://1.1.1.1/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "1.1.1.1",
    ),
    *("https://user:pw@1.1.1.1/", "https://1.1.1.1/#x", "https://1.1.1.1\\@x/", "https://1.1.1.1/\r\nX: y"),
    *("https://1.1.1.1:99999/", "https://[::1/", "https://1.1.1.1/" + "x" * 2048, "https://münchen/"),
]


@pytest.mark.parametrize(
    ("entity", "action"), [(entity, action) for entity, actions in EVENTS.items() for action in actions]
)
def test_a_made_up_event_is_mlflows(entity: str, action: str) -> None:
    from mlflow.webhooks.types import get_example_payload_for_event

    event = WebhookEvent(WebhookEntity(entity), WebhookAction(action))
    assert example(f"{entity}.{action}") == get_example_payload_for_event(event)


def test_a_blank_address_is_refused_in_mlflows_words(client: httpx.Client) -> None:
    body = {"name": "x", "url": "   ", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}
    reply = client.post("/api/2.0/mlflow/webhooks", json=body)

    assert reply.status_code == 400
    assert reply.json()["message"] == "Webhook URL cannot be empty or just whitespace: '   '"


@pytest.mark.parametrize("url", [*PRIVATE, *UNFIT])
def test_an_address_that_is_not_public_or_no_https_is_refused(client: httpx.Client, url: str) -> None:
    events = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
    got = client.post("/api/2.0/mlflow/webhooks", json={"name": "x", "url": url, "events": events})
    assert (got.status_code, got.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "-x"},
        {"name": "a b"},
        {"name": "x" * 64},
        {"events": []},
        {"events": [{"entity": "REGISTERED_MODEL", "action": "DELETED"}]},
        {"events": [{"entity": "nothing", "action": "CREATED"}]},
        {"status": "SLEEPING"},
    ],
)
def test_a_bad_webhook_is_refused(client: httpx.Client, change: dict[str, object]) -> None:
    good = {"name": "x", "url": "https://1.1.1.1/", "events": [{"entity": 1, "action": 1}]}
    assert client.post("/api/2.0/mlflow/webhooks", json={**good, **change}).status_code == 400


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((a, True) for a in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")),
        *((a, False) for a in ("127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.1")),
        *((a, False) for a in ("::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1")),
        *((a, False) for a in ("2002:7f00:1::", "2001:0:7f00:1::", "ff02::1", "255.255.255.255")),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public
