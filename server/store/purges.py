"""Removal for good, in steps that each hold: claim, then the caller removes the files, then finish.

A claim is a row of its own. From it on, the thing cannot be restored any more, and whoever runs next
finishes what a killed process had claimed.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.store.database import Database
from trackstack.server.store.purging import (
    CONTENTS,
    EXPIRED_EXPERIMENTS,
    FORGET,
    KINDS,
    PENDING,
    RECORD,
    Kind,
)
from trackstack.server.store.shelter import Locate, Shelter
from trackstack.server.store.transaction import Transaction


class Expired(NamedTuple):
    """A deleted thing whose time has come; `uri` is the root of its artifacts, empty where it has none."""

    id: int
    name: str
    experiment_id: int | None
    deleted_at: int
    uri: str


class Claim(NamedTuple):
    """A thing that is being removed; `path` is its folder in the artifact store, if it has one of its own."""

    kind: str
    id: int
    name: str
    experiment_id: int | None
    deleted_at: int
    path: str | None


class Kept(NamedTuple):
    """A thing whose time has come but that stays, and what needs it."""

    kind: str
    name: str
    needed_by: str


class Decision(NamedTuple):
    """What goes and what stays."""

    claims: list[Claim]
    kept: list[Kept]


class Purges:
    """Finds, claims and removes what was deleted before a time, in milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self) -> list[Claim]:
        """What was claimed and is not finished."""
        return await self._database.reader.scan(lambda tx: [Claim(*row) for row in tx.all(PENDING)])

    async def expired(self, kind: Kind, cutoff: int) -> list[Expired]:
        def work(tx: Transaction) -> list[Expired]:
            return [Expired(*row) for row in tx.all(kind.expired, cutoff=cutoff)]

        return await self._database.reader.scan(work)

    async def claim(self, kind: Kind, ids: Iterable[int], cutoff: int, locate: Locate) -> Decision:
        """Records those of `ids` that may go; what was restored meanwhile is in neither list."""

        def work(tx: Transaction) -> Decision:
            rows = [tx.one(kind.still, this=id_, cutoff=cutoff) for id_ in ids]
            decision = _decide(kind, [Expired(*row) for row in rows if row], Shelter(tx, locate), locate)
            for claim in decision.claims:
                tx.run(RECORD, **claim._asdict())
            return decision

        return await self._database.writer.do(work)

    async def plan(self, cutoff: int, locate: Locate) -> Decision:
        """What would go and stay, with nothing recorded."""

        def work(tx: Transaction) -> Decision:
            shelter = Shelter(tx, locate)
            claims, kept = [Claim(*row) for row in tx.all(PENDING)], []
            for kind in KINDS[:-1]:
                expired = [Expired(*row) for row in tx.all(kind.expired, cutoff=cutoff)]
                decision = _decide(kind, expired, shelter, locate)
                claims += decision.claims
                kept += decision.kept
            contents: dict[int | None, int] = {}
            for claim in claims:
                contents[claim.experiment_id] = contents.get(claim.experiment_id, 0) + 1
            experiments = [Expired(*row) for row in tx.all(EXPIRED_EXPERIMENTS, cutoff=cutoff)]
            emptied = [
                one for one in experiments if tx.one(CONTENTS, this=one.id)[0] == contents.get(one.id, 0)
            ]
            last = _decide(KINDS[-1], emptied, shelter, locate)
            return Decision(claims + last.claims, kept + last.kept)

        return await self._database.reader.scan(work)

    async def finish(self, claim: Claim) -> None:
        """Removes the rows of a claim whose files are gone; the most numerous ones in many small commits."""
        kind = next(kind for kind in KINDS if kind.name == claim.kind)
        for statement in kind.history:
            while await self._database.writer.do(lambda tx, some=statement: tx.changed(some, this=claim.id)):  # type: ignore[misc]
                pass

        def work(tx: Transaction) -> None:
            for statement in kind.rows:
                tx.run(statement, this=claim.id)
            tx.run(FORGET, kind=claim.kind, this=claim.id)

        await self._database.writer.do(work)


def _decide(kind: Kind, expired: Sequence[Expired], shelter: Shelter, locate: Locate) -> Decision:
    decision = Decision([], [])
    for one in expired:
        path = _folder(one, locate(one.uri))
        if needed_by := shelter.needed_by(kind.name, one.name, path):
            decision.kept.append(Kept(kind.name, one.name, needed_by))
            continue
        if path is not None and shelter.shared(kind.name, one.experiment_id, path):
            path = None
        claim = Claim(
            kind.name, one.id, one.name, one.experiment_id, one.deleted_at, str(path) if path else None
        )
        decision.claims.append(claim)
    return decision


def _folder(one: Expired, root: ArtifactPath | None) -> ArtifactPath | None:
    """The folder that is its own: <id>/ of a run's or model's <id>/artifacts; never the whole store."""
    if root is None or not root.parts:
        return None
    return root.parent if root.name == "artifacts" and root.parent.name == one.name else root
