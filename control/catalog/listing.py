"""Pages over all instances: these follow each other by stack name, each in the order of its own pages.

A cursor is a stack and the cursor of that instance's own page; without that it is the stack's edge.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from trackstack.catalog import Json, split
from trackstack.catalog_requests import BEYOND, SERVICES, encode, limit, position, unknown
from trackstack.control.catalog.queries import checked, text
from trackstack.control.catalog.view import View
from trackstack.control.errors import missing
from trackstack.control.fleet import Member

_EDGE = ""
_END = encode(BEYOND)


class Paging(Struct):
    """`total`: entities on all pages; cursors to the pages before and after this one, where there are any."""

    total: int
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


class CatalogPage(Struct):
    """Entities as OpenMetadata has them."""

    data: list[dict[str, Any]]
    paging: Paging


class _Part(NamedTuple):
    """An instance's part of a page, with the cursors to what it has before and after it."""

    stack: str
    data: list[Json]
    before: str | None = None
    after: str | None = None


class Listing:
    """One page."""

    def __init__(self, view: View) -> None:
        """Raises ApiError 400 for a limit, cursor or service that cannot be."""
        call = view.call
        self._view = view
        self._limit = checked(call, "limit", limit)
        before = text(call, "before")
        self._place = checked(call, "after", lambda after: position(after, before))
        self._backwards = bool(before)
        self._filters = {name: value for name in ("domain", "service") if (value := text(call, name))}
        service = self._filters.get("service")
        if view.shape is SERVICES:
            self._filters.pop("service", None)
        elif service and len(split(service)) != 1:
            raise missing(unknown(SERVICES.name, service[:200]))

    async def page(self) -> CatalogPage:
        """Data, and paging with cursors to the neighbours where there are any."""
        members = await self._view.members()
        totals = await self._totals(members)
        ahead = [each for each in members if self._is_ahead(each.stack)]
        if self._backwards:
            ahead.reverse()
        parts = await self._walk(ahead, totals)
        paging = Paging(sum(totals.values()), **self._cursors(parts, ahead, totals))
        if self._backwards:
            parts.reverse()
        return CatalogPage([entity for part in parts for entity in part.data], paging)

    async def _totals(self, members: Sequence[Member]) -> dict[str, int]:
        """How many entities each has; one that does not answer is a service itself."""
        pages = await self._view.ask((each, {**self._filters, "limit": "0"}) for each in members)
        return {
            each.stack: page["paging"]["total"] if page else len(self._alone(each))
            for each, page in zip(members, pages, strict=True)
        }

    def _alone(self, member: Member) -> list[Json]:
        """What is known of a member that does not answer."""
        view = self._view
        belongs = view.shape is SERVICES and view.deleted is not True and not self._filters
        return [view.own(member)] if belongs else []

    def _is_ahead(self, stack: str) -> bool:
        if self._place is None or (stack == self._place[0] and self._place[1] != _EDGE):
            return True
        return stack < self._place[0] if self._backwards else stack > self._place[0]

    async def _walk(self, ahead: Sequence[Member], totals: dict[str, int]) -> list[_Part]:
        """The parts in the direction of the walk; of each member no more than the page has room for."""
        found: list[_Part] = []
        room = self._limit
        if self._place is not None and ahead and ahead[0].stack == self._place[0]:
            (first,) = await self._parts([(ahead[0], room, self._place[1])])
            found, room, ahead = [first], room - len(first.data), ahead[1:]
        wanted: list[tuple[Member, int, str]] = []
        for member in ahead:
            if share := min(room, totals[member.stack]):
                wanted.append((member, share, _END if self._backwards else _EDGE))
                room -= share
        found += await self._parts(wanted)
        for at, part in enumerate(found):
            if self._next(part):  # it has grown since it was counted: what follows is not next
                return found[: at + 1]
        return found

    async def _parts(self, wanted: Sequence[tuple[Member, int, str]]) -> list[_Part]:
        name = "before" if self._backwards else "after"
        pages = await self._view.ask(
            (member, {**self._filters, "limit": str(most), **({name: cursor} if cursor else {})})
            for member, most, cursor in wanted
        )
        parts = []
        for (member, _, _), page in zip(wanted, pages, strict=True):
            if page is None:
                parts.append(_Part(member.stack, self._alone(member)))
                continue
            data = [self._view.shown(entity, member) for entity in page["data"]]
            paging = page["paging"]
            parts.append(_Part(member.stack, data, paging.get("before"), paging.get("after")))
        return parts

    def _next(self, part: _Part) -> str | None:
        return part.before if self._backwards else part.after

    def _cursors(
        self, parts: Sequence[_Part], ahead: Sequence[Member], totals: dict[str, int]
    ) -> dict[str, str]:
        parts = [part for part in parts if part.data]
        if not parts:
            return {}
        onward, back = ("before", "after") if self._backwards else ("after", "before")
        cursors: dict[str, str] = {}
        first, last = parts[0], parts[-1]
        stacks = [each.stack for each in ahead]
        rest = stacks[stacks.index(last.stack) + 1 :]
        if (inner := self._next(last)) or any(totals[stack] for stack in rest):
            cursors[onward] = encode((last.stack, inner or _EDGE))
        if self._place is not None:
            cursors[back] = encode((first.stack, (first.after if self._backwards else first.before) or _EDGE))
        return cursors
