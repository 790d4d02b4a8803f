"""Requests to move a version of a registered model to another stage, and what becomes of them."""

from trackstack.server.errors import ApiError, exists, invalid, missing
from trackstack.server.store.database import Database
from trackstack.server.store.databricks import activities
from trackstack.server.store.databricks.activities import Activity, Said
from trackstack.server.store.registry import versions
from trackstack.server.store.registry.rows import VersionRow, find_version
from trackstack.server.store.registry.versions import Moved, Transition
from trackstack.server.store.transaction import Transaction


class TransitionRequests:
    """Makes, lists and decides requests. Each user may have one for each stage that a version is not in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, version: int, stage: str, said: Said) -> Activity:
        def work(tx: Transaction) -> Activity:
            found = find_version(tx, name, version)
            if found.stage == stage:
                raise invalid(f"Version {version} of the model '{name}' is in the stage {stage} already.")
            if any(_is(one, stage, said.user) for one in activities.open_requests(tx, found)):
                raise exists(
                    f"{said.user} has an open request for the stage {stage} of version {version} of the "
                    f"model '{name}' already."
                )
            return activities.record(tx, found, activities.REQUESTED_TRANSITION, said, to_stage=stage)

        return await self._database.writer.do(work)

    async def open(self, name: str, version: int) -> list[Activity]:
        """The oldest first."""
        return await self._database.reader.do(
            lambda tx: activities.open_requests(tx, find_version(tx, name, version))
        )

    async def approve(self, name: str, version: int, transition: Transition) -> Moved:
        """Moves the version, which ends all requests for that stage."""

        def work(tx: Transaction) -> Moved:
            found = find_version(tx, name, version)
            if not any(one.to_stage == transition.stage for one in activities.open_requests(tx, found)):
                raise _none_open(found, transition.stage)
            return versions.move(tx, found, transition, activities.APPROVED_REQUEST)

        return await self._database.writer.do(work)

    async def reject(self, name: str, version: int, stage: str, said: Said) -> Activity:
        """Ends all requests for that stage."""

        def work(tx: Transaction) -> Activity:
            found = find_version(tx, name, version)
            if not activities.close_requests(tx, found, stage, said.at):
                raise _none_open(found, stage)
            return activities.record(tx, found, activities.REJECTED_REQUEST, said, to_stage=stage)

        return await self._database.writer.do(work)

    async def cancel(self, name: str, version: int, stage: str, creator: str, said: Said) -> Activity:
        """Ends the request for that stage that `creator` made."""

        def work(tx: Transaction) -> Activity:
            found = find_version(tx, name, version)
            asked = [one for one in activities.open_requests(tx, found) if _is(one, stage, creator)]
            if not asked:
                raise _none_open(found, stage, f" by {creator[:100]}")
            tx.run(activities.CLOSE_ONE, this=asked[0].id, at=said.at)
            return activities.record(tx, found, activities.CANCELLED_REQUEST, said, to_stage=stage)

        return await self._database.writer.do(work)


def _is(one: Activity, stage: str, user: str) -> bool:
    return (one.to_stage, one.user) == (stage, user)


def _none_open(version: VersionRow, stage: str, whose: str = "") -> ApiError:
    return missing(
        f"There is no open request{whose} for the stage {stage} of version {version.version} of the model "
        f"'{version.name}'"
    )
