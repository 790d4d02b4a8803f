"""How much the instances hold: asked of their servers beside the pages, which show what is known."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from trackstack.control.fleet import Member
from trackstack.stacks.errors import StackError
from trackstack.stacks.project import Project
from trackstack.stacks.usage import Usage, usage

log = logging.getLogger("trackstack.control")

_FRESH_S = 60.0
_AT_ONCE = 2  # each asks an instance, and opens its stack's secrets before


@dataclass(frozen=True)
class _Told:
    usage: Usage | None
    at: float


class Sizes:
    """The newest size of each instance that somebody looked at, a minute old while it is looked at."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._told: dict[str, _Told] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def of(self, member: Member) -> Usage | None:
        """What the instance told last."""
        told = self._told.get(member.id)
        return told.usage if told else None

    def look(self, members: Iterable[Member]) -> None:
        """Have those that run asked again, unless that was a minute ago."""
        now = time.monotonic()
        for member in members:
            told = self._told.get(member.id)
            fresh = told is not None and now - told.at < _FRESH_S
            if member.state == "active" and not fresh and member.id not in self._asking:
                self._asking[member.id] = asyncio.create_task(self._ask(member))

    async def stop(self) -> None:
        """Ask nobody any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, member: Member) -> None:
        found: Usage | None
        try:
            async with self._slots:
                found = await asyncio.to_thread(usage, self._project, member.stack)
        except StackError as error:  # such as a server of an older version: its size stays unknown
            log.info("The size of %s is not known: %s", member.stack, error)
            found = self.of(member)
        finally:
            del self._asking[member.id]
        self._told[member.id] = _Told(found, time.monotonic())
