"""How much an instance holds, as its own server tells it. Nothing here imports pulumi."""

from dataclasses import dataclass
from datetime import UTC, datetime

from trackstack.stacks import admin
from trackstack.stacks.project import Project


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What was there at `measured`, what is soft-deleted too; `metrics` are points.

    None is what took too long to count, and the last activity where there was none.
    """

    experiments: int | None
    runs: int | None
    metrics: int | None
    database_bytes: int | None
    artifact_files: int
    artifact_bytes: int
    last_activity: datetime | None
    measured: datetime


def usage(project: Project, name: str) -> Usage:
    """How much the instance holds. Raises InstanceNotFound, and StackError where it does not answer."""
    told = admin.ask(project, name, "GET", "/usage")
    last = told.pop("last_activity_at")
    measured = told.pop("measured_at")
    return Usage(**told, last_activity=None if last is None else _time(last), measured=_time(measured))


def _time(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)
