"""Requests per second of tracking servers, side by side.

    python -m benchmarks.tracking --start sqlite
    python -m benchmarks.tracking --start postgres
    python -m benchmarks.tracking mlflow=http://127.0.0.1:5001 other=http://token@127.0.0.1:5002

`--start` starts `mlflow server` and a server of this project on loopback, each on an empty database of that
kind, and stops them at the end; PostgreSQL is Debian's, started likewise. Servers that run already are named
NAME=URL, with a token in the address; they get an experiment of the benchmark's own.

The load is wrk (Debian's package wrk). Phases are interleaved: every server takes each phase in turn, in
every round, so that what else the machine does meets all of them. A cell is the median of its rounds, and
how many times that of the first server it is; an answer other than 200 voids it.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.load import Load, phases, table
from benchmarks.servers import Server, mlflow, ours, postgres


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="*", metavar="NAME=URL")
    parser.add_argument("--start", choices=("sqlite", "postgres"))
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if not given.servers and not given.start:
        parser.error("name servers, or let some --start")
    with ExitStack() as stack:
        servers = [*_start(stack, given.start), *map(Server.named, given.servers)]
        for server in servers:
            print(f"{server.name}: {server.memory()} resident, idle", file=sys.stderr)
            server.fill(given.runs)
        rows = list(zip(*map(phases, servers), strict=True))
        table(servers, rows, Load(given.clients, given.seconds, given.rounds))
    return 0


def _start(stack: ExitStack, store: str | None) -> Sequence[Server]:
    if store is None:
        return ()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trackstack-")))
    folder.chmod(0o755)  # PostgreSQL's user must reach its own folder in it
    create = stack.enter_context(postgres(folder)) if store == "postgres" else lambda name: ""
    return [stack.enter_context(start(folder, create(start.__name__))) for start in (mlflow, ours)]


if __name__ == "__main__":
    sys.exit(main())
