"""Removes for good what was deleted longer ago than the instance keeps it: files first, then rows.

Each thing is claimed in the database before its first file goes and let go with its last row, so a removal
that is killed at any point is finished by the next one. A claim is made only if the thing is still deleted
and no registered version needs it, in the same transaction; from then on it cannot be restored.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from trackstack.server.artifacts.errors import InvalidLocationError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.artifacts.store import Usage
from trackstack.server.errors import ApiError
from trackstack.server.retention_report import Failed, Removed, Report, Stayed
from trackstack.server.store.purges import Claim, Kept
from trackstack.server.store.purging import EXPERIMENT, KINDS
from trackstack.server.store.store import Store

BATCH = 100
"""Things claimed by one transaction."""


@dataclass(frozen=True)
class Retention:
    """Works beside a running server, or several; each removal is done once or again without harm."""

    store: Store
    artifacts: Artifacts

    async def plan(self, deleted_before: int) -> Report:
        """What `remove` would do now."""
        report = Report(deleted_before, dry_run=True)
        decision = await self.store.purges.plan(deleted_before, self._locate)
        _stay(report, decision.kept)
        for claim in decision.claims:
            with _reporting(claim, report):
                usage = await self._usage(claim)
                if claim.kind == EXPERIMENT:  # what is listed before it is not in its folder by then
                    usage = _without(usage, report.removed, str(claim.experiment_id))
                _gone(report, claim, usage)
        return report

    async def remove(self, deleted_before: int) -> Report:
        """Removes what was deleted before a time (milliseconds), and what an earlier removal left undone."""
        report = Report(deleted_before, dry_run=False)
        purges = self.store.purges
        for claim in await purges.pending():
            await self._remove(claim, report)
        for kind in KINDS:
            ids = [expired.id for expired in await purges.expired(kind, deleted_before)]
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                decision = await purges.claim(kind, batch, deleted_before, self._locate)
                _stay(report, decision.kept)
                for claim in decision.claims:
                    await self._remove(claim, report)
        return report

    async def _remove(self, claim: Claim, report: Report) -> None:
        with _reporting(claim, report):
            usage = await self._usage(claim)
            if claim.path is not None:
                await self.artifacts.store.delete(_path(claim.path))
            await self.store.purges.finish(claim)
            _gone(report, claim, usage)

    async def _usage(self, claim: Claim) -> Usage:
        if claim.path is None:
            return Usage(0, 0)
        return await self.artifacts.store.usage(_path(claim.path))

    def _locate(self, uri: str) -> ArtifactPath | None:
        try:
            return self.artifacts.place(uri).path
        except InvalidLocationError:
            return None


def _path(text: str) -> ArtifactPath:
    """A path from our own record, checked when it was made."""
    return ArtifactPath(tuple(text.split("/")))


@contextmanager
def _reporting(claim: Claim, report: Report) -> Iterator[None]:
    """A store that fails on one thing may do for the next; what failed stays claimed."""
    try:
        yield
    except ApiError as error:
        report.failed.append(Failed(claim.kind, claim.name, error.message))


def _gone(report: Report, claim: Claim, usage: Usage) -> None:
    experiment = "" if claim.experiment_id is None else str(claim.experiment_id)
    deleted = claim.deleted_at
    report.removed.append(Removed(claim.kind, claim.name, experiment, deleted, usage.files, usage.bytes))


def _without(usage: Usage, removed: Sequence[Removed], experiment: str) -> Usage:
    inside = [one for one in removed if one.experiment_id == experiment]
    files = usage.files - sum(one.files for one in inside)
    return Usage(max(files, 0), max(usage.bytes - sum(one.bytes for one in inside), 0))


def _stay(report: Report, kept: Sequence[Kept]) -> None:
    report.kept.extend(Stayed(one.kind, one.name, one.needed_by) for one in kept)
