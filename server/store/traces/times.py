"""Milliseconds as protocol buffers write them in JSON: RFC 3339 and seconds with an s."""

import re
from datetime import UTC, datetime, timedelta

from trackstack.server.errors import invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z")
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s\Z")
_LATEST = 253_402_300_799_999  # the last millisecond of the year 9999


def timestamp(millis: int) -> str:
    """A time; fractions of a second only where there are some."""
    moment = _EPOCH + timedelta(milliseconds=min(max(millis, 0), _LATEST))
    fraction = f".{millis % 1000:03}" if millis % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def parse_timestamp(text: str, path: str) -> int:
    """Milliseconds since 1970. Raises ApiError naming `path` for what is no time."""
    match = _TIME.match(text)
    try:
        moment = datetime.fromisoformat(f"{match[1]}{match[3]}") if match else None
    except ValueError:
        moment = None
    if match is None or moment is None:
        raise invalid(f"Invalid value '{text[:100]}' for parameter '{path}': not a time such as "
                      "2026-01-31T12:00:00.000Z.")  # fmt: skip
    return int((moment - _EPOCH).total_seconds()) * 1000 + int((match[2] or "").ljust(3, "0")[:3])


def duration(millis: int) -> str:
    """A length of time in seconds."""
    sign = "-" if millis < 0 else ""
    seconds, rest = divmod(abs(millis), 1000)
    return f"{sign}{seconds}.{rest:03}s" if rest else f"{sign}{seconds}s"


def parse_duration(text: str, path: str) -> int:
    """Milliseconds. Raises ApiError naming `path` for what is no duration."""
    match = _DURATION.match(text)
    if match is None:
        raise invalid(f"Invalid value '{text[:100]}' for parameter '{path}': not a duration such as 1.5s.")
    millis = int(match[2]) * 1000 + int((match[3] or "").ljust(3, "0")[:3])
    return -millis if match[1] else millis
