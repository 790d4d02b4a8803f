"""Retention inside a running server: the same removal, again and again."""

import asyncio
import logging

from trackstack.server.calls import Services
from trackstack.server.config import ConfigError
from trackstack.server.errors import ApiError
from trackstack.server.retention import Retention
from trackstack.server.retention_policy import retention

log = logging.getLogger("trackstack.server")


async def keep_removing(services: Services) -> None:
    """Removes once each `retention_check_s` until it is cancelled; the retention is read anew each time."""
    if not services.settings.retention_check_s:
        return
    work = Retention(services.store, services.artifacts)
    while True:
        await asyncio.sleep(services.settings.retention_check_s)
        try:
            kept = retention(services.settings.data_dir)
            report = await work.remove(services.now - int(kept.total_seconds() * 1000))
        except (ApiError, ConfigError) as error:
            log.warning("Retention: %s", error)
            continue
        except Exception:
            log.exception("Retention failed")
            continue
        if report.removed or report.failed:
            log.info("Retention: %s", report.summary())
        for failed in report.failed:
            log.warning("Retention failed on %s %s: %s", failed.kind, failed.id, failed.reason)
