"""The address on loopback where the server listens."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from trackstack.providers.local import ports
from trackstack.providers.resource import Failure, Properties, Resource, State


class AddressInputs(Properties):
    host: str = Field(default="127.0.0.1", description="A loopback address.")
    requested_port: int | None = Field(
        default=None, description="This port and no other; without it a free one is chosen, and kept."
    )


class AddressState(AddressInputs, State):
    port: int = Field(description="The port.")
    url: str = Field(description="http://host:port")


class LoopbackAddress(Resource[AddressInputs, AddressState]):
    """A port of this machine, promised to one server. A port that somebody else listens on is refused."""

    kind = "trackstack:local:LoopbackAddress"
    inputs = AddressInputs
    state = AddressState

    def check(self, inputs: AddressInputs) -> Iterable[Failure]:
        if not _is_loopback(inputs.host):
            yield Failure("host", f"must be a loopback address such as 127.0.0.1, got {inputs.host!r}")
        if inputs.requested_port is not None and not 1 <= inputs.requested_port <= 65535:
            yield Failure("requestedPort", f"must be between 1 and 65535, got {inputs.requested_port}")

    def forecast(self, old: AddressState | None, inputs: AddressInputs) -> Mapping[str, Any]:
        port = inputs.requested_port or (old.port if old else None)
        return {"port": port, "url": _url(inputs.host, port)} if port else {}

    def create(self, name: str, inputs: AddressInputs) -> tuple[str, AddressState]:
        if inputs.requested_port:
            ports.require_free(inputs.host, inputs.requested_port)
        return name, _state(inputs, inputs.requested_port or ports.choose(inputs.host))

    def read(self, id: str, state: AddressState) -> AddressState | None:
        return state

    def update(self, id: str, old: AddressState, inputs: AddressInputs) -> AddressState:
        port = inputs.requested_port or old.port
        if (inputs.host, port) != (old.host, old.port):
            ports.require_free(inputs.host, port)
        return _state(inputs, port)

    def delete(self, id: str, state: AddressState) -> None:
        """A port that nobody listens on is free."""


def _state(inputs: AddressInputs, port: int) -> AddressState:
    return AddressState(**inputs.model_dump(), port=port, url=_url(inputs.host, port))


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
