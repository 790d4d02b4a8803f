"""What can be done with one entity, of either kind, in OpenMetadata's words."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from trackstack.catalog_requests import EVERYTHING, included
from trackstack.server.calls import Call
from trackstack.server.errors import RESOURCE_DOES_NOT_EXIST, ApiError, invalid
from trackstack.server.openmetadata import patches, reading, views
from trackstack.server.openmetadata.instance import Instance
from trackstack.server.openmetadata.kinds import Kind
from trackstack.server.openmetadata.values import Value
from trackstack.server.responses import Answer
from trackstack.server.store.openmetadata.catalog import CREATED, New, unknown
from trackstack.server.store.openmetadata.rows import Entity, Json, Ref
from trackstack.server.store.openmetadata.writing import Stamp

T = TypeVar("T")

SOFT_DELETED = "entitySoftDeleted"
DELETED = "entityDeleted"


class RestoreEntity(Value):
    """The entity to restore."""

    id: uuid.UUID


class Entities:
    """The operations on entities of one kind. What a job is asked for is done before it is answered, so that
    nothing that was accepted can be lost."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    async def create(self, call: Call) -> Answer:
        """A new entity; 409 where the name is taken."""
        new = self._writable(call, await reading.body(call, self.kind.create))
        made = await call.store.catalog.create(new, stamp(call))
        return await self._answer(call, made, CREATED, 201)

    async def put(self, call: Call) -> Answer:
        """A new entity, or the one that has the name, changed in what the request names."""
        new = self._writable(call, await reading.body(call, self.kind.create))
        (outcome,) = await call.store.catalog.put([new], stamp(call))
        if isinstance(outcome, ApiError):
            raise outcome
        status = 201 if outcome.event == CREATED else 200
        return await self._answer(call, outcome.entity, outcome.event, status)

    async def get(self, call: Call, ref: Ref) -> Answer:
        """An entity, with the fields that are asked for."""
        asked, deleted = views.fields(call, self.kind), reading.parsed(call, "include", included)
        own = await Instance(call).by_name(self.kind, ref)
        if own is None:
            try:
                entity = await call.store.catalog.get(self.kind.name, ref, deleted)
            except ApiError:
                own = await Instance(call).by_id(self.kind, ref)
                if own is None:
                    raise
            else:
                return views.answer((await views.with_opinions(call, [entity], self.kind, asked))[0])
        if deleted is True:
            raise unknown(self.kind.name, own["fullyQualifiedName"])
        return views.answer(views.shown(self.kind, own, asked))

    async def patch(self, call: Call, ref: Ref) -> Answer:
        """Changes an entity by a JSON Patch (RFC 6902), if it still has the version in If-Match."""
        steps, precondition = patches.operations(await call.body()), call.header(b"if-match")
        base = views.base_url(call)

        def change(entity: Entity) -> Json:
            patches.check(precondition, entity.version)
            return self._patched(entity, patches.apply(views.entity(base, entity), steps))

        catalog = call.store.catalog
        outcome = await written(
            call, self.kind, ref, lambda: catalog.edit(self.kind.name, ref, change, stamp(call))
        )
        return await self._answer(call, outcome.entity, outcome.event)

    async def delete(self, call: Call, ref: Ref) -> Answer:
        """Deletes an entity, to be restored or for good."""
        hard = reading.flag(call, "hardDelete")
        entity = await self._delete(call, ref, hard)
        return views.answer(self._whole(call, entity), DELETED if hard else SOFT_DELETED)

    async def delete_async(self, call: Call, ref: Ref) -> Answer:
        """The same as a job."""
        entity = await self._delete(call, ref, reading.flag(call, "hardDelete"))
        return job(f"The {self.kind.name} {entity.fqn} is deleted.")

    async def restore(self, call: Call) -> Answer:
        """Brings a deleted entity back, a service with the models that went with it."""
        ref, later = str((await reading.body(call, RestoreEntity)).id), reading.flag(call, "async")
        catalog = call.store.catalog
        outcome = await written(
            call, self.kind, ref, lambda: catalog.restore(self.kind.name, ref, stamp(call))
        )
        if later:
            return job(f"The {self.kind.name} {outcome.entity.fqn} is restored.")
        return await self._answer(call, outcome.entity, outcome.event)

    async def versions(self, call: Call, ref: Ref) -> Json:
        """All of them, each as JSON text, the newest first."""
        made = await self._history(call, ref)
        return {
            "entityType": self.kind.name,
            "versions": [msgspec.json.encode(one).decode() for one in made],
        }

    async def version(self, call: Call, ref: Ref) -> Answer:
        """The entity as it was in one version."""
        wanted = call.params["version"]
        for one in await self._history(call, ref):
            if str(one["version"]) == wanted:
                return views.answer(one)
        raise unknown(self.kind.name, f"{ref} with version {wanted[:20]}")

    async def _history(self, call: Call, ref: Ref) -> list[Json]:
        own = await Instance(call).by_name(self.kind, ref)
        if own is None:
            try:
                entities = await call.store.catalog.versions(self.kind.name, ref)
            except ApiError:
                own = await Instance(call).by_id(self.kind, ref)
                if own is None:
                    raise
            else:
                return [self._whole(call, entity) for entity in entities]
        return [own]

    async def _delete(self, call: Call, ref: Ref, hard: bool) -> Entity:
        recursive, catalog = reading.flag(call, "recursive"), call.store.catalog

        def write() -> Awaitable[Entity]:
            return catalog.delete(self.kind.name, ref, hard=hard, recursive=recursive, stamp=stamp(call))

        return await written(call, self.kind, ref, write)

    def _writable(self, call: Call, request: Any) -> New:
        new = self.kind.new(request)
        Instance(call).refuse_name(new.ref[0])
        return new

    def _patched(self, entity: Entity, document: Json) -> Json:
        """What is kept of a patched entity: what the system says of it stays as it is."""
        if document.get("deleted") is not False:
            raise invalid("deleted is read-only: DELETE deletes and PUT …/restore restores.")
        given = {name: value for name, value in document.items() if name not in self.kind.system}
        fields = self.kind.changed(entity, reading.convert(given, self.kind.patched))
        tested = entity.fields.get("testConnectionResult")
        return fields if tested is None else {**fields, "testConnectionResult": tested}

    def _whole(self, call: Call, entity: Entity) -> Json:
        return views.shown(self.kind, views.entity(views.base_url(call), entity), EVERYTHING)

    async def _answer(self, call: Call, entity: Entity, event: str, status: int = 200) -> Answer:
        made = await views.with_opinions(call, [entity], self.kind, EVERYTHING)
        return views.answer(made[0], event, status)


def stamp(call: Call) -> Stamp:
    """Who changes something now: the token's user, or else the token itself."""
    return Stamp(author(call), call.now)


def author(call: Call) -> str:
    return call.identity.user or call.identity.token_id or "anonymous"


async def written(call: Call, kind: Kind, ref: Ref, write: Callable[[], Awaitable[T]]) -> T:
    """What the write gives; raises ApiError where `ref` is the instance's own, which nobody can change."""
    instance = Instance(call)
    if instance.names(kind, ref):
        raise instance.read_only()
    try:
        return await write()
    except ApiError as error:
        if error.code == RESOURCE_DOES_NOT_EXIST and await instance.by_id(kind, ref) is not None:
            raise instance.read_only() from None
        raise


def job(message: str) -> Answer:
    """The answer to what was asked for as a job."""
    return Answer(msgspec.json.encode({"jobId": str(uuid.uuid4()), "message": message}), 202)
