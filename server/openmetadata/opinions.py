"""Followers, votes, and whether a service could be reached: what is said of an entity without changing it."""

import uuid
from typing import Literal

from msgspec import UNSET

from trackstack.catalog_requests import EVERYTHING
from trackstack.server.calls import Call
from trackstack.server.openmetadata import reading, views
from trackstack.server.openmetadata.entities import author, stamp, written
from trackstack.server.openmetadata.kinds import Kind
from trackstack.server.openmetadata.values import Given, Value
from trackstack.server.responses import Answer
from trackstack.server.store.openmetadata.catalog import unknown
from trackstack.server.store.openmetadata.rows import Entity, Json

_CHANGED = "entityFieldsChanged"
_VOTES = {"votedUp": True, "votedDown": False, "unVoted": None}


class Vote(Value):
    updatedVoteType: Literal["votedUp", "votedDown", "unVoted"] | Given = UNSET


class Diagnosis(Value):
    title: str | Given = UNSET
    remediation: str | Given = UNSET
    docUrl: str | Given = UNSET


class Step(Value):
    name: str
    mandatory: bool
    passed: bool
    message: str | Given = UNSET
    errorLog: str | Given = UNSET
    status: Literal["Queued", "Running", "Passed", "Failed", "Skipped", "Warning"] | Given = UNSET
    skipReason: Literal["NotImplemented", "ConnectionNotEstablished"] | Given = UNSET
    diagnosis: Diagnosis | Given = UNSET
    durationMs: int | Given = UNSET
    executedCommand: str | Given = UNSET
    resultSummary: str | Given = UNSET


class TestConnectionResult(Value):
    steps: list[Step]
    lastUpdatedAt: int | Given = UNSET
    status: Literal["Successful", "Failed", "Running"] | Given = UNSET


class Opinions:
    """The operations of one kind of entities; their answers are OpenMetadata's change events."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    async def follow(self, call: Call, ref: str) -> Json:
        """Adds the user whose id is the body."""
        user = await reading.body(call, uuid.UUID)
        entity = await self._live(call, ref)
        await call.store.opinions.follow(entity.id, str(user))
        return self._event(call, entity, {"fieldsAdded": [_follower(str(user), "newValue")]})

    async def unfollow(self, call: Call, ref: str) -> Json:
        """Removes a user."""
        try:
            user = str(uuid.UUID(call.params["user"]))
        except ValueError:
            raise unknown("user", call.params["user"][:200]) from None
        entity = await self._live(call, ref)
        if not await call.store.opinions.unfollow(entity.id, user):
            raise unknown("follower", user)
        return self._event(call, entity, {"fieldsDeleted": [_follower(user, "oldValue")]})

    async def vote(self, call: Call, ref: str) -> Json:
        """Each caller has one vote, which another replaces and unVoted takes back."""
        wanted = (await reading.body(call, Vote)).updatedVoteType or "unVoted"
        entity = await self._live(call, ref)
        await call.store.opinions.vote(entity.id, author(call), _VOTES[wanted])
        return self._event(call, entity, {"fieldsUpdated": [{"name": "votes", "newValue": wanted}]})

    async def tested(self, call: Call, ref: str) -> Answer:
        """Keeps the result of a test of a service's connection, without a new version."""
        result = reading.plain(await reading.body(call, TestConnectionResult))

        def change(entity: Entity) -> Json:
            return {**entity.fields, "testConnectionResult": result}

        catalog = call.store.catalog
        outcome = await written(
            call, self.kind, ref, lambda: catalog.edit(self.kind.name, ref, change, stamp(call))
        )
        made = await views.with_opinions(call, [outcome.entity], self.kind, EVERYTHING)
        return views.answer(made[0], outcome.event)

    async def _live(self, call: Call, ref: str) -> Entity:
        catalog = call.store.catalog
        return await written(call, self.kind, ref, lambda: catalog.get(self.kind.name, ref, deleted=False))

    def _event(self, call: Call, entity: Entity, changes: Json) -> Json:
        version = entity.version / 10
        return {
            "id": str(uuid.uuid4()),
            "eventType": _CHANGED,
            "entityType": self.kind.name,
            "entityId": entity.uuid,
            "entityFullyQualifiedName": entity.fqn,
            "previousVersion": version,
            "currentVersion": version,
            "userName": author(call),
            "timestamp": call.now,
            "changeDescription": {
                "fieldsAdded": [],
                "fieldsUpdated": [],
                "fieldsDeleted": [],
                **changes,
                "previousVersion": version,
            },
        }


def _follower(user: str, value: str) -> Json:
    return {"name": "followers", value: [{"id": user, "type": "user"}]}
