"""Durations as people and APIs write them: Go's, and days (`30d`, `1d12h`, `90m`, `1.5h`)."""

import re
from datetime import timedelta

# The pattern of the Model Experiments API; units must come in this order.
PATTERN = r"([0-9]+(\.[0-9]+)?d)?([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m)?([0-9]+(\.[0-9]+)?s)?"
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def parse(text: str) -> timedelta:
    """The duration that `text` writes. Raises ValueError naming the text when it is none, or too long."""
    if not text or not re.fullmatch(PATTERN, text, re.ASCII):
        raise ValueError(f"{text!r} is not a duration: write days, hours, minutes, seconds, such as 30d or 1d12h")
    parts = re.findall(r"([0-9.]+)([dhms])", text)
    try:
        return timedelta(**{_UNITS[unit]: float(number) for number, unit in parts})
    except OverflowError:
        raise ValueError(f"{text!r} is too long a duration") from None
