from email.utils import formatdate

import pytest

from trackstack.server.artifacts.ranges import Span, UnsatisfiableError, span, unchanged
from trackstack.server.artifacts.store import Facts

FACTS = Facts(size=100, modified=1_700_000_000.5, etag='"abc"')


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 100)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=90-1000", Span(90, 100)),
        ("bytes=-1", Span(99, 100)),
        ("bytes=-1000", Span(0, 100)),
        ("lines=1-2", None),
    ],
)
def test_one_part_of_the_file_is_found(header: str | None, part: Span | None) -> None:
    assert span(FACTS, header, None) == part


@pytest.mark.parametrize(
    "header",
    [
        "bytes=",
        "bytes=-",
        "bytes=-0",
        "bytes=5-2",
        "bytes=100-",
        "bytes=100-200",
        "bytes=a-b",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=0-1,5-6",
        "bytes= 0-1",
        "bytes=\u0661-\u0662",
        "bytes=" + "9" * 100_000 + "-",
        "bytes=" + "0-," * 10_000,
    ],
    ids=lambda header: header[:20],
)
def test_other_ranges_are_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        span(FACTS, header, None)


def test_an_empty_file_has_no_parts() -> None:
    with pytest.raises(UnsatisfiableError):
        span(Facts(0, 0, '""'), "bytes=0-", None)


def test_a_part_of_another_version_is_not_given() -> None:
    assert span(FACTS, "bytes=0-0", '"abc"') == Span(0, 1)
    assert span(FACTS, "bytes=0-0", formatdate(FACTS.modified, usegmt=True)) == Span(0, 1)
    assert span(FACTS, "bytes=0-0", '"old"') is None


@pytest.mark.parametrize(
    ("tags", "since", "good"),
    [
        ('"abc"', None, True),
        ('W/"abc"', None, True),
        ('"x", "abc"', None, True),
        ("*", None, True),
        ('"x"', formatdate(2_000_000_000, usegmt=True), False),  # the tag decides where both are given
        (None, formatdate(1_700_000_000, usegmt=True), True),
        (None, formatdate(1_699_999_999, usegmt=True), False),
        (None, "yesterday", False),
        (None, None, False),
    ],
)
def test_a_copy_is_good_while_tag_or_time_say_so(tags: str | None, since: str | None, good: bool) -> None:
    assert unchanged(FACTS, tags, since) is good
