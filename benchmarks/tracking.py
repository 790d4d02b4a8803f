"""Requests per second of tracking servers, side by side.

    python -m benchmarks.tracking --start sqlite
    python -m benchmarks.tracking --start postgres
    python -m benchmarks.tracking mlflow=http://127.0.0.1:5001 other=http://token@127.0.0.1:5002

`--start` starts `mlflow server` and a server of this project on loopback, each on an empty database of that
kind, and stops them at the end; PostgreSQL is Debian's, started likewise. The last column is then what this
project's is to reach. Servers that run already are named NAME=URL, with a token in the address; they get an
experiment of the benchmark's own.

The load is wrk (Debian's package wrk). Phases are interleaved: every server takes each phase in turn, in
every round, so that what else the machine does meets all of them. A cell is the median of its rounds, and
how many times that of the first server it is; an answer other than 200 voids it. `--seconds` is what a round
of a phase takes on a server that answers often enough; one that does not is given up to 20. With the defaults
all takes six minutes, with `--seconds 1 --rounds 1` two.

What is read is the same in every request, and nothing changes it meanwhile: a server gains by what it keeps.
This project's has runs as documents in its database, and in memory the histories that were read last.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.budgets import IDLE_MB, START_S, judge
from benchmarks.filling import POINTS, Content
from benchmarks.load import Load, Phase, table
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
            _tell(server)
            server.fill(Content(given.runs))
        rows = list(zip(*map(phases, servers), strict=True))
        verdict = partial(judge, given.start, given.clients) if given.start else None
        table(servers, rows, Load(given.clients, given.seconds, given.rounds), verdict)
        for server in servers:
            print(f"{server.name}: {_megabytes(server)} after the load")
    return 0


def phases(server: Server) -> Iterator[Phase]:
    """What is written goes elsewhere than what is read: all servers read the same, however much they took."""
    run, experiment = server.run, server.experiment
    log, log_experiment = server.log, server.log_experiment
    point = "\"timestamp\":' .. (1700000000000 + n) .. ',\"step\":' .. n .. '"
    now = "\"start_time\":' .. (1700000000000 + n) .. '"
    tag = '{"key":"mlflow.user","value":"bob"}'
    yield Phase(
        "create run", "runs/create", f'\'{{"experiment_id":"{log_experiment}",{now},"tags":[{tag}]}}\''
    )
    yield Phase(
        "log one metric",
        "runs/log-metric",
        f'\'{{"run_id":"{log}","key":"loss\' .. id .. \'","value":\' .. n * 0.5 .. \',{point}}}\'',
    )
    yield Phase(
        "log-batch of 100", "runs/log-batch", f'\'{{"run_id":"{log}","metrics":[\' .. batch(n) .. \']}}\''
    )
    yield Phase("get run", f"runs/get?{urlencode({'run_id': run})}")
    search = {
        "experiment_ids": [experiment],
        "filter": "metrics.m3 > 0.5 and params.p4 = '3'",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 100,
    }
    yield Phase("search, filter and order", "runs/search", f"[==[{json.dumps(search)}]==]")
    newest = {"experiment_ids": [experiment], "max_results": 100}
    yield Phase("search, newest 100", "runs/search", f"[==[{json.dumps(newest)}]==]")
    history = urlencode({"run_id": run, "metric_key": "history"})
    yield Phase(f"history of {POINTS}", f"metrics/get-history?{history}", clients=2)


def _start(stack: ExitStack, store: str | None) -> Sequence[Server]:
    if store is None:
        return ()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trackstack-")))
    folder.chmod(0o755)  # PostgreSQL's user must reach its own folder in it
    create = stack.enter_context(postgres(folder)) if store == "postgres" else lambda name: ""
    return [stack.enter_context(start(folder, create(start.__name__))) for start in (mlflow, ours)]


def _tell(server: Server) -> None:
    started = f"healthy after {server.start_s:.2f} s (ours: at most {START_S}), " if server.start_s else ""
    print(f"{server.name}: {started}{_megabytes(server)} idle (ours: at most {IDLE_MB})", flush=True)


def _megabytes(server: Server) -> str:
    memory = server.memory_mb()
    return "unknown memory" if memory is None else f"{memory:,.0f} MB resident"


if __name__ == "__main__":
    sys.exit(main())
