"""Schedules of experiments and services: cron expressions between two times."""

import re
from datetime import UTC, datetime

from trackstack.server.calls import Call
from trackstack.server.sensei.operations import Line, Part, unprocessable

_FIELDS = (5, 7)  # least and most of a cron expression, with seconds and years
_CRON = re.compile(r"[\w*/,\-?#]+", re.ASCII)


class Schedule(Part):
    """Kept as it was written; whoever runs the engines reads it."""

    cron: Line | None = None
    start_time: Line | None = None
    end_time: Line | None = None


def check(call: Call, field: str, schedule: Schedule | None) -> None:
    """Raises ApiError for what is no cron expression or time, and for an end before the start."""
    if schedule is None:
        return
    if schedule.cron is not None:
        parts = schedule.cron.split()
        if not _FIELDS[0] <= len(parts) <= _FIELDS[1] or not all(map(_CRON.fullmatch, parts)):
            raise unprocessable(call, f"{field}.cron: {schedule.cron[:100]!r} is no cron expression.")
    start = _time(call, f"{field}.startTime", schedule.start_time)
    end = _time(call, f"{field}.endTime", schedule.end_time)
    if start is not None and end is not None and end < start:
        raise unprocessable(call, f"{field}: it ends before it starts.")


def _time(call: Call, field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise unprocessable(
            call, f"{field} is a time such as 2019-04-09T00:00, not {text[:100]!r}."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
