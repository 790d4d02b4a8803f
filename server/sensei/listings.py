"""Listings: `{children, _page, _links}`, with start, limit, orderby and property."""

import re
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from msgspec import Meta, Struct

from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.responses import Answer
from trackstack.server.search.sql import Sql
from trackstack.server.sensei.operations import ROOT, Values
from trackstack.server.sensei.views import View, document
from trackstack.server.store.sensei.kinds import Kind
from trackstack.server.store.sensei.listing import Wanted

DEFAULT_LIMIT = 25
MOST = 100
NEWEST = "-updated"

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_TIMES = ("created", "updated")


class Query(Struct):
    """What a listing's query says."""

    start: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=0, le=MOST)] = DEFAULT_LIMIT
    orderby: str = NEWEST
    property: str = ""


class Asked(NamedTuple):
    """A listing's query, and `property` as its answer repeats it."""

    wanted: Wanted
    orderby: str
    property: str


async def answer(call: Call, view: View, around: Values | None = None, *scope: Sql) -> Answer:
    """The page of a kind that the query asks for, among what `scope` allows; `around` fills in its path."""
    asked = parse(call.query, view.kind)
    found = await call.store.sensei.resources.page(view.kind, asked.wanted, *scope)
    path = ROOT + view.path.format_map(around or {})
    after = asked.wanted.start + asked.wanted.most
    more = asked.wanted.most > 0 and found.total > after
    links: Values = {
        "self": {"href": path + _query(call.query)},
        "page": {"href": f"{path}{{?start,limit,orderby,property}}", "templated": True},
        view.create: {"href": path, "method": "POST"},
    }
    if more:
        links["next"] = {"href": path + _query({**call.query, "start": [str(after)]})}
    page: Values = {
        "orderby": asked.orderby,
        "property": asked.property,
        "start": str(asked.wanted.start),
        "totalCount": found.total,
        "count": len(found.resources),
        **({"next": str(after)} if more else {}),
    }
    children = [view.fields(one, summary=True) for one in found.resources]
    return document({"children": children, "_page": page, "_links": links}, f"{view.profile}Listing")


def parse(query: dict[str, list[str]], kind: Kind) -> Asked:
    """Raises ApiError for what cannot be asked of this kind."""
    names = {name.lower(): name for name in kind.fields()}
    start = _whole("start", query.get("start", ["0"])[-1])
    limit = _whole("limit", query.get("limit", [str(DEFAULT_LIMIT)])[-1])
    if limit > MOST:
        raise invalid(f"limit must be from 0 to {MOST}, not {limit}.")
    orderby = _items(query.get("orderby", [])) or [NEWEST]
    expressions = _items(query.get("property", []))
    equal: list[tuple[str, str | int]] = []
    deleted = False
    for expression in expressions:
        name, value = _comparison(expression)
        if name.lower() == "deleted":
            if value.lower() not in ("true", "false"):
                raise invalid(f"property: deleted is true or false, not {value[:100]!r}.")
            deleted = value.lower() == "true"
        else:
            known = _known("property", name, names)
            equal.append((known, _value(known, value)))
    if not any(_comparison(one)[0].lower() == "deleted" for one in expressions):
        expressions.append("deleted==false")
    order = [(_known("orderby", one.lstrip("+-"), names), not one.startswith("-")) for one in orderby]
    return Asked(Wanted(equal, deleted, order, start, limit), ",".join(orderby), ",".join(expressions))


def _items(values: list[str]) -> list[str]:
    """Of a comma list, or of several; '+' before a name comes as a space."""
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def _comparison(expression: str) -> tuple[str, str]:
    name, equals, value = expression.partition("==")
    if not equals or not name.strip():
        raise invalid(f"property: {expression[:100]!r} is no comparison such as name==value.")
    return name.strip(), value.strip()


def _known(what: str, name: str, names: dict[str, str]) -> str:
    known = names.get(name.lower())
    if known is None:
        raise invalid(
            f"{what}: there is no field {name[:100]!r} here; there are {', '.join(names.values())}."
        )
    return known


def _value(name: str, value: str) -> str | int:
    if name == "mode":
        return value.lower()
    if name not in _TIMES:
        if "\x00" in value:
            raise invalid("property: no value has a NUL character.")
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(
            f"property: {name} is a time such as 2019-01-01T00:00:00.000Z, not {value[:100]!r}."
        ) from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _whole(what: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise invalid(f"{what} must be a whole number from 0 on, not {text[:100]!r}.")
    return int(text)


def _query(query: dict[str, list[str]]) -> str:
    return f"?{urlencode(query, doseq=True)}" if query else ""
