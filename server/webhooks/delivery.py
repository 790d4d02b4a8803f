"""One delivery: a signed POST, whose answer is only looked at for its status.

Redirects are not followed and the answer's body is never read: it could be anything that the server can
reach and the caller cannot.
"""

import asyncio
import base64
import hashlib
import hmac
import ssl
import uuid
from dataclasses import dataclass

from trackstack.server.webhooks import addresses

TIMEOUT_S = 10
ATTEMPTS = 3
_FIRST_WAIT_S = 1.0
_RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom to call; deliveries are signed if there is a secret."""

    url: str
    secret: str | None


def signature(secret: str, delivery_id: str, timestamp: str, payload: str) -> str:
    """MLflow's X-MLflow-Signature."""
    signed = f"{delivery_id}.{timestamp}.{payload}".encode()
    return "v1," + base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


async def deliver(endpoint: Endpoint, payload: str, at: int, private: bool, attempts: int = ATTEMPTS) -> int:
    """The status of the answer, after as many attempts if need be; `at` is the time in seconds.

    Raises OSError, Unreachable or ApiError where no answer could be had.
    """
    delivery_id = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "X-MLflow-Delivery-Id": delivery_id,
        "X-MLflow-Timestamp": str(at),
    }
    if endpoint.secret:
        headers["X-MLflow-Signature"] = signature(endpoint.secret, delivery_id, str(at), payload)
    for attempt in range(1, attempts + 1):
        last = attempt == attempts
        try:
            status = await asyncio.wait_for(_post(endpoint.url, headers, payload, private), TIMEOUT_S)
            if last or status not in _RETRIED:
                return status
        except OSError:
            if last:
                raise
        await asyncio.sleep(_FIRST_WAIT_S * 2 ** (attempt - 1))
    raise AssertionError("the last attempt returns or raises")


async def _post(url: str, headers: dict[str, str], payload: str, private: bool) -> int:
    target = addresses.parse(url, private)
    address = await addresses.resolve(target, private)
    context = ssl.create_default_context() if target.scheme == "https" else None
    name = target.host if context else None
    reader, writer = await asyncio.open_connection(address, target.port, ssl=context, server_hostname=name)
    try:
        body = payload.encode()
        lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}", "Connection: close"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        version, _, rest = (await reader.readuntil(b"\r\n")).partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
            raise OSError("the answer is not HTTP")
        return int(rest[:3])
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise OSError("the answer is not HTTP") from None
    finally:
        writer.close()
