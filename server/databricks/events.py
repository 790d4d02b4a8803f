"""What happens in the registry, as Databricks' webhooks are told of it.

The payload and its signature are those of Databricks' page "Workspace Model Registry webhooks":
X-Databricks-Signature is the HMAC-SHA-256 of the body with the webhook's secret, in hexadecimal digits.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trackstack.server.errors import ApiError
from trackstack.server.secrets import Secrets
from trackstack.server.store.databricks.webhooks import ACTIVE, RegistryWebhook, called
from trackstack.server.store.outbox import Message, Waiting
from trackstack.server.store.registry.versions import Move
from trackstack.server.store.store import Store
from trackstack.server.store.transaction import Transaction
from trackstack.server.webhooks.delivery import Delivery

KIND = "databricks"

COMMENT_CREATED = "COMMENT_CREATED"
MODEL_VERSION_CREATED = "MODEL_VERSION_CREATED"
MODEL_VERSION_TAG_SET = "MODEL_VERSION_TAG_SET"
MODEL_VERSION_TRANSITIONED = "MODEL_VERSION_TRANSITIONED_STAGE"
REGISTERED_MODEL_CREATED = "REGISTERED_MODEL_CREATED"
TRANSITION_REQUEST_CREATED = "TRANSITION_REQUEST_CREATED"
_TRANSITIONED_TO = "MODEL_VERSION_TRANSITIONED_TO_{}"
_REQUEST_TO = "TRANSITION_REQUEST_TO_{}_CREATED"
_STAGES_WITH_EVENTS = ("Staging", "Production", "Archived")

EVENTS = (
    COMMENT_CREATED,
    MODEL_VERSION_CREATED,
    MODEL_VERSION_TAG_SET,
    MODEL_VERSION_TRANSITIONED,
    *(_TRANSITIONED_TO.format(stage.upper()) for stage in _STAGES_WITH_EVENTS),
    REGISTERED_MODEL_CREATED,
    TRANSITION_REQUEST_CREATED,
    *(_REQUEST_TO.format(stage.upper()) for stage in _STAGES_WITH_EVENTS),
)


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """What happened to a model; each webhook is told of it under those of `names` that it is for."""

    names: tuple[str, ...]
    model_name: str
    text: str
    details: dict[str, Any]

    @classmethod
    def model_created(cls, who: str, name: str) -> "RegistryEvent":
        return cls((REGISTERED_MODEL_CREATED,), name, f"{who} created the registered model '{name}'.", {})

    @classmethod
    def version_created(cls, who: str, name: str, version: str) -> "RegistryEvent":
        text = f"{who} created version {version} of the registered model '{name}'."
        return cls((MODEL_VERSION_CREATED,), name, text, {"version": version})

    @classmethod
    def tag_set(cls, who: str, name: str, version: int, tag: tuple[str, str]) -> "RegistryEvent":
        key, value = tag
        tags = f"'{key}' => '{value}'"
        text = f"{who} set version tag(s) {tags} for registered model '{name}' version {version}."
        details = {"version": str(version), "tags": [{"key": key, "value": value}]}
        return cls((MODEL_VERSION_TAG_SET,), name, text, details)

    @classmethod
    def transitioned(cls, name: str, move: Move) -> "RegistryEvent":
        names = (MODEL_VERSION_TRANSITIONED, *_of_stage(_TRANSITIONED_TO, move.to_stage))
        text = (
            f"Registered model '{name}' version {move.version} transitioned from {move.from_stage} to "
            f"{move.to_stage}."
        )
        return cls(names, name, text, _staged(move))

    @classmethod
    def transition_requested(cls, who: str, name: str, move: Move, comment: str) -> "RegistryEvent":
        names = (TRANSITION_REQUEST_CREATED, *_of_stage(_REQUEST_TO, move.to_stage))
        text = (
            f"{who} requested that registered model '{name}' version {move.version} transition from "
            f"{move.from_stage} to {move.to_stage}."
        )
        return cls(names, name, text, {**_staged(move), **({"comment": comment} if comment else {})})

    @classmethod
    def commented(cls, who: str, name: str, version: int, comment: str) -> "RegistryEvent":
        text = f"{who} commented on registered model '{name}' version {version}."
        return cls((COMMENT_CREATED,), name, text, {"version": str(version), "comment": comment})

    def messages(self, tx: Transaction) -> Iterator[Message]:
        """To the model's webhooks and those of all models."""
        for webhook in called(tx, self.model_name):
            for name in self.names:
                if name in webhook.event_names:
                    yield Message(KIND, webhook.uuid, self.payload(name, webhook.uuid))

    def payload(self, name: str, webhook: str) -> str:
        """What a webhook is told under one of the event's names."""
        return json.dumps(
            {
                "event": name,
                "webhook_id": webhook,
                "event_timestamp": int(time.time() * 1000),
                "model_name": self.model_name,
                **self.details,
                "text": self.text,
            }
        )


async def prepare(store: Store, secrets: Secrets, waiting: Waiting) -> Delivery | None:
    """What waits, addressed as the webhook has it by now."""
    try:
        webhook = await store.registry_webhooks.get(waiting.webhook)
    except ApiError:
        return None
    return signed(webhook, waiting.payload, secrets) if webhook.status == ACTIVE else None


def signed(webhook: RegistryWebhook, payload: str, secrets: Secrets) -> Delivery:
    """With what the webhook is to be called with."""
    headers = {}
    if webhook.sealed_authorization:
        headers["Authorization"] = secrets.open(
            webhook.sealed_authorization, purpose(webhook.uuid, "authorization")
        )
    if webhook.sealed_secret:
        secret = secrets.open(webhook.sealed_secret, purpose(webhook.uuid, "secret"))
        digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        headers["X-Databricks-Signature"] = digest
    return Delivery(webhook.url, payload, headers, bool(webhook.verified))


def purpose(webhook: str, field: str) -> str:
    """What a sealed field of a webhook is sealed for."""
    return f"registry webhook {webhook} {field}"


def _of_stage(pattern: str, stage: str) -> tuple[str, ...]:
    return (pattern.format(stage.upper()),) if stage in _STAGES_WITH_EVENTS else ()


def _staged(move: Move) -> dict[str, Any]:
    return {"version": str(move.version), "to_stage": move.to_stage, "from_stage": move.from_stage}
