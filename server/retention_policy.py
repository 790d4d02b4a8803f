"""How long deleted things are kept: as the setting says, or `retention.json`, read anew each time."""

import json
from datetime import timedelta

from trackstack import durations
from trackstack.server.config import ConfigError, Settings

DEFAULT = "30d"


def retention(settings: Settings) -> timedelta:
    """What is set, else what `retention.json` says, 30 days without that file. Raises ConfigError for what
    says nothing: where the time is in doubt, nothing may be removed."""
    if settings.retention:
        return parse(settings.retention, "retention")
    file = settings.data_dir / "retention.json"
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
