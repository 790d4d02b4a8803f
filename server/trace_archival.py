"""Moves the spans of old traces from the database to files of the artifact store.

A file is whole and durable before the database says that the spans are in it, and each state of a trace has
a file of its own; so a move that is killed at any point is done again by the next one, and replicas may do
the same at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from trackstack.server.archival_policy import ArchivalPolicy
from trackstack.server.artifacts.errors import ArtifactNotFoundError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.errors import INTERNAL_ERROR, ApiError
from trackstack.server.otlp.archive import FILE, UnfitError, pack, unpack
from trackstack.server.retention_report import Archived, Failed, Report
from trackstack.server.store.store import Store
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.archival import Due
from trackstack.server.store.traces.entities import TraceInfo

AT_ONCE = 8
"""Traces under way: what one waits for the disk, others use."""

_UNFIT = "MALFORMED_TRACE"  # MLflow's word

log = logging.getLogger("trackstack.server")


@dataclass(frozen=True)
class TraceArchival:
    """Works beside a running server, or several."""

    store: Store
    artifacts: Artifacts

    async def plan(self, policy: ArchivalPolicy, now: int, report: Report) -> None:
        """Adds to `report` what `move` would do at `now` (milliseconds); the files would have about as many
        bytes as the spans have now."""
        for experiment, tags in (await self.store.archival.experiments()).items():
            after, found = 0, Archived(experiment_id=str(experiment))
            until = policy.until(experiment, tags, now)
            while batch := await self.store.archival.due(experiment, until, after):
                after = batch[-1].id
                for due in batch:
                    spans = await self.store.archival.content(due)
                    found.add(sum(map(len, spans)) if spans else None)
            report.archive(found)

    async def move(self, policy: ArchivalPolicy, now: int, report: Report) -> None:
        """Archives the traces that `policy` says at `now` (milliseconds)."""
        for experiment, tags in (await self.store.archival.experiments()).items():
            found, failed = Archived(experiment_id=str(experiment)), len(report.failed)
            after, until = 0, policy.until(experiment, tags, now)
            while batch := await self.store.archival.due(experiment, until, after):
                after = batch[-1].id
                for start in range(0, len(batch), AT_ONCE):
                    some = batch[start : start + AT_ONCE]
                    for size in await asyncio.gather(*(self._move(due, report) for due in some)):
                        found.add(size)
            report.archive(found)
            if (asked := tags.get(keys.ARCHIVE_NOW)) is not None and len(report.failed) == failed:
                await self.store.archival.answered(experiment, asked)

    async def _move(self, due: Due, report: Report) -> int | None:
        """The bytes of the trace's file; None where there is none, because of what the trace is by now."""
        spans = await self.store.archival.content(due)
        if not spans:
            return None
        try:
            data = await asyncio.to_thread(pack, spans)
            path = self.artifacts.below(due.location, ArtifactPath.parse(FILE))
            await self.artifacts.store.write(path, _once(data), len(data))
        except UnfitError as error:
            log.warning("Trace %s stays in the database: %s", due.uuid, error)
            await self.store.archival.fail(due, _UNFIT)
            return None
        except ApiError as error:
            report.failed.append(Failed("trace", due.uuid, error.message))
            return None
        if await self.store.archival.finish(due):
            return len(data)
        return None


async def archived_spans(artifacts: Artifacts, trace: TraceInfo) -> list[str]:
    """The spans of an archived trace, as in traces.json; none where its file is gone, as MLflow has it."""
    path = artifacts.below(trace.tags[keys.ARCHIVE_LOCATION], ArtifactPath.parse(FILE))
    try:
        file = await artifacts.store.open(path)
    except ArtifactNotFoundError:
        log.warning("The archived spans of trace %s are gone", trace.trace_id)
        return []
    try:
        data = b"".join([chunk async for chunk in file.read(0, file.facts.size)])
    finally:
        await file.close()
    try:
        return await asyncio.to_thread(unpack, data)
    except ValueError as error:
        raise ApiError(
            INTERNAL_ERROR, f"The spans of trace '{trace.trace_id}' cannot be read: {error}."
        ) from None


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
