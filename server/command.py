"""`trackstack-server`: its commands and their flags."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from trackstack.server.config import ConfigError, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the process's exit code: 0 ok, 1 failed, 2 usage."""
    parser = argparse.ArgumentParser("trackstack-server", description="An MLflow-compatible tracking server.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until SIGTERM")
    serve.add_argument("--host", help="address to listen at (127.0.0.1)")
    serve.add_argument("--port", type=int, help="TCP port (5000); 0 takes a free one")
    serve.add_argument("--data-dir", type=Path, help="folder of the database, artifacts and admin token (.)")
    serve.add_argument("--artifact-root", help="where artifacts are kept (DATA_DIR/artifacts)")
    serve.add_argument("--database-url", help="postgresql://… (a SQLite file in DATA_DIR)")
    serve.add_argument(
        "--no-auth", action="store_true", default=None, help="serve without tokens, on loopback"
    )
    given = vars(parser.parse_args(arguments))
    given.pop("command")
    try:
        settings = load(given)
        from trackstack.server.serve import run

        return run(settings)
    except ConfigError as error:
        sys.stderr.write(f"trackstack-server: {error}\n")
        return 1
