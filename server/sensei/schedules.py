"""Schedules of experiments and services: cron expressions between two times, all in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cronsim import CronSim, CronSimError

from trackstack.server.calls import Call
from trackstack.server.sensei.operations import Line, Part, Values, unprocessable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITH_YEARS = 7  # fields of an expression that begins with seconds and ends with years


class Schedule(Part):
    """Kept as it was written."""

    cron: Line | None = None
    start_time: Line | None = None
    end_time: Line | None = None


def check(call: Call, field: str, schedule: Schedule | None) -> None:
    """Raises ApiError for what is no cron expression or time, and for an end before the start."""
    if schedule is None:
        return
    if schedule.cron is not None:
        try:
            _times_of(schedule.cron, _EPOCH)
        except CronSimError as error:
            shown = f"{schedule.cron[:100]!r} is no cron expression ({error})"
            raise unprocessable(call, f"{field}.cron: {shown}.") from None
    start = _checked(call, f"{field}.startTime", schedule.start_time)
    end = _checked(call, f"{field}.endTime", schedule.end_time)
    if start is not None and end is not None and end < start:
        raise unprocessable(call, f"{field}: it ends before it starts.")


def _checked(call: Call, field: str, text: str | None) -> datetime | None:
    try:
        return _time(text)
    except ValueError:
        shown = repr((text or "")[:100])
        raise unprocessable(call, f"{field} is a time such as 2019-04-09T00:00, not {shown}.") from None


def following(document: Values, after: int) -> int | None:
    """The next time, in milliseconds, that the schedule in an experiment's document has; None for none."""
    values: Any = document.get("template", {}).get("schedule")
    schedule = msgspec.convert(values or {}, Schedule)
    if schedule.cron is None:
        return None
    begin = _EPOCH + timedelta(milliseconds=after)
    start, end = _time(schedule.start_time), _time(schedule.end_time)
    try:
        if start is not None and start > begin:
            begin = start.astimezone(UTC) - timedelta(seconds=1)  # it may run when it starts
        at = next(_times_of(schedule.cron, begin), None)
    except OverflowError:  # after the last year that there is
        return None
    if at is None or (end is not None and at > end):
        return None
    return int((at - _EPOCH).total_seconds() * 1000)


def _times_of(cron: str, after: datetime) -> CronSim:
    """The times of an expression of 5 fields, or of 6 that begin with seconds; years can only be all."""
    fields = ["*" if field == "?" else field for field in cron.upper().split()]
    if len(fields) == _WITH_YEARS and fields.pop() != "*":
        raise CronSimError("years can only be *")
    return CronSim(" ".join(fields), after)


def _time(text: str | None) -> datetime | None:
    """Raises ValueError for what is no time; one without a zone is UTC's."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
