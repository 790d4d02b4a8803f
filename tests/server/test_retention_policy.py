from datetime import timedelta
from pathlib import Path

import pytest

from trackstack.server.config import ConfigError, Settings, load
from trackstack.server.retention_policy import retention


def test_thirty_days_hold_where_nothing_is_said(tmp_path: Path) -> None:
    assert retention(Settings(data_dir=tmp_path)) == timedelta(days=30)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("7d", timedelta(days=7)), ("1d12h", timedelta(hours=36)), ("90m", timedelta(minutes=90))],
)
def test_what_the_file_says_holds_at_once(tmp_path: Path, text: str, kept: timedelta) -> None:
    (tmp_path / "retention.json").write_text(f'{{"retention": "{text}"}}')
    assert retention(Settings(data_dir=tmp_path)) == kept


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"retention": "soon"}', '{"retention": 30}', '{"retention": ""}', "\udc80"],
)
def test_a_file_that_says_nothing_clear_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "retention.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=r"retention\.json"):
        retention(Settings(data_dir=tmp_path))


def test_the_setting_wins(tmp_path: Path) -> None:
    (tmp_path / "retention.json").write_text('{"retention": "7d"}')
    assert retention(Settings(data_dir=tmp_path, retention="12h")) == timedelta(hours=12)


def test_a_setting_that_says_nothing_clear_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'soon' is not a duration"):
        load({}, {"TRACKSTACK_SERVER_RETENTION": "soon"})
