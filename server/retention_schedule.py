"""Retention and the archival of traces inside a running server, again and again."""

import asyncio
import logging

from trackstack.server.calls import Services
from trackstack.server.config import ConfigError
from trackstack.server.errors import ApiError
from trackstack.server.retention import Retention
from trackstack.server.retention_policy import retention
from trackstack.server.retention_report import Report, size
from trackstack.server.trace_archival import TraceArchival

FIRST_AFTER_S = 60
"""A server that is never up for a whole interval removes, too, but not while it is busy with its start."""

log = logging.getLogger("trackstack.server")


async def keep_removing(services: Services) -> None:
    """Works once each `retention_check_s` until it is cancelled; the retention is read anew each time."""
    interval = services.settings.retention_check_s
    if not interval:
        return
    await asyncio.sleep(min(FIRST_AFTER_S, interval))
    work = Retention(services.store, services.artifacts)
    archival = TraceArchival(services.store, services.artifacts)
    while True:
        try:
            kept = retention(services.settings)
            report = await work.remove(services.now - int(kept.total_seconds() * 1000))
            if (policy := services.settings.archival) is not None:
                await archival.move(policy, services.now, report)
            report.freed_bytes = await services.store.space.give_back()
            _tell(report)
        except (ApiError, ConfigError) as error:
            log.warning("Retention: %s", error)
        except Exception:
            log.exception("Retention failed")
        await asyncio.sleep(interval)


def _tell(report: Report) -> None:
    if report.removed or report.failed:
        log.info("Retention: %s", report.summary())
    if report.freed_bytes:
        log.info("Gave back %s of the database's file", size(report.freed_bytes))
    for moved in report.archived:
        log.info("Archived the spans of %d traces of experiment %s", moved.traces, moved.experiment_id)
    for failed in report.failed:
        log.warning("Retention failed on %s %s: %s", failed.kind, failed.id, failed.reason)
