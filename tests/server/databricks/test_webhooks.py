"""Registry webhooks: what they are told, signed as Databricks signs; their secrets at rest."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service import ml
from databricks.sdk.service.ml import RegistryWebhookEvent as Event
from tests.server.access.holdings import token
from tests.server.databricks.conftest import SOURCE, workspace_of
from tests.server.registry.test_webhooks import Receiver
from tests.server.serving import Server

SECRET, AUTHORIZATION = "sh4red-secret", "Bearer sent-along"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def inner(inward: Server) -> ml.ModelRegistryAPI:
    return workspace_of(inward).model_registry


def hook(
    api: ml.ModelRegistryAPI, receiver: Receiver, *events: Event, model: str | None = None, **spec: Any
) -> str:
    """The id of a new webhook."""
    made = api.create_webhook(
        list(events), http_url_spec=ml.HttpUrlSpec(f"{receiver.url}/hook", **spec), model_name=model
    ).webhook
    assert made is not None
    return str(made.id)


def told(receiver: Receiver) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(receiver.next()[2])
    return values


def test_a_delivery_is_signed_and_authorized(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str
) -> None:
    inner.create_model(name)
    id_ = hook(
        inner,
        receiver,
        Event.MODEL_VERSION_CREATED,
        model=name,
        secret=SECRET,
        authorization=AUTHORIZATION,
    )

    inner.create_model_version(name, SOURCE)

    path, headers, body = receiver.next()
    assert path == "/hook"
    assert headers["X-Databricks-Signature"] == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["Authorization"] == AUTHORIZATION
    said = json.loads(body)
    assert said.pop("event_timestamp") > 1_700_000_000_000
    assert name in said.pop("text")
    assert said == {
        "event": "MODEL_VERSION_CREATED",
        "webhook_id": id_,
        "model_name": name,
        "version": "1",
    }


def test_every_event_is_told_with_what_it_is_about(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str
) -> None:
    id_ = hook(inner, receiver, *Event)
    expected: list[tuple[str, dict[str, Any]]] = []

    def expect(event: str, **details: Any) -> None:
        expected.append((event, details))

    inner.create_model(name)
    expect("REGISTERED_MODEL_CREATED")
    inner.create_model_version(name, SOURCE)
    expect("MODEL_VERSION_CREATED", version="1")
    inner.set_model_version_tag(name, "1", "k", "v")
    expect("MODEL_VERSION_TAG_SET", version="1", tags=[{"key": "k", "value": "v"}])
    inner.create_comment(name, "1", "hm")
    expect("COMMENT_CREATED", version="1", comment="hm")
    for stage in ("Staging", "Production", "Archived"):
        old = inner.get_model_version(name, "1").model_version
        way = {"version": "1", "from_stage": old and old.current_stage, "to_stage": stage}
        inner.create_transition_request(name, "1", stage, comment="please")
        expect("TRANSITION_REQUEST_CREATED", **way, comment="please")
        expect(f"TRANSITION_REQUEST_TO_{stage.upper()}_CREATED", **way, comment="please")
        inner.approve_transition_request(name, "1", stage, False)
        expect("MODEL_VERSION_TRANSITIONED_STAGE", **way)
        expect(f"MODEL_VERSION_TRANSITIONED_TO_{stage.upper()}", **way)
    assert {event for event, _ in expected} == {one.value for one in Event}

    said = [told(receiver) for _ in expected]
    inner.delete_webhook(id_)
    found = []
    for one in said:
        assert one.pop("text") and one.pop("event_timestamp")
        assert (one.pop("webhook_id"), one.pop("model_name")) == (id_, name)
        found.append((one.pop("event"), one))
    assert _texts(found) == _texts(expected)


def test_a_version_that_is_archived_for_another_is_told_of(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str
) -> None:
    inner.create_model(name)
    for _ in range(2):
        inner.create_model_version(name, SOURCE)
    inner.transition_stage(name, "1", "Production", False)
    hook(inner, receiver, Event.MODEL_VERSION_TRANSITIONED_STAGE, model=name)

    inner.transition_stage(name, "2", "Production", True)

    moves = {(one["version"], one["to_stage"]) for one in (told(receiver), told(receiver))}
    assert moves == {("1", "Archived"), ("2", "Production")}


def test_a_webhook_hears_of_its_model_alone_and_by_its_new_name(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str
) -> None:
    for model in (name, f"{name}-other"):
        inner.create_model(model)
    id_ = hook(inner, receiver, Event.MODEL_VERSION_CREATED, model=name)

    inner.create_model_version(f"{name}-other", SOURCE)
    inner.rename_model(name, new_name=f"{name}-new")
    inner.create_model_version(f"{name}-new", SOURCE)

    assert told(receiver)["model_name"] == f"{name}-new"
    assert receiver.received.empty()
    inner.delete_model(f"{name}-new")
    with pytest.raises(NotFound):
        inner.delete_webhook(id_)


@pytest.mark.parametrize("status", [ml.RegistryWebhookStatus.DISABLED, ml.RegistryWebhookStatus.TEST_MODE])
def test_a_webhook_that_is_not_active_is_not_called(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str, status: ml.RegistryWebhookStatus
) -> None:
    inner.create_model(name)
    quiet = hook(inner, receiver, Event.MODEL_VERSION_CREATED, model=name)
    inner.update_webhook(quiet, status=status)
    loud = hook(inner, receiver, Event.MODEL_VERSION_TAG_SET, model=name)

    inner.create_model_version(name, SOURCE)
    inner.set_model_version_tag(name, "1", "k", "v")

    assert told(receiver)["webhook_id"] == loud
    assert receiver.received.empty()


def test_a_test_tells_the_status_and_never_the_answer(
    inner: ml.ModelRegistryAPI, receiver: Receiver, name: str
) -> None:
    id_ = hook(inner, receiver, Event.MODEL_VERSION_CREATED, Event.COMMENT_CREATED)
    inner.update_webhook(id_, status=ml.RegistryWebhookStatus.TEST_MODE)
    receiver.answers = [500, 302]

    first = inner.test_registry_webhook(id_)
    second = inner.test_registry_webhook(id_, event=Event.COMMENT_CREATED)

    assert (first.status_code, second.status_code, first.body) == (500, 302, None)
    assert [told(receiver)["event"] for _ in range(2)] == ["MODEL_VERSION_CREATED", "COMMENT_CREATED"]
    inner.delete_webhook(id_)


def test_a_webhook_that_cannot_be_called_says_so(inner: ml.ModelRegistryAPI, receiver: Receiver) -> None:
    id_ = hook(inner, receiver, Event.COMMENT_CREATED)
    receiver.close()

    with pytest.raises(BadRequest, match="could not be called"):
        inner.test_registry_webhook(id_)
    inner.delete_webhook(id_)


def test_secrets_are_sealed_kept_and_removed(
    inner: ml.ModelRegistryAPI, inward: Server, receiver: Receiver, name: str
) -> None:
    inner.create_model(name)
    id_ = hook(inner, receiver, Event.COMMENT_CREATED, model=name, secret=SECRET, authorization=AUTHORIZATION)
    for file in inward.data_dir.glob("tracking.db*"):
        assert SECRET.encode() not in file.read_bytes()
        assert AUTHORIZATION.encode() not in file.read_bytes()

    inner.update_webhook(id_, description="other")
    inner.test_registry_webhook(id_)
    assert {"Authorization", "X-Databricks-Signature"} <= set(receiver.next()[1])
    inner.update_webhook(id_, http_url_spec=ml.HttpUrlSpec(f"{receiver.url}/x", secret="", authorization=""))
    inner.test_registry_webhook(id_)
    assert not {"Authorization", "X-Databricks-Signature"} & set(receiver.next()[1])


def test_webhooks_are_for_administrators(server: Server, client: Any, receiver: Receiver) -> None:
    for fields in ({"scope": "write"}, {"scope": "read"}, {"scope": "write", "user": "ada@example.org"}):
        api = workspace_of(server, token(client, **fields)).model_registry
        with pytest.raises(PermissionDenied):
            hook(api, receiver, Event.COMMENT_CREATED)


def _texts(events: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """In an order that does not depend on when they came."""
    return sorted(json.dumps(event, sort_keys=True) for event in events)


def test_a_host_that_proves_nothing_is_called_only_where_that_is_allowed(
    inner: ml.ModelRegistryAPI, receiver: Receiver, tmp_path: Path
) -> None:
    encrypt(receiver, self_signed(tmp_path))
    id_ = hook(inner, receiver, Event.COMMENT_CREATED)

    with pytest.raises(BadRequest, match="could not be called"):
        inner.test_registry_webhook(id_)
    inner.update_webhook(
        id_, http_url_spec=ml.HttpUrlSpec(f"{receiver.url}/hook", enable_ssl_verification=False)
    )

    assert inner.test_registry_webhook(id_).status_code == 200
    inner.delete_webhook(id_)


def encrypt(receiver: Receiver, certificate: Path) -> None:
    """Lets it speak TLS from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = receiver._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.url = receiver.url.replace("http:", "https:")


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, which nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file
