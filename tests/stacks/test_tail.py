"""The end of a log, and what comes after it."""

from itertools import islice
from pathlib import Path

import pytest

from trackstack.stacks.tail import follow, last_lines


@pytest.mark.parametrize("count", [0, 1, 3, 20_000, 50_000])
def test_the_last_lines_are_the_files_last_lines(count: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [f"line {number} äöü" for number in range(20_000)]
    log.write_text("\n".join(lines) + "\n")

    tail, position = last_lines(log, count)

    assert tail == lines[len(lines) - min(count, len(lines)) :]
    assert position == log.stat().st_size


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "log", 10) == ([], 0)


def test_following_gives_whole_lines_as_they_are_written(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old\nnew\nhalf")
    following = follow(log, 4)

    assert next(following) == "new"
    with log.open("a") as file:
        file.write(" and half\n")
    assert next(following) == "half and half"


def test_following_starts_anew_in_a_log_that_was_cut_off(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n")
    log_end = log.stat().st_size
    log.write_text("new\n")

    assert [*islice(follow(log, log_end), 1)] == ["new"]
