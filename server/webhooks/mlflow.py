"""Events and their deliveries as MLflow has them."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trackstack.server.errors import ApiError
from trackstack.server.secrets import Secrets
from trackstack.server.store.outbox import Message, Waiting
from trackstack.server.store.store import Store
from trackstack.server.store.transaction import Transaction
from trackstack.server.store.webhooks import Webhook, subscribed
from trackstack.server.webhooks.delivery import Delivery

KIND = "mlflow"


@dataclass(frozen=True, slots=True)
class MlflowEvent:
    """What happened, such as `model_version.created`, and to what."""

    name: str
    data: dict[str, Any]

    def messages(self, tx: Transaction) -> Iterator[Message]:
        """To everybody who subscribed to it."""
        return (Message(KIND, webhook, self.payload()) for webhook in subscribed(tx, self.name))

    def payload(self) -> str:
        """The body of its deliveries."""
        entity, _, action = self.name.partition(".")
        now = datetime.now(UTC).isoformat()
        return json.dumps({"entity": entity, "action": action, "timestamp": now, "data": self.data})


async def prepare(store: Store, secrets: Secrets, waiting: Waiting) -> Delivery | None:
    """What waits, addressed as the webhook has it by now."""
    try:
        webhook = await store.webhooks.get(waiting.webhook)
    except ApiError:
        return None
    return signed(webhook, waiting.payload, secrets, waiting.uuid) if webhook.status == "ACTIVE" else None


def signed(webhook: Webhook, payload: str, secrets: Secrets, id_: str | None = None) -> Delivery:
    """Signed, if there is a secret; `id_` tells attempts of one delivery from other deliveries."""
    id_, at = id_ or str(uuid.uuid4()), str(int(time.time()))
    headers = {"X-MLflow-Delivery-Id": id_, "X-MLflow-Timestamp": at}
    if webhook.sealed_secret:
        secret = secrets.open(webhook.sealed_secret, purpose(webhook.uuid))
        digest = hmac.digest(secret.encode(), f"{id_}.{at}.{payload}".encode(), hashlib.sha256)
        headers["X-MLflow-Signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return Delivery(webhook.url, payload, headers)


def purpose(webhook: str) -> str:
    """What a webhook's secret is sealed for."""
    return f"webhook {webhook} secret"
