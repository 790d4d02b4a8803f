"""The instances' own servers, asked many at once with their admin tokens."""

import asyncio
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from trackstack.catalog import Json
from trackstack.control.errors import invalid
from trackstack.control.fleet import Member
from trackstack.stacks import admin
from trackstack.stacks.errors import StackError
from trackstack.stacks.project import Project

log = logging.getLogger("trackstack.control")

_TIMEOUT_S = 10.0
_REST_S = 15.0  # who did not answer is left alone so long, that it takes nobody's time
_AT_ONCE = 64


class Servers:
    """Answers of the servers that run. Who is stopped or does not answer says nothing, and fails nobody."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._threads = ThreadPoolExecutor(_AT_ONCE, "catalog")
        self._resting: dict[str, float] = {}

    async def ask(self, questions: Iterable[tuple[Member, str]]) -> list[Json | None]:
        """What each member's server has at a path, in order; None where it has nothing or does not answer.

        Raises ApiError 400 where one refuses the question.
        """
        loop = asyncio.get_running_loop()
        asked = [loop.run_in_executor(self._threads, self._get, member, path) for member, path in questions]
        return await asyncio.gather(*asked)

    def stop(self) -> None:
        """Ask nobody any more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _get(self, member: Member, path: str) -> Json | None:
        stack = member.stack
        if not member.instance.may_answer or self._resting.get(stack, 0.0) > time.monotonic():
            return None
        try:
            reply = admin.send(self._project, member.instance, "GET", path, timeout_s=_TIMEOUT_S)
            if reply.status not in (200, 400, 404):
                raise StackError(f"it answers {reply.status}: {reply.document.get('message')}")
        except StackError as error:
            log.warning("The catalog of %s is not known: %s", stack, error)
            self._resting[stack] = time.monotonic() + _REST_S
            return None
        self._resting.pop(stack, None)
        if reply.status == 400:
            raise invalid(str(reply.document.get("message")))
        return reply.document if reply.status == 200 else None
