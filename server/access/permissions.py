"""Permissions of experiments and registered models, in Databricks' words (databricks-sdk 0.156)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, REGISTERED_MODEL_ID, On
from trackstack.server.access.tokens import check_user
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.callers import Level
from trackstack.server.store.permissions import (
    ADMINS,
    EVERYBODY,
    EXPERIMENTS,
    GROUP,
    REGISTERED_MODELS,
    SERVICE_PRINCIPAL,
    USER,
    Grant,
    Protected,
)

LEVELS = {"CAN_READ": Level.READ, "CAN_EDIT": Level.EDIT, "CAN_MANAGE": Level.MANAGE}
_NAMES = {level: name for name, level in LEVELS.items()}
_ROOT = "/"  # what everything inherits from: the instance


class Entry(Message):
    """A principal by one of three kinds of name, and what it may do."""

    permission_level: Required
    user_name: str = ""
    group_name: str = ""
    service_principal_name: str = ""


class ObjectRef(Message):
    object_id: Required


class Change(Message):
    object_id: Required
    access_control_list: tuple[Entry, ...] = ()


class Permission(Struct, omit_defaults=True):
    permission_level: str
    inherited: bool
    inherited_from_object: list[str] = field(default_factory=list)


class Access(Struct, omit_defaults=True, kw_only=True):
    """What one principal may do: because it was granted, and because all of a group may."""

    user_name: str | None = None
    group_name: str | None = None
    service_principal_name: str | None = None
    display_name: str
    all_permissions: list[Permission] = field(default_factory=list)


class ObjectPermissions(Struct):
    object_id: str
    object_type: str
    access_control_list: list[Access]


class LevelDescription(Struct):
    permission_level: str
    description: str


class PermissionLevels(Struct):
    permission_levels: list[LevelDescription]


@dataclass(frozen=True)
class _Permissions:
    """The operations on the permissions of one kind of object, known to clients by `path` and `type`."""

    on: Protected
    named: On
    path: str
    type: str
    descriptions: Mapping[str, str]

    async def get(self, call: Call, body: ObjectRef) -> ObjectPermissions:
        id_ = validation.experiment_id(body.object_id)
        return self._shown(call, id_, await call.store.permissions.of(self.on, id_))

    async def replace(self, call: Call, body: Change) -> ObjectPermissions:
        """Only what is given is granted from now on; what is inherited remains."""
        id_, grants = validation.experiment_id(body.object_id), _grants(body.access_control_list)
        found = await call.store.permissions.replace(self.on, id_, grants)
        call.store.decisions.forget()
        return self._shown(call, id_, found)

    async def merge(self, call: Call, body: Change) -> ObjectPermissions:
        """What is given is granted, too, or instead of what the same principal was granted before."""
        id_, grants = validation.experiment_id(body.object_id), _grants(body.access_control_list)
        found = await call.store.permissions.merge(self.on, id_, grants)
        call.store.decisions.forget()
        return self._shown(call, id_, found)

    async def levels(self, call: Call, body: ObjectRef) -> PermissionLevels:
        await call.store.permissions.of(self.on, validation.experiment_id(body.object_id))
        return PermissionLevels([LevelDescription(*each) for each in self.descriptions.items()])

    @property
    def routes(self) -> tuple[Route, ...]:
        one = f"/2.0/permissions/{self.path}/{{object_id}}"
        return (
            Route("GET", one, self.get, needs=READ, on=self.named),
            Route("PUT", one, self.replace, needs=WRITE, on=self.named.to_manage),
            Route("PATCH", one, self.merge, needs=WRITE, on=self.named.to_manage),
            Route("GET", f"{one}/permissionLevels", self.levels, needs=READ, on=self.named),
        )

    def _shown(self, call: Call, id_: int, grants: Sequence[Grant]) -> ObjectPermissions:
        by = {one[:2]: _access(one.principal_type, one.principal) for one in grants}
        for one in grants:
            by[one[:2]].all_permissions.append(Permission(_NAMES[one.level], False))
        inherited = {ADMINS: Level.MANAGE, EVERYBODY: call.services.settings.default_level}
        for group, level in inherited.items():
            if level:
                access = by.setdefault((GROUP, group), _access(GROUP, group))
                access.all_permissions.append(Permission(_NAMES[level], True, [_ROOT]))
        return ObjectPermissions(f"/{self.path}/{id_}", self.type, list(by.values()))


def _access(kind: str, name: str) -> Access:
    return Access(
        user_name=name if kind == USER else None,
        group_name=name if kind == GROUP else None,
        service_principal_name=name if kind == SERVICE_PRINCIPAL else None,
        display_name=name,
    )


def _grants(entries: Sequence[Entry]) -> list[Grant]:
    grants = [_grant(entry) for entry in entries]
    if len({one[:2] for one in grants}) < len(grants):
        raise invalid("access_control_list names somebody twice; give each principal one permission_level.")
    return grants


def _grant(entry: Entry) -> Grant:
    named = {
        USER: entry.user_name,
        GROUP: entry.group_name,
        SERVICE_PRINCIPAL: entry.service_principal_name,
    }
    names = [(kind, name) for kind, name in named.items() if name]
    if len(names) != 1:
        raise invalid(
            "Each entry of access_control_list names one of user_name, group_name, service_principal_name."
        )
    kind, name = names[0]
    if kind == GROUP and name not in (EVERYBODY, ADMINS):
        raise invalid(
            f"There is no group {name[:100]!r}; there are {EVERYBODY!r}, which is every user, and {ADMINS!r}."
        )
    check_user(name, f"{kind}_name")
    if entry.permission_level not in LEVELS:
        raise invalid(
            f"permission_level must be one of {', '.join(LEVELS)}, not {entry.permission_level[:100]!r}."
        )
    return Grant(kind, name, LEVELS[entry.permission_level])


_EXPERIMENTS = _Permissions(
    EXPERIMENTS,
    EXPERIMENT.by("object_id"),
    "experiments",
    "mlflowExperiment",
    {
        "CAN_READ": "Can view, search, compare and download its runs, models and traces",
        "CAN_EDIT": "Can also log, change and delete its runs, models and traces",
        "CAN_MANAGE": "Can also delete the experiment and artifacts, and set permissions",
    },
)
_REGISTERED_MODELS = _Permissions(
    REGISTERED_MODELS,
    REGISTERED_MODEL_ID.by("object_id"),
    "registered-models",
    "registered-model",
    {
        "CAN_READ": "Can view the model and download its versions",
        "CAN_EDIT": "Can also make and change versions, aliases and tags",
        "CAN_MANAGE": "Can also rename and delete the model, delete versions, and set permissions",
    },
)
ROUTES = (*_EXPERIMENTS.routes, *_REGISTERED_MODELS.routes)
