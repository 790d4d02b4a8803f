"""Webhooks of the registry: of one model or of all, for who administers the instance.

What a webhook is called with, its secret and the Authorization that it is sent, are sealed before they are
stored and never shown. There are no jobs here that a webhook could run.
"""

import re
import uuid
from typing import Any

from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import INSTANCE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.databricks.events import (
    EVENTS,
    REGISTERED_MODEL_CREATED,
    RegistryEvent,
    purpose,
    signed,
)
from trackstack.server.errors import invalid
from trackstack.server.mlflow.registry import names
from trackstack.server.routes import ADMIN, READ, Route
from trackstack.server.search import pages
from trackstack.server.store.databricks.webhooks import ACTIVE, DISABLED, STATUSES, RegistryWebhook
from trackstack.server.webhooks import addresses
from trackstack.server.webhooks.addresses import Unreachable

DESCRIPTION_LENGTH = 1000
SECRET_LENGTH = 1000
AUTHORIZATION_LENGTH = 10_000
MOST_WEBHOOKS = 1000
_HEADER = re.compile(r"[\x20-\x7e]*")
_EXAMPLE_MODEL = "example"


class HttpUrlSpec(Message):
    url: Required
    authorization: str | None = None
    secret: str | None = None
    enable_ssl_verification: bool | None = None


class JobSpec(Message):
    job_id: str = ""
    access_token: str = ""
    workspace_url: str = ""


class CreateWebhook(Message):
    events: tuple[str, ...]
    model_name: str = ""
    description: str = ""
    status: str = ACTIVE
    http_url_spec: HttpUrlSpec | None = None
    job_spec: JobSpec | None = None


class UpdateWebhook(Message):
    id: Required
    events: tuple[str, ...] = ()
    description: str | None = None
    status: str = ""
    http_url_spec: HttpUrlSpec | None = None
    job_spec: JobSpec | None = None


class WebhookRef(Message):
    id: Required


class TestWebhook(Message):
    id: Required
    event: str = ""


class ListWebhooks(Message):
    events: tuple[str, ...] = ()
    model_name: str = ""
    max_results: Int64 = 100
    page_token: str = ""


class ShownSpec(Struct):
    url: str
    enable_ssl_verification: bool


class Webhook(Struct, omit_defaults=True, kw_only=True):
    id: str
    model_name: str | None = None
    events: list[str]
    description: str = ""
    status: str
    http_url_spec: ShownSpec
    creation_timestamp: int
    last_updated_timestamp: int


class OneWebhook(Struct):
    webhook: Webhook


class Webhooks(Struct, omit_defaults=True):
    webhooks: list[Webhook] = field(default_factory=list)
    next_page_token: str | None = None


class Tested(Struct):
    status_code: int


async def create(call: Call, body: CreateWebhook) -> OneWebhook:
    _refuse_job(body.job_spec)
    if body.http_url_spec is None:
        raise invalid("Missing value for required parameter 'http_url_spec'.")
    model = names.model_name(body.model_name, "model_name") if body.model_name else None
    name = uuid.uuid4().hex
    fields = {
        "sealed_authorization": None,
        "sealed_secret": None,
        "verified": 1,
        **await _called(call, name, body.http_url_spec),
        "events": _events(body.events, model),
        "description": _description(body.description),
        "status": _status(body.status),
    }
    return OneWebhook(_shown(await call.store.registry_webhooks.create(name, model, fields, call.now)))


async def list_webhooks(call: Call, body: ListWebhooks) -> Webhooks:
    """Those for any of `events`; with `model_name`, those of this model alone."""
    most, offset = body.max_results, pages.offset(body.page_token)
    if not 1 <= most <= MOST_WEBHOOKS:
        raise invalid(f"max_results is {most}; it must be between 1 and {MOST_WEBHOOKS}.")
    events = _known(body.events)
    found, more = await call.store.registry_webhooks.page(events, body.model_name, most, offset)
    return Webhooks([_shown(one) for one in found], pages.token_for(offset + most) if more else None)


async def update(call: Call, body: UpdateWebhook) -> OneWebhook:
    """What is not given stays; an empty secret or authorization removes it."""
    _refuse_job(body.job_spec)
    old = await call.store.registry_webhooks.get(body.id)
    fields: dict[str, Any] = {}
    if body.http_url_spec is not None:
        fields |= await _called(call, old.uuid, body.http_url_spec)
    if body.events:
        fields["events"] = _events(body.events, old.model_name)
    if body.description is not None:
        fields["description"] = _description(body.description)
    if body.status:
        fields["status"] = _status(body.status)
    return OneWebhook(_shown(await call.store.registry_webhooks.update(old.uuid, fields, call.now)))


async def delete(call: Call, body: WebhookRef) -> None:
    await call.store.registry_webhooks.delete(body.id)


async def test(call: Call, body: TestWebhook) -> Tested:
    """Calls it with a made-up event and tells the status of the answer, but not what was answered."""
    webhook = await call.store.registry_webhooks.get(body.id)
    if webhook.status == DISABLED:
        raise invalid("The webhook is DISABLED; set its status to ACTIVE or TEST_MODE to test it.")
    [event] = _known((body.event,)) if body.event else webhook.event_names[:1]
    model = webhook.model_name or _EXAMPLE_MODEL
    example = RegistryEvent((event,), model, f"A test of the webhook for {event}.", {})
    try:
        delivery = signed(webhook, example.payload(event, webhook.uuid), call.services.secrets)
        return Tested(await call.services.hooks.try_once(delivery))
    except (OSError, TimeoutError, Unreachable) as error:
        why = str(error) if isinstance(error, Unreachable) else "The host could not be reached."
        raise invalid(f"The webhook could not be called: {why}") from None


async def _called(call: Call, name: str, spec: HttpUrlSpec) -> dict[str, Any]:
    """The columns of whom the webhook calls, and how; those that are given."""
    await addresses.check(spec.url, call.services.hooks.private)
    fields: dict[str, Any] = {"url": spec.url}
    if spec.enable_ssl_verification is not None:
        fields["verified"] = int(spec.enable_ssl_verification)
    if spec.secret is not None:
        secret = validation.limited(spec.secret, SECRET_LENGTH, "http_url_spec.secret")
        fields["sealed_secret"] = _sealed(call, name, "secret", secret)
    if spec.authorization is not None:
        value = validation.limited(spec.authorization, AUTHORIZATION_LENGTH, "http_url_spec.authorization")
        if not _HEADER.fullmatch(value):
            raise invalid("http_url_spec.authorization must be printable ASCII in one line.")
        fields["sealed_authorization"] = _sealed(call, name, "authorization", value)
    return fields


def _sealed(call: Call, name: str, what: str, value: str) -> str | None:
    return call.services.secrets.seal(value, purpose(name, what)) if value else None


def _refuse_job(job: JobSpec | None) -> None:
    if job is not None:
        raise invalid("job_spec: there are no jobs here that a webhook could run; give http_url_spec.")


def _events(events: tuple[str, ...], model: str | None) -> list[str]:
    if not events:
        raise invalid("events must name at least one event.")
    if model is not None and REGISTERED_MODEL_CREATED in events:
        raise invalid(f"events: {REGISTERED_MODEL_CREATED} is for webhooks without model_name.")
    return _known(events)


def _known(events: tuple[str, ...]) -> list[str]:
    for event in events:
        if event not in EVENTS:
            raise invalid(f"events: {event[:100]!r} is none; use {', '.join(EVENTS)}.")
    return list(dict.fromkeys(events))


def _description(text: str) -> str:
    return validation.limited(text, DESCRIPTION_LENGTH, "description")


def _status(text: str) -> str:
    if text not in STATUSES:
        raise invalid(f"status is {text[:100]!r}; use one of {', '.join(STATUSES)}.")
    return text


def _shown(row: RegistryWebhook) -> Webhook:
    return Webhook(
        id=row.uuid,
        model_name=row.model_name,
        events=row.event_names,
        description=row.description,
        status=row.status,
        http_url_spec=ShownSpec(row.url, bool(row.verified)),
        creation_timestamp=row.created_at,
        last_updated_timestamp=row.updated_at,
    )


_BASE = "/2.0/mlflow/registry-webhooks"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=ADMIN, on=INSTANCE),
    Route("GET", f"{_BASE}/list", list_webhooks, needs=READ, on=INSTANCE),
    Route("PATCH", f"{_BASE}/update", update, needs=ADMIN, on=INSTANCE),
    Route("DELETE", f"{_BASE}/delete", delete, needs=ADMIN, on=INSTANCE),
    Route("POST", f"{_BASE}/test", test, needs=ADMIN, on=INSTANCE),
)
