"""Durations in Go's notation with days."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackstack import durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("1d12h", timedelta(hours=36)),
        ("1.5h", timedelta(minutes=90)),
        ("5h30m40s", timedelta(hours=5, minutes=30, seconds=40)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_the_sum_of_its_parts(text: str, expected: timedelta) -> None:
    assert durations.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "30", "d", "1h1d", "30 d", "-1d", "1e3d", "30d\n", "٣d", "1w", "9" * 400 + "d"]
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        durations.parse(text)


@given(st.integers(0, 90), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_every_sum_of_whole_units_is_read_exactly(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}d{hours}h{minutes}m{seconds}s"

    assert durations.parse(text) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
