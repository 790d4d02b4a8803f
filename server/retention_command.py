"""`trackstack-server gc`: removes for good what was deleted long ago, and archives old traces."""

import asyncio
import sys
import time
from datetime import timedelta

import msgspec

from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.config import ConfigError, Settings
from trackstack.server.retention import Retention
from trackstack.server.retention_policy import parse, retention
from trackstack.server.retention_report import Report
from trackstack.server.store.store import Store
from trackstack.server.trace_archival import TraceArchival


def run(settings: Settings, *, older_than: str | None, dry_run: bool, as_json: bool) -> int:
    """Reports on stdout; 1 where something could not be removed. Raises ConfigError."""
    kept = parse(older_than, "--older-than") if older_than else retention(settings)
    file = settings.data_dir / "tracking.db"
    if not settings.database_url and not file.exists():
        raise ConfigError(f"there is no database {file}; say where it is with --data-dir or --database-url")
    report = asyncio.run(_removed(settings, kept, dry_run))
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.lines())
    return 1 if report.failed else 0


async def _removed(settings: Settings, kept: timedelta, dry_run: bool) -> Report:
    artifacts = open_artifacts(settings.artifacts)
    store = Store(settings)
    now = int(time.time() * 1000)
    await store.open()
    try:
        work = Retention(store, artifacts)
        deleted_before = now - int(kept.total_seconds() * 1000)
        report = await (work.plan(deleted_before) if dry_run else work.remove(deleted_before))
        if (policy := settings.archival) is not None:
            archival = TraceArchival(store, artifacts)
            await (archival.plan if dry_run else archival.move)(policy, now, report)
        if not dry_run:
            report.freed_bytes = await store.space.give_back()
        return report
    finally:
        await store.close()
        await artifacts.store.close()
