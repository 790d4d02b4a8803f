"""What can be set about the server, from TRACKSTACK_* in the environment or a flag of `serve`; flags win."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from trackstack import durations
from trackstack.server.archival_policy import ArchivalPolicy
from trackstack.server.store.callers import Level

ENVIRONMENT_PREFIX = "TRACKSTACK_SERVER_"
_LOG_FORMATS = ("text", "json")
_ARTIFACT_MODES = ("direct", "proxied")
_LEVELS = {"none": Level.NONE, "read": Level.READ, "edit": Level.EDIT}


class ConfigError(Exception):
    """A setting that cannot be used: names it, its value, and what would do."""


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


_UI = Path(sys.prefix, "share", "trackstack", "mlflow-ui")  # where scripts/ui puts it


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; the sentences are the documentation."""

    host: str = _setting("127.0.0.1", "Address to listen at.")
    port: int = _setting(5000, "TCP port to listen at; 0 takes a free one.")
    data_dir: Path = field(
        default=Path("."), metadata={"sentence": "Folder of the database, the artifacts and the admin token."}
    )
    artifact_root: str = _setting("", "Where artifacts are kept; empty: the folder artifacts in data_dir.")
    artifact_mode: str = _setting(
        "direct",
        "How clients reach a bucket: direct, by links where they can, or proxied, through the server.",
    )
    database_url: str = _setting("", "postgresql://…; empty: the SQLite file tracking.db in data_dir.")
    secret_key: str = field(
        default="",
        repr=False,
        metadata={"sentence": "Key of stored secrets: 32 bytes in base64; empty: the file's."},
    )
    secret_key_file: str = _setting("", "File of that key; empty: secret-key in data_dir, made at need.")
    admin_token_file: str = _setting(
        "", "File `<token id> <SHA-256>` of the admin token; empty: admin-token in data_dir."
    )
    no_auth: bool = _setting(False, "Serve without tokens; on loopback only.")
    allowed_hosts: str = _setting(
        "", "Host names that requests may ask for, comma separated; *.example.org: all below it; *: all."
    )
    allowed_origins: str = _setting("", "Origins whose pages may call the server, comma separated.")
    root_path: str = _setting(
        "", "Path below which a proxy offers the server, such as /team-a; it answers there and at /."
    )
    forwarded_from: str = _setting(
        "",
        "Proxies whose X-Forwarded-Proto and X-Forwarded-For are believed: addresses and networks, or *.",
    )
    private_webhooks: bool = _setting(
        False, "Let webhooks call addresses that are not public, and by plain http."
    )
    default_permission: str = _setting(
        "none", "What tokens of users may do with others' objects ungranted: none, read or edit."
    )
    names_of_deleted_reusable: bool = _setting(
        False, "Let new experiments take the names of deleted ones, as Databricks does."
    )
    docker_registry: str = _setting(
        "", "Registry that Sensei engines' images go to; empty: the name that was asked for."
    )
    compress_above_bytes: int = _setting(1024, "Larger answers are compressed where accepted, bytes.")
    group_commit_requests: int = _setting(256, "Most requests that one commit holds.")
    reader_threads: int = _setting(2, "Threads for long reads.")
    database_connections: int = _setting(8, "Connections to PostgreSQL, for reading.")
    query_time_limit_ms: int = _setting(10_000, "Longest time that one search or history may take, ms.")
    max_header_bytes: int = _setting(65_536, "Largest headers of a request beyond its first packet, bytes.")
    header_timeout_s: int = _setting(20, "Longest wait for a request's headers, seconds.")
    body_timeout_s: int = _setting(
        60, "Longest time in which a request's body may bring less than body_min_bytes, seconds."
    )
    body_min_bytes: int = _setting(
        16_384, "What a request's body must bring in each body_timeout_s, unless it ends, bytes."
    )
    database_timeout_ms: int = _setting(10_000, "Longest wait for a lock or connection of the database, ms.")
    service_name: str = _setting("trackstack", "Name under which OpenMetadata's catalog lists the server.")
    public_url: str = _setting("", "URL at which clients reach the server; empty: the one they ask for.")
    ui_dir: Path = _setting(_UI, "Folder of the static build of MLflow's web UI.")  # noqa: RUF009 - it makes the field, not its value
    retention: str = _setting(
        "",
        "How long deleted things are kept, such as 30d; empty: as retention.json in data_dir says, or 30d.",
    )
    retention_check_s: int = _setting(3600, "Time between removals by retention, seconds; 0: never.")
    trace_archival: str = _setting(
        "", "Age at which traces' spans move into files of the artifact store, such as 30d; empty: never."
    )
    trace_archival_long: str = _setting(
        "", "Experiments whose own age may exceed trace_archival: their ids, comma separated."
    )
    drain_s: int = _setting(0, "Time after SIGTERM in which all is served while /ready says 503, seconds.")
    stop_timeout_s: int = _setting(4, "Time that requests under way have to finish after that, seconds.")
    log_format: str = _setting("text", "How the log is written: text, or json, an object a line.")
    metrics_open: bool = _setting(False, "Let /metrics be read without a token.")

    @property
    def admin_token(self) -> Path:
        """Where the admin token's digest is read."""
        return Path(self.admin_token_file) if self.admin_token_file else self.data_dir / "admin-token"

    @property
    def artifacts(self) -> str:
        """Where artifacts are kept."""
        return self.artifact_root or str(self.data_dir / "artifacts")

    @property
    def default_level(self) -> Level:
        """`default_permission` as decisions need it."""
        return _LEVELS[self.default_permission]

    @property
    def archival(self) -> ArchivalPolicy | None:
        """When traces' spans move into files, or None. Raises ValueError where that does not hold."""
        if not self.trace_archival:
            return None
        long = [text.strip() for text in self.trace_archival_long.split(",") if text.strip()]
        if wrong := [text for text in long if not (text.isascii() and text.isdigit())]:
            raise ValueError(f"{wrong[0]!r} of trace_archival_long is no experiment's id")
        return ArchivalPolicy(self.trace_archival, frozenset(map(int, long)))

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def load(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment and from the flags that were given (those that are not None).

    Raises ConfigError for a value that does not fit and for unknown TRACKSTACK_SERVER_* names.
    """
    known = {item.name: item for item in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            if key not in known:
                raise ConfigError(f"{name} is not a setting; known are: {', '.join(known)}")
            values[key] = _parsed(name, text, known[key].type)
    values.update({name: value for name, value in flags.items() if value is not None})
    settings = Settings(**values)
    if settings.default_permission not in _LEVELS:
        choices = ", ".join(_LEVELS)
        raise ConfigError(f"default_permission is {settings.default_permission!r}; use one of {choices}")
    if settings.artifact_mode not in _ARTIFACT_MODES:
        choices = ", ".join(_ARTIFACT_MODES)
        raise ConfigError(f"artifact_mode is {settings.artifact_mode!r}; use one of {choices}")
    if settings.no_auth and not settings.loopback:
        raise ConfigError(f"--no-auth works on loopback only, not with --host {settings.host}")
    if settings.log_format not in _LOG_FORMATS:
        raise ConfigError(f"log_format is {settings.log_format!r}; use one of {', '.join(_LOG_FORMATS)}")
    try:
        settings.archival  # noqa: B018 - it raises
    except ValueError as error:
        raise ConfigError(f"trace_archival: {error}") from None
    if settings.retention:
        try:
            durations.parse(settings.retention)
        except ValueError as error:
            raise ConfigError(f"retention: {error}") from None
    _check_catalog(settings)
    _check_proxies(settings)
    return replace(settings, root_path=settings.root_path.rstrip("/"))


def _check_proxies(settings: Settings) -> None:
    if not re.fullmatch(r"((/[A-Za-z0-9._~-]+)*/?)", settings.root_path):
        raise ConfigError(f"root_path is {settings.root_path!r}; use a path such as /team-a")
    if settings.forwarded_from in ("", "*"):
        return
    for network in settings.forwarded_from.split(","):
        try:
            ip_network(network.strip())
        except ValueError:
            raise ConfigError(
                f"forwarded_from has {network.strip()!r}; use addresses and networks such as 10.0.0.0/8, or *"
            ) from None


def _check_catalog(settings: Settings) -> None:
    """OpenMetadata's clients refuse whole listings for one link or name that they cannot read."""
    name, url = settings.service_name, settings.public_url
    if not re.fullmatch(r'[^"\x00-\x1f\x7f]{1,256}', name) or "::" in name:
        raise ConfigError(f"service_name is {name!r}; use 1 to 256 characters without quotation marks and ::")
    if url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ConfigError(f"public_url is {url!r}; it must be an http or https URL without query")


def _parsed(name: str, text: str, type_: Any) -> Any:
    if type_ is bool:
        if text.lower() not in ("true", "false", "1", "0"):
            raise ConfigError(f"{name} has value {text!r}; it must be true or false")
        return text.lower() in ("true", "1")
    if type_ is int:
        if not text.isascii() or not text.isdigit():
            raise ConfigError(f"{name} has value {text!r}; it must be a whole number")
        return int(text)
    return type_(text)
