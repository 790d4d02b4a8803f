"""Permissions of experiments and registered models: who was granted what, beside what everybody may do."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, func, or_, select

from trackstack.server.errors import missing
from trackstack.server.store.callers import Level
from trackstack.server.store.database import Database
from trackstack.server.store.schema.access import experiment_permissions, registered_model_permissions
from trackstack.server.store.schema.registry import registered_models
from trackstack.server.store.schema.tracking import experiments
from trackstack.server.store.statements import Statement, among, upsert
from trackstack.server.store.transaction import Transaction

USER, GROUP, SERVICE_PRINCIPAL = "user", "group", "service_principal"
EVERYBODY, ADMINS = "users", "admins"
"""The groups that there are: every user, and who holds a token with the scope admin."""


class Grant(NamedTuple):
    """A permission that was given to somebody. Users and service principals are found by the same names."""

    principal_type: str
    principal: str
    level: Level


class Protected:
    """A table whose rows have permissions, and the table of these."""

    def __init__(self, objects: Table, permissions: Table) -> None:
        on = next(iter(permissions.primary_key.columns))
        this = on == bindparam("this")
        self.name = objects.name
        self.column = on.name
        self.permissions = permissions.name
        self.levels = Statement(
            lambda database: (
                select(objects.c.id, objects.c.tenant, func.max(permissions.c.level))
                .select_from(objects.outerjoin(permissions, and_(on == objects.c.id, _about(permissions))))
                .where(among(database, objects.c.id, "ids"))
                .group_by(objects.c.id, objects.c.tenant)
            )
        )
        self.one = Statement(select(objects.c.id).where(objects.c.id == bindparam("this")))
        columns = (permissions.c.principal_type, permissions.c.principal, permissions.c.level)
        self.grants = Statement(select(*columns).where(this).order_by(*columns))
        self.clear = Statement(delete(permissions).where(this))
        self.grant = upsert(permissions, "level")


def _about(permissions: Table) -> ColumnElement[bool]:
    """The rows that hold for a user: by name, or as one of everybody."""
    by_name = and_(permissions.c.principal_type != GROUP, permissions.c.principal == bindparam("user"))
    as_one_of_all = and_(permissions.c.principal_type == GROUP, permissions.c.principal == EVERYBODY)
    return or_(by_name, as_one_of_all)


EXPERIMENTS = Protected(experiments, experiment_permissions)
REGISTERED_MODELS = Protected(registered_models, registered_model_permissions)


class Permissions:
    """Reads and changes what was granted on an object, found by its number; missing where there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, on: Protected, id_: int) -> list[Grant]:
        """By the kind of the principal and its name."""
        return await self._database.reader.do(lambda tx: _grants(tx, on, id_))

    async def replace(self, on: Protected, id_: int, grants: Sequence[Grant]) -> list[Grant]:
        """Only these hold from now on."""

        def work(tx: Transaction) -> list[Grant]:
            tx.run(on.clear, this=id_)
            return _give(tx, on, id_, grants)

        return await self._database.writer.do(work)

    async def merge(self, on: Protected, id_: int, grants: Sequence[Grant]) -> list[Grant]:
        """These hold, too; each instead of what the same principal had."""
        return await self._database.writer.do(lambda tx: _give(tx, on, id_, grants))


def own(tx: Transaction, on: Protected, id_: int) -> None:
    """Lets the user who makes an object manage it."""
    if tx.caller.user:
        tx.many(on.grant, [(id_, USER, tx.caller.user, Level.MANAGE.value)])


def _give(tx: Transaction, on: Protected, id_: int, grants: Sequence[Grant]) -> list[Grant]:
    _check(tx, on, id_)
    rows = {(one.principal_type, one.principal): one.level.value for one in grants}
    tx.many(on.grant, [(id_, *principal, level) for principal, level in sorted(rows.items())])
    return _grants(tx, on, id_)


def _grants(tx: Transaction, on: Protected, id_: int) -> list[Grant]:
    _check(tx, on, id_)
    return [Grant(kind, name, Level(level)) for kind, name, level in tx.all(on.grants, this=id_)]


def _check(tx: Transaction, on: Protected, id_: int) -> None:
    if tx.one(on.one, this=id_) is None:
        raise missing(f"No {on.name.removesuffix('s').replace('_', ' ')} with id {id_} exists")
