"""A request under way, as handlers see it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from trackstack.control.access.authenticator import Authenticator
from trackstack.control.access.callers import Caller
from trackstack.control.access.limits import Limiter
from trackstack.control.catalog.servers import Servers
from trackstack.control.console.oidc import CodeFlow
from trackstack.control.console.sessions import Sessions
from trackstack.control.console.sizes import Sizes
from trackstack.control.fields import uuid
from trackstack.control.fleet import Fleet, Member
from trackstack.control.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """What the control plane is made of; one of each for all requests."""

    settings: Settings
    fleet: Fleet
    authenticator: Authenticator
    limiter: Limiter
    sessions: Sessions
    sizes: Sizes
    code_flow: CodeFlow | None
    catalog: Servers


@dataclass
class Call:
    """One request: the parameters of its path, who sent it, and the control plane's services."""

    request: Request
    params: Mapping[str, str]
    services: Services
    caller: Caller

    @property
    def fleet(self) -> Fleet:
        return self.services.fleet

    @property
    def project(self) -> str:
        """The project of the path. Raises ApiError for what is no UUID."""
        return uuid("projectId", self.params["projectId"])

    async def member(self) -> Member:
        """The instance of the path. Raises ApiError 400, 404."""
        return await self.fleet.find(self.project, uuid("instanceId", self.params["instanceId"]))

    async def blocking(self, work: Callable[..., T], *arguments: object) -> T:
        """What waits for files or other machines, in a thread."""
        return await asyncio.to_thread(work, *arguments)
