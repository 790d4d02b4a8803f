"""Events and their deliveries as MLflow has them."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trackstack.server.store.store import Store
from trackstack.server.webhooks.delivery import Delivery


@dataclass(frozen=True, slots=True)
class MlflowEvent:
    """What happened, such as `model_version.created`, and to what."""

    name: str
    data: dict[str, Any]

    async def deliveries(self, store: Store) -> list[Delivery]:
        """To everybody who subscribed to it."""
        return [self.to(url, secret) for url, secret in await store.webhooks.subscribed(self.name)]

    def to(self, url: str, secret: str | None) -> Delivery:
        """Signed, if there is a secret."""
        entity, _, action = self.name.partition(".")
        now = datetime.now(UTC).isoformat()
        payload = json.dumps({"entity": entity, "action": action, "timestamp": now, "data": self.data})
        id_, at = str(uuid.uuid4()), str(int(time.time()))
        headers = {"X-MLflow-Delivery-Id": id_, "X-MLflow-Timestamp": at}
        if secret:
            signed = hmac.digest(secret.encode(), f"{id_}.{at}.{payload}".encode(), hashlib.sha256)
            headers["X-MLflow-Signature"] = f"v1,{base64.b64encode(signed).decode()}"
        return Delivery(url, payload, headers)
