"""How long deleted things are kept: `retention.json` in the data folder, read anew each time it is asked."""

import json
from datetime import timedelta
from pathlib import Path

from trackstack import durations
from trackstack.server.config import ConfigError

DEFAULT = "30d"


def retention(data_dir: Path) -> timedelta:
    """What `retention.json` says, 30 days without that file. Raises ConfigError for one that says nothing:
    where the time is in doubt, nothing may be removed."""
    file = data_dir / "retention.json"
    try:
        text = json.loads(file.read_text())["retention"]
    except FileNotFoundError:
        text = DEFAULT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f'{file} must hold {{"retention": "<duration, such as 30d>"}}') from error
    return parse(text, str(file))


def parse(text: object, origin: str) -> timedelta:
    """The duration that `text` writes; ConfigError names `origin` otherwise."""
    try:
        return durations.parse(str(text))
    except ValueError as error:
        raise ConfigError(f"{origin}: {error}") from None
