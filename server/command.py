"""`trackstack-server`: its commands and their flags."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trackstack.server import garbage
from trackstack.server.config import ENVIRONMENT_PREFIX, ConfigError, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the process's exit code: 0 ok, 1 failed, 2 usage."""
    parser = argparse.ArgumentParser("trackstack-server", description="An MLflow-compatible tracking server.")
    commands = parser.add_subparsers(required=True)
    _serve(commands.add_parser("serve", help="serve until SIGTERM"))
    _migrate(commands.add_parser("migrate", help="bring the database's schema up to date"))
    _gc(commands.add_parser("gc", help="remove for good what was deleted longer ago than the retention"))
    _backup(commands.add_parser("backup", help="write what the database holds into one archive"))
    _restore(commands.add_parser("restore", help="fill an empty database from such an archive"))
    _healthcheck(commands.add_parser("healthcheck", help="exit with 0 if the server answers, else 1"))
    given = vars(parser.parse_args(arguments))
    command: Callable[[dict[str, Any]], int] = given.pop("command")
    os.umask(0o077)  # the database and artifacts are for this user alone
    # A container's first process would not heed it; what is half done is undone on the way out.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return command(given)
    except ConfigError as error:
        _tell(str(error))
        return 1


def _tell(refusal: str) -> None:
    """One line on stderr, as the log is to be: the settings may not be known."""
    if os.environ.get(f"{ENVIRONMENT_PREFIX}LOG_FORMAT") == "json":
        from trackstack.server import logs

        logs.configure("json")
        logging.getLogger("trackstack.server").error(refusal)
    else:
        sys.stderr.write(f"trackstack-server: {refusal}\n")


def _serve(parser: argparse.ArgumentParser) -> None:
    _address(parser)
    _data(parser)
    parser.add_argument(
        "--no-auth", action="store_true", default=None, help="serve without tokens, on loopback"
    )

    def command(given: dict[str, Any]) -> int:
        settings = load(given)
        with garbage.kept():
            from trackstack.server.serve import run

        return run(settings)

    parser.set_defaults(command=command)


def _gc(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--older-than", help="instead of the retention: a duration such as 30d or 12h")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    parser.add_argument("--json", action="store_true", help="report as one JSON object")

    def command(given: dict[str, Any]) -> int:
        older_than, dry_run, as_json = (given.pop(name) for name in ("older_than", "dry_run", "json"))
        settings = load(given)
        from trackstack.server.retention_command import run

        return run(settings, older_than=older_than, dry_run=dry_run, as_json=as_json)

    parser.set_defaults(command=command)


def _migrate(parser: argparse.ArgumentParser) -> None:
    _data(parser)

    def command(given: dict[str, Any]) -> int:
        settings = load(given)
        from trackstack.server.migrate_command import run

        return run(settings)

    parser.set_defaults(command=command)


def _backup(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    parser.add_argument("--to", required=True, metavar="FILE", help="where the archive goes; - is stdout")

    _sizes_only(parser)

    def command(given: dict[str, Any]) -> int:
        to, read = given.pop("to"), not given.pop("sizes_only")
        settings = load(given)
        from trackstack.server.backup.dump import run

        return run(settings, to=to, read=read)

    parser.set_defaults(command=command)


def _restore(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    parser.add_argument(
        "--from", required=True, metavar="FILE", dest="source", help="the archive; - is stdin"
    )

    _sizes_only(parser)

    def command(given: dict[str, Any]) -> int:
        source, read = given.pop("source"), not given.pop("sizes_only")
        settings = load(given)
        from trackstack.server.backup.restore import run

        return run(settings, source=source, read=read)

    parser.set_defaults(command=command)


def _sizes_only(parser: argparse.ArgumentParser) -> None:
    text = "tell artifacts by their sizes: no file is read for its checksum"
    parser.add_argument("--sizes-only", action="store_true", help=text)


def _healthcheck(parser: argparse.ArgumentParser) -> None:
    _address(parser)

    def command(given: dict[str, Any]) -> int:
        from trackstack.server.healthcheck import run

        return run(load(given))

    parser.set_defaults(command=command)


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen at (127.0.0.1)")
    parser.add_argument("--port", type=int, help="TCP port (5000); 0 takes a free one")


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="folder of the database, artifacts and admin token (.)")
    parser.add_argument("--artifact-root", help="where artifacts are kept (DATA_DIR/artifacts)")
    parser.add_argument("--database-url", help="postgresql://… (a SQLite file in DATA_DIR)")
