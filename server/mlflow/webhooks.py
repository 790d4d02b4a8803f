"""Webhooks, in MLflow's words."""

import re
import uuid
from typing import Any

from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import INSTANCE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError, invalid
from trackstack.server.routes import ADMIN, READ, Route
from trackstack.server.search import pages
from trackstack.server.store import webhooks as store
from trackstack.server.webhooks import addresses
from trackstack.server.webhooks.addresses import Unreachable
from trackstack.server.webhooks.mlflow import MlflowEvent, purpose, signed

EVENTS = {
    "registered_model": ("created",),
    "model_version": ("created",),
    "model_version_tag": ("deleted", "set"),
    "model_version_alias": ("created", "deleted"),
    "prompt": ("created",),
    "prompt_version": ("created",),
    "prompt_tag": ("deleted", "set"),
    "prompt_version_tag": ("deleted", "set"),
    "prompt_alias": ("created", "deleted"),
    "budget_policy": ("exceeded",),
}
"""Actions of each entity; budgets belong to the gateway, which is not served, so they never happen."""

_ENTITIES = dict(enumerate(EVENTS, 1))
_ACTIONS = {1: "created", 2: "updated", 3: "deleted", 4: "set", 5: "exceeded"}
_STATUSES = {"1": "ACTIVE", "2": "DISABLED", "ACTIVE": "ACTIVE", "DISABLED": "DISABLED"}
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_MOST = 1000


class Event(Message):
    entity: int | str = 0
    action: int | str = 0


class CreateWebhook(Message):
    name: Required
    url: Required
    events: tuple[Event, ...]
    description: str = ""
    secret: str = ""
    status: int | str = ""


class UpdateWebhook(Message):
    webhook_id: Required
    name: str = ""
    url: str = ""
    events: tuple[Event, ...] = ()
    description: str | None = None
    secret: str | None = None
    status: int | str = ""


class WebhookRef(Message):
    webhook_id: Required


class TestWebhook(Message):
    webhook_id: Required
    event: Event | None = None


class ListWebhooks(Message):
    max_results: Int64 = 100
    page_token: str = ""


class ShownEvent(Struct):
    entity: str
    action: str


class Webhook(Struct, omit_defaults=True, kw_only=True):
    """The secret is never shown."""

    webhook_id: str
    name: str
    description: str | None = None
    url: str
    events: list[ShownEvent]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int


class OneWebhook(Struct):
    webhook: Webhook


class Webhooks(Struct, omit_defaults=True):
    webhooks: list[Webhook] = field(default_factory=list)
    next_page_token: str | None = None


class TestResult(Struct, omit_defaults=True):
    success: bool | None = None
    response_status: int | None = None
    error_message: str | None = None


class Tested(Struct):
    result: TestResult


async def create(call: Call, body: CreateWebhook) -> OneWebhook:
    if not body.events:
        raise invalid("Webhook events must be a non-empty list of WebhookEvent objects: [].")
    webhook = str(uuid.uuid4())
    fields = store.Changes(
        name=_name(body.name),
        description=_description(body.description) or None,
        url=await _url(call, body.url),
        sealed_secret=_sealed(call, webhook, body.secret) or None,
        status=_status(body.status),
        events=tuple(map(_event, body.events)),
    )
    return OneWebhook(_shown(await call.store.webhooks.create(webhook, fields, call.now)))


async def list_webhooks(call: Call, body: ListWebhooks) -> Webhooks:
    most, offset = body.max_results or 100, pages.offset(body.page_token)
    if not 1 <= most <= _MOST:
        raise invalid(f"max_results must be between 1 and {_MOST}.")
    found, more = await call.store.webhooks.page(most, offset)
    return Webhooks([_shown(one) for one in found], pages.token_for(offset + most) if more else None)


async def get(call: Call, body: WebhookRef) -> OneWebhook:
    return OneWebhook(_shown(await call.store.webhooks.get(body.webhook_id)))


async def update(call: Call, body: UpdateWebhook) -> OneWebhook:
    changes = store.Changes(
        name=_name(body.name) if body.name else None,
        description=None if body.description is None else _description(body.description),
        url=await _url(call, body.url) if body.url else None,
        sealed_secret=None if body.secret is None else _sealed(call, body.webhook_id, body.secret),
        status=_status(body.status),
        events=tuple(map(_event, body.events)) or None,
    )
    return OneWebhook(_shown(await call.store.webhooks.update(body.webhook_id, changes, call.now)))


async def delete(call: Call, body: WebhookRef) -> None:
    await call.store.webhooks.delete(body.webhook_id)


async def test(call: Call, body: TestWebhook) -> Tested:
    """Calls it with a made-up event and tells how that went, but not what was answered."""
    webhook = await call.store.webhooks.get(body.webhook_id)
    event = _event(body.event) if body.event else webhook.event_names[0]
    delivery = signed(webhook, MlflowEvent(event, example(event)).payload(), call.services.secrets)
    try:
        status = await call.services.hooks.try_once(delivery)
    except (OSError, Unreachable, ApiError) as error:
        why = str(error) if isinstance(error, Unreachable | ApiError) else "The host could not be reached."
        return Tested(TestResult(success=False, error_message=f"Failed to test webhook: {why}"))
    return Tested(TestResult(success=status < 400, response_status=status))


_BUDGET = {
    "budget_policy_id": "bp-abc123",
    "budget_unit": "USD",
    "budget_amount": 100.0,
    "current_spend": 105.5,
    "duration_unit": "MONTHS",
    "duration_value": 1,
    "target_scope": "ENDPOINT",
    "workspace": "default",
    "target_value": "ep-abc123",
    "window_start": 1704067200000,
}


def example(event: str) -> dict[str, Any]:
    """The data of a made-up event, with all that a real one has; as MLflow makes it up."""
    entity, _, action = event.partition(".")
    if entity == "budget_policy":
        return _BUDGET
    data: dict[str, Any] = {"name": "example_prompt" if entity.startswith("prompt") else "example_model"}
    if entity.endswith("alias"):
        data["alias"] = "example_alias"
    elif entity.endswith("tag"):
        data["key"] = "example_key"
    else:
        data["tags"] = {"example_key": "example_value"}
        data["description"] = f"An example {entity.replace('_', ' ')}"
    if ("version" in entity and "alias" not in entity) or event.endswith("alias.created"):
        data["version"] = "1"
    if entity == "model_version":
        data |= {"source": "models:/123", "run_id": "abcd1234abcd5678"}
    if entity == "prompt_version":
        data["template"] = "Hello {{name}}!"
    if action == "set":
        data["value"] = "example_value"
    return data


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid(
            f"Webhook name {name[:100]!r} is invalid. It must start and end with a letter or digit, be less "
            "than 63 characters long, and contain only letters, digits, dots (.), underscores (_), "
            "and hyphens (-)."
        )
    return name


def _description(text: str) -> str:
    return validation.limited(text, 1000, "description")


def _sealed(call: Call, webhook: str, secret: str) -> str:
    """Empty for an empty one."""
    text = validation.limited(secret, 1000, "secret")
    return call.services.secrets.seal(text, purpose(webhook)) if text else ""


async def _url(call: Call, url: str) -> str:
    await addresses.check(url, call.services.hooks.private)
    return url


def _event(event: Event) -> str:
    entity = _ENTITIES.get(event.entity) if isinstance(event.entity, int) else event.entity.lower()
    action = _ACTIONS.get(event.action) if isinstance(event.action, int) else event.action.lower()
    if entity not in EVENTS or action not in EVENTS[entity]:
        valid = list(EVENTS.get(entity or "", ()))
        raise invalid(f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {valid}")
    return f"{entity}.{action}"


def _status(status: int | str) -> str | None:
    if status == "":
        return None
    if str(status) not in _STATUSES:
        raise validation.wrong("status", status)
    return _STATUSES[str(status)]


def _shown(row: store.Webhook) -> Webhook:
    events = [name.upper().split(".") for name in row.event_names]
    return Webhook(
        webhook_id=row.uuid,
        name=row.name,
        description=row.description,
        url=row.url,
        events=[ShownEvent(entity, action) for entity, action in events],
        status=row.status,
        creation_timestamp=row.created_at,
        last_updated_timestamp=row.updated_at,
    )


_ONE = "/2.0/mlflow/webhooks/{webhook_id}"

ROUTES = (
    Route("POST", "/2.0/mlflow/webhooks", create, needs=ADMIN, on=INSTANCE),
    Route("GET", "/2.0/mlflow/webhooks", list_webhooks, needs=READ, on=INSTANCE),
    Route("GET", _ONE, get, needs=READ, on=INSTANCE),
    Route("PATCH", _ONE, update, needs=ADMIN, on=INSTANCE),
    Route("DELETE", _ONE, delete, needs=ADMIN, on=INSTANCE),
    Route("POST", f"{_ONE}/test", test, needs=ADMIN, on=INSTANCE),
)
