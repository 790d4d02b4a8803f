"""Entities as clients see them: with their links, and with those fields only that were asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from trackstack import catalog
from trackstack.server.calls import Call
from trackstack.server.openmetadata import connections, patches, reading
from trackstack.server.openmetadata.kinds import BY_NAME, MODEL, SERVICE, Kind
from trackstack.server.responses import Answer
from trackstack.server.store.openmetadata.opinions import Votes
from trackstack.server.store.openmetadata.rows import Entity, Json

_LISTS = ("owners", "tags", "domains", "dataProducts")


def fields(call: Call, kind: Kind) -> frozenset[str]:
    """The fields that the request asks for; raises ApiError for one that such an entity does not have."""
    return reading.parsed(call, "fields", kind.shape.asked)


def base_url(call: Call) -> str:
    """Where clients reach this server: as its operator says, or else as this request asks for it."""
    public = call.services.settings.public_url
    return public.rstrip("/") or f"{call.scope['scheme']}://{call.header(b'host')}{call.root_path}"


def entity(base: str, row: Entity) -> Json:
    """Everything that is known of the row's entity, but opinions."""
    document = row.fields
    made: Json = {
        "id": row.uuid,
        "name": row.name,
        "fullyQualifiedName": row.fqn,
        "serviceType": row.service_type,
        "version": row.version / 10,
        "updatedAt": row.updated_at,
        "updatedBy": row.updated_by,
        "deleted": row.deleted_at is not None,
        **dict.fromkeys(_LISTS, ()),
        **document,
    }
    if row.change is not None and row.previous is not None:
        made["changeDescription"] = {**msgspec.json.decode(row.change), "previousVersion": row.previous / 10}
        made["incrementalChangeDescription"] = made["changeDescription"]
    if row.service_uuid is not None:
        made["service"] = {
            **catalog.reference(catalog.SERVICE, row.service),
            "id": row.service_uuid,
        }
    return linked(base, BY_NAME[row.kind], made)


def linked(base: str, kind: Kind, made: Json) -> Json:
    """With absolute links to itself and to its service."""
    made = {**made, "href": f"{base}{kind.path}/{made['id']}"}
    if "service" in made:
        service = made["service"]
        made["service"] = {**service, "href": f"{base}{SERVICE.path}/{service['id']}"}
    return made


def shown(kind: Kind, made: Mapping[str, Any], asked: frozenset[str]) -> Json:
    """What a client may read of it, which asked for these fields."""
    result = kind.shape.shown(made, asked)
    if "connection" in result and not connections.readable(result["connection"]):
        del result["connection"]
    return result


async def with_opinions(call: Call, rows: Iterable[Entity], kind: Kind, asked: frozenset[str]) -> list[Json]:
    """Each row's entity, with its followers and votes where they are asked for."""
    rows, base = list(rows), base_url(call)
    made = [entity(base, row) for row in rows]
    ids = [row.id for row in rows]
    if asked & {"followers", "*"}:
        followers = await call.store.opinions.followers(ids)
        for row, one in zip(rows, made, strict=True):
            one["followers"] = [{"id": user, "type": "user"} for user in followers.get(row.id, ())]
    if kind is MODEL and asked & {"votes", "*"}:
        votes = await call.store.opinions.votes(ids)
        for row, one in zip(rows, made, strict=True):
            one["votes"] = ballot(votes.get(row.id, Votes([], [])))
    return [shown(kind, one, asked) for one in made]


def ballot(votes: Votes) -> Json:
    """Votes with their voters."""
    return {
        "upVotes": len(votes.up),
        "downVotes": len(votes.down),
        "upVoters": [catalog.reference("user", name) for name in votes.up],
        "downVoters": [catalog.reference("user", name) for name in votes.down],
    }


def answer(made: Json, event: str = "", status: int = 200) -> Answer:
    """An entity's answer: its version as ETag, what happened to it, and where it is if it is new."""
    headers = [(b"etag", patches.etag(round(made["version"] * 10)).encode())]
    if event:
        headers.append((b"x-openmetadata-change", event.encode()))
    if status == 201:
        headers.append((b"location", made["href"].encode()))
    return Answer(msgspec.json.encode(made), status, headers=headers)
