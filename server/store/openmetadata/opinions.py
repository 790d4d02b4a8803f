"""Who follows an entity, and who votes for or against it; neither makes a new version."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from trackstack.server.store.database import Database
from trackstack.server.store.schema.openmetadata import catalog_followers, catalog_votes
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

_f, _v = catalog_followers, catalog_votes

FOLLOW = insert(_f, or_ignore=True)
UNFOLLOW = Statement(delete(_f).where(_f.c.entity_id == bindparam("this"), _f.c.user_id == bindparam("user")))
FOLLOWERS = Statement(
    lambda database: (
        select(_f).where(among(database, _f.c.entity_id, "ids")).order_by(_f.c.entity_id, _f.c.user_id)
    )
)
VOTE = upsert(_v, "is_up")
UNVOTE = Statement(delete(_v).where(_v.c.entity_id == bindparam("this"), _v.c.user_name == bindparam("user")))
VOTES = Statement(
    lambda database: (
        select(_v).where(among(database, _v.c.entity_id, "ids")).order_by(_v.c.entity_id, _v.c.user_name)
    )
)


class Votes(NamedTuple):
    """Names of users."""

    up: list[str]
    down: list[str]


class Opinions:
    """Keeps them by the number of the entity's row, with which they go."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def follow(self, entity_id: int, user_id: str) -> None:
        """Nothing happens where the user does already."""
        await self._database.writer.do(lambda tx: tx.run(FOLLOW, entity_id=entity_id, user_id=user_id))

    async def unfollow(self, entity_id: int, user_id: str) -> bool:
        """Whether the user did."""

        def work(tx: Transaction) -> bool:
            return tx.changed(UNFOLLOW, this=entity_id, user=user_id) > 0

        return await self._database.writer.do(work)

    async def followers(self, entity_ids: Sequence[int]) -> dict[int, list[str]]:
        """Users' ids, by entity."""

        def work(tx: Transaction) -> dict[int, list[str]]:
            found: dict[int, list[str]] = defaultdict(list)
            for entity_id, user_id in tx.all(FOLLOWERS, ids=listed(tx.database, entity_ids)):
                found[entity_id].append(user_id)
            return found

        return await self._database.reader.do(work)

    async def vote(self, entity_id: int, user: str, up: bool | None) -> None:
        """The user's one vote; None takes it back."""

        def work(tx: Transaction) -> None:
            if up is None:
                tx.run(UNVOTE, this=entity_id, user=user)
            else:
                tx.run(VOTE, entity_id=entity_id, user_name=user, is_up=int(up))

        await self._database.writer.do(work)

    async def votes(self, entity_ids: Sequence[int]) -> dict[int, Votes]:
        """By entity; those without any are left out."""

        def work(tx: Transaction) -> dict[int, Votes]:
            found: dict[int, Votes] = defaultdict(lambda: Votes([], []))
            for entity_id, user, is_up in tx.all(VOTES, ids=listed(tx.database, entity_ids)):
                (found[entity_id].up if is_up else found[entity_id].down).append(user)
            return found

        return await self._database.reader.do(work)
