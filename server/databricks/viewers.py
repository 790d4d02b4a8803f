"""Who asks, and what they may do with a registered model, so that answers tell which actions are theirs."""

from dataclasses import dataclass

from trackstack.server.calls import Call
from trackstack.server.errors import PERMISSION_DENIED, ApiError
from trackstack.server.routes import WRITE
from trackstack.server.store.callers import Level
from trackstack.server.store.databricks.activities import NEW_COMMENT, Activity
from trackstack.server.store.decisions import Kind

_LEVELS = {Level.READ: "CAN_READ", Level.EDIT: "CAN_EDIT", Level.MANAGE: "CAN_MANAGE"}


@dataclass(frozen=True)
class Viewer:
    """`level` is that on the model which the request is about."""

    name: str
    level: Level
    writes: bool

    @classmethod
    async def of(cls, call: Call, kind: Kind, name: str) -> "Viewer":
        """Who sent the request, before the object `name` of that kind."""
        level = Level.MANAGE
        if call.identity.limited:
            level = (await call.store.decisions.levels(call.caller, kind, [name])).get(name, Level.NONE)
        return cls(call.identity.name, level, call.identity.scope >= WRITE)

    @property
    def permission_level(self) -> str:
        return _LEVELS.get(self.level, "")

    def actions(self, on: Activity) -> list[str]:
        """Databricks' names of what the viewer may do with a comment or an open request."""
        if on.type == NEW_COMMENT:
            return ["EDIT_COMMENT", "DELETE_COMMENT"] if self.may_change(on.user, Level.MANAGE) else []
        if not on.is_open:
            return []
        decide = self.writes and self.level >= Level.EDIT
        cancel = self.may_change(on.user, Level.EDIT)
        return [
            *(["APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST"] if decide else []),
            *(["CANCEL_TRANSITION_REQUEST"] if cancel else []),
        ]

    def may_change(self, owner: str, others: Level) -> bool:
        """Whether what `owner` made is the viewer's to change, who needs the level `others` for others'."""
        return self.writes and (self.name == owner or self.level >= others)

    def check(self, owner: str, others: Level, what: str) -> None:
        """Raises ApiError where it is not."""
        if not self.may_change(owner, others):
            raise ApiError(
                PERMISSION_DENIED,
                f"{what} of {owner[:100]} can be changed by its author and with the permission "
                f"{_LEVELS[others]} on the registered model.",
            )
