"""One delivery: a signed POST, whose answer is only looked at for its status.

Redirects are not followed and the answer's body is never read: it could be anything that the server can
reach and the caller cannot.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from trackstack.server.webhooks import addresses

TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is sent to whom; `headers` beside those of every POST of JSON.

    `verified`: the host must show a certificate that is good for its name.
    """

    url: str
    payload: str
    headers: Mapping[str, str]
    verified: bool = True


async def deliver(delivery: Delivery, private: bool) -> int:
    """The status of the answer. Raises OSError, Unreachable or ApiError where none could be had."""
    return await asyncio.wait_for(_post(delivery, private), TIMEOUT_S)


async def _post(delivery: Delivery, private: bool) -> int:
    target = addresses.parse(delivery.url, private)
    address = await addresses.resolve(target, private)
    context = _context(delivery.verified) if target.scheme == "https" else None
    name = target.host if context else None
    reader, writer = await asyncio.open_connection(address, target.port, ssl=context, server_hostname=name)
    try:
        body = delivery.payload.encode()
        lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}", "Connection: close"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in delivery.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        version, _, rest = (await reader.readuntil(b"\r\n")).partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
            raise OSError("the answer is not HTTP")
        return int(rest[:3])
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise OSError("the answer is not HTTP") from None
    finally:
        writer.close()


def _context(verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
