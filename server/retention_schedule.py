"""Retention inside a running server: the same removal, again and again."""

import asyncio
import logging

from trackstack.server.calls import Services
from trackstack.server.config import ConfigError
from trackstack.server.errors import ApiError
from trackstack.server.retention import Retention
from trackstack.server.retention_policy import retention
from trackstack.server.retention_report import Report

FIRST_AFTER_S = 60
"""A server that is never up for a whole interval removes, too, but not while it is busy with its start."""

log = logging.getLogger("trackstack.server")


async def keep_removing(services: Services) -> None:
    """Removes once each `retention_check_s` until it is cancelled; the retention is read anew each time."""
    interval = services.settings.retention_check_s
    if not interval:
        return
    await asyncio.sleep(min(FIRST_AFTER_S, interval))
    work = Retention(services.store, services.artifacts)
    while True:
        try:
            kept = retention(services.settings.data_dir)
            _tell(await work.remove(services.now - int(kept.total_seconds() * 1000)))
        except (ApiError, ConfigError) as error:
            log.warning("Retention: %s", error)
        except Exception:
            log.exception("Retention failed")
        await asyncio.sleep(interval)


def _tell(report: Report) -> None:
    if report.removed or report.failed:
        log.info("Retention: %s", report.summary())
    for failed in report.failed:
        log.warning("Retention failed on %s %s: %s", failed.kind, failed.id, failed.reason)
